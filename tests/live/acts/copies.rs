//! Copies beside an instance: at the moment that was asked for, to be read, left half way, and removed without a trace.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::Value as Json;
use tenantry::{
    model::{Backups, Place},
    provider::postgres::Operators,
};

use super::{json, says};
use crate::ground::{Ground, PROGRAM};

/// Removes what the test has made, however it ends.
struct Tidy<'a>(&'a Ground);

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        self.0
            .execute("atlas-a", "postgres", "drop table if exists public.copy_probe");
        drop_all(self.0, "atlas");
    }
}

/// Copies beside these instances go, whatever came of it.
pub struct Dropped<'a>(pub &'a Ground, pub &'static [&'static str]);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        for instance in self.1 {
            drop_all(self.0, instance);
        }
    }
}

/// Whether there are no backups to make copies of, which is said.
pub fn are_impossible(ground: &Ground) -> bool {
    let instances = ground.settings().fleet.instances;
    let none = instances.iter().any(|instance| instance.backups.is_none());
    if none {
        println!("there is no pgBackRest here: nothing is copied");
    }
    none
}

/// Removes all copies of an instance, without the console.
pub fn drop_all(ground: &Ground, instance: &str) {
    for (id, _) in stages(ground, instance) {
        let mut worker = worker_of(ground, instance, "drop", &[format!("--id={id}")]);
        assert!(worker.wait().unwrap().success());
    }
}

/// The copies of an instance, and how each stands.
pub fn stages(ground: &Ground, instance: &str) -> Vec<(String, String)> {
    let (all, _) = json(ground, "show copies --json");
    let rows = all["rows"].as_array().unwrap().iter();
    let of = rows.filter(|row| row["target"]["path"][0] == instance);
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    of.map(|row| (text(&row["target"]["path"][1]), text(&row["state"])))
        .collect()
}

fn backups(ground: &Ground, instance: &str) -> Backups {
    let fleet = ground.settings().fleet;
    let backups = fleet.instance(instance).and_then(|instance| instance.backups.clone());
    Backups {
        tenantry: Some(PROGRAM.into()),
        ..backups.expect("the lab has backups")
    }
}

fn worker(ground: &Ground, what: &str, words: &[String]) -> Child {
    worker_of(ground, "atlas", what, words)
}

fn worker_of(ground: &Ground, instance: &str, what: &str, words: &[String]) -> Child {
    let words: Vec<&str> = std::iter::once(what).chain(words.iter().map(String::as_str)).collect();
    let words = backups(ground, instance).beside(&words).unwrap();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().unwrap()
}

fn listed(ground: &Ground) -> Vec<String> {
    stages(ground, "atlas").into_iter().map(|(id, _)| id).collect()
}

fn scratch(ground: &Ground) -> PathBuf {
    backups(ground, "atlas").scratch.unwrap()
}

/// Processes that have this copy among their arguments.
fn at_work(dir: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let words = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    words.filter(|words| words.contains(dir)).count()
}

fn count(ground: &Ground, copy: &str) -> Vec<i64> {
    let system = ground.sql(
        "atlas-a",
        "postgres",
        "select system_identifier::text from pg_control_system()",
    );
    let place = Place::copy("atlas", copy, &system[0]);
    let settings = ground.settings();
    let mut with = settings.clone();
    for instance in &mut with.fleet.instances {
        if let Some(backups) = &mut instance.backups {
            backups.tenantry = Some(PROGRAM.into());
        }
    }
    ground.block_on(async {
        let session = Operators::new(&with).unwrap().open(&place).await.unwrap();
        let refused = session.execute("delete from public.copy_probe").await.unwrap_err();
        assert!(refused.to_string().contains("read-only"), "{refused}");
        session
            .column("select count(*) from public.copy_probe", &[])
            .await
            .unwrap()
    })
}

pub fn now(ground: &Ground) -> Timestamp {
    ground.sql(
        "atlas-a",
        "postgres",
        "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
    )[0]
    .parse()
    .unwrap()
}

