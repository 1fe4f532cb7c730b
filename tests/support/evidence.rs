//! What a survey would find out, where no server is.

use tenantry::{
    model::{
        Act, Check, Confirm, Environment, Is, Kind, Place, Plan, Question, Request, Step, Target, Transact, Tree, Undo,
    },
    ops::{
        self,
        survey::{Evidence, Found, Inquiry, Past},
    },
    store::{Fact, Sealed, Snapshot},
};

/// The world with everything found out that a plan needs to know: who is to be handed over owns a table, and trials go
/// well. Where it is clear before that there will be no plan, the plan says so too.
pub fn surveyed(request: &Request, world: &Snapshot) -> Snapshot {
    let mut world = world.clone();
    let mut evidence = Evidence::default();
    loop {
        let inquiries =
            ops::survey(request, &world).unwrap_or_else(|refusal| panic!("{}: {refusal}", request.operation));
        if inquiries.is_empty() {
            return world;
        }
        let owns = request.arguments.contains_key("reassign");
        for (name, inquiry) in inquiries {
            let found = match inquiry {
                Inquiry::Rows(_) if name.starts_with("who on") => Found::Rows(vec!["an_actor".into()]),
                Inquiry::Rows(_) if name.starts_with("room for locks") => Found::Rows(vec!["25600".into()]),
                Inquiry::Rows(_) if name.starts_with("indexes of") => {
                    Found::Rows(vec![index(7, "one_key"), index(8, "two_key")])
                }
                Inquiry::Rows(_) if name.starts_with("its tables") => Found::Rows(vec![TABLE.into()]),
                Inquiry::Rows(_) if name.starts_with("what is there now") || name.starts_with("what the database") => {
                    Found::Rows(vec![whole(&name).to_string()])
                }
                Inquiry::Rows(_) if name.starts_with("what there is already") => {
                    Found::Rows(request.targets.iter().map(nothing).collect())
                }
                Inquiry::Rows(_) if name.starts_with("who may enter what is") => {
                    let is_shut = matches!(request.operation.as_str(), "purge" | "move");
                    Found::Rows(vec![if is_shut { SHUT } else { USED }.into()])
                }
                Inquiry::Rows(_) if name.starts_with("roles of tenant") => {
                    Found::Rows(vec![ROLE.into(), ROLE_ELSEWHERE.into()])
                }
                Inquiry::Process(_) if name == "how long backups are kept" => Found::Rows(vec!["days 30".into()]),
                Inquiry::Rows(_) if name.starts_with("how the registry") => {
                    Found::Rows(vec![r#"{"kind": "uuid", "made": false}"#.into()])
                }
                Inquiry::Rows(_) if name.starts_with("neighbours on") => {
                    Found::Rows(vec![r#"["t_acme", "t_acme.customer"]"#.into()])
                }
                Inquiry::Rows(_) if name.starts_with("who refers") => Found::Rows(vec![]),
                Inquiry::Rows(_) if name.starts_with("what numbers") || name.starts_with("what holds") => {
                    Found::Rows(vec![])
                }
                Inquiry::Rows(_) if name.starts_with("tables of") => Found::Rows(vec![
                    r#"{"schema":"public","name":"orders","columns":"id bigint"}"#.into(),
                ]),
                Inquiry::Rows(_) if !owns => Found::Rows(vec![]),
                Inquiry::Rows(_) if name.starts_with("the databases") => {
                    Found::Rows(vec!["orders".into(), "suite".into()])
                }
                Inquiry::Rows(_) => Found::Rows(vec!["table public.left_over".into()]),
                Inquiry::Rehearsal(..) => Found::Rehearsed(Err("nobody rehearses here".into())),
                Inquiry::Past(_) => Found::Past(Box::new(past())),
                Inquiry::Look(_) if request.operation == "move" => Found::Rows(moved(&name)),
                Inquiry::Look(_) => Found::Rows(rows(&name)),
                Inquiry::Process(_) => Found::Rows(vec![]),
                Inquiry::Trial(_) => Found::Tried(None),
                Inquiry::Says(say) => Found::Rows(vec![matches!(say.is, Is::Absent).to_string()]),
                Inquiry::Vault { at, .. } if at.len() == 1 => Found::Said(vec!["vault_engine".into()]),
                Inquiry::Vault { .. } => Found::Said(vec![
                    serde_json::json!(["CREATE ROLE \"{{name}}\" LOGIN"]),
                    serde_json::json!(["DROP ROLE \"{{name}}\""]),
                ]),
            };
            evidence.0.insert(name, found);
        }
        let found = Ok(Sealed::of(evidence.clone()));
        world.take(Evidence::NAME, &Target::fleet(), world.taken, found);
    }
}

/// That nothing of a tenant is there that is brought in, or that moves there.
fn nothing(target: &Target) -> String {
    let who = match target.kind() {
        Kind::Tenant => target.part(2).trim_start_matches("t_"),
        _ => target.part(0),
    };
    serde_json::json!({"who": who, "all": false, "none": true, "there": []}).to_string()
}

/// What a tenant that moves has in the copy.
fn moved(name: &str) -> Vec<String> {
    match name {
        "what the copy has of it" => {
            let mut content = whole(name);
            content["unlogged"] = serde_json::json!([]);
            content["waits"] = serde_json::json!([]);
            vec![content.to_string()]
        }
        "the digest of all that the copy has of it" => vec!["d964ca57".into()],
        "functions in the copy that name its schema" => vec![],
        other => rows(other),
    }
}

/// An index that a failed build has left.
pub fn index(oid: u32, name: &str) -> String {
    serde_json::json!({
        "oid": oid, "schema": "public", "name": name, "owner": "app_owner", "table": 5, "of": "left_over",
        "definition": format!("CREATE UNIQUE INDEX {name} ON public.left_over USING btree (id)"),
        "valid": false, "ready": true, "building": false, "partitioned": false, "attached": false,
        "constraint": null, "system": false, "size": "8192 bytes",
    })
    .to_string()
}

const USED: &str = r#"{"oid": "16500", "owner": "app_owner", "members": ["app_admin"], "watched": false, "note": null,
    "others": [{"role": "app_rw", "grants": false}, {"role": null, "grants": false}]}"#;
/// It was shut out in the year before the world was seen.
pub const SHUT: &str = r#"{"oid": "16500", "owner": "app_owner", "members": [], "watched": true,
    "note": "shut out since 2025-11-27T16:05:11Z (tenantry)", "others": []}"#;
const ROLE: &str =
    r#"{"role": "t_acme_rw", "droppable": true, "enters": true, "landlord": "app_admin", "elsewhere": []}"#;
const ROLE_ELSEWHERE: &str = r#"{"role": "t_acme_ro", "droppable": true, "enters": false, "landlord": "app_admin",
    "elsewhere": ["table public.shared"]}"#;
/// A table of a tenant.
const TABLE: &str = r#"{"schema": "public", "name": "orders", "owner": "app_owner", "key": ["id"], "forced": true,
    "triggers": [], "columns": [{"name": "id", "kind": "pg_catalog.int8", "generated": false},
    {"name": "note", "kind": "pg_catalog.text", "generated": false}]}"#;

