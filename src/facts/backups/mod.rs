//! What the repositories of backups hold of each instance, and what that is worth.

pub mod standing;
pub mod tested;
pub mod verified;
mod window;
mod worth;

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use standing::{Standing, Trouble};
pub use window::Log;
pub use worth::{Identity, Worth};

use super::{configured, leader, pulse::Pulse, settled};
use crate::{
    model::{Fault, FaultKind, Stanza, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Repositories may be far away, and the child process on another host.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is kept of one instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// What the repository says.
    pub stanza: Stanza,
    /// The last file of the log that the primary had archived, as it said, before the repository was asked: what was
    /// archived then must be there. None where that is not known.
    pub archived: Option<Text>,
}

impl Fact for Catalogue {
    const NAME: &'static str = "backups";
}

/// Asks the repository of every instance that has one.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Catalogue::NAME
    }

    /// A child process each time, and at the other end of it a walk through a directory or a bucket.
    fn pace(&self) -> Pace {
        Pace::secs(60, 300)
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Whoever refuses a login is not asked for it every other second.
    fn retry(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        let instances = world.fleet.instances.iter();
        let kept = instances.filter(|instance| instance.backups.is_some());
        kept.map(|instance| Target::instance(&instance.name)).collect()
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        settled(world, target)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let nowhere = || Fault::new(FaultKind::Refused, "the fleet file does not say where its backups are");
        let backups = configured(world, target).and_then(|instance| instance.backups.as_ref());
        let leader = leader(world, target.part(0));
        let pulse = leader.and_then(|server| world.get::<Pulse>(&server));
        let archived = pulse.and_then(|seen| seen.value.archiver.archived_wal.as_ref());
        let archived = archived.and_then(|file| segment(file.raw())).map(Text::from);
        let within = PATIENCE.saturating_sub(Duration::from_secs(1));
        let stanza = doors.repositories.stanza(backups.ok_or_else(nowhere)?, within).await?;
        Ok(Sealed::of(Catalogue { stanza, archived }))
    }
}

/// The file of the log in the name of what was archived: `….backup` tells of a file that was archived before it. Of
/// histories and of files that were never finished there is none.
fn segment(name: &str) -> Option<&str> {
    let (file, rest) = name.split_at_checked(24)?;
    let whole = file.bytes().all(|b| b.is_ascii_hexdigit()) && (rest.is_empty() || rest.ends_with(".backup"));
    whole.then_some(file)
}

#[cfg(test)]
mod tests {
    use super::segment;

    // B3
    #[test]
    fn the_file_is_found_in_the_name_of_what_was_archived() {
        let file = "00000001000000000000001B";
        assert_eq!(segment(file), Some(file));
        assert_eq!(segment("00000001000000000000001B.00000028.backup"), Some(file));
        for other in ["00000002.history", "00000001000000000000001B.partial", ""] {
            assert_eq!(segment(other), None, "{other}");
        }
    }
}
