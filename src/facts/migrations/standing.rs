//! Where every schema stands in the history that it follows. Derived; asks nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{history::Kept, judge, shapes::Shapes, sources::Sources};
use crate::{
    facts::{databases::Databases, tenants::Tenants},
    model::{Fault, Isolation, Target, Text, Track, Version},
    store::{Derived, Fact, Sealed, Snapshot},
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
    /// No shape is that of more than half of the schemas at its version.
    NoMajority {
        /// Shapes that there are.
        shapes: u64,
        /// One that has the most frequent of them, the first by name.
        like: Target,
    },
}

impl Fact for Standings {
    const NAME: &'static str = "standings";
}

/// Where every schema stands, as of the last derivation.
pub fn of(world: &Snapshot) -> Option<&Standings> {
    world.get::<Standings>(&Target::fleet()).map(|seen| seen.value)
}

/// Where every schema stands, by instance, database and schema: a pure function of what was seen.
pub fn standings(world: &Snapshot) -> Vec<Standing> {
    judge::all(world)
}

const SOURCES: [&str; 4] = [Sources::NAME, Shapes::NAME, Databases::NAME, Tenants::NAME];

/// How it follows.
pub const DERIVED: Derived = Derived {
    name: Standings::NAME,
    from: &SOURCES,
    make: derive,
};

/// Where every schema stands, where nothing has changed since that was derived.
pub(super) fn fresh(world: &Snapshot) -> Option<&Standings> {
    of(world).filter(|derived| derived.from == generations(world))
}

fn generations(world: &Snapshot) -> Vec<u64> {
    SOURCES.iter().map(|fact| world.generation(fact)).collect()
}

fn derive(world: &mut Snapshot) {
    let complete = world.complete(&SOURCES[..3]);
    if fresh(world).is_some_and(|before| before.complete == complete) {
        return;
    }
    let from = generations(world);
    let standings = Standings {
        standings: standings(world),
        complete,
        from,
    };
    world.take(
        Standings::NAME,
        &Target::fleet(),
        world.taken,
        Ok(Sealed::of(standings)),
    );
}

impl Standings {
    /// Where this schema stands.
    pub fn find(&self, target: &Target) -> Option<&Standing> {
        self.standings.iter().find(|standing| standing.target == *target)
    }
}

impl Standing {
    /// A schema of which nothing is seen yet.
    pub fn blank(target: Target, model: Isolation, track: &Track) -> Self {
        Self {
            target,
            model,
            tenants: Vec::new(),
            tenant: None,
            track: track.clone(),
            owner: None,
            version: None,
            pending: Vec::new(),
            drift: Vec::new(),
            incomplete: None,
            unrecorded: false,
            shape: None,
            alike: 0,
            peers: 0,
            history: None,
            stand: Stand::Current,
            at: None,
            fault: None,
        }
    }

    /// Why it is set apart; empty where it is not.
    pub fn reasons(&self) -> &[Reason] {
        match &self.stand {
            Stand::Apart(reasons) => reasons,
            Stand::Current | Stand::Behind(_) | Stand::Unknown(_) => &[],
        }
    }

    /// The schema whose shape it should have, where it has another.
    pub fn like(&self) -> Option<&Target> {
        self.reasons().iter().find_map(|reason| match reason {
            Reason::Shape { like, .. } | Reason::NoMajority { like, .. } => Some(like),
            Reason::Drift | Reason::Incomplete | Reason::Unrecorded => None,
        })
    }
}

impl Stand {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Behind(_) => "behind",
            Self::Apart(_) => "apart",
            Self::Unknown(_) => "unknown",
        }
    }
}
