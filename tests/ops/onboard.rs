//! A new tenant as a plan (O4 to O6): what it may be called, what its logins may take, where it is placed, and in which words
//! each is refused.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use tenantry::{
    facts::databases::Databases,
    model::{Act, Bytes, Isolation, Kind, Onboarding, Plan, Register, Request, Target, Tenancy, Tier, Undo},
    ops::{
        self,
        survey::{Evidence, Found},
    },
    store::{Fact, Sealed, Snapshot},
};

use crate::plans::{evidence::surveyed, recording::Recording, request};

/// A fleet that is well, and whose file says how tenants are brought in.
pub fn world() -> Snapshot {
    let mut world = Recording::read(include_str!("../screen/worlds/well.json")).world();
    let tier = |connections| Tier {
        connections,
        statement_timeout: SignedDuration::from_secs(30),
        idle_in_transaction_session_timeout: SignedDuration::from_secs(60),
        temp_file_limit: Bytes(1 << 30),
        work_mem: Bytes(8 << 20),
    };
    let tiers: BTreeMap<String, Tier> = [("standard".to_owned(), tier(5)), ("huge".to_owned(), tier(100_000))].into();
    Arc::make_mut(&mut world.fleet).onboarding = Some(Onboarding {
        model: Isolation::Schema,
        tier: Some("standard".into()),
        admin_role: "databases".into(),
        connect_role: Some("tenants".into()),
        lease: SignedDuration::from_mins(30),
        max_lease: SignedDuration::from_hours(12),
        tiers,
    });
    world
}

pub fn asked(slug: &str, arguments: &[(&str, &str)]) -> Request {
    request("onboard", vec![Target::new(Kind::NewTenant, [slug])], arguments)
}

