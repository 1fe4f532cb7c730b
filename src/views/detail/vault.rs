//! The secrets server: its state, the console's own token, and how its engine is set up.

use super::{age, explain};
use crate::{
    facts::{
        engine::{Connection, Connections, DynamicRole, DynamicRoles, Read, StaticRole, StaticRoles},
        leases::Leases,
        token::Token,
        vault::VaultState,
    },
    model::{Cell, Kind, Section, Severity, Target, Text, Value},
    store::{Known, Snapshot},
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    world.fleet.vault.as_ref()?;
    let mut sections = vec![server(target, world), token(target, world)];
    sections.extend(engine(target, world));
    Some(sections)
}

fn server(target: &Target, world: &Snapshot) -> Section {
    let section = Section::new("secrets server");
    let seen = match world.known::<VaultState>(target) {
        Known::Waiting => return section.line("state", Cell::unseen("not asked yet")),
        Known::Silent(fault) => return explain(section, fault),
        Known::Seen(seen) => seen,
    };
    let state = seen.value;
    let (word, severity) = match (state.initialized, state.sealed, state.standby) {
        (false, ..) => ("not initialised", Severity::Critical),
        (_, true, _) => ("sealed", Severity::Critical),
        (.., true) => ("standby", Severity::Ok),
        _ => ("active", Severity::Ok),
    };
    let mut section = section
        .line("state", Cell::new(word).at(severity))
        .line("is", format!("{} {}", state.dialect.word(), state.version))
        .line("address", state.address.clone())
        .line("namespace", Cell::new(state.namespace.clone()))
        .line("cluster", Cell::new(state.cluster.clone()));
    if let Some(seal) = &state.seal {
        section = section
            .line("key shares given", Value::Of(seal.progress, seal.threshold))
            .line("key shares in all", seal.shares)
            .line("seal", seal.kind.clone());
    }
    let off = state.skew.unsigned_abs() > 1;
    let clock = if off {
        format!("{} s ahead of ours", state.skew)
    } else {
        "agrees with ours".into()
    };
    age(section.line("clock", clock), &seen)
}

fn token(target: &Target, world: &Snapshot) -> Section {
    let section = Section::new("the console's own token");
    let seen = match world.known::<Token>(target) {
        Known::Waiting => return section.line("state", Cell::unseen("not asked yet")),
        Known::Silent(fault) => return explain(section, fault),
        Known::Seen(seen) => seen,
    };
    let token = seen.value;
    let ends = token
        .ends
        .map_or(Cell::new("never"), |ends| Cell::new(Value::Ends(ends)));
    let section = section
        .line("ends", ends)
        .line("lives", Cell::new(token.life))
        .line("renewable", token.renewable)
        .line("issued", Cell::new(token.issued.map(Value::Began)))
        .line("name", token.name.clone())
        .line("got at", token.path.clone())
        .line("policies", token.policies.clone())
        .line("uses left", Cell::new(token.uses));
    age(section, &seen)
}

/// What the engine is told, and what it gave out.
fn engine(target: &Target, world: &Snapshot) -> Vec<Section> {
    let parts = [
        world.get(target).map(|seen| age(connections(seen.value), &seen)),
        world.get(target).map(|seen| age(dynamic(seen.value), &seen)),
        world.get(target).map(|seen| age(fixed(seen.value), &seen)),
        world.get(target).map(|seen| age(leases(seen.value), &seen)),
    ];
    parts.into_iter().flatten().collect()
}

fn connections(all: &Connections) -> Section {
    let line = |section: Section, (name, read): (&Text, &Read<Connection>)| {
        let connection = &read.value;
        let hosts: Vec<String> = connection.hosts.iter().map(Text::to_string).collect();
        let database = connection.database.clone().unwrap_or_default();
        let mode = connection.tls.clone().unwrap_or_else(|| "prefer".into());
        let severity = if connection.is_plain() {
            Severity::Warning
        } else {
            Severity::Ok
        };
        let words = format!("{}/{database}, sslmode {mode}", hosts.join(","));
        section.line(name.clone(), Cell::new(words).at(severity))
    };
    all.0.iter().fold(Section::new("connections"), line)
}

fn dynamic(all: &DynamicRoles) -> Section {
    let line = |section: Section, (name, read): (&Text, &Read<DynamicRole>)| {
        let endless = Cell::new("as the mount allows").at(Severity::Warning);
        section.line(name.clone(), read.value.default_ttl.map_or(endless, Cell::new))
    };
    all.0
        .iter()
        .fold(Section::new("dynamic roles, and how long a lease lives"), line)
}

fn fixed(all: &StaticRoles) -> Section {
    let line = |section: Section, (name, read): (&Text, &Read<StaticRole>)| {
        let role = Target::new(Kind::StaticRole, [name.clone()]);
        section.link(name.clone(), Cell::new(read.value.username.clone()), role)
    };
    all.0.iter().fold(Section::new("static roles"), line)
}

fn leases(all: &Leases) -> Section {
    let section = Section::new("leases").line("in all", all.leases.len() as u64);
    all.irrevocable_unseen.iter().fold(section, explain)
}
