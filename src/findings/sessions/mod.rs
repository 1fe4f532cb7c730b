//! Trouble that sessions make: for each other, for vacuum, and for those who find no connection left.

mod blocking;
mod connections;
mod horizon;
mod idle;
mod limits;
mod long;
mod prepared;

use std::collections::{BTreeSet, HashSet};

pub use blocking::Blocking;
pub use connections::Connections;
pub use horizon::OldHorizon;
pub use idle::IdleInTransaction;
pub use limits::OwnLimit;
pub use long::LongTransaction;
pub use prepared::PreparedTransactions;

use jiff::{SignedDuration, Timestamp};

use crate::{
    facts::sessions::{Session, Sessions, Whose, chains},
    findings::Hurt,
    model::{Severity, Target, Text, Value},
    store::Snapshot,
};

/// How bad a session is by itself. What it does to others is the affair of the chain that hangs on it.
pub fn severity(session: &Session, now: Timestamp) -> Severity {
    idle::severity(session, now).max(long::severity(session, now))
}

/// How bad it is to wait this long for a lock.
pub fn waiting(for_: SignedDuration) -> Severity {
    blocking::severity(for_)
}

/// Sessions that keep others waiting: one fault is one finding, that of the chain.
fn roots(sessions: &[Session]) -> HashSet<i32> {
    chains(sessions).iter().map(|chain| chain.root).collect()
}

/// The sessions of every server, as last seen.
fn everywhere(world: &Snapshot) -> impl Iterator<Item = (&Target, &Sessions)> {
    world.all::<Sessions>().map(|(server, seen)| (server, seen.value))
}

/// The tenants that these sessions work for, where that can be told.
fn hurt<'a>(whose: &Whose<'_>, server: &Target, sessions: impl Iterator<Item = &'a Session>) -> Hurt {
    let found = sessions.filter_map(|session| whose.tenant(server, session));
    let found: BTreeSet<Target> = found.map(|tenant| tenant.target.clone()).collect();
    if found.is_empty() {
        return Hurt::Nobody;
    }
    Hurt::These(found.into_iter().collect())
}

/// A moment that does not move from snapshot to snapshot, as an age would.
fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "not told".into(), |at| Value::At(at).words(at))
}

/// Who it is, in the words of a sentence.
fn name(session: &Session) -> String {
    let user = session
        .user
        .as_ref()
        .map_or_else(|| session.kind.clone(), Text::to_string);
    match &session.database {
        Some(database) => format!("{user} in {database} (pid {})", session.pid),
        None => format!("{user} (pid {})", session.pid),
    }
}

fn place(server: &Target) -> String {
    format!("sessions /instance={} server={}", server.part(0), server.part(1))
}
