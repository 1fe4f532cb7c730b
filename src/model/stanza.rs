//! What a repository of pgBackRest says that it holds of one cluster.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Bytes, Lsn, Text};

/// Everything that `pgbackrest info` tells of a stanza.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stanza {
    /// pgBackRest's name for the cluster.
    pub name: Text,
    /// How all repositories stand together.
    pub status: Status,
    /// A backup, or what excludes one, is under way on the host that was asked; others are not seen from there.
    pub busy: bool,
    /// Where its backups are.
    pub repositories: Vec<Repository>,
    /// The clusters that were backed up under this name, the first first.
    pub clusters: Vec<Cluster>,
    /// The log of each of them.
    pub archives: Vec<Archive>,
    /// The oldest first.
    pub backups: Vec<Backup>,
}

/// pgBackRest's verdict: 0 is well, 2 that there are no backups yet (`INFO_STANZA_STATUS_CODE` in its source).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its number.
    pub code: u64,
    /// Its words.
    pub message: Text,
}

/// One of the places where backups are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its number, from 1.
    pub key: u64,
    /// How it stands.
    pub status: Status,
    /// Whether it is encrypted, and how.
    pub cipher: Text,
}

/// A cluster of which a repository knows: another one follows where it was upgraded, or made anew under the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its number in the repository, from 1.
    pub id: u64,
    /// The repository.
    pub repository: u64,
    /// Its system identifier, as servers print it.
    pub system: Text,
    /// Its version, such as `15`.
    pub version: Text,
}

/// The log of a cluster in a repository. Whether any file between the first and the last is missing is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// The number of the cluster.
    pub cluster: u64,
    /// The repository.
    pub repository: u64,
    /// The first file, by name.
    pub first: Option<Text>,
    /// The last file, by name.
    pub last: Option<Text>,
}

/// One backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// Its name, such as `20261126-154140F_20261126-154143I`.
    pub label: Text,
    /// What it holds.
    pub kind: BackupKind,
    /// The backup that it builds on.
    pub base: Option<Text>,
    /// When it was begun.
    pub began: Timestamp,
    /// When it was complete: nothing earlier can be had back from it.
    pub ended: Timestamp,
    /// Between which positions of the log it was made, where that is told.
    pub span: Option<(Lsn, Lsn)>,
    /// The first and the last file of the log without which it is nothing, where that is told.
    pub log: Option<(Text, Text)>,
    /// The cluster, when it was made.
    pub size: Bytes,
    /// What of it was copied.
    pub copied: Bytes,
    /// What that takes in the repository.
    pub kept: Option<Bytes>,
    /// The number of the cluster.
    pub cluster: u64,
    /// The repository.
    pub repository: u64,
    /// Whether pages with a wrong checksum were met; not known where the cluster has none.
    pub damaged: Option<bool>,
    /// What people noted on it.
    pub notes: BTreeMap<Text, Text>,
}

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupKind {
    /// Everything.
    Full,
    /// What has changed since a full one.
    Diff,
    /// What has changed since any other.
    Incr,
}

impl BackupKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Diff => "diff",
            Self::Incr => "incr",
        }
    }
}

impl Stanza {
    /// There is no such stanza in a repository.
    pub const NO_PATH: u64 = 1;
    /// There is one, and nothing in it yet.
    pub const NO_BACKUPS: u64 = 2;
    /// There is something of the name, which is no stanza.
    pub const NO_STANZA: u64 = 3;

    /// The backup of this label in a repository.
    pub fn backup(&self, repository: u64, label: &Text) -> Option<&Backup> {
        let here = |backup: &&Backup| backup.repository == repository && backup.label == *label;
        self.backups.iter().find(here)
    }
}