pub fn beside(ground: &Ground) {
    if are_impossible(ground) {
        return;
    }
    let _tidy = Tidy(ground);
    says(
        ground,
        // B4
        "plan beside atlas --set moment=2026-11-26T03:00",
        2,
        "has no zone: write",
    );
    says(
        ground,
        "plan beside atlas --set moment=2020-01-01T00:00:00Z",
        2,
        "before the end of the oldest backup",
    );
    says(
        ground,
        "plan beside atlas --set moment=2020-01-01T00:00:00Z",
        2,
        "what can be had: from",
    );
    says(
        ground,
        "plan beside atlas --set moment=2099-01-01T00:00:00Z",
        2,
        "is not yet",
    );
    says(ground, "plan beside atlas", 2, "no moment is named");

    ground.execute(
        "atlas-a",
        "postgres",
        "create table public.copy_probe as select generate_series(1, 7) as n",
    );
    let before = now(ground);
    // The first commit after the moment holds a lock that keeps everybody out (B8).
    ground.execute("atlas-a", "postgres", "truncate public.copy_probe");
    let began = Instant::now();
    says(
        ground,
        &format!("run beside atlas --set moment={before} --write T-1 --confirm y"),
        0,
        "holds nothing later: seen: yes",
    );
    println!("made in {:?}", began.elapsed());
    // It is there when it is done, and not only consistent (B7).
    let copies = listed(ground);
    let [copy] = copies.as_slice() else {
        panic!("{copies:?}")
    };
    let began = Instant::now();
    assert_eq!(count(ground, copy), [7], "the copy has what the live server has lost");
    println!("read in {:?}", began.elapsed());
    let live = ground.sql("atlas-a", "postgres", "select count(*)::text from public.copy_probe");
    assert_eq!(live, ["0"]);
    says(ground, &format!("describe copy atlas/{copy}"), 0, "opened");
    says(
        ground,
        &format!("plan beside atlas --set moment={before}"),
        2,
        "there is a copy of atlas at that moment",
    );

    let dir = scratch(ground).join(copy);
    assert!(at_work(dir.to_str().unwrap()) > 0);
    let began = Instant::now();
    says(
        ground,
        &format!("run wipe-copy atlas/{copy} --write T-1 --confirm 1"),
        0,
        "read back: yes",
    );
    println!("dropped in {:?}", began.elapsed());
    assert!(!dir.exists());
    assert_eq!(at_work(dir.to_str().unwrap()), 0, "its server is gone");
    assert_eq!(listed(ground), [""; 0]);
    says(ground, &format!("plan wipe-copy atlas/{copy}"), 2, "there is no copy");
}

pub fn killed(ground: &Ground) {
    if are_impossible(ground) {
        return;
    }
    let _tidy = Tidy(ground);
    let system = ground.sql(
        "atlas-a",
        "postgres",
        "select system_identifier::text from pg_control_system()",
    );
    let kept = backups(ground, "atlas");
    let path = |path: &Option<PathBuf>| path.as_ref().unwrap().display().to_string();
    let words = [
        "--id=half".to_owned(),
        format!("--binaries={}", path(&kept.binaries)),
        format!("--program={}", kept.program),
        format!("--config={}", path(&kept.config)),
        "--stanza=atlas".into(),
        format!("--system={}", system[0]),
        "--moment=latest".into(),
    ];
    let data = scratch(ground).join("half/data/base");
    let mut first = worker(ground, "make", &words);
    let end = Instant::now() + Duration::from_secs(30);
    while !data.exists() {
        assert!(Instant::now() < end, "nothing is restored");
        sleep(Duration::from_millis(5));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let stage = |ground: &Ground| -> Json { json(ground, "show copies --json").0["rows"][0]["state"].clone() };
    let left = stage(ground);
    println!("killed: {left}");
    assert!(left == "restoring" || left == "stopped", "{left}");
    // Another request of the same name is none of its business.
    let mut other = words.clone();
    other[6] = "--moment=2026-11-26T00:00:00Z".into();
    assert!(!worker(ground, "make", &other).wait().unwrap().success());
    let began = Instant::now();
    assert!(worker(ground, "make", &words).wait().unwrap().success());
    println!("gone on with in {:?}", began.elapsed());
    says(ground, "show copies", 0, "paused");
    let began = Instant::now();
    assert!(worker(ground, "make", &words).wait().unwrap().success());
    println!("there already, in {:?}", began.elapsed());
    // What is no copy of ours is not touched.
    let foreign = scratch(ground).join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    let dropped = worker(ground, "drop", &["--id=foreign".into()]).wait().unwrap();
    let kept = foreign.exists();
    std::fs::remove_dir(&foreign).unwrap();
    assert!(!dropped.success() && kept);
    assert!(
        worker(ground, "drop", &["--id=never-there".into()])
            .wait()
            .unwrap()
            .success()
    );
}
