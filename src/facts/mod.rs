//! What is observed. A new fact is one file here and one line in [`ALL`].

pub mod backups;
pub mod copies;
pub mod credentials;
pub mod databases;
pub mod engine;
pub mod leases;
pub mod load;
pub mod migrations;
pub mod mutes;
pub mod policies;
pub mod pulse;
pub mod registry;
pub mod replication;
pub mod roles;
pub mod runs;
pub mod schemas;
pub mod server;
pub mod sessions;
pub mod sizes;
pub mod tenants;
pub mod token;
pub mod upkeep;
pub mod vault;

use std::sync::LazyLock;

use crate::{
    model::{Fault, FaultKind, Instance, Kind, Target, Tenancy},
    store::{Derived, Fact, Known, Probe, Questions, Snapshot},
};

use pulse::Pulse;

/// Every probe.
pub static ALL: &[&dyn Probe] = &[
    // Of the operator.
    &mutes::Ask,
    &migrations::sources::Ask,
    // Of a server.
    &pulse::Ask,
    &server::Ask,
    &sessions::Ask,
    // Of an instance.
    &load::Ask,
    &sizes::Ask,
    &databases::Ask,
    &roles::Ask,
    &backups::Ask,
    &copies::Ask,
    // Of a database.
    &registry::Ask,
    &schemas::Ask,
    &upkeep::Ask,
    &policies::Ask,
    &migrations::shapes::Ask,
    &migrations::outlines::Ask,
    // Of the secrets server.
    &vault::Ask,
    &token::Ask,
    &engine::connections::Ask,
    &engine::roles::Ask,
    &engine::statics::Ask,
    &leases::Ask,
];

/// The names of all facts that are asked for, here and where runs are carried out.
pub fn names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| ALL.iter().map(|probe| probe.name()).chain([runs::Runs::NAME]).collect());
    &NAMES
}

/// Every fact that follows from others, each after what it is made from.
pub static DERIVED: &[Derived] = &[
    replication::DERIVED,
    tenants::DERIVED,
    migrations::standing::DERIVED,
    credentials::DERIVED,
];

/// Whether all that these facts are made from was answered at least once, or failed: what is missing then is not there.
pub fn answered(world: &Snapshot, facts: &[&str]) -> bool {
    let questions = Questions {
        probes: ALL,
        derived: DERIVED,
    };
    questions.answered(world, facts)
}

/// Makes all that follows.
pub fn derive(world: &mut Snapshot) {
    for derived in DERIVED {
        (derived.make)(world);
    }
}

/// Every server of the fleet.
pub fn servers(world: &Snapshot) -> Vec<Target> {
    let of = |instance: &Instance| {
        let name = instance.name.clone();
        let targets = instance
            .servers
            .iter()
            .map(move |server| Target::server(&name, &server.name));
        targets.collect::<Vec<_>>()
    };
    world.fleet.instances.iter().flat_map(of).collect()
}

/// Every instance of the fleet.
pub fn instances(world: &Snapshot) -> Vec<Target> {
    world
        .fleet
        .instances
        .iter()
        .map(|instance| Target::instance(&instance.name))
        .collect()
}

/// The server that is not in recovery, as last seen; where several claim it, one that answers now.
///
/// Which server leads is observed, never configured.
pub fn leader(world: &Snapshot, instance: &str) -> Option<Target> {
    let claims = |target: &Target| {
        let seen = world.get::<Pulse>(target)?;
        (!seen.value.recovery).then_some((seen.fault.is_some(), seen.at))
    };
    let servers = members(world, instance);
    servers
        .filter_map(|target| Some((claims(&target)?, target)))
        .min_by_key(|(claim, _)| claim.0)
        .map(|(_, target)| target)
}

/// Whom to ask about an instance or something inside it: the leader where it answers, else a standby that does.
pub fn spokesman(world: &Snapshot, target: &Target) -> Option<Target> {
    let instance = target.instance_name()?;
    let answers = |server: &Target| world.get::<Pulse>(server).is_some_and(|seen| seen.fault.is_none());
    let leader = leader(world, instance);
    let standby = || members(world, instance).find(|server| answers(server));
    leader.clone().filter(answers).or_else(standby).or(leader)
}

/// Whom to ask, or that there is nobody.
pub fn asked(world: &Snapshot, target: &Target) -> Result<Target, Fault> {
    let nobody = || Fault::new(FaultKind::Unreachable, "no server of the instance answers");
    spokesman(world, target).ok_or_else(nobody)
}

/// The databases that this names among the tenancies of every instance.
pub fn tenant_databases(world: &Snapshot, named: impl Fn(&Tenancy) -> Option<&str>) -> Vec<Target> {
    let instances = world.fleet.instances.iter();
    let all = instances.flat_map(|instance| instance.tenancies.iter().map(move |tenancy| (instance, tenancy)));
    let databases = all.filter_map(|(instance, tenancy)| Some(Target::database(&instance.name, named(tenancy)?)));
    databases.collect()
}

/// Whether it is known whom to ask, or that nobody of the instance answers.
pub fn settled(world: &Snapshot, target: &Target) -> bool {
    let waits = |server: &Target| matches!(world.known::<Pulse>(server), Known::Waiting);
    let mut servers = members(world, target.instance_name().unwrap_or_default());
    spokesman(world, target).is_some_and(|server| leader(world, target.part(0)) == Some(server))
        || !servers.any(|s| waits(&s))
}

/// The servers of an instance, in the order of the fleet file.
pub fn members<'a>(world: &'a Snapshot, instance: &str) -> impl Iterator<Item = Target> + use<'a> {
    let found = world.fleet.instance(instance);
    found.into_iter().flat_map(|instance| {
        instance
            .servers
            .iter()
            .map(|server| Target::server(&instance.name, &server.name))
    })
}

/// The instance that a target belongs to, as configured.
pub fn configured<'a>(world: &'a Snapshot, target: &Target) -> Option<&'a Instance> {
    debug_assert_ne!(target.kind(), Kind::Fleet);
    world.fleet.instance(target.instance_name()?)
}
