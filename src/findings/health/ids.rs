//! Transaction ids and multixacts that wait to be frozen.

use super::{databases, place};
use crate::{
    facts::{databases::Databases, leader, server::Setup},
    findings::{Check, Finding, Hurt},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Half of the 2^31 ids there are between a row and its wrap-around.
const HALF: i64 = 1 << 30;
/// `vacuum_failsafe_age`: the server drops all caution in vacuums from here on (PostgreSQL documentation 20.11).
const FAILSAFE: i64 = 1_600_000_000;
/// The defaults of `autovacuum_freeze_max_age` and its twin for multixacts.
const FREEZE: (i64, i64) = (200_000_000, 400_000_000);

/// One finding for each database: bad from twice the age at which vacuum is forced, for then vacuum cannot.
pub struct IdAge;

impl Check for IdAge {
    fn id(&self) -> &'static str {
        "id-age"
    }

    fn about(&self) -> &'static str {
        "databases whose oldest transaction id or multixact should have been frozen long ago"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Databases::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let worst = databases(world).filter_map(|(target, database)| {
            let (xid, multixact) = bounds(world, &target);
            let ids = self.finding(&target, "transaction id", database.xid_age, xid);
            let multi = self.finding(&target, "multixact", database.multixact_age, multixact);
            [ids, multi]
                .into_iter()
                .flatten()
                .max_by_key(|finding| finding.severity)
        });
        worst.collect()
    }
}

impl IdAge {
    fn finding(&self, target: &Target, what: &str, age: i64, freeze: i64) -> Option<Finding> {
        let severity = Severity::of(&age, &(freeze * 2).min(HALF), &FAILSAFE);
        if severity == Severity::Ok {
            return None;
        }
        let used = age as f64 / (1_u64 << 31) as f64 * 100.0;
        let sentence = format!(
            "the oldest {what} of {} is {used:.0} % of the way to wrap-around",
            target.name()
        );
        let finding = Finding::new(self, target, severity, sentence)
            .evidence("age", age)
            .evidence("vacuum is forced at", freeze)
            .hurts(Hurt::Inhabitants(target.clone()));
        let remedy = "find what holds back vacuum (old-horizon, prepared-transaction), then vacuum freeze; \
                      at the end the server takes no more writes";
        Some(finding.remedy(remedy, place(target)))
    }
}

fn bounds(world: &Snapshot, database: &Target) -> (i64, i64) {
    let setup = leader(world, database.part(0)).and_then(|server| world.get::<Setup>(&server));
    setup.map_or(FREEZE, |seen| {
        let settings = &seen.value.settings;
        (settings.freeze_max_age, settings.multixact_freeze_max_age)
    })
}
