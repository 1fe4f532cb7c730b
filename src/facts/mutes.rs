//! Findings that the operator muted, from the operator's own file.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    config::mutes::{self, Mute},
    model::{Fault, FaultKind, Target},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// All mutes of this operator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mutes {
    /// In force and ended.
    pub mutes: Vec<Mute>,
}

impl Fact for Mutes {
    const NAME: &'static str = "mutes";
}

impl Mutes {
    /// The mute of this finding that is in force in this snapshot.
    pub fn of<'a>(world: &'a Snapshot, finding: &str) -> Option<&'a Mute> {
        let seen = world.get::<Self>(&Target::fleet())?;
        seen.value
            .mutes
            .iter()
            .find(|mute| mute.finding == finding && mute.until > world.taken)
    }
}

/// Reads the file.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Mutes::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(2, 10)
    }

    fn targets(&self, _world: &Snapshot) -> Vec<Target> {
        vec![Target::fleet()]
    }

    async fn ask(&self, doors: &Doors, _target: &Target, _world: &Snapshot) -> Result<Sealed, Fault> {
        // A small file of our own; a mistake in it must not unmute what was muted, so the last good value stays.
        let mutes = mutes::read(&doors.mutes).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))?;
        Ok(Sealed::of(Mutes { mutes }))
    }
}
