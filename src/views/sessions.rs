//! Who runs what and who waits for whom: blocking chains first, each victim under what it waits for.

use std::{cmp::Reverse, collections::HashMap};

use jiff::Timestamp;

use super::View;
use crate::{
    facts::{
        databases::Databases,
        registry::Registry,
        schemas::Schemas,
        sessions::{Session, Sessions, Whose, chains},
        tenants::Tenants,
    },
    findings::sessions as judge,
    model::{Cell, Column, Row, Severity, Table, Target, Text, Value},
    store::{Fact, Seen, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words(
        "chain",
        "",
        0,
        6,
        "one > for each step from the session that keeps this one waiting",
    ),
    Column::number("pid", "PID", 0, 9, "process id on its server"),
    Column::words("user", "USER", 0, 20, "role"),
    Column::words(
        "tenant",
        "TENANT",
        1,
        18,
        "by instance, database, or application_name `…/<tenant>`; never guessed",
    ),
    Column::words("database", "DATABASE", 2, 18, "database"),
    Column::words("instance", "INSTANCE", 2, 12, "instance"),
    Column::words("server", "SERVER", 3, 14, "server"),
    Column::words("application", "APPLICATION", 4, 24, "application_name"),
    Column::words("client", "CLIENT", 7, 20, "address it came from"),
    Column::words("state", "STATE", 0, 20, "what it does"),
    Column::number("for", "FOR", 0, 8, "time in this state"),
    Column::number("transaction", "XACT", 1, 8, "age of its transaction"),
    Column::words("wait", "WAIT", 2, 30, "what it waits for"),
    Column::number(
        "blocked_by",
        "BLOCKED BY",
        1,
        10,
        "process id at the root of its chain; 0 is a prepared transaction",
    ),
    Column::number("blocks", "BLOCKS", 1, 6, "sessions that wait because of it"),
    Column::number(
        "held",
        "HELD",
        6,
        9,
        "age in transactions of the oldest that it holds back from vacuum",
    ),
    Column::number("connected", "CONNECTED", 7, 9, "since it connected"),
    Column::words("query", "QUERY", 1, 200, "last or present statement, literals masked").least(16),
];

/// The view.
pub struct AllSessions;

impl View for AllSessions {
    fn name(&self) -> &'static str {
        "sessions"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["session", "activity", "locks"]
    }

    fn about(&self) -> &'static str {
        "who runs what and who keeps whom waiting"
    }

    fn needs(&self) -> &'static [&'static str] {
        // The last three say which tenants there are.
        &[
            Sessions::NAME,
            Tenants::NAME,
            Registry::NAME,
            Schemas::NAME,
            Databases::NAME,
        ]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["end-sessions"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let whose = Whose::of(world);
        let mut rows: Vec<(Place, Row)> = Vec::new();
        let mut totals = Totals::default();
        for (server, seen) in world.all::<Sessions>() {
            totals.add(seen.value);
            rows.extend(of_server(&whose, server, &seen));
        }
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        let faults = world.faults(Sessions::NAME);
        Table {
            columns: COLUMNS,
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            headline: totals.headline(),
            unseen: faults.map(|(target, fault)| (target.clone(), fault.clone())).collect(),
            complete: world.complete(&[Sessions::NAME]),
        }
    }
}

/// Where a row stands: chains first, worst first, in a chain by its order; then the rest by severity and age.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    free: bool,
    severity: Reverse<Severity>,
    began: Timestamp,
    server: Target,
    chain: usize,
    step: usize,
}

/// A session's part in a chain.
#[derive(Clone, Copy, Debug)]
struct Link {
    chain: usize,
    step: usize,
    depth: usize,
    root: i32,
    blocks: usize,
    worst: Severity,
    since: Option<Timestamp>,
}

fn of_server<'a>(
    whose: &'a Whose<'a>,
    server: &'a Target,
    seen: &'a Seen<'a, Sessions>,
) -> impl Iterator<Item = (Place, Row)> + 'a {
    let links = links(seen.value);
    seen.value.sessions.iter().map(move |session| {
        let link = links.get(&session.pid);
        let row = row(whose, server, seen, session, link);
        (place(server, session, link, row.severity), row)
    })
}

/// Who stands where in the chains of a server. One who waits for two roots stands under the first.
fn links(sessions: &Sessions) -> HashMap<i32, Link> {
    let mut links = HashMap::new();
    for (chain, found) in chains(&sessions.sessions).iter().enumerate() {
        let since = found.since();
        let worst = since.map_or(Severity::Ok, |since| judge::waiting(sessions.now.duration_since(since)));
        let link = Link {
            chain,
            step: 0,
            depth: 0,
            root: found.root,
            blocks: found.victims.len(),
            worst,
            since,
        };
        links.entry(found.root).or_insert(link);
        for (at, victim) in found.victims.iter().enumerate() {
            let below = found.victims[at + 1..]
                .iter()
                .take_while(|next| next.depth > victim.depth)
                .count();
            let link = Link {
                step: at + 1,
                depth: victim.depth,
                blocks: below,
                ..link
            };
            links.entry(victim.pid).or_insert(link);
        }
    }
    links
}

