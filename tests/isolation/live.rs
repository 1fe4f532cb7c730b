//! The fixture on a real server: what is well, each fault, and a lock in the way.

use tenantry::{
    facts::policies::Policies,
    findings::{
        Report,
        rls::{Isolation, Verdict},
    },
    model::{Severity, Target},
    store::Snapshot,
};

use crate::server::{Cluster, orders};

const WELL: &str = include_str!("well.sql");
const FAULTS: &str = include_str!("faults.sql");

/// What was found, as `rule relation`.
fn found(world: &Snapshot) -> Vec<String> {
    let report = world.get::<Report>(&Target::fleet()).unwrap().value;
    let rls = report
        .findings
        .iter()
        .filter(|finding| finding.check.starts_with("rls"));
    let mut found: Vec<String> = rls
        .map(|finding| format!("{} {}", finding.check, finding.target.name()))
        .collect();
    found.sort();
    found
}

fn isolation(world: &Snapshot) -> &Isolation {
    world.get::<Isolation>(&orders()).expect("judged").value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_corrected_form_has_no_fault_and_trusts_the_application() {
    let cluster = Cluster::start("well");
    cluster.sql("orders", WELL);
    let world = cluster.look().await;
    assert_eq!(found(&world), [""; 0]);
    let verdict = |name: &str| {
        let mut all = isolation(&world).judged.iter();
        all.find(|one| one.target.name().raw() == name)
            .unwrap_or_else(|| panic!("{name}"))
            .verdict
            .clone()
    };
    for trusting in ["customer", "orders", "event", "note", "order_total"] {
        assert_eq!(verdict(trusting), Verdict::Trusting, "{trusting}");
    }
    assert!(matches!(verdict("event_2026_10"), Verdict::Isolated(_)));
    assert!(matches!(verdict("outbox"), Verdict::Isolated(_)));
    assert!(matches!(verdict("country"), Verdict::NotProved(_)));
    let texts = &world.get::<Policies>(&orders()).unwrap().value.texts;
    assert!(texts.values().any(|text| {
        text.using
            .as_ref()
            .is_some_and(|using| using.raw().contains("app.current_tenant"))
    }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_planted_fault_is_named_by_its_rule_and_nothing_else_is() {
    let cluster = Cluster::start("faults");
    cluster.sql("orders", WELL);
    cluster.sql("orders", FAULTS);
    let world = cluster.look().await;
    let expected = [
        "rls-check f11_check",
        "rls-copy f07_matview",
        "rls-definer f08_definer()",
        "rls-exempt f04_bypass",
        "rls-foreign-key f16_fk",
        "rls-immutable f15_immutable",
        "rls-index f30_index",
        "rls-not-forced f02_force",
        "rls-nullable f18_null",
        "rls-off f01_off",
        "rls-owner f03_owner",
        "rls-partition f05_parent",
        "rls-privilege f19_truncate",
        "rls-unbound f10_true",
        "rls-unique-key f16_target",
        "rls-unique-key f17_key",
        "rls-unset f14_unset",
        "rls-view f06_view",
        "rls-widened f09_or",
    ];
    assert_eq!(found(&world), expected);
    let report = world.get::<Report>(&Target::fleet()).unwrap().value;
    assert_eq!(report.unseen, []);
    let (word, severity) = tenantry::findings::rls::verdict(&world, &orders());
    assert_eq!((word, severity), ("leaks", Severity::Critical));
    for remedy in ["f02_force", "f18_null", "f19_truncate", "f11_check", "f30_index"] {
        let finding = report
            .findings
            .iter()
            .find(|one| one.target.name().raw() == remedy)
            .unwrap();
        cluster.sql("orders", &finding.remedy);
    }
    let healed = found(&cluster.look().await);
    let left: Vec<&str> = expected
        .into_iter()
        .filter(|one| {
            !["f02", "f18", "f19", "f11", "f30"]
                .iter()
                .any(|healed| one.contains(healed))
        })
        .collect();
    assert_eq!(healed, left, "what the remedies say is SQL, and heals");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_relation_loses_its_own_conditions_only_and_says_so() {
    let cluster = Cluster::start("lock");
    cluster.sql("orders", WELL);
    let _held = cluster.hold("LOCK TABLE public.orders IN ACCESS EXCLUSIVE MODE").await;
    let world = cluster.look().await;
    let policies = world.get::<Policies>(&orders()).expect("seen").value;
    let named = |name: &str| {
        policies
            .catalog
            .relations
            .iter()
            .find(|one| one.name.raw() == name)
            .unwrap()
            .oid
    };
    assert_eq!(policies.unseen.keys().copied().collect::<Vec<_>>(), [named("orders")]);
    let of = |oid| {
        policies
            .catalog
            .policies
            .iter()
            .filter(move |policy| policy.relation == oid)
    };
    assert!(of(named("orders")).all(|policy| !policies.texts.contains_key(&policy.oid)));
    assert!(of(named("customer")).all(|policy| policies.texts.contains_key(&policy.oid)));
    assert_eq!(found(&world), [""; 0]);
    let report = world.get::<Report>(&Target::fleet()).unwrap().value;
    let unseen: Vec<String> = report
        .unseen
        .iter()
        .map(|unseen| unseen.target.name().to_string())
        .collect();
    assert_eq!(unseen, ["orders"]);
}
