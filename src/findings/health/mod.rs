//! Trouble that grows in a server: ids that run out, pages that rot, settings and versions that fell behind.

mod acl;
mod archiver;
mod checksums;
mod collation;
mod files;
mod fixes;
mod ids;
mod indexes;
mod pending;
mod privileges;
mod sequences;
mod skew;
mod version;

pub use acl::AccessLists;
pub use archiver::Archiver;
pub use checksums::Checksums;
pub use collation::Collations;
pub use files::ConfigurationFiles;
pub use fixes::MissingFixes;
pub use ids::IdAge;
pub use indexes::InvalidIndexes;
pub use pending::PendingRestart;
pub use privileges::Privileges;
pub use sequences::SequenceEnd;
pub use skew::ClockSkew;
pub use version::EndOfLife;

use crate::{
    facts::{
        databases::{Database, Databases},
        members,
        server::Setup,
    },
    model::Target,
    store::Snapshot,
};

/// Every database of every instance, as last seen.
fn databases(world: &Snapshot) -> impl Iterator<Item = (Target, &Database)> {
    world.all::<Databases>().flat_map(|(instance, seen)| {
        let place = |database: &Database| Target::database(instance.part(0), database.name.raw());
        seen.value
            .databases
            .iter()
            .map(move |database| (place(database), database))
    })
}

/// Every instance with those of its servers that were seen.
fn instances(world: &Snapshot) -> impl Iterator<Item = (Target, Vec<(Target, &Setup)>)> {
    world.fleet.instances.iter().map(|instance| {
        let seen =
            |server: Target| Some((world.get::<Setup>(&server)?.value, server)).map(|(setup, server)| (server, setup));
        (
            Target::instance(&instance.name),
            members(world, &instance.name).filter_map(seen).collect(),
        )
    })
}

fn place(instance: &Target) -> String {
    format!("instances /instance={}", instance.part(0))
}

/// Server names for a sentence.
fn names<'a>(servers: impl IntoIterator<Item = &'a Target>) -> String {
    servers
        .into_iter()
        .map(|server| server.name().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
