//! Plans as data: a migration of many tenants, a restore, and every operation that there is.

use tenantry::{
    facts::{
        credentials::{Credentials, State, User},
        leases,
        migrations::standing::{self, Stand},
        pulse::Pulse,
        sessions::Sessions,
        tenants,
    },
    model::{
        Act, Check, Confirm, Environment, Isolation, Kind, Place, Plan, Question, Request, Sql, Step, Target, Tree,
        Undo,
    },
    ops::{
        self,
        survey::{Evidence, Found},
    },
    store::{Fact, Sealed, Snapshot},
};

#[path = "copies.rs"]
pub mod copies;
#[path = "../support/evidence.rs"]
pub mod evidence;
#[path = "../support/recording.rs"]
pub mod recording;

pub use evidence::surveyed;
use recording::Recording;

pub fn place() -> Place {
    Place {
        server: Target::server("atlas", "atlas-a"),
        database: None,
        system: "77".into(),
        timeline: 1,
        recovery: false,
    }
}

fn sql(text: &str) -> Sql {
    place().sql(text)
}

pub fn check(text: &str) -> Check {
    Check {
        ask: Question::Sql(sql(text)),
        within: 1,
    }
}

/// A step that sets something, asks whether it is set, and clears it again.
pub fn step(name: &str, again: bool, undo: Option<bool>) -> Tree {
    Tree::step(Step {
        name: name.into(),
        act: Act::Sql(sql(&format!("set {name}"))),
        again,
        check: check(&format!("is {name}")),
        undo: match undo {
            Some(true) => Undo::Act(Act::Sql(sql(&format!("clear {name}")))),
            Some(false) => Undo::Nothing,
            None => Undo::Never("it is gone".into()),
        },
    })
}

pub fn plan(steps: Tree) -> Plan {
    Plan {
        fleet: "test".into(),
        environment: Environment::Lab,
        request: Request {
            operation: "made-up".into(),
            targets: vec![Target::instance("atlas")],
            ..Request::default()
        },
        title: "do it".into(),
        steps,
        touches: vec![],
        difference: None,
        artefacts: vec![],
        seen: vec![],
        evidence: None,
        lost: vec![],
        farewell: None,
        confirm: Confirm::Yes,
        approval: None,
        then: None,
    }
}

/// A lock, then tenants in waves with a gate between: each a statement that must not run twice.
pub fn migrate(tenants: usize, budget: usize) -> Plan {
    let tenant = |n: usize| Tree::Seq(vec![step(&format!("tenant {n}"), false, Some(true))]);
    plan(Tree::Seq(vec![
        step("prepare", true, Some(true)),
        Tree::Each {
            cap: 3,
            waves: vec![1, 2, 4],
            gate: Some(Box::new(check("lag is small"))),
            budget,
            over: (0..tenants).map(tenant).collect(),
        },
        step("finish", true, Some(false)),
    ]))
}

/// Stop writers, restore beside, swap, start again; the old data cannot be had back once it is dropped.
pub fn restore() -> Plan {
    plan(Tree::Seq(vec![
        step("stop writers", true, Some(true)),
        step("restore beside", false, Some(true)),
        step("swap names", false, Some(true)),
        step("start writers", true, Some(true)),
        step("drop the old", false, None),
    ]))
}

pub fn request(operation: &str, targets: Vec<Target>, arguments: &[(&str, &str)]) -> Request {
    let arguments = arguments.iter().map(|(name, said)| ((*name).into(), (*said).into()));
    Request {
        operation: operation.into(),
        targets,
        arguments: arguments.collect(),
        ..Request::default()
    }
}

/// The lab at its worst, as it was recorded, with the replay of one standby paused besides.
pub fn world() -> Snapshot {
    let mut world = Recording::read(include_str!("../screen/worlds/worst.json")).world();
    let paused = Target::server("atlas", "atlas-c");
    let seen = world.get::<Pulse>(&paused).expect("seen");
    let (mut pulse, at) = (seen.value.clone(), seen.at);
    pulse.replay = Some("paused".into());
    world.take(Pulse::NAME, &paused, at, Ok(Sealed::of(pulse)));
    copies::into(&mut world);
    world
}

/// The sessions of the batch job that keeps others waiting, root first.
pub fn batch(world: &Snapshot) -> Vec<Target> {
    let server = Target::server("atlas", "atlas-a");
    let seen = world.get::<Sessions>(&server).expect("seen").value;
    let mut active: Vec<_> = seen
        .sessions
        .iter()
        .filter(|session| {
            session.state.as_deref() == Some("active")
                && session.user.as_ref().is_some_and(|user| user.raw() == "orders_batch")
        })
        .collect();
    active.sort_by_key(|session| session.pid);
    active.into_iter().map(|session| session.target(&server)).collect()
}

/// Leases of which it is certain which role they stand for.
fn leases(world: &Snapshot) -> Vec<Target> {
    let seen = world.get::<Credentials>(&Target::vault()).expect("seen").value;
    let certain = seen.leases.iter().filter(|holding| {
        matches!(holding.user, User::Certain(_))
            && holding.state == State::Ok
            && holding.instance.as_ref().is_some_and(|name| name.raw() == "atlas")
    });
    certain.take(3).map(|holding| leases::target(&holding.id)).collect()
}

