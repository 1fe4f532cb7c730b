//! How far the many of a run have come, wave by wave and instance by instance.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Headway, Text};

/// How far the many of a run have come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// In the order in which they come.
    pub parts: Vec<Part>,
    /// Done per second over the last ten seconds; none where nobody carries it out or it waits.
    pub lately: Option<f64>,
    /// Done per second in all the time in which it was carried out and not paused; none where nothing is done yet.
    pub rate: Option<f64>,
    /// How long it takes at this rate.
    pub left: Left,
    /// What is waited for now, the newest first; one for each part at most.
    pub waits: Vec<Wait>,
    /// How many have failed.
    pub failed: usize,
    /// The last of those that failed, the newest first.
    pub failures: Vec<Failure>,
}

/// Those of a wave that are done on one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its wave, from 1; 0 for one that is tried before the others.
    pub wave: usize,
    /// The instance; none where they are done on none.
    pub instance: Option<Text>,
    /// How they stand.
    pub headway: Headway,
}

/// How long the rest takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Left {
    /// So many seconds, at the rate of now.
    Seconds(f64),
    /// Nobody can tell, and why.
    Unknown(String),
}

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// When that was told.
    pub at: Timestamp,
    /// Where; none where the run waits as a whole.
    pub instance: Option<Text>,
    /// What for.
    pub what: Text,
}

/// One that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// The step that failed.
    pub name: Text,
    /// Why.
    pub why: Text,
}

impl Progress {
    /// All parts together.
    pub fn headway(&self) -> Headway {
        let parts = self.parts.iter().map(|part| part.headway);
        parts.fold(Headway::default(), Headway::and)
    }

    /// The instances, in the order in which they first come.
    pub fn instances(&self) -> Vec<&Text> {
        let mut all: Vec<&Text> = Vec::new();
        for instance in self.parts.iter().filter_map(|part| part.instance.as_ref()) {
            if !all.contains(&instance) {
                all.push(instance);
            }
        }
        all
    }

    /// The wave that is under way, or the last that was, and how many there are.
    pub fn wave(&self) -> (usize, usize) {
        let begun = self.parts.iter().rev();
        let mut begun = begun.filter(|part| part.headway.under_way + part.headway.ended() > 0);
        let now = begun.next().map_or(0, |part| part.wave);
        (now, self.parts.iter().map(|part| part.wave).max().unwrap_or(0))
    }
}
