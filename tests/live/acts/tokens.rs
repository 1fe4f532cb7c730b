//! What a run acts with ends under it, or outlives it.

use std::{
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};
use tenantry::{
    model::{Entry, FaultKind},
    ops::{journal, record::Record},
    provider::vault::Method,
};

use super::{credentials, kills, lines, newest, says};
use crate::{faults::Heals, ground::Ground};

const PATIENCE: Duration = Duration::from_secs(40);
const TWO: &str = "rotate legacy-app tenantry-watch-acme";

/// A run of two rotations, of which the first waits for a session: its process, its name, the accessor of its token.
#[expect(clippy::zombie_processes, reason = "who calls waits for it")]
fn begun(ground: &Ground) -> (Child, String, String) {
    let before = newest(ground);
    let line = format!("run {TWO} --write T-17 --confirm 2");
    let words: Vec<&str> = line.split(' ').collect();
    let child = ground.command(&words).stdout(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + PATIENCE;
    loop {
        let run = newest(ground).filter(|run| Some(run) != before.as_ref());
        if let Some((id, _)) = run
            && let Some(accessor) = accessors(&id).pop()
            && acted(&id)
        {
            return (child, id, accessor);
        }
        assert!(Instant::now() < end, "no run began");
        thread::sleep(Duration::from_millis(20));
    }
}

fn entries(id: &str) -> Vec<Entry> {
    journal::read(&journal::path(&Ground::runs(), id))
        .unwrap_or_default()
        .entries
}

/// The accessors of the tokens of its processes, the last one last.
fn accessors(id: &str) -> Vec<String> {
    let kept = entries(id).into_iter().filter_map(|entry| match entry {
        Entry::Kept(name, accessor) if name == "run.token" => Some(accessor),
        _ => None,
    });
    kept.collect()
}

/// The first password is rotated.
fn acted(id: &str) -> bool {
    let answers = entries(id)
        .into_iter()
        .filter(|entry| matches!(entry, Entry::Answer(..)));
    answers.count() >= 6
}

fn lives(ground: &Ground, accessor: &str) -> bool {
    let body = serde_json::json!({ "accessor": accessor });
    let vault = ground.vault();
    match ground.block_on(vault.call(Method::Post, "auth/token/lookup-accessor", Some(&body))) {
        Ok(_) => true,
        Err(fault) => {
            assert!(
                matches!(
                    fault.kind,
                    FaultKind::Denied | FaultKind::Refused | FaultKind::Unsupported
                ),
                "{fault}"
            );
            false
        }
    }
}

/// The token is revoked, and the password that it opens servers with is rotated, by somebody else: it logs in anew.
pub fn ended_under_it(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    credentials::remember(ground, "legacy-app");
    let session = lines::lingering(ground);
    let (mut child, id, accessor) = begun(ground);
    let vault = ground.vault();
    let body = serde_json::json!({ "accessor": accessor });
    let ended = vault.call(Method::Post, "auth/token/revoke-accessor", Some(&body));
    ground.block_on(ended).unwrap();
    let rotated = vault.call(Method::Post, "database/rotate-role/tenantry-operate-acme", None);
    ground.block_on(rotated).unwrap();
    assert!(child.wait().unwrap().success(), "{}", says_of(&id));
    assert_eq!(newest(ground), Some((id, "done".to_owned())));
    drop(session);
    credentials::is_rotated(ground, "legacy-app");
}

/// Whoever takes the run up ends the token of the process that died, and its own when it is done.
pub fn outlives_it(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    credentials::remember(ground, "legacy-app");
    let session = lines::lingering(ground);
    let (mut child, id, accessor) = begun(ground);
    child.kill().unwrap();
    child.wait().unwrap();
    for pid in kills::carriers() {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    assert!(lives(ground, &accessor), "a process that is killed ends nothing");
    says(
        ground,
        &format!("run --resume {id} --write T-17 --confirm 2"),
        0,
        "done",
    );
    drop(session);
    credentials::is_rotated(ground, "legacy-app");
    assert!(!lives(ground, &accessor), "the token of the dead process lives");
    let all = accessors(&id);
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(!lives(ground, &all[1]), "the token of the run lives");
}

fn says_of(id: &str) -> String {
    let record = Record::read(id.to_owned(), &journal::path(&Ground::runs(), id));
    format!("{:?}", record.map(|record| record.run.map(|run| run.outcome())))
}
