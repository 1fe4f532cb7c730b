//! A session: who it is, what it does, whom it keeps waiting and who keeps it.

use super::age;
use crate::{
    facts::sessions::{Session, Sessions, Whose, chains},
    findings::sessions as judge,
    model::{Cell, Section, Target, Value},
    store::{Seen, Snapshot},
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let server = Target::server(target.part(0), target.part(1));
    let seen = world.get::<Sessions>(&server)?;
    let session = seen.value.find(target.part(2).parse().ok()?)?;
    let head = age(who(world, &server, session), &seen);
    Some(vec![
        head,
        doing(target, session, &seen),
        waits(&server, session, &seen),
        blocks(&server, session, &seen),
    ])
}

fn who(world: &Snapshot, server: &Target, session: &Session) -> Section {
    let mut section = Section::new("session")
        .line("pid", u64::from(session.pid.unsigned_abs()))
        .line("kind", session.kind.clone())
        .line("user", Cell::new(session.user.clone()))
        .line("oid of the user", Cell::new(session.user_oid.map(u64::from)));
    if session.role_dropped() {
        section = section.line("its role", "was dropped; the session goes on with what the role could");
    }
    if let Some(tenant) = Whose::of(world).tenant(server, session) {
        section = section.link("tenant", tenant.name.clone(), tenant.target.clone());
    }
    if let Some(database) = &session.database {
        section = section.link(
            "database",
            database.clone(),
            Target::database(server.part(0), database.raw()),
        );
    }
    section
        .link("server", server.name(), server.clone())
        .line("application", Cell::new(session.application.clone()))
        .line("from", Cell::new(session.client.clone()))
        .line("connected", Cell::new(session.started.map(Value::Began)))
}

fn doing(target: &Target, session: &Session, seen: &Seen<'_, Sessions>) -> Section {
    let section = Section::new("doing");
    if session.hidden {
        return section.line(
            "all else",
            Cell::unseen("the server shows it to members of pg_read_all_stats only"),
        );
    }
    let own = judge::severity(session, seen.value.now);
    let section = section
        .line("state", Cell::new(session.state.clone().map(Value::Note)).at(own))
        .line("in this state", Cell::new(session.changed.map(Value::Began)).at(own))
        .line("statement began", Cell::new(session.query_at.map(Value::Began)))
        .line("transaction began", Cell::new(session.transaction.map(Value::Began)))
        .line("age of its transaction id", count(session.xid_age))
        .line("age of its snapshot", count(session.xmin_age))
        .line("query id", Cell::new(session.query_id.clone().map(Value::Note)))
        .line(
            "query",
            Cell::new(session.query.as_ref().map(|query| query.text().clone())),
        );
    match &session.query {
        Some(query) if query.text().raw().contains('?') => section.line("with its literals", reveal(target)),
        _ => section,
    }
}

/// The command that asks for what is masked here.
fn reveal(session: &Target) -> String {
    format!(
        "tenantry reveal {}/{}/{}",
        session.path()[0],
        session.path()[1],
        session.part(2)
    )
}

fn waits(server: &Target, session: &Session, seen: &Seen<'_, Sessions>) -> Section {
    let section = Section::new("waits");
    let (Some(kind), Some(wait)) = (&session.wait_kind, &session.wait) else {
        return section;
    };
    let mut section = section.line("for", format!("{kind}: {wait}"));
    if let Some(lock) = &session.lock {
        section = section.line("lock", lock.to_string()).line("mode", lock.mode.clone());
    }
    if !session.blocked_by.is_empty() {
        section = section.line("since", Cell::new(session.waits_since().map(Value::Began)));
    }
    session.blocked_by.iter().fold(section, |section, pid| {
        person(section, "held up by", server, seen.value, *pid)
    })
}

fn blocks(server: &Target, session: &Session, seen: &Seen<'_, Sessions>) -> Section {
    let chains = chains(&seen.value.sessions);
    let mine = chains.iter().find(|chain| chain.root == session.pid);
    let victims = mine.into_iter().flat_map(|chain| &chain.victims);
    victims.fold(Section::new("keeps waiting"), |section, victim| {
        person(section, &">".repeat(victim.depth), server, seen.value, victim.pid)
    })
}

fn person(section: Section, label: &str, server: &Target, seen: &Sessions, pid: i32) -> Section {
    match seen.find(pid) {
        Some(other) => {
            let user = other
                .user
                .as_ref()
                .map_or_else(|| other.kind.clone(), ToString::to_string);
            let state = other.state.as_deref().unwrap_or("not told");
            section.link(label, format!("{user} (pid {pid}), {state}"), other.target(server))
        }
        None if pid == 0 => section.line(label, "a prepared transaction"),
        None => section.line(label, format!("process {pid}")),
    }
}

fn count(age: Option<i64>) -> Cell {
    Cell::new(age.and_then(|age| u64::try_from(age).ok()))
}
