//! The system sorts differently from how indexes were built.

use super::{databases, place};
use crate::{
    facts::databases::{Database, Databases},
    findings::{Check, Finding, Hurt},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// `pg_database.datcollversion` against what the provider has today. Since 15; before, nobody can tell.
pub struct Collations;

impl Check for Collations {
    fn id(&self) -> &'static str {
        "collation-version"
    }

    fn about(&self) -> &'static str {
        "databases whose default collation has another version than the one their indexes were built with"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Databases::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let found = databases(world).filter_map(|(target, database)| self.finding(&target, database));
        found.collect()
    }
}

impl Collations {
    fn finding(&self, target: &Target, database: &Database) -> Option<Finding> {
        let collation = database.collation.as_ref()?;
        let (recorded, actual) = collation.recorded.as_ref().zip(collation.actual.as_ref())?;
        // Nobody can connect to `template0`, so nobody can mend it, and it has no index on text to speak of.
        if recorded == actual || !database.connectable {
            return None;
        }
        let what = format!("indexes on text in {} may be in the wrong order", target.name());
        let finding = Finding::new(self, target, Severity::Warning, what)
            .evidence("built with collation version", recorded)
            .evidence("the system has", actual)
            .hurts(Hurt::Inhabitants(target.clone()));
        let remedy = "reindex what depends on it, then alter database … refresh collation version";
        Some(finding.remedy(remedy, place(target)))
    }
}