fn plan(request: &Request, world: &Snapshot) -> Plan {
    ops::plan(request, &surveyed(request, world)).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Why there is no plan, and what to do; it is clear before anybody is asked.
fn refused(world: &Snapshot, slug: &str, arguments: &[(&str, &str)]) -> String {
    let Err(refusal) = ops::survey(&asked(slug, arguments), world) else {
        panic!("{slug} {arguments:?} is not refused");
    };
    format!("{refusal}; {}", refusal.hint.clone().unwrap_or_default())
}

/// O4.
#[test]
fn o4_a_name_that_misleads_or_is_taken_is_refused_before_anybody_is_asked() {
    let world = world();
    let long = "a".repeat(41);
    for (slug, words) in [
        ("", "at least one letter"),
        ("Cafe", "\"cafe\" would be right"),
        ("café", "\"cafe\" would be right"),
        ("1cafe", "does not begin with a letter"),
        ("cafe_", "ends with `_`"),
        ("ca__fe", "has `__` in it"),
        ("ca-fe", "\"ca_fe\" would be right"),
        ("pg_cafe", "begins with `pg_`"),
        ("postgres", "postgres"),
        (&long, "at most 40 bytes"),
        ("cafe\"; drop", "a short name has only"),
        ("acme", "acme is taken: tenant acme"),
        ("acrne", "could be mistaken for "),
    ] {
        let told = refused(&world, slug, &[]);
        assert!(told.contains(words), "{slug}: {told}");
    }
    for (name, words) in [("Caf\u{200b}e", "cannot be seen"), ("acrne", "could be mistaken for ")] {
        let told = refused(&world, "cafe_neu", &[("name", name)]);
        assert!(told.contains(words), "{name:?}: {told}");
    }
}

/// O4: nothing that is made has another name than is told, and none is cut.
#[test]
fn o4_everything_is_named_by_the_short_name() {
    let world = world();
    let plan = plan(&asked("cafe_neu", &[("name", "Café 'Neu'")]), &world);
    let Act::Transact(made) = &plan.steps.steps()[0].act else {
        panic!("{:?}", plan.steps.steps()[0].act);
    };
    let said = format!("{:?}", made.statements);
    for role in ["t_cafe_neu_owner", "t_cafe_neu_rw", "t_cafe_neu_ro"] {
        assert!(
            said.contains(&format!("create role \\\"{role}\\\" nologin")),
            "{role}: {said}"
        );
    }
    assert!(said.contains("is 'Café ''Neu'''"), "{said}");
    let told = format!("{:?}", plan.touches);
    for path in [
        "database/creds/atlas-runtime-cafe_neu",
        "database/creds/atlas-migrate-cafe_neu",
    ] {
        assert!(told.contains(path), "{told}");
    }
    let left: Vec<&str> = plan
        .steps
        .steps()
        .into_iter()
        .filter(|step| matches!(step.undo, Undo::Never(_)))
        .map(|step| step.name.as_str())
        .collect();
    assert_eq!(left, [""; 0], "there is no way back from it");
}

/// O5: a login has the limits of its tier, and another tier than there is is refused.
#[test]
fn o5_what_its_logins_may_take_is_what_the_tier_says() {
    let world = world();
    let plan = plan(&asked("cafe_neu", &[]), &world);
    let body = plan.steps.steps().into_iter().find_map(|step| match &step.act {
        Act::Vault(call) if call.path.ends_with("/roles/atlas-runtime-cafe_neu") => call.body.clone(),
        _ => None,
    });
    let body = body.expect("its role is written").to_string();
    for words in [
        "CONNECTION LIMIT 5",
        "SET statement_timeout = '30000ms'",
        "SET idle_in_transaction_session_timeout = '60000ms'",
        "SET temp_file_limit = '1048576kB'",
        "SET work_mem = '8192kB'",
        "\"default_ttl\":1800",
        "\"max_ttl\":43200",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    let told = refused(&world, "cafe_neu", &[("tier", "gold")]);
    assert!(
        told.contains("there is no tier \"gold\"; there are huge, standard"),
        "{told}"
    );
    let mut none = world.clone();
    if let Some(how) = &mut Arc::make_mut(&mut none.fleet).onboarding {
        how.tier = None;
    }
    let told = refused(&none, "cafe_neu", &[]);
    assert!(
        told.contains("no tier is said; tier is one of huge, standard"),
        "{told}"
    );
}

/// O6: it is placed where there is room, and nowhere else.
#[test]
fn o6_it_is_placed_where_there_is_room_and_what_was_not_seen_is_none() {
    let world = world();
    // How much is left changes with every look: it is seen, and no part of what is confirmed.
    let why = |arguments: &[(&str, &str)]| {
        let plan = plan(&asked("cafe_neu", arguments), &world);
        assert!(!format!("{:?}", plan.touches).contains("% left"), "{:?}", plan.touches);
        format!("{:?}", plan.seen)
    };
    assert!(why(&[]).contains("it has most room; "), "{}", why(&[]));
    let asked_for = why(&[("instance", "atlas")]);
    assert!(asked_for.contains("it was asked for; "), "{asked_for}");
    let told = refused(&world, "cafe_neu", &[("instance", "nowhere")]);
    assert!(told.contains("there is no instance nowhere"), "{told}");
    let told = refused(&world, "cafe_neu", &[("instance", "boreas")]);
    assert!(
        told.contains("has no place on boreas for tenants of the model schema"),
        "{told}"
    );
    for arguments in [&[("tier", "huge")][..], &[("tier", "huge"), ("instance", "atlas")]] {
        let told = refused(&world, "cafe_neu", arguments);
        assert!(told.contains("there is no room on atlas: connections: "), "{told}");
    }
    let mut unseen = world.clone();
    unseen.retain(Databases::NAME, &std::collections::HashSet::new());
    let told = refused(&unseen, "cafe_neu", &[]);
    assert!(
        told.contains("it is not known whether there is room on atlas"),
        "{told}"
    );
}

#[test]
fn without_onboarding_in_the_fleet_file_nobody_is_brought_in() {
    let mut world = world();
    Arc::make_mut(&mut world.fleet).onboarding = None;
    let told = refused(&world, "cafe_neu", &[]);
    assert!(
        told.contains("does not say how tenants are brought in; give it an [onboarding]"),
        "{told}"
    );
}

/// O1: who asks twice for the same gets the same plan, and is held to it by its digest.
#[test]
fn o1_the_same_request_has_the_same_digest_and_another_has_another() {
    let world = world();
    let digest = |arguments: &[(&str, &str)]| ops::digest(&plan(&asked("cafe_neu", arguments), &world));
    assert_eq!(digest(&[]), digest(&[]));
    assert_ne!(digest(&[]), digest(&[("name", "Café Neu")]));
    let other = plan(&asked("cafe_nuevo", &[]), &world);
    assert_ne!(digest(&[]), ops::digest(&other));
}

/// O1, O3: what the survey finds decides: what is there stays, what is half there or open is refused.
#[test]
fn o1_what_is_there_stays_and_what_is_half_there_or_open_is_refused() {
    let request = asked("cafe_neu", &[]);
    let known = surveyed(&request, &world());
    let finding = |changes: &[(&str, Found)]| {
        let mut world = known.clone();
        let mut evidence = known.get::<Evidence>(&Target::fleet()).unwrap().value.clone();
        for (begin, found) in changes {
            let name = evidence.0.keys().find(|name| name.starts_with(begin)).cloned();
            // What is asked only where something else was found has its own name.
            evidence
                .0
                .insert(name.unwrap_or_else(|| (*begin).to_owned()), found.clone());
        }
        world.take(Evidence::NAME, &Target::fleet(), world.taken, Ok(Sealed::of(evidence)));
        ops::plan(&request, &world).map_err(|refusal| refusal.to_string())
    };
    let rows = |said: &str| Found::Rows(vec![said.to_owned()]);
    let half = r#"{"who": "cafe_neu", "all": false, "none": false, "there": ["the role t_cafe_neu_rw"]}"#;
    let told = finding(&[("what there is already", rows(half))]).unwrap_err();
    assert!(told.ends_with("there is the role t_cafe_neu_rw"), "{told}");
    let listed = || Found::Said(vec![serde_json::json!(["atlas-db-admin", "atlas-runtime-cafe_neu"])]);
    let roles = "the roles of the secrets server";
    let same = "whether the secrets server has the role atlas-runtime-cafe_neu as it would be written";
    let told = finding(&[(roles, listed()), (same, rows("false"))]).unwrap_err();
    assert!(
        told.contains("has a role atlas-runtime-cafe_neu already, and it is not as it would"),
        "{told}"
    );
    let plan = finding(&[(roles, listed()), (same, rows("true"))]).unwrap();
    let there = "the role atlas-runtime-cafe_neu of the secrets server is there already, and stays";
    assert!(
        plan.touches.iter().any(|(_, words)| words == there),
        "{:?}",
        plan.touches
    );
    let wrote = |plan: &Plan| {
        let paths = plan.steps.steps().into_iter().filter_map(|step| match &step.act {
            Act::Vault(call) => Some(call.path.clone()),
            _ => None,
        });
        paths.filter(|path| path.contains("/roles/")).collect::<Vec<_>>()
    };
    assert_eq!(wrote(&plan), ["database/roles/atlas-migrate-cafe_neu"]);
    let told = finding(&[("databases of atlas that are open", rows("orders"))]).unwrap_err();
    assert!(told.contains("on atlas everybody may connect to orders"), "{told}");
    let failed = Some(("set local role databases".to_owned(), "permission denied".to_owned()));
    let told = finding(&[("what is to be done for", Found::Tried(failed))]).unwrap_err();
    assert!(
        told.contains("was tried, and fails: permission denied: set local role databases"),
        "{told}"
    );
}

/// The same fleet, where the file says how a tenant is entered in the registry.
fn registering() -> Snapshot {
    let mut world = world();
    for tenancy in &mut Arc::make_mut(&mut world.fleet).instances[0].tenancies {
        if let Tenancy::Shared { register, reader, .. } = tenancy {
            *reader = Some("app_reader".into());
            *register = Some(Box::new(Register {
                role: "app_owner".into(),
                columns: [("plan".to_owned(), "{tier} of {slug}".to_owned())].into(),
            }));
        }
    }
    world
}

const SHARED: [(&str, &str); 3] = [("model", "shared"), ("leaks", "allow"), ("name", "Café 'Neu'")];

/// O4: the id of a tenant of shared tables is made by the server or said, and kept for the steps that follow.
#[test]
fn o4_the_id_of_a_tenant_of_shared_tables_is_kept_and_never_derived() {
    let world = registering();
    let made = |arguments: &[(&str, &str)]| {
        let plan = plan(&asked("cafe_neu", arguments), &world);
        let first = plan.steps.steps()[0].clone();
        let Act::Transact(transact) = &first.act else {
            panic!("{:?}", first.act);
        };
        assert_eq!(transact.role.as_deref(), Some("app_owner"));
        let Undo::Act(Act::Transact(back)) = &first.undo else {
            panic!("{:?}", first.undo);
        };
        let back = format!("{:?}", back.statements);
        assert!(back.contains(r#"where \"id\"::text = :'id.cafe_neu'"#), "{back}");
        (format!("{:?}", transact.statements), format!("{:?}", plan.touches))
    };
    let (said, told) = made(&SHARED);
    let values = "values (gen_random_uuid(), 'Café ''Neu''', 'standard of cafe_neu')";
    assert!(said.contains(values), "{said}");
    assert!(told.contains("not isolated against a hostile login"), "{told}");
    let id = "0c1d2e3f-0000-4000-8000-000000000001";
    let (said, told) = made(&[&SHARED[..], &[("id", id)]].concat());
    assert!(said.contains(&format!("values ('{id}', ")), "{said}");
    assert!(told.contains(&format!("= {id}")), "{told}");
}

#[test]
fn a_tenant_of_shared_tables_is_refused_where_they_are_open_or_nobody_says_how_it_is_entered() {
    let told = refused(&registering(), "cafe_neu", &[("model", "shared")]);
    assert!(
        told.contains("of atlas/orders are open to other tenants: legacy."),
        "{told}"
    );
    assert!(told.contains("leaks=allow brings it in all the same"), "{told}");
    let told = refused(&world(), "cafe_neu", &SHARED);
    assert!(
        told.contains("does not say how a tenant is entered in the registry"),
        "{told}"
    );
    let mut instances = registering();
    if let Some(how) = &mut Arc::make_mut(&mut instances.fleet).onboarding {
        how.model = Isolation::Instance;
    }
    let told = refused(&instances, "cafe_neu", &[]);
    assert!(told.contains("nobody is configured who makes instances"), "{told}");
}
