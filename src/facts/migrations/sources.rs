//! What the directories of migrations hold.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::{
    model::{Directory, Fault, FaultKind, Target},
    provider::{Doors, migrations},
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Every directory that the fleet file names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sources {
    /// By path; what is in it, or why that cannot be told.
    pub directories: BTreeMap<PathBuf, Result<Directory, Fault>>,
}

impl Fact for Sources {
    const NAME: &'static str = "migrations";
}

impl Sources {
    /// Why each directory that could not be read was not.
    pub fn broken(world: &Snapshot) -> impl Iterator<Item = &Fault> {
        let seen = world.get::<Self>(&Target::fleet());
        let directories = seen.into_iter().flat_map(|seen| seen.value.directories.values());
        directories.filter_map(|held| held.as_ref().err())
    }

    /// What this directory holds, where it could be read.
    pub fn directory(&self, path: &Path) -> Option<&Directory> {
        self.directories.get(path)?.as_ref().ok()
    }
}

/// Reads them all.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Sources::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(5, 60)
    }

    /// Nobody else is asked: a file of 10 MB takes as long as this machine is busy with other things.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        let any = !world.fleet.tracks.is_empty();
        any.then(Target::fleet).into_iter().collect()
    }

    async fn ask(&self, _doors: &Doors, _target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let paths: Vec<PathBuf> = world.fleet.tracks.iter().map(|track| track.directory.clone()).collect();
        // What was read before is not parsed again: that takes as long as the files are large.
        let before = world.get::<Sources>(&Target::fleet()).map(|seen| seen.value.clone());
        let before = before.unwrap_or_default();
        let read = move || {
            let each = paths.into_iter().map(|path| {
                let held = migrations::read_anew(&path, before.directory(&path));
                (path, held)
            });
            Sources {
                directories: each.collect(),
            }
        };
        let sources = spawn_blocking(read).await;
        sources
            .map(Sealed::of)
            .map_err(|e| Fault::new(FaultKind::Malformed, format!("the migrations were not read: {e}")))
    }
}
