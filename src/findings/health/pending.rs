//! Settings that were changed and are not in force.

use super::{instances, names, place};
use crate::{
    facts::server::Setup,
    findings::{Check, Finding},
    model::{Severity, Target, Value},
    store::{Fact, Snapshot},
};

/// One finding for each instance, whichever of its servers wait.
pub struct PendingRestart;

impl Check for PendingRestart {
    fn id(&self) -> &'static str {
        "pending-restart"
    }

    fn about(&self) -> &'static str {
        "settings that were changed in a file and wait for a restart"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Setup::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        instances(world)
            .filter_map(|(instance, servers)| self.finding(&instance, &servers))
            .collect()
    }
}

impl PendingRestart {
    fn finding(&self, instance: &Target, servers: &[(Target, &Setup)]) -> Option<Finding> {
        let waiting = servers.iter().filter(|(_, setup)| !setup.pending.is_empty());
        let which = names(waiting.clone().map(|(server, _)| server));
        if which.is_empty() {
            return None;
        }
        let finding = Finding::new(
            self,
            instance,
            Severity::Notice,
            format!("{which}: settings wait for a restart"),
        );
        let finding = waiting.fold(finding, |finding, (server, setup)| {
            finding.evidence(
                server.name().to_string(),
                Value::Names(setup.pending.clone()).words(jiff::Timestamp::UNIX_EPOCH),
            )
        });
        Some(finding.remedy(
            "restart at a quiet time, standbys first, or undo the change",
            place(instance),
        ))
    }
}
