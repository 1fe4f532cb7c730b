//! Trouble with the secrets server, with leases, and with what both left in the servers.

mod engine;
mod fallback;
mod ghosts;
mod leases;
mod roles;
mod statics;
#[cfg(test)]
mod tests;
mod token;
mod vault;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use engine::{EngineWithoutTls, NoDefaultLife};
pub use fallback::Fallback;
pub use ghosts::DroppedRole;
pub use leases::{Irrevocable, LeaseEnding, ending, in_use};
pub use roles::{ExpiredRole, LeaseWithoutRole, RoleWithoutLease};
pub use statics::Overdue;
pub use token::{OwnToken, near};
pub use vault::{SealedVault, VaultUnreachable};

use super::{Check, Finding};
use crate::{
    facts::{credentials::Credentials, vault::VaultState},
    model::{Fault, Severity, Target, Text},
    store::{Known, Snapshot},
};

/// Things that are named as evidence.
const NAMED: usize = 5;

/// One thing of several that have the same trouble, for they had the same cause.
struct Trouble {
    instance: Option<Text>,
    severity: Severity,
    label: String,
    what: String,
}

/// One finding for each instance, however many things of it have this trouble.
///
/// What belongs to no instance of the fleet file is the secrets server's.
fn by_instance(
    check: &dyn Check,
    troubles: impl IntoIterator<Item = Trouble>,
    words: impl Fn(usize, &str) -> String,
    remedy: &str,
) -> Vec<Finding> {
    let mut places: BTreeMap<Target, Vec<Trouble>> = BTreeMap::new();
    for trouble in troubles {
        let place = trouble.instance.as_ref();
        let place = place.map_or_else(Target::vault, |name| Target::instance(name.raw()));
        places.entry(place).or_default().push(trouble);
    }
    let finding = |(place, troubles): (Target, Vec<Trouble>)| {
        let worst = troubles
            .iter()
            .map(|trouble| trouble.severity)
            .max()
            .unwrap_or_default();
        let name = place.name().to_string();
        let mut finding = Finding::new(check, &place, worst, words(troubles.len(), &name));
        let more = troubles.len().saturating_sub(NAMED);
        for trouble in troubles.into_iter().take(NAMED) {
            finding = finding.evidence(trouble.label, trouble.what);
        }
        if more > 0 {
            finding = finding.evidence("and more", more);
        }
        finding.remedy(remedy, format!("credentials /{name}"))
    };
    places.into_iter().map(finding).collect()
}

/// A number with its noun.
fn count(n: usize, noun: &str) -> String {
    match n {
        1 => format!("a {noun}"),
        n => format!("{n} {noun}s"),
    }
}

fn credentials(world: &Snapshot) -> Option<&Credentials> {
    world.get::<Credentials>(&Target::vault()).map(|seen| seen.value)
}

/// Why the secrets server does not answer now, where it does not.
fn silence(world: &Snapshot) -> Option<&Fault> {
    match world.known::<VaultState>(&Target::vault()) {
        Known::Waiting => None,
        Known::Silent(fault) => Some(fault),
        Known::Seen(seen) => seen.fault,
    }
}

/// Whether the secrets server neither answers nor can be read. What follows from that is told once, there.
pub(super) fn is_shut(world: &Snapshot) -> bool {
    let sealed = world.get::<VaultState>(&Target::vault());
    silence(world).is_some() || sealed.is_some_and(|seen| seen.value.sealed || !seen.value.initialized)
}

/// A moment in words.
fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".into(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}
