//! Two operators at once: one runs, the other is told.

use std::{thread, time::Instant};

use tenantry::{
    config::Policy,
    ops::{Outcome, carry::Reply},
};

use super::{answer, begin, carry, plan, wanted};
use crate::{faults::Heals, ground::Ground};

/// Races of two operators; `TENANTRY_TEST_RACES` asks for more.
const RACES: u32 = 60;
/// As many of them are between two processes.
const PROCESSES: u32 = 20;

pub fn two_operators(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let start = Instant::now();
    let races = wanted("TENANTRY_TEST_RACES", RACES);
    let mut told = 0;
    for n in 0..races {
        ground.execute("atlas-b", "postgres", "select pg_wal_replay_pause()");
        if n < PROCESSES {
            told += processes(ground);
            continue;
        }
        told += hands(ground);
    }
    println!(
        "{races} races in {:.0} s: {told} were told who holds it",
        start.elapsed().as_secs_f64()
    );
    assert!(told > races / 4, "hardly ever did two meet");
}

/// Two commands at once. How many were told who holds it; the others came when it was over.
fn processes(ground: &Ground) -> u32 {
    let line = "run resume-replay atlas/atlas-b --write T-15 --confirm y";
    let outputs = thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| answer(ground, line)));
        both.map(|one| one.join().unwrap())
    });
    let texts = outputs.map(|output| {
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), text)
    });
    assert!(texts.iter().any(|(code, _)| *code == 0), "{texts:?}");
    let others = texts.iter().filter(|(code, _)| *code != 0);
    let held = others.map(|(_, text)| {
        let held = text.contains("is held by tenantry/resume-replay/");
        let over = ["is not paused", "was held by a run that has just ended"];
        assert!(held || over.iter().any(|words| text.contains(words)), "{text}");
        u32::from(held)
    });
    held.sum()
}

/// The same plan carried out twice at once in this process, each with hands of its own.
fn hands(ground: &Ground) -> u32 {
    let plan = plan(ground, "resume-replay atlas/atlas-b");
    let ends = thread::scope(|scope| {
        let both = ["ada", "bob"].map(|by| {
            let plan = &plan;
            scope.spawn(move || {
                let directory = Ground::scratch(by);
                carry(ground, begin(plan, by), &Policy::default(), &directory)
            })
        });
        both.map(|one| one.join().unwrap())
    });
    assert!(
        ends.iter().any(|(_, outcome)| *outcome == Some(Outcome::Done)),
        "{ends:?}"
    );
    let others = ends.iter().filter(|(_, outcome)| *outcome != Some(Outcome::Done));
    let held = others.map(|(reply, _)| {
        let Some(Reply::Refused(fault)) = reply else {
            panic!("{reply:?}");
        };
        let words = fault.what.raw();
        assert!(
            words.contains("is held by tenantry/resume-replay/") || words.contains("has just ended"),
            "{words}"
        );
        u32::from(words.contains("is held by"))
    });
    held.sum()
}
