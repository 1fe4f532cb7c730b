//! Every standby: its state in words, how far behind it is in bytes and in time, and what its primary keeps for it.

use jiff::{SignedDuration, Timestamp};

use super::{View, worst_first};
use crate::{
    facts::{
        configured,
        pulse::Pulse,
        replication::{Replication, Standby, State},
    },
    model::{Bytes, Cell, Column, Row, Severity, Table, Value},
    store::{Fact, Sample, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("instance", "INSTANCE", 0, 16, "instance"),
    Column::words("standby", "STANDBY", 0, 20, "server that follows"),
    Column::words("state", "STATE", 0, 16, "the truth in words, decided from both sides"),
    Column::number(
        "behind",
        "BEHIND",
        0,
        9,
        "bytes written by the primary and not replayed here",
    ),
    Column::number(
        "lag",
        "LAG",
        0,
        8,
        "time since the primary passed what is replayed here",
    ),
    Column::number(
        "retained",
        "RETAINED",
        1,
        9,
        "bytes of log that the primary keeps for it",
    ),
    Column::number(
        "safe",
        "SAFE",
        3,
        9,
        "bytes that may be written before its slot is lost",
    ),
    Column::words("trend", "LAST MINUTES", 4, 20, "bytes behind, newest to the right"),
    Column::words("sync", "SYNC", 2, 9, "async, sync, potential or quorum"),
    Column::words("zone", "ZONE", 2, 10, "failure zone"),
    Column::number("delay", "DELAY", 3, 7, "recovery_min_apply_delay"),
    Column::words("slot", "SLOT", 5, 20, "replication slot on the primary"),
    Column::number("write", "WRITE", 6, 9, "bytes sent and not written"),
    Column::number("flush", "FLUSH", 6, 9, "bytes not flushed"),
    Column::number(
        "write_lag",
        "WRITE LAG",
        7,
        9,
        "as the standby reported it; empty while nothing moves",
    ),
    Column::number(
        "flush_lag",
        "FLUSH LAG",
        7,
        9,
        "as the standby reported it; empty while nothing moves",
    ),
    Column::number(
        "replay_lag",
        "REPLAY LAG",
        7,
        10,
        "as the standby reported it; stale while replay is paused",
    ),
    Column::number("conflicts", "CONFLICTS", 6, 9, "queries that replay cancelled"),
];

/// The view.
pub struct Replicas;

impl View for Replicas {
    fn name(&self) -> &'static str {
        "replicas"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["replica", "standbys", "rep"]
    }

    fn about(&self) -> &'static str {
        "standbys: state, bytes and time behind, slots"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Replication::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["resume-replay"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let mut rows: Vec<Row> = Vec::new();
        let mut headline = Vec::new();
        for (_, seen) in world.all::<Replication>() {
            rows.extend(
                seen.value
                    .standbys
                    .iter()
                    .map(|standby| row(world, seen.value, standby)),
            );
            headline.extend(succession(world, seen.value));
        }
        worst_first(&mut rows);
        let well = rows.iter().filter(|row| row.severity == Severity::Ok).count();
        headline.insert(0, Cell::new(format!("{well} of {} standbys well", rows.len())));
        let unseen = world
            .faults(Pulse::NAME)
            .map(|(target, fault)| (target.clone(), fault.clone()))
            .collect();
        Table {
            columns: COLUMNS,
            rows,
            headline,
            unseen,
            complete: world.complete(&[Pulse::NAME]),
        }
    }
}

