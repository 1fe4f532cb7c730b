//! Where every schema stands in the history that it follows. Derived; asks nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::history::Kept;
use crate::{
    model::{Fault, Isolation, Target, Text, Track, Version},
    store::{Fact, Snapshot},
};

/// Every schema that follows a history.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standings {
    /// By instance, database, schema.
    pub standings: Vec<Standing>,
    /// Whether every place has answered or failed.
    pub complete: bool,
    /// Generations of the facts that this was made from.
    from: Vec<u64>,
}

/// One schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Instance, database, schema.
    pub target: Target,
    /// How the tenants in it live.
    pub model: Isolation,
    /// The tenants in it, as far as they are known.
    pub tenants: Vec<Target>,
    /// What people call the one tenant in it.
    pub tenant: Option<Text>,
    /// What it follows.
    pub track: Track,
    /// Who owns it; none where it was not seen.
    pub owner: Option<Text>,
    /// The highest version that is complete.
    pub version: Option<Version>,
    /// Files that its history does not have, the first version first.
    pub pending: Vec<Pending>,
    /// Entries of its history that do not fit the files.
    pub drift: Vec<Drift>,
    /// A file that was begun and not finished, and how many statements of it are done.
    pub incomplete: Option<(Version, u64)>,
    /// There is no history, and yet there are objects.
    pub unrecorded: bool,
    /// The digest of its shape.
    pub shape: Option<Text>,
    /// Schemas of the same history and version that have this shape, this one among them.
    pub alike: u64,
    /// Schemas of the same history and version.
    pub peers: u64,
    /// Its history, where there is one.
    pub history: Option<Kept>,
    /// What that comes to.
    pub stand: Stand,
    /// When this was true.
    pub at: Option<Timestamp>,
    /// Why it grows old.
    pub fault: Option<Fault>,
}

/// A file that a history does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Its version.
    pub version: Version,
    /// It stands before the version that the schema is at.
    pub late: bool,
}

/// An entry of a history that does not fit the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Its version, as written.
    pub version: Text,
    /// What is wrong with it.
    pub what: Misfit,
}

/// How an entry does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Misfit {
    /// The file has another checksum now: what the entry has, what the file has.
    Changed(Text, Text),
    /// There is no file of this version.
    Missing,
    /// It is no version at all.
    Unreadable,
}

/// Where a schema stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stand {
    /// At the last version.
    Current,
    /// This many files behind.
    Behind(u64),
    /// It is not what its version says: why. No migration should touch it unseen.
    Apart(Vec<Reason>),
    /// It was not seen: why.
    Unknown(Fault),
}

/// Why a schema is set apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Its history does not fit the files.
    Drift,
    /// A file was begun and not finished.
    Incomplete,
    /// There is no history, and yet there are objects.
    Unrecorded,
    /// Most of the schemas at its version have another shape.
    Shape {
        /// Their shape.
        usual: Text,
        /// One of them.
        like: Target,
    },
    /// No shape is that of more than half of the schemas at its version: this many shapes.
    NoMajority(u64),
}

impl Fact for Standings {
    const NAME: &'static str = "standings";
}

/// Where every schema stands, as of the last derivation.
pub fn of(world: &Snapshot) -> Option<&Standings> {
    world.get::<Standings>(&Target::fleet()).map(|seen| seen.value)
}
