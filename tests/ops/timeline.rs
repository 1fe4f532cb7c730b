//! Where no moment is said, what happened is shown to choose from; where one is said, a copy is made first.

use tenantry::{
    facts::runs::{Brief, Runs, Several, Stand},
    model::{Act, Copies, Happened, Kind, Moment, Request, Severity, Target},
    ops::{
        self,
        survey::{Evidence, Found},
    },
    store::{Fact, Sealed, Snapshot},
};

use super::plans::{copies, request, shared_and_apart, surveyed, world};

fn tenant(world: &Snapshot) -> Target {
    shared_and_apart(world).remove(1)
}

fn asked(world: &Snapshot, said: &[(&str, &str)]) -> Request {
    request("restore", vec![tenant(world)], said)
}

/// A run that was done to this.
pub fn run(world: &Snapshot, id: &str, operation: &str, to: Target) -> Brief {
    Brief {
        id: id.into(),
        state: "done".into(),
        severity: Severity::Ok,
        why: None,
        lives: false,
        open: false,
        stand: Stand::Ended,
        aborts: false,
        persons: Vec::new(),
        back: Several::default(),
        stays: Several::default(),
        operation: operation.into(),
        title: format!("{operation} {id}").as_str().into(),
        targets: vec![to],
        digest: String::new(),
        said: Vec::new(),
        carrier: "".into(),
        began: Some(copies::archived(world).parse().unwrap()),
        last: None,
        done: 1,
        total: 1,
        steps: Vec::new(),
        stages: Vec::new(),
        progress: None,
        then: None,
        points: Vec::new(),
        notes: Vec::new(),
    }
}

fn choices(world: &Snapshot) -> Vec<(Happened, String, Moment)> {
    let refusal = ops::plan(&asked(world, &[]), world).expect_err("no moment is said");
    let choose = refusal.choose.expect("a choice");
    assert_eq!(choose.ask, "moment");
    let of = |event: tenantry::model::Event| (event.kind, event.words.to_string(), event.moment);
    choose.among.events.into_iter().map(of).collect()
}

#[test]
fn what_was_done_to_the_tenant_and_what_can_be_had_stand_in_their_order() {
    let mut world = world();
    let own = tenant(&world);
    let schema = Target::schema(own.part(0), own.part(1), own.part(2));
    let runs = vec![
        run(&world, "e", "undo", Target::new(Kind::Run, ["d"])),
        Brief {
            points: vec!["atlas".into(), "boreas".into()],
            ..run(&world, "d", "restore", own.clone())
        },
        run(&world, "c", "beside", Target::instance("atlas")),
        run(
            &world,
            "b",
            "migrate",
            Target::schema(own.part(0), own.part(1), "t_other"),
        ),
        run(&world, "a", "migrate", schema),
    ];
    let taken = world.taken;
    world.take(
        Runs::NAME,
        &Target::fleet(),
        taken,
        Ok(Sealed::of(Runs { runs, older: 0 })),
    );
    let all = choices(&world);
    let words: Vec<&str> = all.iter().map(|(_, words, _)| words.as_str()).collect();
    let wanted = [
        "full backup b",
        "undo e, done",
        "restore d, done",
        "migrate a, done",
        "full backup a",
    ];
    assert_eq!(words, wanted);
    assert_eq!(all[1].2, Moment::at(copies::archived(&world).parse().unwrap()));
    // It took a restore point before it did anything.
    assert_eq!(all[2].2, Moment::Name("tenantry-d".into()));
}

#[test]
fn what_was_applied_is_among_it_and_what_was_not_seen_is_said() {
    let mut world = world();
    let mut know = |found: Found| {
        let mut evidence = Evidence::default();
        evidence.0.insert("what was applied to its schema".into(), found);
        let taken = world.taken;
        world.take(Evidence::NAME, &Target::fleet(), taken, Ok(Sealed::of(evidence)));
        world.clone()
    };
    let at = copies::archived(&know(Found::Rows(Vec::new())));
    let all = choices(&know(Found::Rows(vec![format!("{at} 4 add an index")])));
    assert!(
        all.iter()
            .any(|(kind, words, _)| *kind == Happened::Migration && words == "migration 4 add an index")
    );
    let fault = tenantry::model::Fault::new(tenantry::model::FaultKind::Denied, "permission denied");
    let world = know(Found::Nothing(fault));
    let refusal = ops::plan(&asked(&world, &[]), &world).unwrap_err();
    let unseen = &refusal.choose.unwrap().among.unseen;
    assert!(unseen[0].raw().contains("permission denied"), "{unseen:?}");
}

#[test]
fn a_moment_without_a_copy_is_copied_first_and_says_what_comes_then() {
    let world = world();
    let moment = copies::archived(&world);
    let request = asked(&world, &[("moment", &moment), ("rows", "missing")]);
    let plan = ops::plan(&request, &surveyed(&request, &world)).unwrap();
    assert_eq!(plan.request, request);
    assert!(
        plan.steps
            .steps()
            .iter()
            .all(|step| matches!(step.act, Act::Process(_) | Act::Look))
    );
    let then = plan.then.expect("a second half");
    assert_eq!((then.operation.as_str(), &then.targets), ("restore", &request.targets));
    assert!(then.arguments["from"].starts_with("atlas-2"), "{then:?}");
    assert_eq!(then.arguments["rows"], "missing");
    // Where it is there it is read from at once.
    let mut world = world;
    let atlas = Target::instance("atlas");
    let mut there = world.get::<Copies>(&atlas).unwrap().value.clone();
    there.copies[0].moment = moment.parse().unwrap();
    let taken = world.taken;
    world.take(Copies::NAME, &atlas, taken, Ok(Sealed::of(there)));
    let plan = ops::plan(&request, &surveyed(&request, &world)).unwrap();
    assert!(
        plan.then.is_none()
            && plan
                .steps
                .steps()
                .iter()
                .any(|step| matches!(step.act, Act::Transact(_)))
    );
}