/// The world with everything found out, but for what begins so, which is answered otherwise.
pub fn answering(request: &Request, world: &Snapshot, name: &str, rows: Vec<String>) -> Snapshot {
    let mut world = surveyed(request, world);
    let mut evidence = world.get::<Evidence>(&Target::fleet()).unwrap().value.clone();
    let (_, found) = evidence
        .0
        .iter_mut()
        .find(|(known, _)| known.starts_with(name))
        .unwrap();
    *found = Found::Rows(rows);
    let taken = world.taken;
    world.take(Evidence::NAME, &Target::fleet(), taken, Ok(Sealed::of(evidence)));
    world
}

/// A tenant of shared tables and one with a schema, of an instance that has backups.
pub fn shared_and_apart(world: &Snapshot) -> Vec<Target> {
    let all = &tenants::of(world).expect("seen").tenants;
    let of = |model| all.iter().find(|one| one.instance() == "atlas" && one.model == model);
    let found = [Isolation::Shared, Isolation::Schema].into_iter().filter_map(of);
    found.map(|tenant| tenant.target.clone()).collect()
}

/// Schemas that are behind, of servers that answer.
pub fn schemas(world: &Snapshot) -> Vec<Target> {
    let all = &standing::of(world).expect("seen").standings;
    let behind = all
        .iter()
        .filter(|one| matches!(one.stand, Stand::Behind(_)) && one.fault.is_none());
    let up = |target: &Target| target.part(0) != "acme";
    behind.map(|one| one.target.clone()).filter(up).take(6).collect()
}

/// For each operation that there is, what may be asked of it in that world. One that is missing here is a failure.
pub fn requests(world: &Snapshot) -> Vec<Request> {
    let requests = vec![
        request("end-sessions", batch(world), &[("how", "cancel")]),
        request("end-sessions", batch(world), &[("how", "terminate")]),
        request("resume-replay", vec![Target::server("atlas", "atlas-c")], &[]),
        request("rotate", vec![Target::new(Kind::StaticRole, ["legacy-app"])], &[]),
        request(
            "rotate",
            vec![
                Target::new(Kind::StaticRole, ["legacy-app"]),
                Target::new(Kind::StaticRole, ["tenantry-watch-boreas"]),
            ],
            &[("sessions", "end")],
        ),
        request(
            "rotate-root",
            vec![Target::instance("atlas"), Target::instance("boreas")],
            &[],
        ),
        request("revoke", leases(world), &[]),
        request(
            "revoke",
            leases(world),
            &[("first", "issue"), ("reassign", "app_owner")],
        ),
        request(
            "lock-out",
            vec![Target::new(Kind::Role, ["atlas", "orders_batch"])],
            &[("reassign", "app_owner")],
        ),
        request("migrate", schemas(world), &[("waves", "1,2"), ("failures", "1")]),
        request("migrate", schemas(world), &[("transaction", "file"), ("cap", "1")]),
        request("migrate", schemas(world), &[("how", "baseline")]),
        request("beside", vec![Target::instance("atlas")], &[("moment", "latest")]),
        request(
            "beside",
            vec![Target::instance("atlas")],
            &[("moment", &copies::archived(world))],
        ),
        request("disable", shared_and_apart(world).drain(1..).collect(), &[]),
        crate::moves::asked(&[("from", "atlas-latest")]),
        request("purge", shared_and_apart(world).drain(1..).collect(), &[]),
        request("wipe-copy", vec![copies::there()], &[]),
        request("verify-restore", shared_and_apart(world), &[]),
        request("verify-backups", vec![Target::instance("atlas")], &[]),
        request("backup", vec![Target::instance("atlas")], &[("kind", "full")]),
        request(
            "restore",
            shared_and_apart(world).drain(..1).collect(),
            &[("from", "atlas-latest")],
        ),
        request(
            "restore",
            shared_and_apart(world).drain(..1).collect(),
            &[("moment", &copies::archived(world))],
        ),
        request(
            "restore",
            shared_and_apart(world).drain(1..).collect(),
            &[("rows", "missing"), ("from", "atlas-latest")],
        ),
        request(
            "restore-whole",
            shared_and_apart(world).drain(1..).collect(),
            &[("from", "atlas-latest")],
        ),
        request("restore-whole", vec![copies::apart()], &[("from", "boreas-latest")]),
        request(
            "drop-slot",
            vec![Target::new(Kind::Slot, ["boreas", "boreas-a", "boreas_b"])],
            &[],
        ),
        request("drop-index", vec![Target::database("atlas", "orders")], &[]),
        request("undo", vec![Target::new(Kind::Run, ["a run"])], &[]),
        crate::onboard::asked("cafe_neu", &[("name", "Café Neu")]),
    ];
    for operation in ops::ALL {
        let asked = requests.iter().any(|request| request.operation == operation.name());
        assert!(asked, "{} is not tried", operation.name());
    }
    requests
}

