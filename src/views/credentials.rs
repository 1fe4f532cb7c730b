//! Every credential that the database engine gave out, and every role and session that outlived one. Never a password.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::View;
use crate::{
    facts::{
        credentials::{Credentials, ghosts},
        engine::{Connections, DynamicRoles, StaticRoles},
        leases::Leases,
        roles::Roles,
        sessions::Sessions,
        token::Token,
        vault::VaultState,
    },
    model::{Cell, Column, Fault, Severity, Table, Target, plural},
    store::{Fact, Known, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words(
        "kind",
        "KIND",
        1,
        7,
        "lease, static role, leftover role, session without role, or the console's own token",
    ),
    Column::words("instance", "INSTANCE", 0, 14, "instance that it opens"),
    Column::words("role", "ROLE", 0, 18, "role of the engine"),
    Column::words("state", "STATE", 0, 18, "how it stands, with both sides compared"),
    Column::number(
        "ends",
        "ENDS",
        0,
        16,
        "when it ends by itself, or when its password changes",
    ),
    Column::number(
        "sessions",
        "SESSIONS",
        1,
        8,
        "sessions that use it, as far as the servers answer",
    ),
    Column::number(
        "issued",
        "ISSUED",
        2,
        8,
        "when it was issued, or its password last changed",
    ),
    Column::words(
        "user",
        "USER",
        2,
        52,
        "role in PostgreSQL; a lease does not name it, so it may be ambiguous",
    ),
    Column::words("lease", "LEASE", 4, 24, "end of the lease's id"),
    Column::words("renewable", "RENEWABLE", 3, 9, "whether it can be made to live longer"),
    Column::number(
        "limit",
        "LIMIT",
        5,
        16,
        "when it ends for good, however often it is renewed",
    ),
    Column::words(
        "token",
        "TOKEN",
        4,
        9,
        "display name of the token it ends with, first eight characters",
    ),
    Column::words("why", "WHY", 3, 60, "what is wrong, in the secrets server's words"),
];

const NEEDS: &[&str] = &[
    VaultState::NAME,
    Token::NAME,
    Leases::NAME,
    DynamicRoles::NAME,
    StaticRoles::NAME,
    Connections::NAME,
    Roles::NAME,
    Sessions::NAME,
];

/// The view.
pub struct AllCredentials;

impl View for AllCredentials {
    fn name(&self) -> &'static str {
        "credentials"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["credential", "creds", "leases", "lease"]
    }

    fn about(&self) -> &'static str {
        "leases and static roles, and what outlived them"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["rotate", "revoke", "lock-out", "end-sessions"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        Table {
            columns: COLUMNS,
            rows: rows::all(world),
            headline: headline(world),
            unseen: unseen(world),
            complete: world.complete(NEEDS),
        }
    }
}

/// Who did not answer, and what an answer left out.
fn unseen(world: &Snapshot) -> Vec<(Target, Fault)> {
    let vault = Target::vault();
    let silent = NEEDS.iter().flat_map(|fact| world.faults(fact));
    let mut unseen: Vec<(Target, Fault)> = silent.map(|(target, fault)| (target.clone(), fault.clone())).collect();
    if let Some(leases) = world.get::<Leases>(&vault).map(|seen| seen.value) {
        let left_out = [&leases.unread, &leases.irrevocable_unseen].into_iter().flatten();
        unseen.extend(left_out.map(|fault| (vault.clone(), fault.clone())));
    }
    // Sealed is said once, not once for everything that cannot be read because of it.
    let mut said = BTreeSet::new();
    unseen.retain(|(target, fault)| said.insert((target.clone(), fault.what.clone())));
    unseen
}

fn headline(world: &Snapshot) -> Vec<Cell> {
    if world.fleet.vault.is_none() {
        return vec![Cell::new("no secrets server is configured")];
    }
    let mut line = vec![server(world)];
    let Some(all) = world.get::<Credentials>(&Target::vault()).map(|seen| seen.value) else {
        return line;
    };
    // Nothing is counted that was never seen.
    if world.get::<Leases>(&Target::vault()).is_some() {
        line.push(Cell::new(plural(all.leases.len(), "lease")));
    }
    if world.get::<StaticRoles>(&Target::vault()).is_some() {
        line.push(Cell::new(plural(all.statics.len(), "static role")));
    }
    let states = all.leases.iter().map(|lease| &lease.state);
    let states = states.chain(all.statics.iter().map(|fixed| &fixed.state));
    let states = states.chain(all.leftovers.iter().map(|left| &left.state));
    let mut wrong = BTreeMap::new();
    for state in states.filter(|state| state.severity() > Severity::Notice) {
        let (n, worst) = wrong.entry(state.word()).or_insert((0, Severity::Ok));
        *n += 1;
        *worst = state.severity().max(*worst);
    }
    line.extend(
        wrong
            .into_iter()
            .map(|(word, (n, worst))| Cell::new(format!("{n} {word}")).at(worst)),
    );
    match ghosts(world).count() {
        0 => {}
        n => line.push(Cell::new(format!("{} without role", plural(n, "session"))).at(Severity::Warning)),
    }
    line
}

fn server(world: &Snapshot) -> Cell {
    match world.known::<VaultState>(&Target::vault()) {
        Known::Waiting => Cell::new("secrets server not seen yet"),
        Known::Silent(_) => Cell::new("secrets server does not answer").at(Severity::Critical),
        Known::Seen(seen) => {
            let name = seen.value.dialect.word();
            if seen.fault.is_some() {
                Cell::new(format!(
                    "{name} does not answer: ends count down from what was last read"
                ))
                .at(Severity::Critical)
            } else if seen.value.sealed {
                Cell::new(format!("{name} is sealed: ends count down from what was last read")).at(Severity::Critical)
            } else {
                Cell::new(format!("{name} {}", seen.value.version))
            }
        }
    }
}
