//! Versions that get no more fixes.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{instances, names, place};
use crate::{
    facts::server::Setup,
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// The day of the last release of each major version (postgresql.org/support/versioning).
const LAST: [(u32, Date); 6] = [
    (13, jiff::civil::date(2025, 11, 13)),
    (14, jiff::civil::date(2026, 11, 12)),
    (15, jiff::civil::date(2027, 11, 11)),
    (16, jiff::civil::date(2028, 11, 9)),
    (17, jiff::civil::date(2029, 11, 8)),
    (18, jiff::civil::date(2030, 11, 14)),
];
/// Time to plan an upgrade in.
const AHEAD: SignedDuration = SignedDuration::from_hours(180 * 24);

/// One finding for each instance, by the oldest of its servers.
pub struct EndOfLife;

impl Check for EndOfLife {
    fn id(&self) -> &'static str {
        "end-of-life"
    }

    fn about(&self) -> &'static str {
        "major versions that get no more fixes, or will not in half a year"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Setup::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let found = instances(world).filter_map(|(instance, servers)| self.finding(world, &instance, &servers));
        found.collect()
    }
}

impl EndOfLife {
    fn finding(&self, world: &Snapshot, instance: &Target, servers: &[(Target, &Setup)]) -> Option<Finding> {
        let oldest = servers.iter().map(|(_, setup)| setup.major()).min()?;
        let those = servers.iter().filter(|(_, setup)| setup.major() == oldest);
        let who = names(those.map(|(server, _)| server));
        let (severity, what, until) = match end(oldest) {
            Some(end) if world.taken < end - AHEAD => return None,
            Some(end) if world.taken < end => {
                let what = format!("PostgreSQL {oldest} gets its last fixes on {}", day(end));
                (Severity::Notice, what, Some(end))
            }
            Some(end) => (
                Severity::Warning,
                format!("PostgreSQL {oldest} has got no fixes since {}", day(end)),
                None,
            ),
            // Younger than this table.
            None if oldest > LAST[LAST.len() - 1].0 => return None,
            None => (
                Severity::Warning,
                format!("PostgreSQL {oldest} has got no fixes for years"),
                None,
            ),
        };
        let finding = Finding::new(self, instance, severity, what).evidence("servers", who);
        let finding = until.into_iter().fold(finding, Finding::until);
        Some(finding.remedy("plan the upgrade to a newer major version", place(instance)))
    }
}

fn end(major: u32) -> Option<Timestamp> {
    let (_, day) = LAST.iter().find(|(known, _)| *known == major)?;
    day.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
