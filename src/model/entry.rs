//! What a journal holds: the confirmed plan, then an intent before each deed and an answer after it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fault, Plan, Said};

/// One deed of a run. Steps are numbered as [`super::Tree::steps`] lists them, gates by the tree they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// Do the step.
    Act(usize),
    /// Read back whether it took.
    Check(usize),
    /// Take it back.
    Undo(usize),
    /// Ask whether the wave that begins with this step may begin.
    Gate(usize),
}

impl Deed {
    /// The number of the step that it is about, or begins with.
    pub fn number(self) -> usize {
        match self {
            Self::Act(at) | Self::Check(at) | Self::Undo(at) | Self::Gate(at) => at,
        }
    }
}

/// What came of a deed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It was carried out; of a check or a gate: it is so.
    Yes,
    /// Of a check or a gate: it is not so.
    No,
    /// The other side said no, and nothing was done.
    Refused(Fault),
    /// The other side said no in the middle of it: something may be left. Of a check: it is not so, and this is why.
    Halfway(Fault),
    /// Nobody answered: it may have been done.
    Silence(Fault),
}

/// The process that carries a run out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// The machine, by its own word.
    pub host: String,
    /// The process there.
    pub pid: u32,
}

/// What somebody tells a run while it is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it should do.
    pub what: Command,
    /// Who says so, by the system's word.
    pub by: String,
    /// When it was said.
    pub at: Timestamp,
}

/// What a run can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// Begin nothing new.
    Pause,
    /// Go on.
    Continue,
    /// Begin nothing new, and take back what was done.
    Abort,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// The first: what was confirmed, by whom, and the digest of it.
    Opened {
        /// The run.
        id: String,
        /// What was confirmed.
        plan: Box<Plan>,
        /// SHA-256 over the plan, in hexadecimal.
        digest: String,
        /// Who confirmed it.
        said: Said,
        /// Who carries it out.
        by: Carrier,
    },
    /// Somebody took the run up again, and confirmed it anew.
    Resumed {
        /// Who.
        said: Said,
        /// Who carries it out from now on.
        by: Carrier,
    },
    /// Somebody told it what to do.
    Ordered(Order),
    /// This is about to be done.
    Intent(Deed),
    /// This came of it.
    Answer(Deed, Answer),
    /// A step kept this value under this name, for those that follow.
    Kept(String, String),
    /// Something worth telling that changes nothing.
    Note(String),
}