fn row(world: &Snapshot, replication: &Replication, standby: &Standby) -> Row {
    let severity = standby.severity();
    let progress = standby.progress.as_ref();
    let safe = standby.slot.as_ref().and_then(|slot| slot.safe);
    let zone = configured(world, &standby.target)
        .and_then(|instance| {
            instance
                .servers
                .iter()
                .find(|server| server.name == standby.target.part(1))
        })
        .and_then(|server| server.zone.clone());
    let lag = |of: Option<f64>| Cell::new(of.map(span));
    let bytes = |of: Option<Bytes>| Cell::new(of);
    let cells = vec![
        Cell::new(Value::Text(standby.target.part(0).into())),
        Cell::new(Value::Text(standby.target.name())),
        state(standby).at(severity),
        behind(standby).at(severity),
        time(&standby.state, world.taken).at(severity),
        bytes(standby.retained),
        match safe {
            Some(safe) if safe < 0 => Cell::new("none left").at(Severity::Critical),
            Some(safe) => Cell::new(Bytes(safe.unsigned_abs())),
            None => Cell::blank(),
        },
        Cell::new(Value::Trend(trend(world, replication, standby))),
        Cell::new(standby.sync.clone().map(Value::Note)),
        Cell::new(zone.map(Value::Note)),
        match standby.delay {
            Some(delay) if delay > 0.0 => Cell::new(span(delay)),
            _ => Cell::blank(),
        },
        Cell::new(standby.slot.as_ref().map(|slot| slot.name.clone())),
        bytes(progress.and_then(|progress| progress.write)),
        bytes(progress.and_then(|progress| progress.flush)),
        lag(progress.and_then(|progress| progress.write_lag)),
        lag(progress.and_then(|progress| progress.flush_lag)),
        lag(progress.and_then(|progress| progress.replay_lag)),
        Cell::new(standby.conflicts.and_then(|n| u64::try_from(n).ok())),
    ];
    Row {
        target: standby.target.clone(),
        cells,
        severity,
        seen: Some(standby.at),
        fault: standby.fault.clone(),
    }
}

fn state(standby: &Standby) -> Cell {
    match &standby.state {
        State::SlotLost { .. } | State::ArchiveOnly if standby.configured => Cell::new(standby.state.word()),
        state if !standby.configured => Cell::new(format!("{} (not configured)", state.word())),
        state => Cell::new(state.word()),
    }
}

/// What is not replayed; never zero where nothing arrives.
fn behind(standby: &Standby) -> Cell {
    match (&standby.state, standby.state.bytes()) {
        (State::Unknown { why }, _) => Cell::unseen(why.clone()),
        (State::SlotLost { .. }, _) => Cell::new("for ever"),
        // What was cut off has not caught up, even where nothing was written since.
        (State::ReceiverDown { .. }, Some(Bytes(0))) => Cell::unseen("nothing was written since it was cut off"),
        (_, Some(bytes)) => Cell::new(bytes),
        (_, None) => Cell::unseen("the primary keeps no log that could be measured"),
    }
}

/// How late it is; never zero where nothing arrives.
fn time(state: &State, now: Timestamp) -> Cell {
    let short = |span: SignedDuration| span < SignedDuration::from_secs(1);
    match (state.time(), state) {
        (Some(delay), _) => Cell::new(delay),
        (
            None,
            State::ReceiverDown {
                since, earlier: false, ..
            },
        ) => Cell::new(Value::Began(*since)),
        (None, State::ReceiverDown { since, .. }) => match now.duration_since(*since) {
            span if short(span) => Cell::unseen("it was down already when it was first looked at"),
            span => Cell::new(Value::AtLeast(span)),
        },
        (None, _) => Cell::blank(),
    }
}

fn span(seconds: f64) -> Value {
    Value::Span(SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX))
}

/// Who would take over from a primary that is gone, and what would be lost.
fn succession(world: &Snapshot, replication: &Replication) -> Option<Cell> {
    let primary = replication.primary.as_ref().filter(|_| !replication.primary_answers)?;
    let best = replication
        .standbys
        .iter()
        .filter(|standby| standby.received.is_some())
        .max_by_key(|standby| standby.received)?;
    let (bytes, time) = best.loss(world, primary)?;
    let age = time
        .map(|time| format!(" of {}", Value::from(time).words(world.taken)))
        .unwrap_or_default();
    let words = format!(
        "{} is gone; {} is most advanced and would lose {bytes}{age} of what we saw written",
        primary.name(),
        best.target.name()
    );
    Some(Cell::new(words).at(Severity::Critical))
}

/// Bytes behind at each of the standby's last samples, by the primary's sample that is nearest in time.
fn trend(world: &Snapshot, replication: &Replication, standby: &Standby) -> Vec<f64> {
    let Some(primary) = &replication.primary else {
        return Vec::new();
    };
    let ahead = world.trend::<Pulse>(primary, "lsn");
    let own = world.trend::<Pulse>(&standby.target, "lsn");
    own.iter()
        .skip(own.len().saturating_sub(20))
        .filter_map(|sample| Some((nearest(ahead, sample)? - sample.value).max(0.0)))
        .collect()
}

fn nearest(samples: &[Sample], to: &Sample) -> Option<f64> {
    let distance = |sample: &&Sample| sample.at.duration_since(to.at).abs();
    samples.iter().min_by_key(distance).map(|sample| sample.value)
}
