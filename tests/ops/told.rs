//! A run that is told what to do while it is under way, and one that wants more than one person.

use tenantry::{
    model::{Approval, Command, Entry, Plan, Tree},
    ops::{Confirmed, Outcome, Run, Stage, confirm, digest},
};

use crate::{
    plans::{migrate, plan, restore, step},
    sim::{Fate, Sim, block_on, confirmed, said},
};

/// Tells a run something while its deed of this number is carried out. How it stands when its process goes.
fn told(plan: &Plan, deed: usize, what: Command) -> (Sim, Outcome) {
    let sim = Sim::of(plan);
    {
        let mut world = sim.world.lock().unwrap();
        world.order_at_deed = Some((deed, what));
    }
    let outcome = block_on(sim.live(&confirmed(plan)))
        .expect("it lives")
        .expect("the journal is well");
    sim.holds("told");
    (sim, outcome)
}

#[test]
fn told_to_pause_it_reads_back_what_was_begun_and_begins_nothing_new() {
    let plan = restore();
    for deed in 0..4 {
        let (sim, outcome) = told(&plan, deed, Command::Pause);
        assert_eq!(outcome, Outcome::Paused { by: "bob".into() }, "deed {deed}");
        let stages: Vec<Stage> = sim.run().steps().map(|(_, state)| state.stage).collect();
        assert_eq!(stages[..=deed], vec![Stage::Done; deed + 1], "deed {deed}");
        assert!(
            stages[deed + 1..].iter().all(|stage| *stage == Stage::Waiting),
            "deed {deed}: {stages:?}"
        );
        // Whoever takes it up lets it go on.
        let ended = block_on(sim.live(&confirmed(&plan)))
            .expect("it lives")
            .expect("the journal is well");
        assert_eq!(ended, Outcome::Done, "deed {deed}");
        sim.holds("paused");
    }
}

#[test]
fn told_to_stop_it_takes_back_what_was_done_and_says_what_stays() {
    let plan = restore();
    for deed in 0..4 {
        let (sim, outcome) = told(&plan, deed, Command::Abort);
        let nothing = Outcome::Aborted {
            by: "bob".into(),
            stays: vec![],
        };
        assert_eq!(outcome, nothing, "deed {deed}");
        assert_eq!(sim.so(), [0; 0], "deed {deed}: something is left");
    }
    let (_, outcome) = told(&restore(), 4, Command::Abort);
    assert!(
        matches!(&outcome, Outcome::Aborted { stays, .. } if *stays == ["drop the old"]),
        "what cannot be taken back stays, and is said: {outcome:?}"
    );
    // Among many too: nothing stays that has a way back.
    let (sim, outcome) = told(&migrate(9, 2), 5, Command::Abort);
    assert!(
        matches!(&outcome, Outcome::Aborted { stays, .. } if stays.is_empty()),
        "{outcome:?}"
    );
    assert_eq!(sim.so(), [0; 0], "a tenant is left behind");
}

#[test]
fn what_was_told_to_stop_does_not_go_on_when_it_is_taken_up() {
    let plan = plan(three());
    let sim = Sim::of(&plan);
    {
        let mut world = sim.world.lock().unwrap();
        world.order_at_deed = Some((1, Command::Abort));
        // The first way back is refused until it is given up.
        world.fates = [vec![Fate::Well; 4], vec![Fate::Refuses; 5]].concat();
    }
    let outcome = block_on(sim.live(&confirmed(&plan)))
        .expect("it lives")
        .expect("the journal is well");
    assert!(matches!(outcome, Outcome::Stuck { .. }), "{outcome:?}");
    let outcome = block_on(sim.live(&confirmed(&plan)))
        .expect("it lives")
        .expect("the journal is well");
    assert!(matches!(outcome, Outcome::Aborted { .. }), "{outcome:?}");
    assert_eq!(sim.so(), [0; 0]);
    sim.holds("stopped");
}

/// Three steps with a way back.
fn three() -> Tree {
    Tree::Seq(vec![
        step("one", true, Some(true)),
        step("two", true, Some(true)),
        step("three", true, Some(true)),
    ])
}

/// Confirmed by this person, so many seconds after the first.
fn by(plan: &Plan, person: &str, login: Option<&str>, seconds: i64) -> Confirmed {
    let mut said = said(plan);
    said.by = person.into();
    said.login = login.map(ToOwned::to_owned);
    said.at += jiff::SignedDuration::from_secs(seconds);
    confirm(plan.clone(), &digest(plan), said).expect("confirmed")
}

#[test]
fn two_persons_are_two_who_logged_in_and_both_of_late() {
    let mut plan = restore();
    plan.approval = Some(Approval {
        persons: 2,
        within: 900,
    });
    for (second, login, after, begins) in [
        ("ada", None, 60, false),
        // Whoever becomes somebody else by sudo is who logged in.
        ("root", Some("ada"), 60, false),
        ("bob", None, 901, false),
        ("bob", None, 900, true),
        ("ada", Some("bob"), 60, true),
    ] {
        let sim = Sim::of(&plan);
        let first = block_on(sim.live(&by(&plan, "ada", None, 0))).unwrap().unwrap();
        assert_eq!(first, Outcome::Awaits { persons: 1 });
        assert!(sim.world.lock().unwrap().done.is_empty(), "something was done by one");
        let then = block_on(sim.live(&by(&plan, second, login, after))).unwrap().unwrap();
        let wanted = if begins {
            Outcome::Done
        } else {
            Outcome::Awaits { persons: 1 }
        };
        assert_eq!(then, wanted, "{second}, logged in as {login:?}, after {after} s");
        let journal = sim.world.lock().unwrap().journal.clone();
        let intents = journal.iter().filter(|entry| matches!(entry, Entry::Intent(_))).count();
        assert_eq!(intents > 0, begins);
        assert!(Run::replay(&journal).is_some());
    }
}
