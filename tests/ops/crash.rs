//! Death at every moment of every plan, again and again; and chance, with its seed.

use tenantry::{
    model::{Plan, Tree},
    ops::{Outcome, Stage},
};

use crate::{
    plans::{self, all, migrate, plan, restore, step},
    sim::{Fate, Sim, block_on, confirmed},
};

/// Seeds that are tried; `TENANTRY_TEST_SEEDS` asks for more.
const SEEDS: u64 = 2_000;

/// Lives until the run has ended, dying at each of these moments. The number of lives.
async fn until_the_end(sim: &Sim, plan: &Plan, deaths: &[usize]) -> usize {
    let confirmed = confirmed(plan);
    let mut deaths = deaths.iter().copied();
    for life in 1.. {
        assert!(life < 60, "it never ends");
        let dies_at = deaths.next();
        sim.dies_in(dies_at);
        if let Some(ended) = sim.live(&confirmed).await {
            let outcome = ended.expect("the journal is well");
            assert_ne!(
                outcome,
                Outcome::Running,
                "nothing is left to do, and it is called running"
            );
            return life;
        }
        sim.holds("after a death");
    }
    unreachable!()
}

#[test]
fn an_undisturbed_run_does_everything_once() {
    for (name, plan) in all() {
        let sim = Sim::of(&plan);
        block_on(until_the_end(&sim, &plan, &[]));
        assert_eq!(sim.run().outcome(), Outcome::Done, "{name}");
        let world = sim.world.lock().unwrap();
        assert!(world.done.values().all(|times| *times == 1), "{name}: {:?}", world.done);
        drop(world);
        sim.holds(&name);
    }
}

#[test]
fn death_at_any_moment_ends_whole_or_says_that_it_cannot_know() {
    let mut deaths = 0;
    for (name, plan) in all() {
        let calm = Sim::of(&plan);
        block_on(until_the_end(&calm, &plan, &[]));
        let moments = calm.world.lock().unwrap().moments;
        for at in 0..moments {
            let sim = Sim::of(&plan);
            block_on(until_the_end(&sim, &plan, &[at]));
            deaths += 1;
            sim.holds(&format!("{name}, death at moment {at}"));
            match sim.run().outcome() {
                Outcome::Done => assert_eq!(sim.so(), calm.so(), "{name}, death at moment {at}"),
                // Only a step that must not be repeated may stay in doubt.
                Outcome::Stuck { .. } | Outcome::Partly { .. } => {
                    let run = sim.run();
                    let unknown = run
                        .steps()
                        .any(|(step, state)| state.stage == Stage::Unknown && !step.again);
                    assert!(unknown, "{name}, death at moment {at}: {:?}", run.outcome());
                }
                other => panic!("{name}, death at moment {at}: {other:?}"),
            }
        }
    }
    println!("{deaths} deaths, one at every moment of every plan");
}

#[test]
fn deaths_while_it_is_taken_up_again_do_no_harm() {
    let mut lives = 0;
    for (name, plan) in all() {
        for first in (0..40).step_by(3) {
            let sim = Sim::of(&plan);
            lives += block_on(until_the_end(&sim, &plan, &[first, 2, 5, 1, 7, 3, 4, 9, 2, 6]));
            sim.holds(&format!("{name}, many deaths from moment {first}"));
        }
    }
    println!("{lives} lives");
}

/// A restore of which the call after so many goes wrong: it ends undone, and nothing is left.
fn undone(calls: usize) -> Sim {
    let plan = restore();
    let sim = Sim::of(&plan);
    let mut fates = vec![Fate::Well; calls];
    fates.push(Fate::Refuses);
    sim.world.lock().unwrap().fates = fates;
    block_on(until_the_end(&sim, &plan, &[]));
    let outcome = sim.run().outcome();
    assert!(matches!(outcome, Outcome::Undone { .. }), "{outcome:?}");
    assert_eq!(sim.so(), [0; 0], "call {calls} went wrong, and something is left");
    sim.holds("undone");
    sim
}

