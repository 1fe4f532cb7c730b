//! A server does not answer. Where it leads, what would be lost with it is said too.

use crate::{
    facts::{pulse::Pulse, replication::Replication, servers},
    findings::{Check, Finding, Hurt, credentials},
    model::{Fault, FaultKind, Severity, Target},
    store::{Known, Snapshot},
};

/// One finding for each server.
pub struct Unreachable;

impl Check for Unreachable {
    fn id(&self) -> &'static str {
        "server-unreachable"
    }

    fn about(&self) -> &'static str {
        "servers that do not answer, or refuse our login"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let fault = |server: &Target| match world.known::<Pulse>(server) {
            Known::Waiting => None,
            Known::Silent(fault) => Some(fault),
            Known::Seen(seen) => seen.fault,
        };
        // What nobody could ask without a credential is told with the secrets server that gives none.
        let told = |fault: &Fault| fault.kind == FaultKind::Keyless && credentials::is_shut(world);
        let silent = servers(world)
            .into_iter()
            .filter_map(|server| Some((fault(&server).filter(|fault| !told(fault))?, server)));
        silent
            .map(|(fault, server)| self.finding(world, &server, fault))
            .collect()
    }
}

impl Unreachable {
    fn finding(&self, world: &Snapshot, server: &Target, fault: &Fault) -> Finding {
        let instance = server.part(0);
        let replication = world
            .get::<Replication>(&Target::instance(instance))
            .map(|seen| seen.value);
        let led = replication.is_some_and(|replication| replication.primary.as_ref() == Some(server));
        // Until a primary was seen, any server that does not answer may be the one that leads.
        let severity = if led || replication.is_none_or(|replication| replication.primary.is_none()) {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let role = if led { "primary " } else { "" };
        let what = match fault.kind {
            FaultKind::Credential => format!("{role}{} refuses our login", server.name()),
            FaultKind::Denied | FaultKind::Malformed | FaultKind::Unsupported | FaultKind::Keyless => {
                format!("{role}{} cannot be watched", server.name())
            }
            _ => format!("{role}{} does not answer: {}", server.name(), fault.what),
        };
        let mut finding = Finding::new(self, server, severity, what).evidence("said", fault);
        if let Some(seen) = world.get::<Pulse>(server) {
            finding = finding.evidence("last answer", seen.at);
        }
        if led && let Some(replication) = replication {
            finding = successor(world, server, replication, finding);
            finding = finding.hurts(Hurt::Inhabitants(Target::instance(instance)));
        }
        let hint = fault.hint.clone();
        let usual = "see whether the server runs and is reached from here: tenantry doctor".to_owned();
        finding.remedy(hint.unwrap_or(usual), format!("instances /instance={instance}"))
    }
}

/// Who is most advanced, and what taking over would lose. Nothing is said of what was not seen written.
fn successor(world: &Snapshot, primary: &Target, replication: &Replication, finding: Finding) -> Finding {
    let candidates = replication
        .standbys
        .iter()
        .filter(|standby| standby.received.is_some() && standby.configured);
    let Some(best) = candidates.max_by_key(|standby| standby.received) else {
        return finding.evidence("most advanced standby", "none seen");
    };
    let finding = finding.evidence("most advanced standby", best.target.name());
    match best.loss(world, primary) {
        Some((bytes, _)) => finding.evidence("it lacks, of what we saw written", bytes),
        None => finding,
    }
}
