//! Nobody leads, or two do.

use crate::{
    facts::{instances, leader, members, pulse::Pulse},
    findings::{Check, Finding, Hurt},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Two servers of one instance take writes: the worst there is.
pub struct TwoPrimaries;

impl Check for TwoPrimaries {
    fn id(&self) -> &'static str {
        "two-primaries"
    }

    fn about(&self) -> &'static str {
        "instances of which several servers take writes"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        instances(world)
            .iter()
            .filter_map(|instance| self.finding(world, instance))
            .collect()
    }
}

impl TwoPrimaries {
    fn finding(&self, world: &Snapshot, instance: &Target) -> Option<Finding> {
        let leads = |server: &Target| {
            world
                .get::<Pulse>(server)
                .is_some_and(|seen| seen.fault.is_none() && !seen.value.recovery)
        };
        let leaders: Vec<Target> = members(world, instance.part(0)).filter(leads).collect();
        if leaders.len() < 2 {
            return None;
        }
        let names = leaders
            .iter()
            .map(|server| server.name().to_string())
            .collect::<Vec<_>>()
            .join(" and ");
        let mut finding = Finding::new(self, instance, Severity::Critical, format!("{names} both take writes"));
        for server in &leaders {
            if let Some(seen) = world.get::<Pulse>(server) {
                let at = seen.value.lsn.unwrap_or_default();
                finding = finding.evidence(
                    server.name().to_string(),
                    format!("timeline {}, at {at}", seen.value.timeline),
                );
            }
        }
        let remedy = "fence one of them at once; then compare timelines, and rebuild the loser from the winner";
        Some(
            finding
                .hurts(Hurt::Inhabitants(instance.clone()))
                .remedy(remedy, format!("instances /instance={}", instance.part(0))),
        )
    }
}

/// Servers answer and all of them replay.
pub struct NoPrimary;

impl Check for NoPrimary {
    fn id(&self) -> &'static str {
        "no-primary"
    }

    fn about(&self) -> &'static str {
        "instances of which no server takes writes"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        instances(world)
            .iter()
            .filter_map(|instance| self.finding(world, instance))
            .collect()
    }
}

impl NoPrimary {
    fn finding(&self, world: &Snapshot, instance: &Target) -> Option<Finding> {
        let name = instance.part(0);
        // A server that does not answer may be the one that leads; that is told with the server.
        let answers = |server: Target| world.get::<Pulse>(&server).is_some_and(|seen| seen.fault.is_none());
        if !members(world, name).all(answers) || leader(world, name).is_some() {
            return None;
        }
        let answers = members(world, name).count();
        let finding = Finding::new(
            self,
            instance,
            Severity::Critical,
            format!("no server of {name} takes writes"),
        );
        let remedy = "find the primary; if it is gone, promote the most advanced standby";
        Some(
            finding
                .evidence("servers that answer", answers)
                .hurts(Hurt::Inhabitants(instance.clone()))
                .remedy(remedy, format!("replicas /instance={name}")),
        )
    }
}
