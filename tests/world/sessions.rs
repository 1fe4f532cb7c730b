//! What sessions do to each other: one fault is one finding, and the view shows chains with their root first.

use serde_json::{Value as Json, json};
use tenantry::{
    facts::sessions::Sessions,
    findings::Report,
    model::{Severity, Target},
    views::{self, detail},
};

use crate::{
    patient::{Patient, read},
    scene::at,
};

/// A session of ten minutes ago that has just become idle, changed.
fn session(pid: i32, changes: Json) -> Json {
    let mut session = json!({
        "pid": pid, "kind": "client backend", "user": "app", "user_oid": 99, "database": "orders",
        "application": "orders", "started": at(-600), "query_at": at(0), "changed": at(0), "state": "idle",
        "query": "select * from orders where id = 42 and secret = 'hunter2'", "blocked_by": [],
    });
    session
        .as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    session
}

fn idle_in_transaction(pid: i32, since: i64) -> Json {
    let changed = at(since);
    session(
        pid,
        json!({ "state": "idle in transaction", "changed": changed, "transaction": changed, "xid_age": 1 }),
    )
}

fn waits(pid: i32, since: i64, blocked_by: &[i32]) -> Json {
    session(
        pid,
        json!({
            "state": "active", "wait_kind": "Lock", "wait": "transactionid", "transaction": at(since), "query_at": at(since),
            "xmin_age": 1, "blocked_by": blocked_by,
            "lock": { "kind": "transactionid", "mode": "ShareLock", "transaction": "777", "since": at(since) },
        }),
    )
}

fn with(sessions: Vec<Json>) -> Patient {
    Patient::healthy().with(|patient| patient.sessions.sessions = sessions.into_iter().map(read).collect())
}

#[test]
fn a_root_is_one_finding_however_many_wait_and_however_long_it_idles() {
    let patient = with(vec![
        idle_in_transaction(1, -2000),
        waits(2, -31, &[1]),
        waits(3, -20, &[1, 2]),
        waits(4, -10, &[3]),
    ]);
    let finding = patient.finding();
    assert_eq!(finding.id(), "blocking session atlas/atlas-a/1");
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.what, "app in orders (pid 1) keeps 3 sessions waiting");
    assert!(finding.remedy.contains("pg_terminate_backend(1)"), "{}", finding.remedy);
}

#[test]
fn waits_become_worse_with_time_and_short_ones_are_nobodys_trouble() {
    for (wait, severity) in [
        (0, None),
        (1, Some(Severity::Notice)),
        (5, Some(Severity::Warning)),
        (30, Some(Severity::Critical)),
    ] {
        let patient = with(vec![idle_in_transaction(1, -wait), waits(2, -wait, &[1])]);
        let scene = patient.scene();
        let report = scene.world.get::<Report>(&Target::fleet()).unwrap().value;
        let found = report
            .findings
            .iter()
            .map(|finding| finding.severity)
            .collect::<Vec<_>>();
        assert_eq!(found, severity.into_iter().collect::<Vec<_>>(), "{wait} s");
    }
}

#[test]
fn a_prepared_transaction_that_blocks_is_one_finding_too() {
    let prepared = json!([{ "gid": "tx-1", "at": at(-4000), "owner": "app", "database": "orders", "age": 5 }]);
    let mut patient = with(vec![waits(2, -40, &[0])]);
    patient.sessions.prepared = read(prepared);
    assert_eq!(patient.found(), ["blocking server atlas/atlas-a"]);
    patient.sessions.sessions.clear();
    let finding = patient.finding();
    assert_eq!(
        (finding.id().as_str(), finding.severity),
        ("prepared-transaction server atlas/atlas-a", Severity::Critical)
    );
}

#[test]
fn idling_with_something_held_is_told_early_and_without_it_late() {
    let held = |since| with(vec![idle_in_transaction(1, since)]);
    assert!(held(-2).found().is_empty());
    assert_eq!(held(-3).finding().severity, Severity::Notice);
    assert_eq!(held(-60).finding().severity, Severity::Warning);
    assert_eq!(held(-1800).finding().severity, Severity::Critical);
    let bare = |since| {
        let mut session = idle_in_transaction(1, since);
        session["xid_age"] = Json::Null;
        with(vec![session])
    };
    assert!(bare(-299).found().is_empty());
    assert_eq!(bare(-300).finding().id(), "idle-in-transaction session atlas/atlas-a/1");
}

#[test]
fn a_long_transaction_is_found_and_a_long_idle_session_is_not() {
    let at_work = |since| session(1, json!({ "state": "active", "transaction": at(since), "xmin_age": 9 }));
    assert!(with(vec![at_work(-3599)]).found().is_empty());
    assert_eq!(
        with(vec![at_work(-3600)]).finding().id(),
        "long-transaction session atlas/atlas-a/1"
    );
    assert!(
        with(vec![session(1, json!({ "changed": at(-90000) }))])
            .found()
            .is_empty()
    );
}

