//! Prepared transactions that nobody finishes.

use jiff::{SignedDuration, Timestamp};

use super::{moment, roots};
use crate::{
    facts::{
        leader,
        sessions::{Prepared, Sessions},
    },
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// A transaction manager finishes within seconds (research: red beyond 5 minutes).
const WARNING: SignedDuration = SignedDuration::from_mins(5);
/// Nobody is coming back for it.
const CRITICAL: SignedDuration = SignedDuration::from_hours(1);

/// How bad its age is.
pub fn severity(prepared: &Prepared, now: Timestamp) -> Severity {
    Severity::of(&now.duration_since(prepared.at), &WARNING, &CRITICAL)
}

/// One finding for each primary. A standby shows none.
pub struct PreparedTransactions;

impl Check for PreparedTransactions {
    fn id(&self) -> &'static str {
        "prepared-transaction"
    }

    fn about(&self) -> &'static str {
        "prepared transactions older than five minutes: they keep locks and a snapshot, and outlive restarts"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Sessions::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let instances = world.fleet.instances.iter();
        let leaders = instances.filter_map(|instance| leader(world, &instance.name));
        leaders.filter_map(|server| self.finding(world, &server)).collect()
    }
}

impl PreparedTransactions {
    fn finding(&self, world: &Snapshot, server: &Target) -> Option<Finding> {
        let seen = world.get::<Sessions>(server)?.value;
        // Then the chain that hangs on it is the finding.
        if roots(&seen.sessions).contains(&0) {
            return None;
        }
        let bad = |prepared: &&Prepared| severity(prepared, seen.now) > Severity::Ok;
        let old: Vec<&Prepared> = seen.prepared.iter().filter(bad).collect();
        let worst = old.iter().map(|prepared| severity(prepared, seen.now)).max()?;
        let what = match old.as_slice() {
            [one] => format!("the prepared transaction {} is not finished", one.gid),
            many => format!("{} prepared transactions are not finished", many.len()),
        };
        let finding = Finding::new(self, server, worst, what);
        let finding = old.iter().take(5).fold(finding, |finding, prepared| {
            let database = prepared.database.as_ref().map(ToString::to_string).unwrap_or_default();
            finding.evidence(
                prepared.gid.to_string(),
                format!("in {database} since {}", moment(Some(prepared.at))),
            )
        });
        let remedy = "ask the transaction manager; then commit prepared or rollback prepared in its database";
        Some(finding.remedy(remedy, super::place(server)))
    }
}