#[test]
fn a_step_that_fails_takes_back_what_came_before() {
    // Each step is an act and a check; the failing one is refused.
    for failing in 0..4 {
        undone(failing * 2);
    }
}

#[test]
fn a_step_that_was_carried_out_and_is_not_so_is_taken_back_itself_too() {
    for failing in 0..4 {
        let sim = undone(failing * 2 + 1);
        let stages: Vec<Stage> = sim.run().steps().map(|(_, state)| state.stage).collect();
        assert_eq!(stages[..=failing], vec![Stage::Undone; failing + 1]);
    }
}

#[test]
fn what_has_no_way_back_is_said_and_not_pretended() {
    let plan = plan(Tree::Seq(vec![
        step("drop", true, None),
        step("next", true, Some(true)),
    ]));
    let sim = Sim::of(&plan);
    sim.world.lock().unwrap().fates = vec![Fate::Well, Fate::Well, Fate::Refuses];
    block_on(until_the_end(&sim, &plan, &[]));
    assert!(matches!(sim.run().outcome(), Outcome::Stuck { .. }));
    assert_eq!(sim.so(), [0]);
}

#[test]
fn what_nobody_answered_is_asked_about_and_not_repeated_on_a_guess() {
    for (fate, again, done) in [
        (Fate::CutAfter, false, true),
        (Fate::CutAfter, true, true),
        (Fate::CutBefore, true, true),
        (Fate::CutBefore, false, false),
    ] {
        let plan = plan(step("once", again, Some(true)));
        let sim = Sim::of(&plan);
        sim.world.lock().unwrap().fates = vec![fate];
        block_on(until_the_end(&sim, &plan, &[]));
        let outcome = sim.run().outcome();
        assert_eq!(outcome == Outcome::Done, done, "{fate:?}, again {again}: {outcome:?}");
        assert!(done || matches!(outcome, Outcome::Stuck { .. }), "{outcome:?}");
        sim.holds("cut");
    }
}

#[test]
fn one_of_many_that_fails_stays_behind_and_the_others_go_on_up_to_the_budget() {
    for (budget, refused, complete) in [(2, 2, true), (1, 2, false), (0, 1, false)] {
        let plan = migrate(9, budget);
        let sim = Sim::of(&plan);
        // The step before the many, the canary, the gate; then the first of the next wave are refused.
        let mut fates = vec![Fate::Well; 5];
        fates.extend(vec![Fate::Refuses; refused]);
        sim.world.lock().unwrap().fates = fates;
        block_on(until_the_end(&sim, &plan, &[]));
        let run = sim.run();
        let done = run.steps().filter(|(_, state)| state.stage == Stage::Done).count();
        match run.outcome() {
            Outcome::Partly { failed, left: 0, .. } if complete => {
                assert_eq!((failed.len(), done), (refused, 11 - refused));
            }
            Outcome::Partly { left, why: None, .. } if !complete => {
                assert_eq!(left, 7, "the rest of the many, and the last step");
                // The two of the second wave were under way; nobody of the third was begun.
                let later = run.steps().skip(4).all(|(_, state)| state.stage == Stage::Waiting);
                assert!(later, "{done} are done, beyond a budget of {budget}");
            }
            other => panic!("budget {budget}, {refused} refused: {other:?}"),
        }
        sim.holds("many");
    }
}

#[test]
fn a_gate_that_stays_shut_lets_no_wave_begin() {
    let plan = migrate(9, 2);
    let sim = Sim::of(&plan);
    sim.world.lock().unwrap().gates = vec![false];
    block_on(until_the_end(&sim, &plan, &[]));
    let so: Vec<usize> = sim.so().into_iter().filter(|at| *at > 0).collect();
    assert_eq!(so, [1], "only the canary was migrated");
    let outcome = sim.run().outcome();
    assert!(
        matches!(&outcome, Outcome::Partly { left: 9, why: Some(why), .. } if why.contains("gate")),
        "{outcome:?}"
    );
}