#[test]
fn what_holds_back_vacuum_is_named_and_told_once() {
    let old = json!({ "state": "active", "transaction": at(-60), "xmin_age": 60_000_000 });
    let finding = with(vec![session(1, old)]).finding();
    assert_eq!(finding.what, "app in orders (pid 1) holds back vacuum");
    // The same session is told of as a long transaction already.
    let long = json!({ "state": "active", "transaction": at(-9000), "xmin_age": 60_000_000 });
    assert_eq!(with(vec![session(1, long)]).finding().check, "long-transaction");
    let slot = Patient::healthy()
        .with(|patient| patient.pulse.slots[0].xmin = Some(200_000_000))
        .finding();
    assert_eq!(
        (slot.check.as_str(), slot.severity),
        ("old-horizon", Severity::Critical)
    );
    assert!(slot.what.starts_with("the slot "), "{}", slot.what);
}

#[test]
fn connections_are_counted_against_what_ordinary_roles_may_have() {
    let taken = |backends| Patient::healthy().with(|patient| patient.sessions.backends = backends);
    assert!(taken(77).found().is_empty());
    assert_eq!(taken(78).finding().severity, Severity::Warning);
    let finding = taken(97).finding();
    assert_eq!(
        (finding.id().as_str(), finding.severity),
        ("connections server atlas/atlas-a", Severity::Critical)
    );
}

#[test]
fn a_role_at_its_own_limit_is_found() {
    let of = |pid| session(pid, json!({ "user_oid": 10 }));
    assert!(with(vec![of(1), of(2)]).found().is_empty());
    let finding = with(vec![of(1), of(2), of(3)]).finding();
    assert_eq!(
        (finding.id().as_str(), finding.severity),
        ("own-limit role atlas/app", Severity::Critical)
    );
}

#[test]
fn no_literal_gets_into_a_finding_or_a_recording() {
    let patient = with(vec![idle_in_transaction(1, -40), waits(2, -31, &[1])]);
    let recorded = serde_json::to_string(&patient.sessions).unwrap();
    let told = serde_json::to_string(&patient.finding()).unwrap();
    for text in [recorded, told] {
        assert!(text.contains("secret = ?") && !text.contains("hunter2"), "{text}");
    }
}

fn rows(patient: &Patient) -> Vec<(String, u64, String)> {
    let scene = patient.scene();
    let table = views::find("sessions").unwrap().table(&scene.world);
    let cell = |row: &tenantry::model::Row, name: &str| {
        let column = table.columns.iter().position(|column| column.name == name).unwrap();
        row.cells[column].value.json()
    };
    let row = |row| {
        let chain = cell(row, "chain").as_str().unwrap_or_default().to_owned();
        (
            chain,
            cell(row, "pid").as_u64().unwrap(),
            cell(row, "blocked_by").to_string(),
        )
    };
    table.rows.iter().map(row).collect()
}

#[test]
fn the_view_shows_chains_first_and_then_the_worst_and_oldest() {
    let patient = with(vec![
        session(9, json!({})),
        session(8, json!({ "state": "active", "transaction": at(-100) })),
        session(7, json!({ "state": "active", "transaction": at(-200) })),
        idle_in_transaction(6, -70),
        waits(3, -20, &[2]),
        waits(2, -31, &[1]),
        idle_in_transaction(1, -40),
    ]);
    let expected = [
        ("", 1, "null"),
        (">", 2, "1"),
        (">>", 3, "1"),
        ("", 6, "null"),
        ("", 7, "null"),
        ("", 8, "null"),
        ("", 9, "null"),
    ];
    assert_eq!(
        rows(&patient),
        expected.map(|(chain, pid, by)| (chain.to_owned(), pid, by.to_owned()))
    );
}

#[test]
fn what_the_server_hides_is_not_shown_as_nothing() {
    let hidden = json!({ "pid": 5, "kind": "client backend", "user": "app", "user_oid": 99, "hidden": true });
    let scene = with(vec![hidden]).scene();
    let table = views::find("sessions").unwrap().table(&scene.world);
    let json = table.json().to_string();
    assert!(json.contains("pg_read_all_stats"), "{json}");
}

#[test]
fn everything_known_of_a_session_leads_to_those_it_keeps_waiting() {
    let scene = with(vec![idle_in_transaction(1, -40), waits(2, -31, &[1])]).scene();
    let session = |pid| Target::new(tenantry::model::Kind::Session, ["atlas", "atlas-a", pid]);
    let links = |pid| {
        let detail = detail(&session(pid), &scene.world).expect("known");
        let lines = detail.sections.into_iter().flat_map(|section| section.lines);
        lines.filter_map(|line| line.link).collect::<Vec<_>>()
    };
    assert!(links("1").contains(&session("2")));
    assert!(links("2").contains(&session("1")));
    assert_eq!(detail(&session("3"), &scene.world), None);
}

#[test]
fn thousands_of_sessions_are_laid_out() {
    let sessions: Vec<Json> = (1..=3000).map(|pid| session(pid, json!({}))).collect();
    let mut patient = with(sessions);
    patient.setup.settings.max_connections = 10_000;
    assert_eq!(rows(&patient).len(), 3000);
    let seen: &Sessions = &patient.sessions;
    assert!(seen.find(3000).is_some());
}
