//! A schema or a database that is brought back whole: what is done, what stays, and what is refused.

use serde_json::{Value as Json, json};
use tenantry::{
    model::{Act, Confirm, Fault, FaultKind, Fleet, Kind, Plan, Pour, Request, Step, Target, Undo, Words},
    ops::{
        self, Refusal, paper,
        survey::{Evidence, Found},
    },
    store::{Fact, Sealed, Snapshot},
};

use crate::plans::{copies::apart, evidence::surveyed, request, world};

const SCHEMA: &str = "what is there now of the schema";
const DATABASE: &str = "what is there now of the database";
const COPY: &str = "what the copy has of it";

fn schema() -> Request {
    let target = Target::new(Kind::Tenant, ["atlas", "suite", "t_cafe_dore"]);
    request("restore-whole", vec![target], &[("from", "atlas-latest")])
}

fn database() -> Request {
    request("restore-whole", vec![apart()], &[("from", "boreas-latest")])
}

/// The plan where a server says something else.
fn plan_but(request: &Request, changes: &[(&str, &str, Json)]) -> Result<Plan, Refusal> {
    let mut world = surveyed(request, &world());
    let mut evidence = world.get::<Evidence>(&Target::fleet()).unwrap().value.clone();
    for (name, key, value) in changes {
        let Some(Found::Rows(rows)) = evidence.0.get_mut(*name) else {
            panic!("{name}");
        };
        let mut said: Json = serde_json::from_str(&rows[0]).unwrap();
        said[*key] = value.clone();
        rows[0] = said.to_string();
    }
    world.take(Evidence::NAME, &Target::fleet(), world.taken, Ok(Sealed::of(evidence)));
    ops::plan(request, &world)
}

fn refused(request: &Request, name: &str, key: &str, value: Json) -> String {
    let refusal = plan_but(request, &[(name, key, value)]).expect_err("refused");
    format!("{refusal}; {}", refusal.hint.clone().unwrap_or_default())
}

fn texts(words: &[Words]) -> Vec<&str> {
    let mut all = Vec::new();
    for words in words {
        match words {
            Words::Text(text) => all.push(text.as_str()),
            other => panic!("{other:?}"),
        }
    }
    all
}

/// Its steps behind the restore point that is taken first.
fn deeds(plan: &Plan) -> Vec<&Step> {
    let mut all = plan.steps.steps();
    assert!(all.remove(0).name.starts_with("take a restore point on "));
    all
}

