//! Indexes that are kept up and serve nobody.

use super::place;
use crate::{
    facts::upkeep::Upkeep,
    findings::{Check, Finding, Hurt},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// One finding for each database. An index that is being built now does not count.
pub struct InvalidIndexes;

impl Check for InvalidIndexes {
    fn id(&self) -> &'static str {
        "invalid-index"
    }

    fn about(&self) -> &'static str {
        "indexes that a failed build has left: they cost writes, and a unique one guards nothing"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Upkeep::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let databases = world.all::<Upkeep>();
        databases
            .filter_map(|(database, seen)| self.finding(database, seen.value))
            .collect()
    }
}

impl InvalidIndexes {
    fn finding(&self, database: &Target, seen: &Upkeep) -> Option<Finding> {
        let first = seen.invalid.first()?;
        let what = match seen.invalid_count {
            1 => format!(
                "the index {}.{} of {} is not valid",
                first.schema,
                first.index,
                database.name()
            ),
            n => format!("{n} indexes of {} are not valid", database.name()),
        };
        let finding = Finding::new(self, database, Severity::Warning, what).hurts(Hurt::Inhabitants(database.clone()));
        let finding = seen.invalid.iter().take(5).fold(finding, |finding, index| {
            let ready = if index.ready {
                "kept up by writes"
            } else {
                "not kept up"
            };
            finding.evidence(format!("{}.{}", index.schema, index.index), ready)
        });
        let remedy = "see why the build failed; then reindex index concurrently, or drop it with drop-index";
        Some(finding.remedy(remedy, place(database)))
    }
}
