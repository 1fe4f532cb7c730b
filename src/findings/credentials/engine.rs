//! Settings of the database engine that hurt later.

use super::{Check, Finding, Trouble, by_instance};
use crate::{
    facts::engine::{Connection, Connections, DynamicRoles, Read},
    model::{Fault, Severity, Target, Text},
    store::{Fact, Snapshot},
};

/// A dynamic role without a life of its own gets the mount's, which is 768 hours where nobody set it.
pub struct NoDefaultLife;

impl Check for NoDefaultLife {
    fn id(&self) -> &'static str {
        "no-default-ttl"
    }

    fn about(&self) -> &'static str {
        "dynamic roles whose default_ttl is nothing"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[DynamicRoles::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let Some(roles) = world.get::<DynamicRoles>(&Target::vault()) else {
            return Vec::new();
        };
        // A role that could not be read has no life either; that is told as not seen.
        let read = roles.value.0.iter().filter(|(_, read)| read.fault.is_none());
        let endless: Vec<_> = read.filter(|(_, read)| read.value.default_ttl.is_none()).collect();
        if endless.is_empty() {
            return Vec::new();
        }
        let names: Vec<String> = endless.iter().map(|(name, _)| name.to_string()).collect();
        let what = format!("leases of {} live as long as the mount allows", names.join(", "));
        let mut finding = Finding::new(self, &Target::vault(), Severity::Warning, what);
        for (name, read) in endless.into_iter().take(super::NAMED) {
            let max = read
                .value
                .max_ttl
                .map_or_else(|| "none".into(), |max| format!("{max:#}"));
            finding = finding.evidence(name.to_string(), format!("default_ttl none, max_ttl {max}"));
        }
        let remedy = "set default_ttl on the role; a line of its definition that was cut off drops it silently";
        vec![finding.remedy(remedy, "credentials")]
    }

    fn blind(&self, world: &Snapshot) -> Vec<(Target, Fault)> {
        let roles = world.get::<DynamicRoles>(&Target::vault()).map(|seen| seen.value);
        unread(roles.map(|roles| roles.0.values()))
    }
}

/// The engine's own superuser goes over a network in the clear.
pub struct EngineWithoutTls;

impl Check for EngineWithoutTls {
    fn id(&self) -> &'static str {
        "engine-without-tls"
    }

    fn about(&self) -> &'static str {
        "connections of the engine that leave its machine without a promise of TLS"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Connections::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let Some(connections) = world.get::<Connections>(&Target::vault()) else {
            return Vec::new();
        };
        let read = connections.value.0.iter().filter(|(_, read)| read.fault.is_none());
        let plain = read.filter(|(_, read)| read.value.is_plain());
        let troubles = plain.map(|(name, read)| trouble(world, name, &read.value));
        let words = |_, place: &str| format!("the engine reaches {place} without TLS");
        let remedy = "say sslmode=verify-full in the connection_url; the engine's own password and every new one cross \
                      the network";
        by_instance(self, troubles, words, remedy)
    }

    fn blind(&self, world: &Snapshot) -> Vec<(Target, Fault)> {
        let connections = world.get::<Connections>(&Target::vault()).map(|seen| seen.value);
        unread(connections.map(|connections| connections.0.values()))
    }
}

fn trouble(world: &Snapshot, name: &Text, connection: &Connection) -> Trouble {
    let mut instances = world.fleet.instances.iter();
    let instance = instances.find(|instance| instance.is_reached_by(name.raw()));
    let hosts: Vec<String> = connection.hosts.iter().map(Text::to_string).collect();
    let mode = connection
        .tls
        .clone()
        .unwrap_or_else(|| "none, which means prefer".into());
    Trouble {
        instance: instance.map(|instance| instance.name.as_str().into()),
        severity: Severity::Warning,
        label: format!("connection {name}"),
        what: format!("to {}, sslmode {mode}", hosts.join(", ")),
    }
}

fn unread<'a, T: 'a>(all: Option<impl Iterator<Item = &'a Read<T>>>) -> Vec<(Target, Fault)> {
    let faults = all.into_iter().flatten().filter_map(|read| read.fault.clone());
    faults.map(|fault| (Target::vault(), fault)).collect()
}