/// Every plan that the engine is tried with.
pub fn all() -> Vec<(String, Plan)> {
    let world = world();
    let mut all = vec![("migrate".to_owned(), migrate(9, 2)), ("restore".to_owned(), restore())];
    for request in requests(&world) {
        // Nobody is brought in where the fleet is at its worst.
        let world = match request.operation.as_str() {
            "onboard" => surveyed(&request, &crate::onboard::world()),
            "purge" => surveyed(&request, &crate::purge::world()),
            "move" => surveyed(&request, &crate::moves::world()),
            _ => surveyed(&request, &world),
        };
        let plan = ops::plan(&request, &world).unwrap_or_else(|refusal| panic!("{}: {refusal}", request.operation));
        all.push((request.operation.clone(), plan));
    }
    all
}

#[test]
fn a_plan_survives_being_written_down() {
    for (name, plan) in all() {
        let json = serde_json::to_vec(&plan).unwrap();
        let again: Plan = serde_json::from_slice(&json).unwrap();
        assert_eq!(again, plan, "{name}");
        assert_eq!(ops::digest(&again), ops::digest(&plan), "{name}");
    }
}

#[test]
fn sessions_are_matched_by_pid_and_beginning_and_say_whom_they_hold_up() {
    let world = world();
    let targets = batch(&world);
    let plan = ops::plan(
        &request("end-sessions", targets.clone(), &[("how", "terminate")]),
        &world,
    )
    .unwrap();
    assert_eq!(plan.confirm, Confirm::Count(3));
    for (step, target) in plan.steps.steps().iter().zip(&targets) {
        let Act::Sql(sql) = &step.act else {
            panic!("a statement");
        };
        let wanted = format!("where pid = {} and backend_start = '", target.part(2));
        assert!(
            sql.text.contains(&wanted) && sql.text.ends_with("+00'::timestamptz"),
            "{}",
            sql.text
        );
    }
    assert!(
        plan.touches[0].1.contains("2 sessions wait for it"),
        "{:?}",
        plan.touches
    );
    assert!(
        plan.touches[0].1.contains("tenant Northwind Traders"),
        "{:?}",
        plan.touches
    );
}

#[test]
fn what_is_left_alone_is_shown_beside_what_is_done() {
    let mut world = world();
    let server = Target::server("atlas", "atlas-a");
    let targets = batch(&world);
    let seen = world.get::<Sessions>(&server).expect("seen");
    let (mut sessions, at) = (seen.value.clone(), seen.at);
    let backup = sessions
        .sessions
        .iter_mut()
        .find(|session| session.target(&server) == targets[2]);
    backup.expect("one").application = Some("pg_dump".into());
    world.take(Sessions::NAME, &server, at, Ok(Sealed::of(sessions)));
    let end = |arguments: &[(&str, &str)]| {
        let arguments: Vec<_> = arguments.iter().copied().chain([("how", "terminate")]).collect();
        ops::plan(&request("end-sessions", targets.clone(), &arguments), &world).unwrap()
    };
    let plan = end(&[]);
    assert_eq!((plan.steps.count(), &plan.confirm), (2, &Confirm::Count(2)));
    let (label, why) = plan.touches.last().unwrap();
    assert_eq!(label, "left alone");
    assert!(why.ends_with("is a backup (pg_dump): it is left alone"), "{why}");
    assert_eq!(end(&[("backups", "end")]).steps.count(), 3);
    let alone = request("end-sessions", vec![targets[2].clone()], &[("how", "terminate")]);
    let refusal = ops::plan(&alone, &world).unwrap_err();
    assert!(refusal.what.contains("is a backup"), "{refusal}");
}

#[test]
fn what_is_not_seen_now_is_nothing_to_act_on() {
    let world = world();
    let refuse = |operation: &str, target: Target| {
        ops::plan(&request(operation, vec![target], &[]), &world)
            .expect_err("refused")
            .to_string()
    };
    let running = Target::server("boreas", "boreas-c");
    assert_eq!(
        refuse("resume-replay", running),
        "replay on server boreas/boreas-c is not paused"
    );
    let primary = Target::server("boreas", "boreas-a");
    assert_eq!(refuse("resume-replay", primary), "server boreas/boreas-a is no standby");
    let gone = Target::server("acme", "acme-a");
    assert!(refuse("resume-replay", gone).contains("was last seen a while ago"));
    let nobody = Target::new(Kind::Session, ["atlas", "atlas-a", "1"]);
    assert!(refuse("end-sessions", nobody).contains("is not there any more"));
}

#[test]
fn an_empty_selection_is_never_everything() {
    let world = world();
    for operation in ops::ALL {
        let refusal = ops::plan(&request(operation.name(), vec![], &[]), &world).expect_err("refused");
        assert!(refusal.what.contains("needs at least one"), "{refusal}");
        let twice = vec![Target::new(operation.takes(), ["a", "b", "1"]); 2];
        assert!(ops::plan(&request(operation.name(), twice, &[]), &world).is_err());
        let other = vec![Target::fleet()];
        assert!(ops::plan(&request(operation.name(), other, &[]), &world).is_err());
    }
}
