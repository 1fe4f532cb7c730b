//! An instance: its servers, how its standbys stand, where its tenants live.

use std::collections::BTreeMap;

use super::{age, backups};
use crate::{
    facts::{databases::Databases, leader, members, pulse::Pulse, replication::Replication, server::Setup, tenants},
    model::{Cell, Isolation, Section, Target, Text, Value},
    store::{Known, Snapshot},
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let instance = world.fleet.instance(target.part(0))?;
    let mut head = Section::new("instance").line("name", Value::Text(instance.name.as_str().into()));
    let lead = leader(world, &instance.name);
    head = match &lead {
        Some(server) => head.link("primary", server.name(), server.clone()),
        None => head.line("primary", Cell::unseen("no server that takes writes was seen")),
    };
    if let Some(setup) = lead.as_ref().and_then(|server| world.get::<Setup>(server)) {
        head = head
            .line("system identifier", setup.value.system.clone())
            .line("version", setup.value.version.clone());
    }
    if let Some(connection) = &instance.vault_connection {
        head = head.line("vault connection", connection.clone());
    }
    Some(vec![
        head,
        servers(world, target),
        backups::standing(world, target),
        tenants_of(world, target),
        databases(world, target),
        backups::list(world, target),
    ])
}

fn servers(world: &Snapshot, instance: &Target) -> Section {
    let replication = world.get::<Replication>(instance).map(|seen| seen.value);
    members(world, instance.part(0)).fold(Section::new("servers"), |section, server| {
        let standby =
            replication.and_then(|replication| replication.standbys.iter().find(|standby| standby.target == server));
        let cell = match (world.known::<Pulse>(&server), standby) {
            (Known::Waiting, _) => Cell::unseen("not asked yet"),
            (Known::Silent(fault), _) => Cell::unseen(fault.what.clone()),
            (Known::Seen(_), Some(standby)) => Cell::new(standby.state.word()).at(standby.severity()),
            (Known::Seen(seen), None) if seen.fault.is_some() => {
                Cell::new("primary, silent now").at(crate::model::Severity::Critical)
            }
            (Known::Seen(seen), None) => Cell::new(if seen.value.recovery { "standby" } else { "primary" }),
        };
        section.link(server.name(), cell, server)
    })
}

fn tenants_of(world: &Snapshot, instance: &Target) -> Section {
    let mut count: BTreeMap<(Isolation, &str), u64> = BTreeMap::new();
    for tenant in tenants::of(world).into_iter().flat_map(|all| &all.tenants) {
        if tenant.instance() == instance.part(0) {
            *count.entry((tenant.model, tenant.database())).or_default() += 1;
        }
    }
    let by_model = Isolation::ALL.map(|model| {
        (
            model,
            count
                .iter()
                .filter(|((of, _), _)| *of == model)
                .map(|(_, n)| n)
                .sum::<u64>(),
        )
    });
    let present = by_model.into_iter().filter(|(_, n)| *n > 0);
    present.fold(Section::new("tenants"), |section, (model, n)| {
        section.line(model.word(), n)
    })
}

fn databases(world: &Snapshot, instance: &Target) -> Section {
    let section = Section::new("databases");
    match world.known::<Databases>(instance) {
        Known::Waiting => section.line("databases", Cell::unseen("not asked yet")),
        Known::Silent(fault) => super::explain(section, fault),
        Known::Seen(seen) => {
            let named = seen.value.databases.iter().fold(section, |section, database| {
                let to = Target::database(instance.part(0), database.name.raw());
                section.link(
                    Text::clone(&database.name),
                    format!("{} sessions", database.counters.backends),
                    to,
                )
            });
            age(named, &seen)
        }
    }
}