fn poured(step: &Step) -> &Pour {
    match &step.act {
        Act::Pour(pour) => pour,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_schema_steps_aside_and_is_made_anew_in_one_transaction_as_its_owner() {
    let plan = plan_but(&schema(), &[]).unwrap();
    assert_eq!(plan.confirm, Confirm::Name("cafe_dore".into()));
    let [step] = deeds(&plan)[..] else { panic!("one step") };
    let Pour { into, from } = poured(step);
    assert_eq!(into.role.as_deref(), Some("app_owner"));
    assert_eq!(into.place.database.as_deref(), Some("suite"));
    assert_eq!(
        texts(&into.statements),
        [r#"alter schema "t_cafe_dore" rename to "before_restore_t_cafe_dore""#]
    );
    let last: Vec<&str> = from.words.iter().rev().take(3).map(String::as_str).collect();
    assert_eq!(last, ["--schema=t_cafe_dore", "--database=suite", "--id=atlas-latest"]);
    // Rows of each table, where each sequence is, and the four kinds of things that have a form.
    assert_eq!(into.proofs.len(), 2 + 4);
    assert!(into.proofs[0].contains("s.orders is as in the copy") && into.proofs[0].ends_with("= '3 17'"));
    let Undo::Act(Act::Transact(back)) = &step.undo else {
        panic!("{:?}", step.undo)
    };
    assert_eq!(
        texts(&back.statements),
        [
            r#"alter schema "t_cafe_dore" rename to "undone_restore_t_cafe_dore""#,
            r#"alter schema "before_restore_t_cafe_dore" rename to "t_cafe_dore""#
        ]
    );
    let drops = format!("{:?}{back:?}", into.statements).to_lowercase();
    assert!(!drops.contains("drop"), "nothing is dropped: {drops}");
    let words: Vec<String> = paper::lines(&plan).into_iter().map(|line| line.words).collect();
    assert!(
        words.iter().any(|line| line.starts_with("all that this says: ")),
        "{words:?}"
    );
    for told in [
        "3 rows",
        "writers of public.shared: have to wait",
        "come back empty: s.cache",
    ] {
        assert!(words.iter().any(|line| line.contains(told)), "{told}: {words:?}");
    }
}

#[test]
fn a_schema_that_was_dropped_is_only_made_and_names_that_are_taken_are_not_taken_again() {
    let gone = plan_but(
        &schema(),
        &[(SCHEMA, "there", json!(false)), (SCHEMA, "owns", json!(null))],
    )
    .unwrap();
    let into = &poured(deeds(&gone)[0]).into;
    assert!(into.statements.is_empty());
    assert!(into.guards[0].contains("not exists"), "{:?}", into.guards);
    let again = plan_but(&schema(), &[(SCHEMA, "taken", json!(["before_restore_t_cafe_dore"]))]).unwrap();
    let into = &poured(deeds(&again)[0]).into;
    assert!(texts(&into.statements)[0].ends_with(r#""before_restore_2_t_cafe_dore""#));
}

/// B19
#[test]
fn a_database_is_made_filled_and_proved_before_anybody_is_shut_out() {
    let plan = plan_but(&database(), &[]).unwrap();
    let steps = deeds(&plan);
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let (new, both) = ("restored_tenant_gone", "tenant_gone and restored_tenant_gone");
    assert_eq!(
        names,
        [
            format!("make the database {new}"),
            format!("let in to {new} who was let in"),
            format!("fill {new}, and prove it"),
            format!("let nobody in to {both}"),
            format!("end the sessions in {both}"),
            format!("{new} becomes tenant_gone"),
            "let everybody in to tenant_gone who may be".to_owned(),
        ]
    );
    assert!(steps.iter().all(|step| step.again));
    let Act::Series(made) = &steps[0].act else {
        panic!("a series")
    };
    assert_eq!(
        texts(&made.statements),
        [
            r#"create database "restored_tenant_gone" owner "app_owner" template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8' connection limit -1"#
        ]
    );
    assert_eq!(poured(steps[2]).into.place.database.as_deref(), Some(new));
    let Act::Transact(renamed) = &steps[5].act else {
        panic!("a transaction")
    };
    assert_eq!(renamed.statements.len(), 2);
    let told = format!("{:?}", plan.touches);
    assert!(
        told.contains("3 sessions now") && told.contains("before_restore_tenant_gone"),
        "{told}"
    );
    // Where it was dropped there is nobody to be shut out, and nothing to be kept.
    let gone = plan_but(&database(), &[(DATABASE, "open", json!(null))]).unwrap();
    let steps = deeds(&gone);
    let Act::Transact(renamed) = &steps[5].act else {
        panic!("a transaction")
    };
    assert_eq!(
        texts(&renamed.statements),
        [r#"alter database "restored_tenant_gone" rename to "tenant_gone""#]
    );
}

#[test]
fn what_cannot_be_made_anew_is_refused_with_the_way() {
    for (request, name, key, value, why) in [
        (
            schema(),
            COPY,
            "owner",
            json!(null),
            "has no schema t_cafe_dore; make one of a moment",
        ),
        (schema(), SCHEMA, "member", json!(null), "there is no such role now"),
        (
            schema(),
            SCHEMA,
            "member",
            json!(false),
            "may not become that; grant app_owner",
        ),
        (
            schema(),
            SCHEMA,
            "makes",
            json!(false),
            "grant create on the database to app_owner",
        ),
        (
            schema(),
            SCHEMA,
            "owns",
            json!(false),
            "alter schema t_cafe_dore owner to app_owner",
        ),
        (schema(), SCHEMA, "unable", json!(["auditor"]), "belong to auditor"),
        (
            schema(),
            SCHEMA,
            "followers",
            json!(["constraint k on table public.x"]),
            "constraint k on table public.x",
        ),
        (
            database(),
            COPY,
            "needs",
            json!(["the extension postgis"]),
            "the extension postgis",
        ),
        (
            database(),
            DATABASE,
            "makers",
            json!([]),
            "let it become a role with CREATEDB",
        ),
    ] {
        let told = refused(&request, name, key, value);
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn what_is_so_already_is_not_done_again() {
    let request = schema();
    let mut world = surveyed(&request, &world());
    let mut evidence = world.get::<Evidence>(&Target::fleet()).unwrap().value.clone();
    let same = evidence.0.get_mut("whether it is so already").unwrap();
    // Where that could not be asked, it is done.
    *same = Found::Nothing(Fault::new(FaultKind::Timeout, "too large"));
    let take = |world: &mut Snapshot, evidence: Evidence| {
        world.take(Evidence::NAME, &Target::fleet(), world.taken, Ok(Sealed::of(evidence)));
    };
    take(&mut world, evidence.clone());
    assert!(ops::plan(&request, &world).is_ok());
    evidence
        .0
        .insert("whether it is so already".into(), Found::Rows(vec!["true".into()]));
    take(&mut world, evidence);
    let refusal = ops::plan(&request, &world).unwrap_err();
    assert!(refusal.what.contains("nothing to bring back"), "{refusal}");
}

#[test]
fn a_tenant_that_shares_its_tables_is_sent_to_the_rows_and_of_an_instance_its_database_comes_back() {
    let mut world = world();
    let asked = |path| request("restore-whole", vec![Target::new(Kind::Tenant, path)], &[]);
    let refused = |world: &Snapshot, path| {
        let refusal = ops::plan(&asked(path), world).unwrap_err();
        format!("{}; {}", refusal.what, refusal.hint.unwrap_or_default())
    };
    assert!(refused(&world, ["atlas", "orders", "nobody"]).contains("knows of no place"));
    // Where the fleet file names its database, it goes on to its backups, of which nothing was recorded.
    let acme = ["acme", "", "acme"];
    let of_instances = |fleet: &mut Fleet, database: Option<&str>| {
        for track in &mut fleet.tracks {
            track.database = database.map(ToOwned::to_owned);
        }
    };
    let mut fleet = (*world.fleet).clone();
    of_instances(&mut fleet, Some("shop"));
    world.fleet = fleet.clone().into();
    assert!(refused(&world, acme).contains("the backups of acme were not seen"));
    for unnamed in [None, Some("postgres")] {
        of_instances(&mut fleet, unnamed);
        world.fleet = fleet.clone().into();
        let why = refused(&world, acme);
        assert!(
            why.contains("does not say which database") && why.contains("[[migrations]]"),
            "{why}"
        );
    }
}
