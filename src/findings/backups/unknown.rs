//! Nobody can say whether there are backups.

use super::{Check, Finding, Hurt, moment, place};
use crate::{
    facts::backups::Catalogue,
    model::{FaultKind, Severity},
    store::{Fact, Snapshot},
};

/// The repository does not answer.
pub struct Unknown;

impl Check for Unknown {
    fn id(&self) -> &'static str {
        "backup-unknown"
    }

    fn about(&self) -> &'static str {
        "repositories of backups that cannot be seen"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let unseen = world.faults(Catalogue::NAME).map(|(instance, fault)| {
            let seen = world.get::<Catalogue>(instance);
            // Who was asked and has nothing of it is another matter than who was not reached.
            let severity = match (fault.kind, seen) {
                (FaultKind::Refused, None) => Severity::Critical,
                _ => Severity::Warning,
            };
            let what = format!("the backups of {} cannot be seen: {}", instance.name(), fault.what);
            let finding = Finding::new(self, instance, severity, what).hurts(Hurt::Inhabitants(instance.clone()));
            let finding = match seen {
                Some(seen) => finding.evidence("last seen", moment(seen.at)),
                None => finding.evidence("last seen", "never"),
            };
            let remedy = fault
                .hint
                .clone()
                .unwrap_or_else(|| "run `pgbackrest info` by hand".into());
            finding.remedy(remedy, place(instance))
        });
        unseen.collect()
    }
}
