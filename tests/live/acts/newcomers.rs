//! A tenant with a database of its own, and many tenants at once from a file, on real servers: brought in, killed on the way,
//! and taken back without a trace (O1, O2).

use std::{fs, thread, time::Instant};

use nix::sys::signal::{Signal, kill};
use serde_json::Value as Json;

use super::{
    carriers,
    clears::{Clears, Home},
    json, newest, quiet, says,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

/// So many come at once.
const MANY: usize = 12;

/// Takes back the run that brought many in, whatever came of the test; nothing where it is taken back already.
struct Undoes<'a>(&'a Ground, Option<String>);

impl Drop for Undoes<'_> {
    fn drop(&mut self) {
        quiet();
        if let Some(run) = &self.1 {
            let _ = super::answer(self.0, &format!("run --resume {run} --write T-31 --confirm {MANY}"));
            let _ = super::answer(self.0, &format!("run undo {run} --write T-31 --confirm {MANY}"));
        }
    }
}

/// How many tenants have a schema or a database that begins so.
fn called(ground: &Ground, start: &str) -> usize {
    let (shown, _) = json(ground, "show tenants --json");
    let rows = shown["rows"].as_array().expect("rows").clone();
    let ours = |row: &&Json| {
        let home = row["target"]["path"][2].as_str();
        home.is_some_and(|home| home.starts_with(start))
    };
    rows.iter().filter(ours).count()
}

/// O2: a database of its own comes and goes without a trace; who may enter it is who should.
pub fn a_database(ground: &Ground) {
    const SERVER: &str = "boreas-a";
    ground.settle();
    let _heals = Heals(ground);
    let before = fingerprint(ground, SERVER);
    let _clears = Clears {
        ground,
        instance: "boreas",
        slug: "nordlicht",
        home: Home::Database("tenant_nordlicht"),
    };
    let line =
        "run onboard nordlicht --set model=database --set tier=large --set backup=later --write T-31 --confirm y";
    says(ground, line, 0, "done: ");
    let run = newest(ground).expect("a run").0;
    assert_eq!(called(ground, "tenant_nordlicht"), 1);
    let doors = "select datconnlimit || ' ' || has_database_privilege('public', oid, 'connect') || ' ' \
                 || has_database_privilege('public', oid, 'temporary') from pg_database where datname = 'tenant_nordlicht'";
    assert_eq!(ground.sql(SERVER, "postgres", doors), ["25 false false"]);
    let versions = "select version from tenantry_migration where complete order by version";
    assert_eq!(ground.sql(SERVER, "tenant_nordlicht", versions), ["1", "2", "3", "4"]);
    let with = fingerprint(ground, SERVER);
    says(ground, line, 0, "done: ");
    is_as(ground, SERVER, &with, "a second run makes nothing");
    ground.execute(
        SERVER,
        "tenant_nordlicht",
        "insert into customer (name, email) values ('Ada', 'ada@example.org')",
    );
    says(
        ground,
        &format!("plan undo {run}"),
        2,
        "somebody has written there since",
    );
    ground.execute(SERVER, "tenant_nordlicht", "delete from customer");
    says(ground, &format!("run undo {run} --write T-31 --confirm 1"), 0, "done: ");
    is_as(ground, SERVER, &before, "it is taken back");
    assert_eq!(called(ground, "tenant_nordlicht"), 0);
}

/// O1: many at once, killed on the way, come to the same end. A backup is made of the instance with all of them in it.
pub fn many(ground: &Ground) {
    const SERVER: &str = "atlas-a";
    ground.settle();
    let _heals = Heals(ground);
    let before = fingerprint(ground, SERVER);
    let file = Ground::scratch("tenants.csv");
    let rows: Vec<String> = ('a'..='z')
        .take(MANY)
        .map(|letter| format!("batch_{letter}_yard,,\n"))
        .collect();
    fs::write(&file, format!("new-tenant,name,tier\n{}", rows.concat())).unwrap();
    let file = file.display().to_string();
    let mut undoes = Undoes(ground, None);
    let start = Instant::now();
    let words = [
        "run",
        "onboard",
        "--from",
        &file,
        "--set",
        "alike=allow",
        "--write",
        "T-31",
        "--confirm",
        "12",
    ];
    let mut child = ground.command(&words).spawn().expect("it starts");
    // A third of them are there.
    let there = "select nspname::text from pg_namespace where nspname ~ '^t_batch_'";
    while child.try_wait().unwrap().is_none() && ground.sql(SERVER, "suite", there).len() < MANY / 3 {
        thread::sleep(std::time::Duration::from_millis(20));
    }
    let killed = carriers()
        .into_iter()
        .filter(|pid| kill(*pid, Signal::SIGKILL).is_ok())
        .count();
    assert_eq!(killed, 1, "it had ended before");
    child.wait().unwrap();
    quiet();
    let (run, state) = newest(ground).expect("a run");
    assert_eq!(state, "interrupted");
    undoes.1 = Some(run.clone());
    let left = called(ground, "t_batch_");
    assert!(left < MANY, "all {left} were there when it was killed");
    says(
        ground,
        &format!("run --resume {run} --write T-31 --confirm 12"),
        0,
        "done: ",
    );
    println!(
        "{:>6.1} s  {MANY} are brought in, killed once",
        start.elapsed().as_secs_f64()
    );
    assert_eq!(called(ground, "t_batch_"), MANY);
    let with = fingerprint(ground, SERVER);
    says(
        ground,
        &format!("run onboard --from {file} --set alike=allow --write T-31 --confirm {MANY}"),
        0,
        "done: ",
    );
    is_as(ground, SERVER, &with, "a second run makes nothing");
    says(
        ground,
        &format!("run undo {run} --write T-31 --confirm 12"),
        0,
        "done: ",
    );
    undoes.1 = None;
    is_as(ground, SERVER, &before, "they are taken back");
}
