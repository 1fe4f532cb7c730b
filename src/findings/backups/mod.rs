//! Backups that could not be had back, are too old, damaged, or were never tried.

mod copies;
mod failing;
mod foreign;
mod gap;
mod stale;
mod unknown;
mod untested;
mod unverified;

use jiff::Timestamp;

pub use copies::Left;
pub use failing::Failing;
pub use foreign::Foreign;
pub use gap::Gap;
pub use stale::Stale;
pub use unknown::Unknown;
pub use untested::Untested;
pub use unverified::{Damaged, Unverified};

use super::{Check, Finding, Hurt};
use crate::{
    facts::backups::{Catalogue, Standing, Trouble, standing},
    model::{Target, Value},
    store::{Fact, Snapshot},
};

/// Servers also tell whose backups they are and whether the log arrives; where they do not answer, other checks say so.
const NEEDS: &[&str] = &[Catalogue::NAME];

/// How the backups of every instance stand, as far as its repository was seen.
fn all(world: &Snapshot) -> impl Iterator<Item = Standing<'_>> {
    let instances = world.fleet.instances.iter();
    instances.filter_map(|instance| standing::of(world, &instance.name))
}

/// One finding for each instance with this trouble, as bad as it is there.
fn each<'a>(
    check: &'a dyn Check,
    world: &'a Snapshot,
    trouble: Trouble,
    tell: impl Fn(&Standing<'_>) -> String + 'a,
) -> impl Iterator<Item = (Standing<'a>, Finding)> {
    let ill = move |standing: &Standing<'_>| standing.troubles(world.taken).contains(&trouble);
    all(world).filter(ill).map(move |standing| {
        let severity = standing.weight(trouble, world.taken);
        let finding = Finding::new(check, &standing.target, severity, tell(&standing))
            .hurts(Hurt::Inhabitants(standing.target.clone()))
            .evidence("repository seen", moment(standing.seen.at));
        (standing, finding)
    })
}

fn moment(at: Timestamp) -> String {
    Value::At(at).words(at)
}

fn place(instance: &Target) -> String {
    format!("backups /instance={}", instance.part(0))
}
