//! Access lists that grow towards the size of a page: at the end, no grant works any more.

use super::place;
use crate::{
    facts::upkeep::Upkeep,
    findings::{Check, Finding, Hurt},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Bytes of a row's 8,160 (measured: the wall is met at the 2,442nd role that is granted something by name).
const WARNING: u64 = 6_000;
const CRITICAL: u64 = 7_600;

/// One finding for each database: the longest list stands for the others.
pub struct AccessLists;

impl Check for AccessLists {
    fn id(&self) -> &'static str {
        "access-list"
    }

    fn about(&self) -> &'static str {
        "relations whose access list comes near the 8,160 bytes that fit, as when roles are granted one by one"
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

impl AccessLists {
    fn finding(&self, database: &Target, seen: &Upkeep) -> Option<Finding> {
        let acl = seen.acl.as_ref()?;
        let severity = Severity::of(&acl.bytes, &WARNING, &CRITICAL);
        if severity == Severity::Ok {
            return None;
        }
        let what = format!("the access list of {}.{} is nearly full", acl.schema, acl.relation);
        let finding = Finding::new(self, database, severity, what)
            .evidence("bytes of 8160", acl.bytes)
            .hurts(Hurt::Inhabitants(database.clone()));
        let remedy = "grant to a group role and make short-lived roles its members; drop roles that have expired";
        Some(finding.remedy(remedy, place(database)))
    }
}
