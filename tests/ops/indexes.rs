//! Indexes that a failed build has left: what is dropped, what is left alone and why.

use tenantry::{
    model::{Act, Plan, Request, Target, Undo},
    ops::{
        self, Refusal,
        survey::{Evidence, Found},
    },
    store::{Fact, Sealed, Snapshot},
};

use crate::plans::{evidence::index, request, world};

/// The plan where the catalog says this.
fn plan(rows: &[String], arguments: &[(&str, &str)]) -> Result<Plan, Refusal> {
    let request = request("drop-index", vec![Target::database("atlas", "orders")], arguments);
    ops::plan(&request, &told(&request, rows))
}

fn told(request: &Request, rows: &[String]) -> Snapshot {
    let mut world = world();
    let name = ops::survey(request, &world).unwrap().into_keys().next().unwrap();
    let evidence = Evidence([(name, Found::Rows(rows.to_vec()))].into());
    world.take(Evidence::NAME, &Target::fleet(), world.taken, Ok(Sealed::of(evidence)));
    world
}

/// An index of which the catalog says something else.
fn but(name: &str, value: serde_json::Value) -> String {
    let mut row: serde_json::Value = serde_json::from_str(&index(9, "odd")).unwrap();
    row[name] = value;
    row.to_string()
}

#[test]
fn an_index_is_dropped_by_oid_and_name_as_its_owner_and_alone() {
    let plan = plan(&[index(7, "it's")], &[]).unwrap();
    let steps = plan.steps.steps();
    let Act::Series(series) = &steps[0].act else {
        panic!("{:?}", steps[0].act);
    };
    assert_eq!(series.role.as_deref(), Some("app_owner"));
    assert_eq!(series.place.database.as_deref(), Some("orders"));
    let [tenantry::model::Words::Text(statement)] = &series.statements[..] else {
        panic!("{:?}", series.statements);
    };
    assert_eq!(statement, "drop index concurrently if exists \"public\".\"it's\"");
    let guards = series.guards.join("\n");
    for words in [
        "indexrelid = 7 and i.indexrelid = to_regclass('\"public\".\"it''s\"')",
        "not (i.indisvalid and i.indisready)",
        "pg_constraint where conindid",
        "pg_stat_progress_create_index",
        "p.relid is null or p.relid = 5",
    ] {
        assert!(guards.contains(words), "{words}: {guards}");
    }
    // A lock that is not had is not waited for again without asking all that.
    assert_eq!(series.limits.retries, 0);
    let Undo::Never(why) = &steps[0].undo else {
        panic!("{:?}", steps[0].undo);
    };
    assert!(why.contains("CREATE UNIQUE INDEX it's ON public.left_over"), "{why}");
}

#[test]
fn what_is_no_damage_or_is_needed_is_left_alone_and_the_reason_is_said() {
    for (row, why) in [
        (
            but("valid", true.into()),
            "public.odd of database atlas/orders is valid",
        ),
        (but("building", true.into()), "an index of its table is under way"),
        (but("constraint", "pk".into()), "the constraint pk stands on"),
        (but("partitioned", true.into()), "that is no damage"),
        (
            but("attached", true.into()),
            "a part of an index of a partitioned table",
        ),
        (but("system", true.into()), "the system's own"),
    ] {
        let refusal = plan(std::slice::from_ref(&row), &[]).expect_err(why);
        assert!(refusal.what.contains(why), "{refusal}");
        // Beside one that is dropped it is told.
        let plan = plan(&[row, index(7, "one_key")], &[]).unwrap();
        assert_eq!(plan.steps.count(), 1);
        assert!(plan.touches[1].1.contains(why), "{:?}", plan.touches);
    }
    assert!(
        plan(&[], &[]).unwrap_err().what.contains("every index of"),
        "nothing is left"
    );
    let none = plan(&[], &[("index", "public.none")]).unwrap_err();
    assert!(none.what.contains("there is no index public.none"), "{none}");
}
