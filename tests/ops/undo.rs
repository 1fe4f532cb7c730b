//! What a run did that has ended is taken back by its own way back, or it is said why not.

use tenantry::{
    model::{Act, Confirm, Kind, Request, Target, Undo},
    ops::{
        self,
        survey::{Evidence, Found, Past},
    },
    store::{Fact, Sealed, Snapshot},
};

use super::plans::{self, evidence, request, world};

fn asked() -> Request {
    request("undo", vec![Target::new(Kind::Run, ["a run"])], &[])
}

/// The world in which the run did this, and its guards say that.
fn knowing(past: Past, said: &[(&str, &str)]) -> Snapshot {
    let mut world = world();
    let mut evidence = Evidence::default();
    evidence.0.insert("what it did".into(), Found::Past(Box::new(past)));
    for (name, said) in said {
        let rows = Found::Rows(vec![(*said).to_owned()]);
        evidence.0.insert((*name).to_owned(), rows);
    }
    world.take(Evidence::NAME, &Target::fleet(), world.taken, Ok(Sealed::of(evidence)));
    world
}

const AS_LEFT: [(&str, &str); 2] = [("write it: is it taken back", "false"), ("write it: guard 1", "true")];

fn refused(world: &Snapshot) -> String {
    let refusal = ops::survey(&asked(), world)
        .err()
        .or_else(|| ops::plan(&asked(), world).err());
    let refusal = refusal.expect("refused");
    format!("{refusal}; {}", refusal.hint.clone().unwrap_or_default())
}

#[test]
fn the_way_back_is_the_deed_and_the_way_forth_takes_it_back_in_turn() {
    let past = evidence::past();
    let [step] = past.plan.steps.steps()[..] else {
        panic!("one step")
    };
    let (act, Undo::Act(undo)) = (step.act.clone(), step.undo.clone()) else {
        panic!("a way back")
    };
    let plan = ops::plan(&asked(), &knowing(past, &AS_LEFT)).unwrap();
    let [back] = plan.steps.steps()[..] else {
        panic!("one step")
    };
    assert_eq!((&back.act, &back.undo), (&undo, &Undo::Act(act)));
    assert_eq!(plan.confirm, Confirm::Name("acme".into()));
    assert_eq!(plan.title, "take back: write it");
    assert!(matches!(&back.act, Act::Transact(one) if one.guards == ["select is as the run left it"]));
}

#[test]
fn what_is_not_as_the_run_left_it_is_refused_before_anybody_confirms() {
    let told = refused(&knowing(
        evidence::past(),
        &[AS_LEFT[0], ("write it: guard 1", "false")],
    ));
    assert!(
        told.contains("it is not now as the run left it: select is as the run left it"),
        "{told}"
    );
    let told = refused(&knowing(evidence::past(), &[("write it: is it taken back", "true")]));
    assert!(told.contains("is taken back already"), "{told}");
}

#[test]
fn a_run_that_goes_or_did_nothing_that_can_be_taken_back_is_refused() {
    let goes = Past {
        ended: false,
        ..evidence::past()
    };
    let told = refused(&knowing(goes, &AS_LEFT));
    assert!(
        told.contains("has not ended") && told.contains("told to abort"),
        "{told}"
    );
    let nothing = Past {
        done: vec![false],
        ..evidence::past()
    };
    assert!(refused(&knowing(nothing, &AS_LEFT)).contains("left nothing behind"));
    for (undo, why) in [(Some(true), "only while its run goes"), (None, "it is gone")] {
        let plan = plans::plan(plans::step("a deed", true, undo));
        let past = Past {
            plan,
            done: vec![true],
            kept: [].into(),
            ended: true,
        };
        let told = refused(&knowing(past, &AS_LEFT));
        assert!(
            told.contains("a deed cannot be taken back") && told.contains(why),
            "{told}"
        );
    }
    let two = request(
        "undo",
        vec![Target::new(Kind::Run, ["a"]), Target::new(Kind::Run, ["b"])],
        &[],
    );
    assert!(ops::plan(&two, &world()).unwrap_err().what.contains("one run"));
}

#[test]
fn nothing_of_the_fleet_has_to_be_seen_for_it() {
    // The command line asks for what the operation needs, and that is the runs alone.
    let seen = knowing(evidence::past(), &AS_LEFT);
    let mut blind = Snapshot::of(seen.fleet.clone());
    let evidence = seen.get::<Evidence>(&Target::fleet()).unwrap().value.clone();
    blind.take(Evidence::NAME, &Target::fleet(), seen.taken, Ok(Sealed::of(evidence)));
    assert!(ops::survey(&asked(), &blind).is_ok());
    let plan = ops::plan(&asked(), &blind).unwrap();
    assert!(
        plan.touches.iter().any(|(label, _)| label == "restore point"),
        "{:?}",
        plan.touches
    );
}
