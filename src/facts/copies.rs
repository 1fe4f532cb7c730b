//! Copies beside each instance, at moments of its past.

use std::time::Duration;

use async_trait::async_trait;

use super::configured;
use crate::{
    model::{Beside, Copies, Fault, FaultKind, Target},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// The host may be far away.
const PATIENCE: Duration = Duration::from_secs(15);

impl Fact for Copies {
    const NAME: &'static str = "copies";
}

/// A copy, as last seen.
pub fn find<'a>(world: &'a Snapshot, target: &Target) -> Option<&'a Beside> {
    let seen = world.get::<Copies>(&Target::instance(target.part(0)))?;
    seen.value.copies.iter().find(|copy| copy.id.raw() == target.part(1))
}

/// Asks the host of the backups of every instance that has a place for copies.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Copies::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(10, 30)
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// Whoever refuses a login is not asked for it every other second.
    fn retry(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        let instances = world.fleet.instances.iter();
        let with_room =
            instances.filter(|instance| instance.backups.as_ref().is_some_and(|kept| kept.scratch.is_some()));
        with_room.map(|instance| Target::instance(&instance.name)).collect()
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let nowhere = || Fault::new(FaultKind::Refused, "the fleet file does not say where its backups are");
        let backups = configured(world, target).and_then(|instance| instance.backups.as_ref());
        let within = PATIENCE.saturating_sub(Duration::from_secs(1));
        let copies = doors.copies.list(backups.ok_or_else(nowhere)?, within).await?;
        Ok(Sealed::of(copies))
    }
}
