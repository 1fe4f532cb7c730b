//! How each standby stands, judged from what its primary and the standby itself say. Derived; asks nothing.
//!
//! A number alone lies: `replay_lag` keeps its last value while replay is paused, is null while nothing moves, and has
//! no row at all once the receiver is cut (measured on PostgreSQL 15). So the state is a sum type, bytes come before
//! seconds, and seconds come from the primary's sampled positions: behind since the primary passed what is replayed.

mod delay;
mod judge;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use delay::Delay;

use super::pulse::{self, Pulse};
use crate::{
    model::{Bytes, Fault, Lsn, Severity, Target, Text},
    store::{Derived, Fact, Snapshot},
};

/// How the standbys of an instance stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replication {
    /// The server that leads, as last seen.
    pub primary: Option<Target>,
    /// Whether it answers now.
    pub primary_answers: bool,
    /// In the order of the fleet file, then those that stream without being configured.
    pub standbys: Vec<Standby>,
}

/// One standby.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standby {
    /// The server, or for one that is not configured the name with which it streams.
    pub target: Target,
    /// Whether the fleet file knows it.
    pub configured: bool,
    /// The truth, as far as it is known.
    pub state: State,
    /// Positions that the primary knows of, and how far behind they are.
    pub progress: Option<Progress>,
    /// `async`, `sync`, `potential`, `quorum`.
    pub sync: Option<String>,
    /// The slot that keeps the log for it.
    pub slot: Option<pulse::Slot>,
    /// Log that the primary keeps for it.
    pub retained: Option<Bytes>,
    /// `recovery_min_apply_delay`, seconds.
    pub delay: Option<f64>,
    /// Queries that replay cancelled.
    pub conflicts: Option<i64>,
    /// What it has received and flushed, by its own word.
    pub received: Option<Lsn>,
    /// When what is said here was true.
    pub at: Timestamp,
    /// Why it grows old.
    pub fault: Option<Fault>,
}

/// The state of a standby. Never a bare number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It has replayed all that the primary had written one beat ago.
    CaughtUp,
    /// It replays, later.
    Behind {
        /// Written by the primary, not yet replayed.
        bytes: Bytes,
        /// Since the primary passed what is replayed.
        time: Option<Delay>,
    },
    /// Somebody paused replay.
    ReplayPaused {
        /// Written by the primary, not yet replayed.
        bytes: Option<Bytes>,
        /// Since the primary passed what is replayed.
        time: Option<Delay>,
    },
    /// Nothing arrives.
    ReceiverDown {
        /// Since when, as far as that was seen.
        since: Timestamp,
        /// It was down already when it was first looked at.
        earlier: bool,
        /// Log that waits for it.
        retained: Option<Bytes>,
        /// Bytes that may still be written before its slot is lost.
        safe: Option<i64>,
        /// It holds its connection and says nothing.
        stalled: bool,
    },
    /// The log it needs is gone: it must be built anew.
    SlotLost {
        /// `invalidation_reason` since 17, else `wal_status`.
        reason: String,
    },
    /// It restores from the archive and does not stream.
    ArchiveOnly,
    /// Not known, and why.
    Unknown {
        /// One sentence.
        why: Text,
    },
}

/// Bytes behind the primary, as its sender knows it, and the standby's own measure of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Sent, not written.
    pub write: Option<Bytes>,
    /// Not flushed.
    pub flush: Option<Bytes>,
    /// Not replayed.
    pub replay: Option<Bytes>,
    /// Seconds; null while nothing moves, stale while replay is paused.
    pub write_lag: Option<f64>,
    /// Seconds.
    pub flush_lag: Option<f64>,
    /// Seconds.
    pub replay_lag: Option<f64>,
}

/// How it follows.
pub const DERIVED: Derived = Derived {
    name: Replication::NAME,
    from: &[Pulse::NAME],
    make: judge::derive,
};

impl Fact for Replication {
    const NAME: &'static str = "replication";
}

impl State {
    /// The words of the state.
    pub fn word(&self) -> &'static str {
        match self {
            Self::CaughtUp => "caught up",
            Self::Behind { .. } => "behind",
            Self::ReplayPaused { .. } => "replay paused",
            Self::ReceiverDown { stalled: false, .. } => "receiver down",
            Self::ReceiverDown { stalled: true, .. } => "receiver stalled",
            Self::SlotLost { .. } => "slot lost",
            Self::ArchiveOnly => "archive only",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Bytes that the primary has written and the standby has not replayed.
    pub fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::CaughtUp => Some(Bytes(0)),
            Self::Behind { bytes, .. } => Some(*bytes),
            Self::ReplayPaused { bytes, .. } => *bytes,
            Self::ReceiverDown { retained, .. } => *retained,
            Self::SlotLost { .. } | Self::ArchiveOnly | Self::Unknown { .. } => None,
        }
    }

    /// How long ago the primary passed what is replayed.
    pub fn time(&self) -> Option<Delay> {
        match self {
            Self::Behind { time, .. } | Self::ReplayPaused { time, .. } => *time,
            Self::CaughtUp
            | Self::ReceiverDown { .. }
            | Self::SlotLost { .. }
            | Self::ArchiveOnly
            | Self::Unknown { .. } => None,
        }
    }
}

/// Seconds behind, beyond the delay that is configured, from which on a standby is late.
const LATE: f64 = 60.0;
/// Seconds from which on it is of little use.
const FAR_BEHIND: f64 = 900.0;

impl Standby {
    /// How bad its state is.
    pub fn severity(&self) -> Severity {
        match &self.state {
            State::CaughtUp => Severity::Ok,
            State::Behind { time, .. } => {
                let beyond = time.map_or(0.0, |time| time.seconds - self.delay.unwrap_or_default());
                Severity::of(&beyond, &LATE, &FAR_BEHIND)
            }
            State::ArchiveOnly => Severity::Notice,
            State::ReplayPaused { .. } => Severity::Warning,
            State::ReceiverDown { safe: Some(safe), .. } if *safe <= 0 => Severity::Critical,
            State::ReceiverDown { .. } => Severity::Warning,
            State::SlotLost { .. } => Severity::Critical,
            State::Unknown { .. } => Severity::Unseen,
        }
    }

    /// What would be lost if this standby took over from a primary that is gone: bytes of its log, and since when.
    pub fn loss(&self, world: &Snapshot, primary: &Target) -> Option<(Bytes, Option<Delay>)> {
        let seen = world.get::<Pulse>(primary)?;
        let (written, received) = (seen.value.lsn?, self.received?);
        Some((
            written.since(received),
            delay::behind(world.trend::<Pulse>(primary, "lsn"), received, seen.at),
        ))
    }
}
