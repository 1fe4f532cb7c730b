//! A tenant that moves, as a plan: it is shut out, what is there still is what the copy has, and nobody gets in where it comes before
//! that is proved there.

use jiff::SignedDuration;
use tenantry::{
    facts::tenants,
    model::{Act, Isolation, Kind, Plan, Question, Request, Target},
    ops,
    store::Snapshot,
};

use super::plans::{answering, copies, evidence::surveyed, request};

pub fn world() -> Snapshot {
    let mut world = crate::onboard::world();
    copies::into(&mut world);
    world
}

/// One with a schema whose short name nobody else bears.
fn tenant(model: Isolation) -> Target {
    let world = world();
    let all = &tenants::of(&world).expect("seen").tenants;
    let alone = |one: &&tenants::Tenant| all.iter().filter(|other| other.name == one.name).count() == 1;
    let mut of = all.iter().filter(|one| one.model == model).filter(alone);
    of.next().expect("one").target.clone()
}

pub fn asked(said: &[(&str, &str)]) -> Request {
    let said = [&[("backup", "later")], said].concat();
    request("move", vec![tenant(Isolation::Schema)], &said)
}

fn planned(said: &[(&str, &str)]) -> Plan {
    let request = asked(said);
    ops::plan(&request, &surveyed(&request, &world())).unwrap_or_else(|refusal| panic!("{refusal}"))
}

#[test]
fn nobody_gets_in_before_all_of_it_is_there_and_proved() {
    let plan = planned(&[("from", "atlas-latest")]);
    let steps = plan.steps.steps();
    let at = |what: &dyn Fn(&Act) -> bool| steps.iter().position(|step| what(&step.act)).expect("a step");
    let poured = at(&|act| matches!(act, Act::Pour(_)));
    assert!(poured < at(&|act| matches!(act, Act::Vault(_))));
    let Act::Pour(pour) = &steps[poured].act else { panic!() };
    assert!(
        pour.from.words.iter().any(|word| word == "--unowned"),
        "{:?}",
        pour.from.words
    );
    // Each table and sequence, and four kinds of forms.
    assert_eq!(pour.into.proofs.len(), 6, "{:?}", pour.into.proofs);
    // The old one is looked at first, and nothing is done to it.
    let Question::All(first) = &steps[0].check.ask else {
        panic!()
    };
    assert!(matches!(&first[2], Question::Look(look) if look.role.as_deref() == Some("app_owner")));
    for step in &steps[1..] {
        let place = step.act.place();
        assert!(
            place.is_none_or(|place| place.server.part(0) == "boreas"),
            "{}",
            step.name
        );
    }
    let told = format!("{:?}", plan.touches);
    assert!(
        told.contains("shut out as it is; when nobody needs it: purge"),
        "{told}"
    );
}

#[test]
fn without_a_copy_one_is_made_first_and_without_being_shut_out_none() {
    let plan = planned(&[("instance", "boreas")]);
    let then = plan.then.expect("a second half");
    let said: Vec<&str> = then.arguments.keys().map(String::as_str).collect();
    assert_eq!(
        (then.operation.as_str(), said),
        ("move", vec!["backup", "from", "instance"])
    );
    assert!(
        ops::survey(&plan.request, &world()).is_ok(),
        "the first half can be planned anew"
    );
    let open = r#"{"oid": "1", "owner": "app_owner", "members": [], "watched": true, "note": null, "others": []}"#;
    for said in [&[][..], &[("from", "atlas-latest")]] {
        let request = asked(said);
        let world = answering(&request, &world(), "who may enter what is", vec![open.into()]);
        let refusal = ops::plan(&request, &world).unwrap_err();
        assert!(refusal.what.contains("is not shut out"), "{refusal}");
    }
}

#[test]
fn what_would_not_come_or_would_not_be_all_is_refused() {
    let request = asked(&[("from", "atlas-latest")]);
    let late = world().taken + SignedDuration::from_secs(1);
    let late = format!(
        r#"{{"oid": "1", "owner": "o", "members": [], "watched": true, "note": "shut out since {late:.0} (tenantry)", "others": []}}"#
    );
    let whole = |name: &str| {
        let mut content =
            serde_json::json!({"owner": "o", "owners": ["o"], "needs": [], "unlogged": [], "waits": [], "items": []});
        content[name] = serde_json::json!(["public.it"]);
        vec![content.to_string()]
    };
    for (name, rows, words) in [
        ("who may enter what is", vec![late], "that copy was made before"),
        (
            "what the copy has of it",
            whole("needs"),
            "only a superuser makes anew what is in it: public.it",
        ),
        (
            "what the copy has of it",
            whole("waits"),
            "it refers to tables of others, which stay here: public.it",
        ),
        (
            "what the copy has of it",
            whole("unlogged"),
            "rows of unlogged tables are in no backup: public.it",
        ),
        (
            "functions in the copy that name",
            vec!["t_acme.total()".into()],
            "its schema gets another name, and these functions say the old one: t_acme.total()",
        ),
    ] {
        let refusal = ops::plan(&request, &answering(&request, &world(), name, rows)).unwrap_err();
        assert!(refusal.what.contains(words), "{refusal}");
    }
    for model in [Isolation::Shared, Isolation::Instance] {
        let refused = ops::plan(&super::plans::request("move", vec![tenant(model)], &[]), &world());
        assert!(refused.is_err(), "{model:?}");
    }
    assert_eq!(tenant(Isolation::Schema).kind(), Kind::Tenant);
}
