//! What a schema says was done to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::model::history::{TABLE, create, table};
use crate::model::{Fault, Text, Version};

/// What is known of the history of one schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum History {
    /// There is no table.
    Absent,
    /// It was read.
    Kept(Kept),
    /// There is a table that could not be read, and why.
    Unseen(Fault),
}

/// A history that was read. What is in it stands once for all that are equal, see
/// [`Shapes::records`](super::shapes::Shapes::records).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Entries.
    pub count: u64,
    /// Over version, checksum, way and completeness of every entry: equal where the histories are.
    pub digest: Text,
    /// When the last entry was made.
    pub last: Option<Timestamp>,
    /// The run that made it.
    pub run: Option<Text>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version, as written.
    pub version: Text,
    /// What it is called.
    pub name: Text,
    /// SHA-256 over the file, in hexadecimal.
    pub sha256: Text,
    /// How it came to be here.
    pub how: How,
    /// Whether all of the file is done.
    pub complete: bool,
    /// Statements of a file that is not complete, from its beginning, that are done.
    pub statements: u64,
}

/// How an entry came to be in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// The file was run.
    Applied,
    /// The schema had it already when its history began.
    Baseline,
}

impl Record {
    /// The version, where it is one.
    pub fn version(&self) -> Option<Version> {
        self.version.raw().parse().ok()
    }
}
