//! A lease: what it opens, whose it is, when it ends, and who is connected with it.

use super::{age, explain};
use crate::{
    facts::{
        credentials::{Credentials, Holding, State, User},
        engine::{DynamicRole, DynamicRoles},
        leases::{self, Leases},
        sessions::Sessions,
    },
    model::{Cell, Kind, Section, Target, Text, Value},
    store::Snapshot,
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let vault = Target::vault();
    let all = world.get::<Credentials>(&vault)?.value;
    let lease = all.leases.iter().find(|lease| leases::target(&lease.id) == *target)?;
    let head = match world.get::<Leases>(&vault) {
        Some(seen) => age(head(lease), &seen),
        None => head(lease),
    };
    let role = world
        .get::<DynamicRoles>(&vault)
        .and_then(|seen| seen.value.0.get(&lease.role));
    let mut sections = vec![head, user(lease)];
    if let Some(read) = role {
        let section = definition(&read.value, &lease.role);
        sections.push(read.fault.iter().fold(section, explain));
    }
    let names = lease.user.names();
    sections.push(connected(world, lease.instance.as_ref(), names));
    Some(sections)
}

fn head(lease: &Holding) -> Section {
    let state = &lease.state;
    let section = Section::new("lease")
        .line("id", lease.id.clone())
        .line("state", Cell::new(state.word()).at(state.severity()));
    let section = match state {
        State::Irrevocable { why } | State::Unknown { why } => section.line("because", why.clone()),
        _ => section,
    };
    let section = match &lease.instance {
        Some(name) => section.link("instance", name.clone(), Target::instance(name.raw())),
        None => section.line(
            "instance",
            Cell::unseen("the fleet file names none with its connection"),
        ),
    };
    section
        .line("issued", Cell::new(lease.issued.map(Value::Began)))
        .line("ends", Cell::new(lease.ends.map(Value::Ends)).at(state.severity()))
        .line("renewable", Cell::new(lease.renewable))
        .line("cannot be renewed beyond", Cell::new(lease.limit.map(Value::Ends)))
        .line("ends at the latest with the token of", token(lease))
        .link("issued by", "the secrets server", Target::vault())
}

/// The secrets server does not say which token it was: its name is part of the user's, cut to eight characters.
fn token(lease: &Holding) -> Cell {
    match &lease.token {
        Some(name) => Cell::new(name.clone()),
        None => Cell::unseen("the user's name does not tell it"),
    }
}

fn user(lease: &Holding) -> Section {
    let section = Section::new("role in PostgreSQL");
    let link = |section: Section, name: &Text| match &lease.instance {
        Some(instance) => {
            let role = Target::new(Kind::Role, [instance.clone(), name.clone()]);
            section.link("it is", name.clone(), role)
        }
        None => section.line("it is", name.clone()),
    };
    match &lease.user {
        User::Certain(name) => link(section, name),
        User::Ambiguous(names) => {
            let why = "several leases of this role were issued in the same second";
            names.iter().fold(section.line("ambiguous", why), link)
        }
        User::Missing => section.line("it is", Cell::new("gone").at(lease.state.severity())),
        User::Unseen(why) => section
            .line("it is", Cell::unseen(why.clone()))
            .line("because", why.clone()),
    }
}

fn definition(role: &DynamicRole, name: &Text) -> Section {
    let drops = if role.revokes {
        "by its own statements"
    } else {
        "by the engine's, which fail where it owns anything"
    };
    Section::new("role of the engine")
        .line("name", name.clone())
        .line("connection", Cell::new(role.connection.clone()))
        .line("lives at first", Cell::new(role.default_ttl))
        .line("and at most", Cell::new(role.max_ttl))
        .line("its statements set VALID UNTIL", role.ends)
        .line("dropped", drops)
}

/// Sessions of these roles, on every server of the instance.
pub fn connected(world: &Snapshot, instance: Option<&Text>, names: &[Text]) -> Section {
    let here = |server: &Target| instance.is_some_and(|name| server.part(0) == name.raw());
    let mut section = Section::new("sessions");
    for (server, seen) in world.all::<Sessions>().filter(|(server, _)| here(server)) {
        let theirs = |user: &Option<Text>| user.as_ref().is_some_and(|user| names.contains(user));
        for session in seen.value.sessions.iter().filter(|session| theirs(&session.user)) {
            let what = session.application.clone().unwrap_or_default();
            let label = format!("{} on {}", session.pid, server.name());
            section = section.link(label, what, session.target(server));
        }
    }
    section
}