/// What is in it: one row has changed and one is gone.
fn rows(name: &str) -> Vec<String> {
    let all: &[&str] = match name {
        "its rows" => &[r#"0 ["1", "bad"]"#],
        "its rows in the copy" => &[r#"0 ["1", "good"]"#, r#"0 ["2", null]"#],
        "what the reader sees"
        | "which sequences are behind"
        | "who else refers to what would go"
        | "who else has what comes back" => &[],
        "the digests of its rows" => &["1 5"],
        "the digests of its rows in the copy" => &["2 9"],
        taken_back if taken_back.ends_with("is it taken back") => &["false"],
        guard if guard.contains(": guard ") => &["true"],
        "the form of what the copy has of it" => &["f1", "f2", "f3", "f4"],
        "whether it is so already" => &["false"],
        "the digests of what the copy has of it" => &["3 17", "9 true"],
        other => return vec![whole(other).to_string()],
    };
    all.iter().map(|row| (*row).to_owned()).collect()
}

/// A run that wrote something that can be taken back.
pub fn past() -> Past {
    let place = Place {
        server: Target::server("atlas", "atlas-a"),
        database: None,
        system: "77".into(),
        timeline: 1,
        recovery: false,
    };
    let transact = |word: &str, guards: &[&str]| Transact {
        unless: Some(format!("select is {word}")),
        guards: guards.iter().map(|guard| (*guard).to_owned()).collect(),
        statements: vec![format!("set {word}").into()],
        ..Transact::on(place.clone())
    };
    let check = Check {
        ask: Question::Sql(place.sql("select is new")),
        within: 1,
    };
    let step = Step {
        name: "write it".into(),
        act: Act::Transact(transact("new", &[])),
        again: true,
        check,
        undo: Undo::Act(Act::Transact(transact("old", &["select is as the run left it"]))),
    };
    let plan = Plan {
        fleet: "test".into(),
        environment: Environment::Lab,
        request: Request {
            operation: "made-up".into(),
            targets: vec![Target::instance("atlas")],
            arguments: [].into(),
            ..Request::default()
        },
        title: "write it".into(),
        steps: Tree::step(step),
        touches: vec![],
        difference: None,
        artefacts: vec![],
        seen: vec![],
        evidence: None,
        lost: vec![],
        farewell: None,
        confirm: Confirm::Name("acme".into()),
        approval: None,
        then: None,
    };
    Past {
        plan,
        done: vec![true],
        kept: [].into(),
        ended: true,
    }
}

/// What two servers say of a schema or a database that is brought back whole.
fn whole(name: &str) -> serde_json::Value {
    let none: [&str; 0] = [];
    match name {
        "what the copy has of it" => serde_json::json!({
            "owner": "app_owner", "owners": ["app_owner"], "needs": none, "unlogged": ["s.cache"], "waits": ["public.shared"],
            "items": [{"schema": "s", "name": "orders", "sequence": false}, {"schema": "s", "name": "ids", "sequence": true}],
        }),
        "what is there now of the schema" => serde_json::json!({
            "there": true, "taken": none, "member": true, "makes": true, "owns": true, "unable": none, "followers": none,
            "published": ["all_orders"],
        }),
        "what the database is in the copy" => serde_json::json!({
            "encoding": "UTF8", "datcollate": "C.UTF-8", "datctype": "C.UTF-8", "datlocprovider": "c", "datconnlimit": -1,
            "grants": [{"to": "app_rw", "what": "CONNECT", "grantable": false}], "settings": ["work_mem=5MB"], "roles": none,
        }),
        "what is there now of the database" => serde_json::json!({
            "open": true, "taken": none, "sessions": 3, "slots": none, "member": true, "unable": none, "makers": ["databases"],
        }),
        other => panic!("{other} is not asked here"),
    }
}