#[test]
fn never_more_at_once_than_the_cap_and_no_wave_before_its_time() {
    let plan = migrate(9, 2);
    let sim = Sim::of(&plan);
    block_on(until_the_end(&sim, &plan, &[]));
    let journal = sim.world.lock().unwrap().journal.clone();
    let mut run = tenantry::ops::Run::replay(&journal[..1]).unwrap();
    for entry in &journal[1..] {
        run.apply(entry);
        let stages: Vec<Stage> = run.steps().map(|(_, state)| state.stage).collect();
        let under_way = stages[1..10]
            .iter()
            .filter(|stage| !matches!(stage, Stage::Waiting | Stage::Done))
            .count();
        assert!(under_way <= 3, "{stages:?}");
        let begun = |range: std::ops::Range<usize>| stages[range].iter().any(|stage| *stage != Stage::Waiting);
        let ended = |range: std::ops::Range<usize>| stages[range].iter().all(|stage| *stage == Stage::Done);
        assert!(
            !begun(2..4) || ended(1..2),
            "the second wave before the canary: {stages:?}"
        );
        assert!(
            !begun(4..8) || ended(1..4),
            "the third wave before the second: {stages:?}"
        );
        assert!(
            !begun(8..10) || ended(1..8),
            "the fourth wave before the third: {stages:?}"
        );
    }
}

/// A tree of chance, with at most this many levels.
fn tree(random: &mut fastrand::Rng, depth: usize, count: &mut usize) -> Tree {
    let many = |random: &mut fastrand::Rng, count: &mut usize| -> Vec<Tree> {
        (0..random.usize(1..5))
            .map(|_| tree(random, depth - 1, count))
            .collect()
    };
    match random.u8(0..if depth == 0 { 1 } else { 3 }) {
        0 => {
            *count += 1;
            let undo = [Some(true), Some(true), Some(false), None][random.usize(0..4)];
            step(&format!("step {count}"), random.bool(), undo)
        }
        1 => Tree::Seq(many(random, count)),
        _ => Tree::Each {
            cap: random.usize(1..4),
            waves: (0..random.usize(0..3)).map(|_| random.usize(1..4)).collect(),
            gate: random.bool().then(|| Box::new(plans::check("gate"))),
            budget: random.usize(0..3),
            over: many(random, count),
        },
    }
}

#[test]
fn whatever_happens_by_chance_the_rules_hold() {
    let seeds = std::env::var("TENANTRY_TEST_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok());
    let seeds = seeds.unwrap_or(SEEDS);
    let start = std::env::var("TENANTRY_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let start: u64 = start.unwrap_or_else(|| fastrand::u64(..u64::MAX / 2));
    println!("{seeds} seeds from TENANTRY_TEST_SEED={start}");
    let mut outcomes = std::collections::BTreeMap::<&str, usize>::new();
    for seed in start..start + seeds {
        let mut random = fastrand::Rng::with_seed(seed);
        let plan = plan(tree(&mut random, 3, &mut 0));
        let sim = Sim::of(&plan);
        let fate = |random: &mut fastrand::Rng| match random.u8(0..12) {
            0 => Fate::Refuses,
            1 => Fate::CutBefore,
            2 => Fate::CutAfter,
            _ => Fate::Well,
        };
        sim.world.lock().unwrap().fates = (0..random.usize(0..60)).map(|_| fate(&mut random)).collect();
        sim.world.lock().unwrap().gates = (0..random.usize(0..6)).map(|_| random.u8(0..5) > 0).collect();
        let deaths: Vec<usize> = (0..random.usize(0..8)).map(|_| random.usize(0..30)).collect();
        block_on(until_the_end(&sim, &plan, &deaths));
        sim.holds(&format!("seed {seed}"));
        *outcomes.entry(sim.run().outcome().word()).or_default() += 1;
    }
    println!("{outcomes:?}");
    assert!(outcomes.len() >= 4, "chance shows too little: {outcomes:?}");
}
