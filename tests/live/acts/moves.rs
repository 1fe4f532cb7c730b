//! A tenant with a schema moves to a database on another instance, on real servers: every row comes, its logins work there and get in
//! nowhere else, the old one stays as it was; and it is taken back without a trace.

use tenantry::provider::postgres::{Login, Manner, Session};

use super::{
    clears::{Clears, Home},
    copies, credentials, newest, purged, says,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

const PATH: &str = "atlas/suite/t_water_works";
const CUSTOMERS: &str = "select name || ' ' || email from public.customer order by name";

pub fn to_a_database(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let (there, here) = (fingerprint(ground, "boreas-a"), fingerprint(ground, "atlas-a"));
    let clears = |instance, home| Clears {
        ground,
        instance,
        slug: "water_works",
        home,
    };
    let _old = clears("atlas", Home::Schema("t_water_works"));
    let _new = clears("boreas", Home::Database("tenant_water_works"));
    let _tidy = copies::Dropped(ground, &["atlas"]);
    let onboard = "run onboard water_works --set backup=later --write T-36 --confirm y";
    says(ground, onboard, 0, "done: ");
    let brought = newest(ground).expect("a run").0;
    let rows = "insert into t_water_works.customer (name, email) select 'n' || n, n || '@example.org' from generate_series(1, 500) n; \
                insert into t_water_works.customer (name, email) values ('Zoë', E'tab\\t@example.org')";
    ground.execute("atlas-a", "suite", rows);
    let all = ground.sql("atlas-a", "suite", &CUSTOMERS.replace("public", "t_water_works"));
    let plan = format!("plan move {PATH} --set instance=boreas");
    says(ground, &plan, 2, "water_works is not shut out");
    let disable = format!("run disable {PATH} --write T-36 --confirm water_works --reason moves");
    says(ground, &disable, 0, "done: ");
    let shut_out = newest(ground).expect("a run").0;
    let run = format!("run move {PATH} --set instance=boreas --set backup=later --write T-36 --confirm y");
    says(ground, &run, 0, "done: ");
    let copy = copies::stages(ground, "atlas").remove(0).0;
    let run = format!("{run} --set from={copy}");
    says(ground, &run, 0, "done: ");
    let moved = newest(ground).expect("a run").0;
    assert_eq!(ground.sql("boreas-a", "tenant_water_works", CUSTOMERS), all);
    // Its application logs in there, reads, and writes on behind the numbers that were drawn.
    let issued = credentials::read(ground, "database/creds/boreas-runtime-water_works");
    let login = Login {
        user: credentials::text(&issued["data"]["username"]),
        password: credentials::text(&issued["data"]["password"]).into(),
    };
    let server = credentials::server(ground, "boreas-a");
    let session = ground
        .block_on(Session::open(&server, "tenant_water_works", &login, Manner::Plain))
        .unwrap_or_else(|fault| panic!("{fault}"));
    let insert = "insert into customer (name, email) values ('new', 'new@example.org')";
    ground
        .block_on(session.execute(insert))
        .unwrap_or_else(|fault| panic!("{fault}"));
    // A trigger looks for names in its schema, which has another one now.
    let order = "insert into orders (customer_id, status) select id, 'new' from customer where name = 'new'; \
                 delete from orders";
    let fault = ground.block_on(session.execute(order)).err();
    drop(session);
    assert!(fault.is_none(), "{fault:?}");
    let paths = "select distinct c from pg_proc p, unnest(p.proconfig) c where p.pronamespace = 'public'::regnamespace";
    assert_eq!(
        ground.sql("boreas-a", "tenant_water_works", paths),
        ["search_path=public"]
    );
    let numbers = "select (max(id) between count(*) and count(*) + 32)::text from public.customer";
    assert_eq!(ground.sql("boreas-a", "tenant_water_works", numbers), ["true"]);
    says(
        ground,
        &format!("plan undo {moved}"),
        2,
        "somebody has written there since",
    );
    says(
        ground,
        &format!("plan move {PATH} --set instance=boreas --set from={copy}"),
        2,
        "is taken",
    );
    ground.execute(
        "boreas-a",
        "tenant_water_works",
        "delete from event; delete from customer where name = 'new'",
    );
    says(
        ground,
        &format!("run undo {moved} --write T-36 --confirm 1"),
        0,
        "done: ",
    );
    is_as(ground, "boreas-a", &there, "it is taken back");
    let back = format!("run undo {shut_out} --write T-36 --confirm water_works --reason stays");
    says(ground, &back, 0, "done: ");
    assert_eq!(
        ground.sql("atlas-a", "suite", &CUSTOMERS.replace("public", "t_water_works")),
        all
    );
    ground.execute("atlas-a", "suite", "delete from t_water_works.customer");
    says(
        ground,
        &format!("run undo {brought} --write T-36 --confirm 1"),
        0,
        "done: ",
    );
    is_as(ground, "atlas-a", &here, "as if nothing had been");
}

const LEFT: &str = "t_dry_dock";

/// One that was shut out long ago, and a copy that has it.
pub fn left(ground: &Ground) -> String {
    let made = format!(
        "create schema if not exists {LEFT} authorization app_owner; \
         create table if not exists {LEFT}.thing (id int primary key, what text); \
         alter table {LEFT}.thing owner to app_owner; \
         insert into {LEFT}.thing select n, 'thing ' || n from generate_series(1, 100) n on conflict do nothing"
    );
    ground.execute("atlas-a", "suite", &made);
    purged::long_ago(ground, "atlas-a", "suite", &format!("schema {LEFT}"));
    if copies::stages(ground, "atlas").is_empty() {
        says(
            ground,
            "run beside atlas --set moment=latest --write drill --confirm y",
            0,
            "done: ",
        );
    }
    let copy = copies::stages(ground, "atlas").remove(0).0;
    format!("move atlas/suite/{LEFT} --set instance=boreas --set backup=later --set from={copy}")
}

/// It has come, whatever was killed, and goes again.
pub fn is_there_and_goes(ground: &Ground) {
    let count = "select count(*) || ' ' || min(what) from public.thing";
    assert_eq!(ground.sql("boreas-a", "tenant_dry_dock", count), ["100 thing 1"]);
    let run = newest(ground).expect("a run").0;
    says(
        ground,
        &format!("run undo {run} --write drill --confirm 1"),
        0,
        "done: ",
    );
    let there = "select datname::text from pg_database where datname = 'tenant_dry_dock' \
                 union all select rolname::text from pg_roles where rolname ~ '^tenant_dry_dock'";
    assert_eq!(ground.sql("boreas-a", "postgres", there), [""; 0]);
    ground.execute("atlas-a", "suite", &format!("drop schema {LEFT} cascade"));
    copies::drop_all(ground, "atlas");
}
