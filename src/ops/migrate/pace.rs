//! How much the servers bear: standbys that fall behind and slots that keep the log are waited for.

use std::collections::BTreeSet;

use super::{ask::Wishes, choose::Unit};
use crate::{
    facts::replication::{Replication, State},
    model::{Check, Place, Question, Target, plural},
    ops::{
        Refusal,
        refusal::{fresh, primary},
    },
    store::Snapshot,
};

/// The time that a standby may be behind, in seconds: `replay_lag` is measured by the primary itself.
const LATE: u64 = 30;
/// Longest that 95 of 100 sessions which wait for a lock may have waited between waves, in seconds.
const WAIT: u64 = 10;

/// Asked of the primary itself, so of no other cluster: that it streams to as many standbys as when the plan was made, that
/// none is too far behind, and that no slot keeps too much. What it does not tell is not so.
pub(super) fn bear(instance: &str, place: &Place, wishes: &Wishes, world: &Snapshot) -> Result<Question, Refusal> {
    let standbys = streaming(instance, world)?;
    let (behind, retain) = (wishes.behind, wishes.retain);
    Ok(Question::Sql(place.sql(format!(
        "select (select count(*) >= {standbys} and coalesce(bool_and(coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) \
         <= {behind} and coalesce(replay_lag, '0') <= '{LATE} s', false)), true) from pg_stat_replication where state = 'streaming') \
         and (select coalesce(bool_and(coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) <= {retain}, false)), true) \
         from pg_replication_slots where restart_lsn is not null)"
    ))))
}

/// How many standbys the primary streams to now. One that is gone later is not one without lag.
fn streaming(instance: &str, world: &Snapshot) -> Result<usize, Refusal> {
    let replication = fresh::<Replication>(world, &Target::instance(instance))?.value;
    let streams = replication.standbys.iter().filter(|standby| standby.progress.is_some());
    Ok(streams.count())
}

/// What must be so before a wave: every server bears it, and nobody waits long for locks.
pub(super) fn gate(units: &[Unit<'_>], wishes: &Wishes, world: &Snapshot) -> Result<Check, Refusal> {
    let mut asks = Vec::new();
    for instance in instances(units) {
        let place = primary(world, instance)?;
        asks.push(bear(instance, &place, wishes, world)?);
        asks.push(Question::Sql(place.sql(format!(
            "select coalesce(percentile_cont(0.95) within group (order by extract(epoch from clock_timestamp() - query_start)), 0) \
             <= {WAIT} from pg_stat_activity where wait_event_type = 'Lock'"
        ))));
    }
    Ok(Check {
        ask: Question::All(asks),
        within: wishes.patience,
    })
}

pub(super) fn instances<'a>(units: &[Unit<'a>]) -> BTreeSet<&'a str> {
    units.iter().map(Unit::instance).collect()
}

/// How the standbys of each instance stand now.
pub(super) fn seen(units: &[Unit<'_>], world: &Snapshot) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for instance in instances(units) {
        let Some(replication) = world.get::<Replication>(&Target::instance(instance)) else {
            continue;
        };
        let standbys = &replication.value.standbys;
        let well = |state: &State| matches!(state, State::CaughtUp);
        let caught_up = standbys.iter().filter(|standby| well(&standby.state)).count();
        let words = format!("{caught_up} of {} caught up", plural(standbys.len(), "standby"));
        all.push((instance.to_owned(), words));
    }
    all
}
