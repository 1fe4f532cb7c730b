//! B8, B9: what is taken away for good was shut out first, is in a backup that was tried since, is told by its number and not by
//! its name, and the policy is asked.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tenantry::{
    config::Policy,
    facts::runs::Runs,
    model::{Act, Confirm, Plan, Request, Retention, Target, Undo},
    ops::{
        self,
        house::{self, Person},
    },
    store::{Fact, Sealed, Snapshot},
};

use super::{
    plans::{self, answering, evidence::SHUT, request, shared_and_apart, surveyed},
    timeline,
};

fn tenant(world: &Snapshot) -> Target {
    shared_and_apart(world).remove(1)
}

/// A world in which it was tried whether the tenant can be had back.
pub fn world() -> Snapshot {
    tested(plans::world().taken)
}

/// The same, at this moment.
fn tested(at: Timestamp) -> Snapshot {
    let mut world = plans::world();
    let mut run = timeline::run(&world, "tried", "verify-restore", tenant(&world));
    run.last = Some(at);
    let runs = Runs {
        runs: vec![run],
        older: 0,
    };
    let taken = world.taken;
    world.take(Runs::NAME, &Target::fleet(), taken, Ok(Sealed::of(runs)));
    world
}

fn asked(world: &Snapshot, said: &[(&str, &str)]) -> Request {
    request("purge", vec![tenant(world)], said)
}

fn inside(change: impl FnOnce(&mut Json)) -> Vec<String> {
    let mut inside: Json = serde_json::from_str(SHUT).unwrap();
    change(&mut inside);
    vec![inside.to_string()]
}

fn planned(world: &Snapshot) -> Plan {
    let request = asked(world, &[]);
    ops::plan(&request, &surveyed(&request, world)).unwrap()
}

#[track_caller]
fn refuses(world: &Snapshot, words: &str) {
    let refusal = ops::plan(&asked(world, &[]), world).expect_err("a plan");
    assert!(refusal.what.contains(words), "{refusal}");
}

#[test]
fn it_is_bound_to_its_number_and_there_is_no_way_back_but_the_backup() {
    let plan = planned(&world());
    let steps = plan.steps.steps();
    let [_, step] = steps.as_slice() else {
        panic!("{steps:?}")
    };
    assert!(matches!(&step.undo, Undo::Never(why) if why.contains("restore-whole")));
    let Act::Transact(transact) = &step.act else {
        panic!("{:?}", step.act)
    };
    assert_eq!(transact.guards.len(), 3, "{:?}", transact.guards);
    for guard in &transact.guards[..2] {
        assert!(guard.contains("oid = 16500"), "{guard}");
    }
    assert!(transact.guards[1].contains("shut out since 2025-11-27T16:05:11Z"));
    let said = serde_json::to_string(&transact.statements).unwrap();
    // The other role has to do with something else.
    assert!(
        said.contains("drop role") && said.contains("t_acme_rw") && !said.contains("t_acme_ro"),
        "{said}"
    );
    let told = |what: &str| {
        plan.touches
            .iter()
            .any(|(label, words)| format!("{label}: {words}").contains(what))
    };
    assert!(
        told("role t_acme_ro: stays: it has to do with table public.shared too"),
        "{:?}",
        plan.touches
    );
    assert!(told("role t_acme_rw: goes with it"));
    assert!(matches!(&plan.confirm, Confirm::Name(name) if !name.is_empty()));
    let farewell = plan.farewell.unwrap();
    assert_eq!((farewell.kept, farewell.accepted), (Some(Retention::Days(30)), false));
}

#[test]
fn who_is_not_shut_out_or_is_let_in_by_somebody_is_not_taken_away() {
    let world = world();
    let request = asked(&world, &[]);
    for change in [
        (|inside: &mut Json| inside["note"] = Json::Null) as fn(&mut Json),
        |inside| inside["note"] = json!("shut out since yesterday (tenantry)"),
        |inside| inside["others"] = json!([{"role": "app_rw", "grants": false}]),
    ] {
        let world = answering(&request, &world, "who may enter what is", inside(change));
        refuses(&world, "is not shut out");
    }
    let held = answering(&request, &world, "what of others hangs", vec!["view public.all".into()]);
    refuses(&held, "what is not its own would go with it: view public.all");
    let two = request_of(shared_and_apart(&world));
    assert!(
        ops::plan(&two, &world)
            .unwrap_err()
            .what
            .contains("one tenant is taken away at a time")
    );
    let shared = request_of(shared_and_apart(&world).drain(..1).collect());
    assert!(ops::plan(&shared, &world).is_err());
}

fn request_of(targets: Vec<Target>) -> Request {
    request("purge", targets, &[])
}

/// Barman's `minimum_redundancy`, but with somebody who has looked.
#[test]
fn a_backup_that_has_all_of_it_must_be_there_and_have_been_tried() {
    let mut untried = world();
    let taken = untried.taken;
    let none = Runs {
        runs: Vec::new(),
        older: 0,
    };
    untried.take(Runs::NAME, &Target::fleet(), taken, Ok(Sealed::of(none)));
    let said = asked(&untried, &[]);
    refuses(&surveyed(&said, &untried), "was not tried since a backup has all of it");
    // Before the backups of that world were made.
    let early = tested(taken - SignedDuration::from_hours(11));
    refuses(&surveyed(&said, &early), "was not tried since a backup has all of it");
    let world = world();
    let late = inside(|inside| {
        let since = taken - SignedDuration::from_hours(1);
        inside["note"] = json!(format!("shut out since {since:.0} (tenantry)"));
    });
    refuses(
        &answering(&said, &world, "who may enter what is", late),
        "no backup that can be restored was begun since",
    );
}

#[test]
fn the_policy_has_the_last_word() {
    let world = world();
    let person = Person {
        user: "ada".into(),
        groups: Vec::new(),
    };
    let nowhere = std::env::temp_dir().join("tenantry-no-journals-here");
    let bound = |plan: Plan| house::bind(plan, &Policy::default(), &person, &nowhere);
    assert!(bound(planned(&world)).is_ok());
    let since = |since: Timestamp| {
        let mut plan = planned(&world);
        plan.farewell.as_mut().unwrap().since = since;
        plan
    };
    let refusal = bound(since(Timestamp::now() - SignedDuration::from_hours(24 * 7 - 1))).unwrap_err();
    assert!(
        refusal.what.contains("wants 7 d of that before anything is taken away"),
        "{refusal}"
    );
    assert!(bound(since(Timestamp::now() - SignedDuration::from_hours(24 * 7))).is_ok());
    for (said, kept, is_let) in [
        (&[][..], "fulls 2", false),
        (&[("backups", "uncertain")], "fulls 2", true),
        (&[], "gone", false),
        (&[("backups", "uncertain")], "days 29", false),
        (&[], "always", true),
    ] {
        let request = asked(&world, said);
        let world = answering(&request, &world, "how long backups are kept", vec![kept.into()]);
        let plan = ops::plan(&request, &world).unwrap();
        assert_eq!(bound(plan).is_ok(), is_let, "{kept} {said:?}");
    }
}