fn place(server: &Target, session: &Session, link: Option<&Link>, severity: Severity) -> Place {
    let began = session.transaction.unwrap_or(Timestamp::MAX);
    Place {
        free: link.is_none(),
        severity: Reverse(link.map_or(severity, |link| link.worst)),
        began: link.map_or(began, |link| link.since.unwrap_or(Timestamp::MAX)),
        server: server.clone(),
        chain: link.map_or(0, |link| link.chain),
        step: link.map_or(usize::try_from(session.pid).unwrap_or(0), |link| link.step),
    }
}

fn row(whose: &Whose<'_>, server: &Target, seen: &Seen<'_, Sessions>, session: &Session, link: Option<&Link>) -> Row {
    let own = judge::severity(session, seen.value.now);
    let waits = if session.blocked_by.is_empty() {
        None
    } else {
        session.waits_since()
    };
    let waiting = waits.map_or(Severity::Ok, |since| {
        judge::waiting(seen.value.now.duration_since(since))
    });
    let blocking = link
        .filter(|link| link.blocks > 0)
        .map_or(Severity::Ok, |link| link.worst);
    let hidden = || Cell::unseen("the server shows it to members of pg_read_all_stats only");
    let shown = |value: Value| if session.hidden { hidden() } else { Cell::new(value) };
    let cells = vec![
        Cell::new(link.map(|link| Value::Note(">".repeat(link.depth)))),
        Cell::new(u64::from(session.pid.unsigned_abs())),
        user(session),
        Cell::new(whose.tenant(server, session).map(|tenant| tenant.name.clone())),
        shown(session.database.clone().into()),
        Cell::new(Text::from(server.part(0))),
        Cell::new(server.name()),
        Cell::new(session.application.clone().filter(|name| !name.is_empty())),
        Cell::new(session.client.clone()),
        shown(session.state.clone().unwrap_or_else(|| session.kind.clone()).into()).at(own),
        shown(since(session)).at(own),
        Cell::new(session.transaction.map(Value::Began)).at(own),
        wait(session).at(waiting),
        Cell::new(
            link.filter(|link| link.depth > 0)
                .map(|link| u64::from(link.root.unsigned_abs())),
        ),
        Cell::new(link.filter(|link| link.blocks > 0).map(|link| link.blocks as u64)).at(blocking),
        Cell::new(
            session
                .xmin_age
                .max(session.xid_age)
                .and_then(|age| u64::try_from(age).ok()),
        ),
        Cell::new(session.started.map(Value::Began)),
        shown(session.query.as_ref().map(|query| query.text().clone()).into()),
    ];
    Row {
        target: session.target(server),
        cells,
        severity: own.max(waiting).max(blocking),
        seen: Some(seen.at),
        fault: seen.fault.cloned(),
    }
}

fn user(session: &Session) -> Cell {
    match &session.user {
        Some(user) => Cell::new(user.clone()),
        None if session.role_dropped() => {
            let oid = session.user_oid.unwrap_or_default();
            Cell::new(format!("dropped role {oid}")).at(Severity::Warning)
        }
        None => Cell::blank(),
    }
}

/// How long it has been in its state; a statement that runs began after the state did.
fn since(session: &Session) -> Value {
    let active = session.state.as_deref() == Some("active");
    let since = if active { session.query_at } else { session.changed };
    since.map(Value::Began).into()
}

fn wait(session: &Session) -> Cell {
    match (&session.lock, &session.wait_kind, &session.wait) {
        (Some(lock), ..) => Cell::new(lock.to_string()),
        // What an idle session waits for is its client.
        (None, Some(kind), _) if kind == "Client" => Cell::blank(),
        (None, Some(kind), Some(wait)) => Cell::new(format!("{kind}: {wait}")),
        _ => Cell::blank(),
    }
}

#[derive(Default)]
struct Totals {
    sessions: u64,
    active: u64,
    idle_in_transaction: u64,
    waiting: u64,
    ours: u64,
}

impl Totals {
    fn add(&mut self, seen: &Sessions) {
        let count = |of: &dyn Fn(&&Session) -> bool| seen.sessions.iter().filter(of).count() as u64;
        self.sessions += seen.backends;
        self.ours += seen.ours;
        self.active += count(&|session| session.state.as_deref() == Some("active"));
        self.idle_in_transaction += count(&|session| session.idle_in_transaction());
        self.waiting += count(&|session| !session.blocked_by.is_empty());
    }

    fn headline(&self) -> Vec<Cell> {
        let bad = if self.waiting > 0 {
            Severity::Notice
        } else {
            Severity::Ok
        };
        vec![
            Cell::new(format!(
                "{} sessions, {} of them our own and not listed",
                self.sessions, self.ours
            )),
            Cell::new(format!("{} active", self.active)),
            Cell::new(format!("{} idle in transaction", self.idle_in_transaction)),
            Cell::new(format!("{} waiting for a lock", self.waiting)).at(bad),
        ]
    }
}
