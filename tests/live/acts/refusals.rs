//! What is refused: what would not end, what has changed, what the policy or a second person has not allowed.

use std::fs;

use serde_json::json as value;
use tenantry::{
    config::{self, Places},
    model::Plan,
    ops::{
        self, Outcome,
        carry::{Errand, Reply, What},
        house::{self, Person},
    },
};

use super::{begin, carry, credentials, json, plan, said, says};
use crate::{faults::Heals, ground::Ground};

pub fn revoke(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    // A role that owns a table is not ended: that would end the table, or fail.
    let lease = credentials::lease(ground, "atlas-db-admin");
    let user = credentials::leased(ground);
    ground.execute(
        "atlas-a",
        "orders",
        &format!("create table public.left_over (); alter table public.left_over owner to \"{user}\""),
    );
    says(
        ground,
        &format!("plan revoke {lease}"),
        2,
        &format!("{user} owns table public.left_over in orders"),
    );
    let line =
        format!("run revoke {lease} --set reassign=app_owner --write T-12 --confirm atlas-db-admin --reason leaked");
    says(ground, &line, 0, "read back: yes");
    credentials::lease_is_gone(ground);
    let owner = ground.sql(
        "atlas-a",
        "orders",
        "select tableowner::text from pg_tables where tablename = 'left_over'",
    );
    assert_eq!(owner, ["app_owner"], "the table is there, and somebody has it");
    ground.execute("atlas-a", "orders", "drop table public.left_over");
    // A definition that cannot work is known before it is tried on anybody.
    let creation = [
        "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'",
        "GRANT CREATE ON SCHEMA public TO \"{{name}}\"",
    ];
    let revocation = [
        "REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA public FROM \"{{name}}\"",
        "DROP ROLE \"{{name}}\"",
    ];
    let body = value!({ "db_name": "atlas", "creation_statements": creation, "revocation_statements": revocation, "default_ttl": "1h" });
    credentials::define(ground, "atlas-seed", &body);
    let lease = credentials::lease(ground, "atlas-seed");
    let why = "leases of atlas-seed will become irrevocable: DROP ROLE \"tenantry_trial\" fails: \
               role \"tenantry_trial\" cannot be dropped because some objects depend on it: privileges for schema public";
    says(ground, &format!("plan revoke {lease}"), 2, why);
    let roles = ground.sql(
        "atlas-a",
        "orders",
        "select rolname::text from pg_roles where rolname = 'tenantry_trial'",
    );
    assert_eq!(roles, [""; 0], "what was tried is left");
    // One that does more than end its own role is not tried at all.
    let strange = value!({ "db_name": "atlas", "creation_statements": creation, "revocation_statements": ["DROP ROLE \"v-root-other\""], "default_ttl": "1h" });
    credentials::define(ground, "atlas-strange", &strange);
    let lease = credentials::lease(ground, "atlas-strange");
    says(
        ground,
        &format!("plan revoke {lease}"),
        2,
        "does more than make or end its own role, and is not tried",
    );
    credentials::undefine(ground, &["atlas-seed", "atlas-strange"]);
}

pub fn drift(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    ground.execute("atlas-a", "postgres", "create role drifting login password 'x'");
    let (shown, _) = json(ground, "plan lock-out atlas/drifting --set reassign=app_owner --json");
    let digest = shown["digest"].as_str().unwrap();
    // The world moves: it owns something now.
    ground.execute(
        "atlas-a",
        "orders",
        "create table drifts (); alter table drifts owner to drifting",
    );
    let line = format!(
        "run lock-out atlas/drifting --set reassign=app_owner --write T-13 --confirm drifting --reason x --digest {digest}"
    );
    says(ground, &line, 3, "the plan is not the one that was shown");
    // Nor is it carried out where the server is another than the plan's, whoever confirmed it.
    let mut plan: Plan = plan(ground, "lock-out atlas/drifting --set reassign=app_owner");
    let words = serde_json::to_string(&plan).unwrap().replace(&system(ground), "1");
    plan = serde_json::from_str(&words).unwrap();
    let directory = Ground::scratch("drift");
    let (reply, outcome) = carry(ground, begin(&plan, "ada"), &config::Policy::default(), &directory);
    assert!(
        matches!(&reply, Some(Reply::Refused(fault)) if fault.what.raw().contains("system identifier was 1")),
        "{reply:?}"
    );
    assert_eq!(outcome, None);
    assert!(
        fs::read_dir(&directory).unwrap().next().is_none(),
        "nothing was begun, and there is a journal"
    );
    let login = ground.sql(
        "atlas-a",
        "postgres",
        "select rolcanlogin::text from pg_roles where rolname = 'drifting'",
    );
    assert_eq!(login, ["true"], "something was done");
    ground.execute("atlas-a", "orders", "drop table drifts; drop role drifting");
}

