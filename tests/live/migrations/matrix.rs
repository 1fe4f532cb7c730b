//! The version matrix: complete, and never taken in by what a schema says of itself.

use serde_json::Value as Json;

use crate::ground::Ground;

fn json(ground: &Ground, args: &[&str]) -> Json {
    let output = ground.console(args);
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {told}"))
}

fn rows(ground: &Ground, line: &str) -> Vec<Json> {
    let value = json(ground, &["show", "migrations", line, "--json"]);
    assert_eq!(value["complete"], true);
    value["rows"].as_array().unwrap().clone()
}

/// A change by hand, undone whatever becomes of the test.
pub struct ByHand<'a> {
    ground: &'a Ground,
    undo: String,
}

impl<'a> ByHand<'a> {
    pub fn done(ground: &'a Ground, change: &str, undo: &str) -> Self {
        ground.execute("atlas-a", "suite", change);
        let undo = undo.to_owned();
        Self { ground, undo }
    }
}

impl Drop for ByHand<'_> {
    fn drop(&mut self) {
        self.ground.execute("atlas-a", "suite", &self.undo);
    }
}

/// The first of the lab's schemas of tenants by name.
fn schema(ground: &Ground) -> String {
    let sql = "select nspname::text from pg_namespace where nspname ~ '^t_' order by 1 limit 1";
    ground.sql("atlas-a", "suite", sql).remove(0)
}

pub fn whole(ground: &Ground) {
    ground.settle();
    let all = rows(ground, "");
    for (model, count, pending) in [
        ("shared", 1, "2, 3"),
        ("schema", 30, "2, 3, 4"),
        ("database", 12, "2, 3, 4"),
        ("instance", 1, "2, 3, 4"),
    ] {
        let own: Vec<&Json> = all.iter().filter(|row| row["model"] == model).collect();
        assert!(own.len() >= count, "{} of model {model}", own.len());
        for row in own {
            assert_eq!(
                (&row["version"], &row["pending"]),
                (&"1".into(), &pending.into()),
                "{row:#}"
            );
            assert_eq!(
                (&row["state"], &row["run"]),
                (&"behind".into(), &"lab".into()),
                "{row:#}"
            );
            // One shape for one version, wherever the schema is.
            assert_eq!(row["alike"]["used"], row["alike"]["limit"], "{row:#}");
        }
    }
    let pool = all.iter().find(|row| row["model"] == "shared").unwrap();
    assert_eq!(pool["tenant"], "40 tenants");
    assert_eq!(rows(ground, "/version=1").len(), all.len());
    assert_eq!(rows(ground, "/version=2").len(), 0);
    let tenants = json(ground, &["show", "tenants", "--json"]);
    for row in tenants["rows"].as_array().unwrap() {
        assert_eq!(row["schema_version"], "1", "{row:#}");
    }
}

pub fn shape(ground: &Ground) {
    ground.settle();
    let schema = schema(ground);
    let change = format!(
        "alter table {schema}.orders add extra text; alter table {schema}.product alter name drop not null; \
         drop index {schema}.orders_by_customer"
    );
    let undo = format!(
        "set role app_owner; alter table {schema}.orders drop extra; alter table {schema}.product alter name set not null; \
         create index orders_by_customer on {schema}.orders (customer_id)"
    );
    let changed = ByHand::done(ground, &change, &undo);
    let apart = rows(ground, "/state=apart");
    assert_eq!(apart.len(), 1, "{apart:#?}");
    assert_eq!(
        (&apart[0]["schema"], &apart[0]["version"]),
        (&Json::from(schema.as_str()), &"1".into())
    );
    assert_eq!(apart[0]["alike"]["used"], 1);

    let page = json(
        ground,
        &["describe", "schema", &format!("atlas/suite/{schema}"), "--json"],
    );
    let told: Vec<(&str, &str)> = page["sections"]["difference"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["label"].as_str().unwrap(),
                line["value"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    for wanted in [
        ("column orders.extra", "is only here"),
        ("index orders_by_customer", "is missing"),
        ("column product.name", "differs"),
        ("  here", "text at 2"),
        ("  there", "text not null at 2"),
    ] {
        assert!(told.contains(&wanted), "{wanted:?} of {told:#?}");
    }
    assert_eq!(told.len(), 6, "{told:#?}");

    let found = json(ground, &["findings", "--json"]);
    let found = found["rows"].as_array().unwrap();
    let of = |check: &str| found.iter().filter(|one| one["check"] == check).count();
    assert_eq!((of("migration-shape"), of("migration-drift")), (1, 0));
    drop(changed);
    assert_eq!(rows(ground, "/state=apart").len(), 0);
    ground.settle();
}

pub fn drift(ground: &Ground) {
    ground.settle();
    let schema = schema(ground);
    let sum = format!("select sha256 from {schema}.tenantry_migration");
    let sum = ground.sql("atlas-a", "suite", &sum).remove(0);
    let set = |sum: &str| format!("update {schema}.tenantry_migration set sha256 = '{sum}'");
    let changed = ByHand::done(ground, &set("beef"), &set(&sum));
    let apart = rows(ground, "/state=apart");
    assert_eq!(apart.len(), 1, "{apart:#?}");
    let why = apart[0]["why"].as_str().unwrap();
    assert!(why.contains("the file of version 1 was changed since"), "{why}");
    // Its shape is still that of its peers.
    assert!(apart[0]["alike"]["used"].as_u64().unwrap() > 1);
    let found = json(ground, &["findings", "--json"]);
    let found = found["rows"].as_array().unwrap();
    let drift: Vec<&Json> = found.iter().filter(|one| one["check"] == "migration-drift").collect();
    assert_eq!(drift.len(), 1, "{found:#?}");
    let page = json(
        ground,
        &["describe", "schema", &format!("atlas/suite/{schema}"), "--json"],
    );
    assert!(
        page["sections"]["history"].to_string().contains("the file was beef"),
        "{page:#}"
    );
    drop(changed);
    assert_eq!(rows(ground, "/state=apart").len(), 0);
    ground.settle();
}
