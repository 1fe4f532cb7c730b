//! What the directories of migrations hold.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    model::{Directory, Fault},
    store::Fact,
};

/// Every directory that the fleet file names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources {
    /// By path; what is in it, or why that cannot be told.
    pub directories: BTreeMap<PathBuf, Result<Directory, Fault>>,
}

impl Fact for Sources {
    const NAME: &'static str = "sources";
}

impl Sources {
    /// What this directory holds, where it could be read.
    pub fn directory(&self, path: &Path) -> Option<&Directory> {
        self.directories.get(path)?.as_ref().ok()
    }
}
