//! A role or a database comes near a limit of its own.

use std::cmp::Reverse;

use crate::{
    facts::{databases::Databases, sessions::Sessions},
    findings::{Check, Finding},
    model::{Kind, Severity, Target},
    store::{Fact, Snapshot},
};

/// Share of the limit (research: 90 %).
const WARNING: f64 = 0.9;
/// The next one is refused.
const CRITICAL: f64 = 1.0;

/// `rolconnlimit` and `datconnlimit`, which count on each server by itself.
pub struct OwnLimit;

impl Check for OwnLimit {
    fn id(&self) -> &'static str {
        "own-limit"
    }

    fn about(&self) -> &'static str {
        "roles and databases that have used 90 % of their own limit of connections"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Sessions::NAME, Databases::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let mut found: Vec<Finding> = super::everywhere(world)
            .flat_map(|(server, seen)| self.of(world, server, seen))
            .collect();
        // On the server where it is worst.
        found.sort_by_key(|finding| (finding.target.clone(), Reverse(finding.severity)));
        found.dedup_by(|a, b| a.target == b.target);
        found
    }
}

impl OwnLimit {
    fn of(&self, world: &Snapshot, server: &Target, seen: &Sessions) -> Vec<Finding> {
        let instance = server.part(0);
        let Some(known) = world.get::<Databases>(&Target::instance(instance)) else {
            return Vec::new();
        };
        let roles = known.value.limits.iter().filter_map(|role| {
            let used = seen
                .sessions
                .iter()
                .filter(|session| session.user_oid == Some(role.oid))
                .count();
            let target = Target::new(Kind::Role, [instance, role.role.raw()]);
            self.finding(server, &target, used, role.limit)
        });
        let databases = known.value.databases.iter().filter_map(|database| {
            let limit = u64::try_from(database.limit).ok()?;
            let used = seen
                .sessions
                .iter()
                .filter(|session| session.database.as_ref() == Some(&database.name))
                .count();
            self.finding(server, &Target::database(instance, database.name.raw()), used, limit)
        });
        roles.chain(databases).collect()
    }

    /// A limit of none is meant so: it keeps everybody out.
    fn finding(&self, server: &Target, target: &Target, used: usize, limit: u64) -> Option<Finding> {
        let share = (limit > 0).then(|| used as f64 / limit as f64)?;
        let severity = Some(Severity::of(&share, &WARNING, &CRITICAL)).filter(|severity| *severity > Severity::Ok)?;
        let what = format!("{target} uses {used} of its {limit} connections");
        let finding = Finding::new(self, target, severity, what).evidence("on", server.name());
        Some(finding.remedy(
            "raise its connection limit, or let the application open fewer",
            super::place(server),
        ))
    }
}