fn system(ground: &Ground) -> String {
    ground
        .sql(
            "atlas-a",
            "postgres",
            "select system_identifier::text from pg_control_system()",
        )
        .remove(0)
}

pub fn policy(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let directory = Ground::scratch("policy");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("policy.toml");
    let rules = "[approval]\nwithin = \"1m\"\n[[rules]]\noperations = [\"drop-slot\"]\nallow = false\n\
                 [[rules]]\noperations = [\"lock-out\"]\nusers = [\"ada\", \"bob\"]\npersons = 2\n";
    fs::write(&file, rules).unwrap();
    let places = Places {
        policy: file,
        ..Places::default()
    };
    let policy = config::policy(&places, &ops::names()).expect("a policy");
    let journals = directory.join("runs");
    let bound = |line: &str, user: &str| {
        let person = Person {
            user: user.into(),
            groups: Vec::new(),
        };
        house::bind(plan(ground, line), &policy, &person, &journals)
    };
    ground.execute(
        "acme-a",
        "postgres",
        "select pg_create_physical_replication_slot('kept', true)",
    );
    let refused = bound("drop-slot acme/acme-a/kept", "ada").expect_err("refused").what;
    assert!(refused.contains("does not let anybody run drop-slot"), "{refused}");
    // What is handed over without the policy is bound by it all the same.
    let (reply, _) = carry(
        ground,
        begin(&plan(ground, "drop-slot acme/acme-a/kept"), "ada"),
        &policy,
        &journals,
    );
    assert!(matches!(reply, Some(Reply::Forbidden(..))), "{reply:?}");
    ground.execute("acme-a", "postgres", "select pg_drop_replication_slot('kept')");

    ground.execute("atlas-a", "postgres", "create role two_persons login password 'x'");
    let refused = bound("lock-out atlas/two_persons", "eve").expect_err("refused").what;
    assert!(refused.contains("does not let eve run lock-out"), "{refused}");
    let two = bound("lock-out atlas/two_persons", "ada").expect("allowed");
    let (reply, outcome) = carry(ground, begin(&two, "ada"), &policy, &journals);
    assert_eq!(outcome, Some(Outcome::Awaits { persons: 1 }));
    let Some(Reply::Begun(id)) = reply else {
        panic!("{reply:?}");
    };
    let join = |by: &str| Errand {
        what: What::Resume(id.clone(), None),
        said: said(&two, by),
    };
    // The same person again, and somebody who may not, are not a second person.
    assert_eq!(
        carry(ground, join("ada"), &policy, &journals).1,
        Some(Outcome::Awaits { persons: 1 })
    );
    assert!(matches!(
        carry(ground, join("eve"), &policy, &journals).0,
        Some(Reply::Forbidden(..))
    ));
    let login = ground.sql(
        "atlas-a",
        "postgres",
        "select rolcanlogin::text from pg_roles where rolname = 'two_persons'",
    );
    assert_eq!(login, ["true"], "something was done with one person");
    assert_eq!(carry(ground, join("bob"), &policy, &journals).1, Some(Outcome::Done));
    let left = ground.sql(
        "atlas-a",
        "postgres",
        "select rolname::text from pg_roles where rolname = 'two_persons'",
    );
    assert_eq!(left, [""; 0]);
}
