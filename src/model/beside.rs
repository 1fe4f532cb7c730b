//! A copy of an instance beside it, at a moment of its past: a server of its own that nothing reaches but the console.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Bytes, Kind, Lsn, Moment, Target, Text};

/// All copies in one directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copies {
    /// What may still be written there.
    pub free: Bytes,
    /// By name.
    pub copies: Vec<Beside>,
}

/// A copy, as the file says that lies in its directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// Its name: that of its directory.
    pub id: Text,
    /// Of which stanza it is.
    pub stanza: Text,
    /// The system identifier that it must have.
    pub system: Text,
    /// What it is to be at.
    pub moment: Moment,
    /// How it stands.
    pub stage: Making,
    /// Why, where that needs a reason.
    #[serde(default)]
    pub why: Option<Text>,
    /// When it was asked for.
    pub began: Timestamp,
    /// When it was there.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// The directory of its server's programs.
    pub binaries: PathBuf,
    /// Its server's process.
    #[serde(default)]
    pub pid: Option<u32>,
    /// What is known of it once it is there.
    #[serde(default)]
    pub server: Option<BesideServer>,
}

impl Beside {
    /// Whether it is there, and answers.
    pub fn can_be_read(&self) -> bool {
        matches!(self.stage, Making::Paused | Making::Opened)
    }
}

/// What a copy is once it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BesideServer {
    /// Its superuser, by whom it is read.
    pub user: Text,
    /// Its version, such as `15.18`.
    pub version: Text,
    /// Its timeline.
    pub timeline: i64,
    /// Up to where it has replayed the log.
    pub reached: Lsn,
    /// When the last transaction that it has replayed was committed, where it replayed any.
    pub commit: Option<Timestamp>,
    /// How much its files take.
    pub bytes: Bytes,
}

/// How a copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Making {
    /// The backup is copied out of the repository.
    Restoring,
    /// Its server replays the log.
    Replaying,
    /// It is there: its server waits at the moment, in recovery.
    Paused,
    /// It is there: its server is out of recovery, because a change that was under way at the moment had locked tables,
    /// and nobody could have read them.
    Opened,
    /// It was there, or on its way, and its server or who makes it is gone.
    Stopped,
    /// It could not be made.
    Failed,
    /// It is being removed.
    Leaving,
}

impl Making {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Restoring => "restoring",
            Self::Replaying => "replaying",
            Self::Paused => "paused",
            Self::Opened => "opened",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Leaving => "leaving",
        }
    }

    /// Whether it can be read.
    pub fn is_there(self) -> bool {
        matches!(self, Self::Paused | Self::Opened)
    }
}

impl Target {
    /// A copy beside an instance.
    pub fn copy(instance: &str, id: &str) -> Self {
        Self::new(Kind::Copy, [instance, id])
    }
}
