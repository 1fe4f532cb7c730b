//! What a database did between two answers: how tenants that have one of their own are told to be busy.

use serde::{Deserialize, Serialize};

use super::{Counters, Databases};

/// Rates since the answer before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Transactions per second.
    pub transactions: f64,
    /// Sessions that were active, on average. Since 14. A statement counts when it ends.
    pub active: Option<f64>,
    /// Bytes of temporary files per second.
    pub temp: f64,
    /// Rows written per second.
    pub written: f64,
}

/// Fills in the load where both answers are the same server's and nothing was reset between them.
pub fn compare(before: &Databases, now: &mut Databases) {
    let seconds = now.now.duration_since(before.now).as_secs_f64();
    if seconds < 0.5 || before.server != now.server {
        return;
    }
    for database in &mut now.databases {
        let same = before.databases.iter().find(|old| old.oid == database.oid);
        database.load = same.and_then(|old| between(&old.counters, &database.counters, seconds));
    }
}

fn between(before: &Counters, now: &Counters, seconds: f64) -> Option<Load> {
    let done = |counters: &Counters| counters.commits + counters.rollbacks;
    let went_back = done(now) < done(before) || now.reset != before.reset;
    let rate = |now: i64, before: i64| (now - before).max(0) as f64 / seconds;
    let active = now.active_ms.zip(before.active_ms);
    (!went_back).then(|| Load {
        transactions: rate(done(now), done(before)),
        active: active.map(|(now, before)| (now - before).max(0.0) / 1000.0 / seconds),
        temp: rate(now.temp_bytes, before.temp_bytes),
        written: rate(now.written, before.written),
    })
}

#[cfg(test)]
mod tests {
    use super::between;
    use crate::facts::databases::Counters;

    #[test]
    fn load_is_what_happened_between_two_answers() {
        let before = Counters {
            commits: 100,
            active_ms: Some(1000.0),
            temp_bytes: 10,
            ..Counters::default()
        };
        let now = Counters {
            commits: 140,
            active_ms: Some(6000.0),
            temp_bytes: 30,
            ..Counters::default()
        };
        let load = between(&before, &now, 10.0).unwrap();
        assert_eq!((load.transactions, load.active, load.temp), (4.0, Some(0.5), 2.0));
    }

    #[test]
    fn counters_that_were_reset_tell_nothing() {
        let before = Counters {
            commits: 100,
            ..Counters::default()
        };
        assert_eq!(between(&before, &Counters::default(), 10.0), None);
    }
}
