//! What is broken now, kept on disk, so that another process can heal it.

use std::{fs, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    lab::{files, ground::Ground},
    model::{Fault, FaultKind},
};

/// A fault that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Its name.
    pub fault: String,
    /// What it was made on.
    pub target: String,
    /// When.
    pub since: Timestamp,
    /// What healing must know.
    pub kept: Json,
}

impl Made {
    /// A fault that is about to be made.
    pub fn new(fault: &str, target: &str) -> Self {
        Self {
            fault: fault.into(),
            target: target.into(),
            since: Timestamp::now(),
            kept: Json::Null,
        }
    }

    /// The same, with what healing must know.
    pub fn with(self, kept: Json) -> Self {
        Self { kept, ..self }
    }

    fn path(&self, ground: &Ground) -> PathBuf {
        let name = format!("{}.{}.json", self.fault, self.target.replace('/', ":"));
        ground.path("faults").join(name)
    }

    /// Whether this fault is made on this target.
    pub fn is_kept(&self, ground: &Ground) -> bool {
        self.path(ground).exists()
    }

    /// Writes it down.
    pub fn keep(&self, ground: &Ground) -> Result<(), Fault> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))?;
        files::private(&self.path(ground), &text)
    }

    /// Crosses it out.
    pub fn forget(&self, ground: &Ground) -> Result<(), Fault> {
        let path = self.path(ground);
        fs::remove_file(&path).map_err(|e| files::wrong(&path, &e))
    }

    /// All that are made, the oldest first.
    pub fn all(ground: &Ground) -> Result<Vec<Self>, Fault> {
        let dir = ground.path("faults");
        let mut all = Vec::new();
        for entry in fs::read_dir(&dir).map_err(|e| files::wrong(&dir, &e))?.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let made: Self = serde_json::from_str(&files::read(&path)?)
                    .map_err(|e| Fault::new(FaultKind::Malformed, format!("{}: {e}", path.display())))?;
                all.push(made);
            }
        }
        all.sort_by_key(|made| made.since);
        Ok(all)
    }
}
