//! One look at everything after all of it: journals, catalog, audit log of the secrets server, processes.
//!
//! INV1: every effect has an intent; INV2: what is called done is so (each test looks); INV3: nothing outside what was
//! confirmed; INV4: what must not repeat is done once at most; INV5: nothing is left over; INV6: no secret leaves; INV7: the
//! chains are whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::Value as Json;
use tenantry::{
    model::{Act, Deed, Entry, Undo},
    ops::{Outcome, record::Record},
};

use super::{kills, says};
use crate::ground::Ground;

pub fn all(ground: &Ground) {
    assert_eq!(kills::carriers(), [], "somebody still carries a run out");
    says(ground, "audit verify", 0, "lines, whole");
    let mut records = Record::all(&Ground::runs()).expect("the journals");
    // Those who logged in over ssh keep theirs elsewhere; a lab may remember tests of before.
    let lately = |record: &Record| record.began() >= Some(ground.since);
    let over_ssh = Record::all(&ground.dir().join("ssh/state/tenantry/runs")).expect("the journals");
    records.extend(over_ssh.into_iter().filter(lately));
    assert!(records.len() > 20, "{} runs are not what was tried", records.len());
    let (mut intents, mut confirmed) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    for record in &records {
        ended(record);
        count(record, &mut intents, &mut confirmed);
    }
    let done = audited(ground);
    for (path, times) in &done {
        assert!(confirmed.contains(path), "{path} was done and nobody confirmed it");
        let intents = intents.get(path).copied().unwrap_or_default();
        assert!(
            *times <= intents,
            "{path} was done {times} times, with {intents} intents"
        );
    }
    println!("{} runs, {} paths of the secrets server", records.len(), done.len());
    nothing_left(ground);
    secrets(ground);
}

/// Each run has come to an end, or says that it waits for somebody.
fn ended(record: &Record) {
    assert!(
        record.reading.wrong.is_none(),
        "{}: {:?}",
        record.id,
        record.reading.wrong
    );
    let Some(run) = &record.run else {
        return;
    };
    let outcome = run.outcome();
    let ended = matches!(
        outcome,
        Outcome::Done | Outcome::Undone { .. } | Outcome::Aborted { .. } | Outcome::Partly { .. }
    );
    assert!(ended, "{}: {outcome:?}", record.id);
    for (at, (step, _)) in run.steps().enumerate() {
        let begun = record
            .reading
            .entries
            .iter()
            .filter(|entry| **entry == Entry::Intent(Deed::Act(at)));
        assert!(
            step.again || begun.count() <= 1,
            "{}: {} was begun again",
            record.id,
            step.name
        );
    }
}

/// Paths of the secrets server that deeds of this run would call, and how often that was announced.
fn count(record: &Record, intents: &mut BTreeMap<String, usize>, confirmed: &mut BTreeSet<String>) {
    let Some(run) = &record.run else {
        return;
    };
    let path = |act: &Act| match act {
        Act::Vault(call) => Some(call.path.clone()),
        _ => None,
    };
    let undo = |undo: &Undo| match undo {
        Undo::Act(act) | Undo::Meanwhile(act) => path(act),
        Undo::Nothing | Undo::Never(_) => None,
    };
    for (step, _) in run.steps() {
        confirmed.extend(path(&step.act).into_iter().chain(undo(&step.undo)));
    }
    for entry in &record.reading.entries {
        let called = match entry {
            Entry::Intent(Deed::Act(at)) => path(&run.step(*at).act),
            Entry::Intent(Deed::Undo(at)) => undo(&run.step(*at).undo),
            _ => None,
        };
        if let Some(path) = called {
            // Before a login is issued again, the lease of the one before is ended.
            if path.contains("/creds/") {
                *intents.entry("sys/leases/revoke".into()).or_default() += 1;
            }
            *intents.entry(path).or_default() += 1;
        }
    }
}

/// What those who act have changed on the secrets server, by its own audit log: path, and how often.
fn audited(ground: &Ground) -> BTreeMap<String, usize> {
    let log = fs::read_to_string(ground.dir().join("openbao/audit.log")).expect("the audit log");
    let mut done = BTreeMap::new();
    for line in log.lines() {
        let entry: Json = serde_json::from_str(line).unwrap_or_default();
        let policies = entry["auth"]["policies"].as_array().cloned().unwrap_or_default();
        let path = entry["request"]["path"].as_str().unwrap_or_default();
        let changes = ["/rotate-role/", "/rotate-root/", "/creds/", "sys/leases/revoke"]
            .iter()
            .any(|part| path.contains(part));
        // A login is issued by a read; a list of the leases of a role has its path in it, and changes nothing.
        let changes = changes && entry["request"]["operation"] != "list";
        let ours = policies.iter().any(|policy| policy == "tenantry-operate");
        let lately = entry["time"].as_str().and_then(|at| at.parse().ok()) >= Some(ground.since);
        if entry["type"] == "response"
            && lately
            && ours
            && changes
            && !path.contains("static-creds")
            && entry["error"].is_null()
        {
            *done.entry(path.to_owned()).or_default() += 1;
        }
    }
    done
}

/// No lock, no session of a run, no role of a trial.
fn nothing_left(ground: &Ground) {
    for server in ["atlas-a", "atlas-b", "boreas-a", "acme-a"] {
        let locks =
            "select pid::text from pg_locks where locktype = 'advisory' and classid in (1413828161, 1413828162)";
        assert_eq!(ground.sql(server, "postgres", locks), [""; 0], "{server}");
        let sessions = "select application_name from pg_stat_activity where application_name like 'tenantry/%' \
                        and application_name <> 'tenantry/watch'";
        assert_eq!(ground.sql(server, "postgres", sessions), [""; 0], "{server}");
        let trials = "select rolname::text from pg_roles where rolname = 'tenantry_trial'";
        assert_eq!(ground.sql(server, "postgres", trials), [""; 0], "{server}");
    }
}

/// No secret of the lab's, and no password that was ever in force, is in a journal or in the command line or environment
/// of any process of ours.
fn secrets(ground: &Ground) {
    let mut secrets = ground.secrets();
    for role in ["legacy-app", "tenantry-operate-atlas", "tenantry-watch-atlas"] {
        secrets.push(super::credentials::password(ground, role).1);
    }
    let (_, old) = fs::read_to_string(Ground::scratch("old"))
        .map(|kept| {
            let (user, old) = kept.split_once(' ').unwrap();
            (user.to_owned(), old.to_owned())
        })
        .unwrap();
    secrets.push(old);
    let journals = Ground::journal_texts();
    let mut seen = vec![("a journal".to_owned(), journals)];
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            let path = entry.path().join(file);
            let Ok(bytes) = fs::read(&path) else { continue };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.contains("tenantry") {
                seen.push((path.display().to_string(), text));
            }
        }
    }
    assert!(seen.len() > 1, "no process of ours was looked at");
    for secret in &secrets {
        for (place, text) in &seen {
            assert!(
                !text.contains(secret),
                "a secret of {} characters is in {place}",
                secret.len()
            );
        }
    }
    println!("{} secrets are not in {} places", secrets.len(), seen.len());
}
