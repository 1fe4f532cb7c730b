//! A role of an instance: attributes, memberships, what it owns and who is logged in as it.

use super::age;
use crate::{
    facts::{
        members,
        policies::Policies,
        roles::{Graph, Role, Roles},
        sessions::Sessions,
    },
    model::{Cell, Kind, Section, Target, Text, Value},
    store::{Seen, Snapshot},
};

/// Lines of a list before it is cut short.
const SHOWN: usize = 50;

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let instance = Target::instance(target.part(0));
    let seen = world.get::<Roles>(&instance)?;
    let role = seen.value.find(target.part(1))?;
    let graph = Graph::of(seen.value);
    Some(vec![
        attributes(role, &seen),
        memberships(target.part(0), role, &graph),
        owned(target.part(0), role, world),
        sessions(target.part(0), role, world),
    ])
}

fn attributes(role: &Role, seen: &Seen<'_, Roles>) -> Section {
    let section = Section::new("role")
        .line("can log in", role.login)
        .line("superuser", role.superuser)
        .line("bypasses row-level security", role.bypass_rls)
        .line("makes roles", role.create_role)
        .line("streams the log", role.replication)
        .line("inherits", role.inherit);
    let section = match u64::try_from(role.connection_limit) {
        Ok(limit) => section.line("sessions at most", limit),
        Err(_) => section.line("sessions at most", "no limit"),
    };
    let section = match role.valid_until {
        Some(until) => section.line("password ends", Cell::new(Value::Ends(until))),
        None => section.line("password ends", "never"),
    };
    age(section.line("oid", u64::from(role.oid)), seen)
}

fn memberships(instance: &str, role: &Role, graph: &Graph) -> Section {
    let link = |section: Section, label: &'static str, name: &Text| {
        section.link(label, name.clone(), Target::new(Kind::Role, [instance, name.raw()]))
    };
    let direct: Vec<&Role> = role
        .member_of
        .iter()
        .filter_map(|group| graph.role(group.role))
        .collect();
    let mut section = direct.iter().fold(Section::new("memberships"), |section, group| {
        link(section, "member of", &group.name)
    });
    let indirect = graph.reaches(role.oid).into_iter().filter_map(|oid| graph.role(oid));
    for group in indirect.filter(|group| group.oid != role.oid && direct.iter().all(|one| one.oid != group.oid)) {
        section = link(section, "through them", &group.name);
    }
    let has = graph.direct_members(role.oid);
    for member in has.iter().filter_map(|oid| graph.role(*oid)).take(SHOWN) {
        section = link(section, "has member", &member.name);
    }
    more(section, has.len())
}

/// Relations with tenants in them, of every database that is watched.
fn owned(instance: &str, role: &Role, world: &Snapshot) -> Section {
    let databases = world
        .all::<Policies>()
        .filter(|(database, _)| database.part(0) == instance);
    let mut section = Section::new("owns, of what tenants share");
    let mut count = 0;
    for (database, seen) in databases {
        let catalog = &seen.value.catalog;
        for relation in catalog.relations.iter().filter(|relation| relation.owner == role.oid) {
            let Some(schema) = catalog.schemas.iter().find(|schema| schema.oid == relation.schema) else {
                continue;
            };
            count += 1;
            if count <= SHOWN {
                let path = [instance, database.part(1), schema.name.raw(), relation.name.raw()];
                let shown = format!("{}.{}", schema.name, relation.name);
                section = section.link(database.name(), shown, Target::new(Kind::Relation, path));
            }
        }
    }
    more(section, count)
}

fn sessions(instance: &str, role: &Role, world: &Snapshot) -> Section {
    let mut section = Section::new("sessions");
    let mut count = 0;
    for server in members(world, instance) {
        let Some(seen) = world.get::<Sessions>(&server) else {
            continue;
        };
        for session in seen
            .value
            .sessions
            .iter()
            .filter(|session| session.user_oid == Some(role.oid))
        {
            count += 1;
            if count <= SHOWN {
                let what = session.state.clone().unwrap_or_else(|| "state not seen".into());
                section = section.link(
                    server.name(),
                    format!("pid {}, {what}", session.pid),
                    session.target(&server),
                );
            }
        }
    }
    more(section, count)
}

fn more(section: Section, count: usize) -> Section {
    match count.checked_sub(SHOWN) {
        Some(more) if more > 0 => section.line("and", format!("{more} more")),
        _ => section,
    }
}
