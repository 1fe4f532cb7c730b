//! The secrets server: its state, the console's own token, and how its engine is set up.

use super::{age, explain};
use crate::{
    facts::{
        engine::{Connections, DynamicRoles, StaticRoles},
        leases::Leases,
        token::Token,
        vault::VaultState,
    },
    model::{Cell, Kind, Section, Severity, Target, Text, Value},
    store::{Known, Snapshot},
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    if !world.fleet.vault {
        return None;
    }
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

fn engine(target: &Target, world: &Snapshot) -> Vec<Section> {
    let mut sections = Vec::new();
    if let Some(seen) = world.get::<Connections>(target) {
        let line = |section: Section, (name, read): (&Text, _)| {
            let connection: &crate::facts::engine::Connection = read;
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
        let all = seen.value.0.iter().map(|(name, read)| (name, &read.value));
        sections.push(age(all.fold(Section::new("connections"), line), &seen));
    }
    if let Some(seen) = world.get::<DynamicRoles>(target) {
        let line = |section: Section, (name, read): (&Text, &crate::facts::engine::Read<_>)| {
            let role: &crate::facts::engine::DynamicRole = &read.value;
            let life = role
                .default_ttl
                .map_or(Cell::new("as the mount allows").at(Severity::Warning), Cell::new);
            section.line(name.clone(), life)
        };
        sections.push(age(
            seen.value
                .0
                .iter()
                .fold(Section::new("dynamic roles, and how long a lease lives"), line),
            &seen,
        ));
    }
    if let Some(seen) = world.get::<StaticRoles>(target) {
        let line = |section: Section, name: &Text| {
            section.link(
                name.clone(),
                Cell::blank(),
                Target::new(Kind::StaticRole, [name.clone()]),
            )
        };
        sections.push(age(seen.value.0.keys().fold(Section::new("static roles"), line), &seen));
    }
    if let Some(seen) = world.get::<Leases>(target) {
        let section = Section::new("leases").line("in all", seen.value.leases.len() as u64);
        let section = seen.value.irrevocable_unseen.iter().fold(section, explain);
        sections.push(age(section, &seen));
    }
    sections
}
