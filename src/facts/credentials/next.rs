//! When the next credential of an instance ends or changes.

use jiff::Timestamp;

use super::{Credentials, State};
use crate::{
    model::{Target, Text},
    store::Snapshot,
};

/// The earliest end of a lease, or change of a static role's password, that is still to come: when, and of which role
/// of the engine. An instance of many tenants has one answer for all of them, for so is the engine's connection.
pub fn next_expiry(world: &Snapshot, instance: &str) -> Option<(Timestamp, Text)> {
    let credentials = world.get::<Credentials>(&Target::vault())?.value;
    let here = |of: &Option<Text>| of.as_ref().is_some_and(|name| name.raw() == instance);
    let leases = credentials.leases.iter().filter(|lease| here(&lease.instance));
    let leases = leases.filter(|lease| !matches!(lease.state, State::Irrevocable { .. }));
    let ends = leases.filter_map(|lease| Some((lease.ends?, lease.role.clone())));
    let statics = credentials.statics.iter().filter(|fixed| here(&fixed.instance));
    let changes = statics.filter_map(|fixed| Some((fixed.due?, fixed.name.clone())));
    ends.chain(changes).filter(|(when, _)| *when > world.taken).min()
}
