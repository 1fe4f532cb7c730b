//! What is dangerous takes a restore point first, which is then the moment to go back to; where it may not, it says so.

use tenantry::{
    model::{Act, Kind, Plan, Question, Request, Target, Undo},
    ops::{
        self,
        survey::{Evidence, Found},
    },
    store::{Fact, Sealed, Snapshot},
};

use super::plans::{request, shared_and_apart, surveyed, world};

fn asked(world: &Snapshot) -> Request {
    let tenant = shared_and_apart(world).remove(1);
    assert_eq!(tenant.kind(), Kind::Tenant);
    request("restore", vec![tenant], &[("from", "atlas-latest")])
}

/// The plan where this is found of who may take one.
fn plan(found: &Found) -> Plan {
    let world = world();
    let request = asked(&world);
    let mut world = surveyed(&request, &world);
    let mut evidence = world.get::<Evidence>(&Target::fleet()).unwrap().value.clone();
    let of_points = evidence.0.keys().find(|name| name.contains("restore point")).cloned();
    evidence.0.insert(of_points.expect("it is asked"), found.clone());
    world.take(Evidence::NAME, &Target::fleet(), world.taken, Ok(Sealed::of(evidence)));
    ops::plan(&request, &world).unwrap()
}

fn told(plan: &Plan) -> &str {
    let told = plan.touches.iter().find(|(label, _)| label == "restore point");
    &told.expect("it is told").1
}

#[test]
fn it_is_the_first_thing_that_is_done_as_who_may() {
    let plan = plan(&Found::Rows(vec!["operators".into(), "others".into()]));
    let steps = plan.steps.steps();
    assert_eq!(steps.len(), 2);
    let Act::Transact(taken) = &steps[0].act else {
        panic!("{:?}", steps[0].act)
    };
    assert_eq!(taken.role.as_deref(), Some("operators"));
    assert_eq!(
        taken.place.database, None,
        "rights on functions are those of the maintenance database"
    );
    let Question::Take(kept, _) = &steps[0].check.ask else {
        panic!("{:?}", steps[0].check)
    };
    assert_eq!(ops::point::instance(kept), Some("atlas"));
    assert_eq!(steps[0].undo, Undo::Nothing);
    assert!(told(&plan).starts_with("one is taken on atlas-a"), "{}", told(&plan));
}

#[test]
fn where_none_can_be_taken_that_is_said_and_nothing_else_changes() {
    let fault = tenantry::model::Fault::new(tenantry::model::FaultKind::Timeout, "no answer");
    for (found, why) in [
        (
            Found::Rows(vec![]),
            "grant execute on function pg_create_restore_point(text)",
        ),
        (Found::Nothing(fault), "no answer"),
    ] {
        let plan = plan(&found);
        assert_eq!(plan.steps.steps().len(), 1);
        assert!(told(&plan).starts_with("none is taken on atlas-a"), "{}", told(&plan));
        assert!(told(&plan).contains(why), "{}", told(&plan));
    }
}
