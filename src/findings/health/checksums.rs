//! Pages that failed their checksum.

use super::{databases, place};
use crate::{
    facts::databases::Databases,
    findings::{Check, Finding, Hurt},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// One finding for each database, and one for what all databases share. Counted by the server that was asked.
pub struct Checksums;

impl Check for Checksums {
    fn id(&self) -> &'static str {
        "checksum-failures"
    }

    fn about(&self) -> &'static str {
        "databases with pages that were not read back as they were written"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Databases::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let own = databases(world)
            .filter_map(|(target, database)| self.finding(&target, database.counters.checksum_failures));
        let shared = world
            .all::<Databases>()
            .filter_map(|(instance, seen)| self.finding(instance, seen.value.shared_checksum_failures));
        own.chain(shared).collect()
    }
}

impl Checksums {
    fn finding(&self, target: &Target, failures: Option<i64>) -> Option<Finding> {
        let failures = failures.filter(|failures| *failures > 0)?;
        let what = format!("{failures} pages of {} failed their checksum", target.name());
        let remedy = "suspect the disk or the memory: stop writing, verify the backups, restore to other hardware; \
                      a standby may still be sound";
        let finding = Finding::new(self, target, Severity::Critical, what).hurts(Hurt::Inhabitants(target.clone()));
        Some(finding.remedy(remedy, place(target)))
    }
}
