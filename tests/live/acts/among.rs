//! A tenant whose rows are in shared tables is brought in, on real servers: it works under its own id and reaches nobody else,
//! what is open is found, and it goes without a trace.

use tenantry::provider::postgres::{Login, Manner, Session};

use super::{
    answer,
    clears::{Clears, Home},
    credentials,
    doors::{Door, each_is_found},
    json, newest, plan, says,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

const SERVER: &str = "atlas-a";
const ASKED: &str = "onboard saltworks --set model=shared --set name=Salt§Works --set leaks=allow --set backup=later";
const RUNTIME: &str = "atlas-runtime-saltworks";
/// The guard of a table, as it is made.
const OWN: &str = "tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid)";

fn clears(ground: &Ground) -> Clears<'_> {
    Clears {
        ground,
        instance: "atlas",
        slug: "saltworks",
        home: Home::Rows("Salt Works"),
    }
}

/// A session of the application under this id.
fn session(ground: &Ground, id: &str) -> Session {
    let issued = credentials::read(ground, &format!("database/creds/{RUNTIME}"));
    let login = Login {
        user: credentials::text(&issued["data"]["username"]),
        password: credentials::text(&issued["data"]["password"]).into(),
    };
    let server = credentials::server(ground, SERVER);
    let session = ground.block_on(Session::open(&server, "orders", &login, Manner::Plain));
    let session = session.unwrap_or_else(|fault| panic!("{fault}"));
    let says = format!("set app.current_tenant = '{id}'");
    ground.block_on(session.execute(&says)).expect("said");
    session
}

pub fn works_and_goes(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let before = fingerprint(ground, SERVER);
    let open = "are open to other tenants: legacy.";
    says(ground, "plan onboard saltworks --set model=shared", 2, open);
    let taken =
        "plan onboard saltworks --set model=shared --set leaks=allow --set name=Contoso§Retail --set alike=allow";
    says(ground, taken, 2, "has a tenant that is called so, with the id ");
    let shown = answer(ground, &format!("plan {ASKED}"));
    let shown = String::from_utf8_lossy(&shown.stdout);
    for words in [
        "not isolated against a hostile login",
        "app.current_tenant = its id",
        "database/creds/atlas-runtime-saltworks",
        "open to other tenants: legacy.",
        "policies do not bind: role atlas/tenantry_operate",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let line = format!("run {ASKED} --write T-33 --confirm y");
    says(ground, &line, 0, "done: ");
    let run = newest(ground).expect("a run").0;
    let ids = "select id::text from tenant where name = 'Salt Works' and plan = 'standard'";
    let [id] = ground.sql(SERVER, "orders", ids).try_into().expect("one of them");
    let (tenants, _) = json(ground, "show tenants --json");
    let is_ours = |row: &serde_json::Value| row["target"]["path"] == serde_json::json!(["atlas", "orders", id]);
    assert!(tenants["rows"].as_array().expect("rows").iter().any(is_ours), "{id}");
    let session = session(ground, &id);
    let execute = |sql: &str| ground.block_on(session.execute(sql));
    let add =
        |id: &str| format!("insert into customer (tenant_id, name, email) values ('{id}', 'Ada', 'ada@example.org')");
    execute(&add(&id)).unwrap_or_else(|fault| panic!("{fault}"));
    let seen = ground.block_on(session.column::<String>("select distinct tenant_id::text from customer", &[]));
    assert_eq!(seen.expect("its rows"), [id.as_str()]);
    let [other] = ground
        .sql(
            SERVER,
            "orders",
            "select id::text from tenant where name = 'Contoso Retail'",
        )
        .try_into()
        .expect("one of them");
    let fault = execute(&add(&other)).expect_err("another's row");
    assert_eq!(fault.state.as_deref(), Some("42501"), "{fault}");
    let with = fingerprint(ground, SERVER);
    says(ground, &line, 0, "done: ");
    is_as(ground, SERVER, &with, "a second run makes nothing");
    // O2: what is its own is not taken away with it.
    let undo = format!("run undo {run} --write T-33 --confirm 1");
    says(ground, &format!("plan undo {run}"), 2, "no row of any table is its own");
    is_as(
        ground,
        SERVER,
        &with,
        "it is not taken back as long as rows are its own",
    );
    execute("delete from customer").expect("deleted");
    drop(session);
    says(ground, &undo, 0, "done: ");
    is_as(ground, SERVER, &before, "it is taken back");
}

/// O3: what lets a neighbour in, or lets it into a neighbour, makes it fail, and nothing of it stays.
pub fn an_open_fence(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let before = fingerprint(ground, SERVER);
    let shown = plan(ground, ASKED);
    let guard = |using: &str, check: &str| {
        format!("alter policy tenant_guard on product using ({using}) with check ({check})").leak() as &str
    };
    let shuts = guard(OWN, OWN);
    let unsaid = format!("{OWN} or nullif(current_setting('app.current_tenant', true), '') is null");
    let doors = [
        (
            "its owner is not bound",
            "alter table product no force row level security",
            "alter table product force row level security",
            "nothing was done, because this is not so",
        ),
        (
            "everybody sees everything",
            guard("true", OWN),
            shuts,
            "it sees rows of others in public.product",
        ),
        (
            "everything is seen where nobody says whose",
            guard(&unsaid, OWN),
            shuts,
            "it sees rows in public.product",
        ),
        (
            "rows of others are written",
            guard(OWN, "true"),
            shuts,
            "it writes a row of another tenant into public.product",
        ),
        (
            "a table can be emptied",
            "grant truncate on product to app_rw",
            "revoke truncate on product from app_rw",
            "it has the right to truncate public.product",
        ),
        (
            "the registry is everybody's",
            "grant select, delete on tenant to app_rw",
            "revoke select, delete on tenant from app_rw",
            "it goes through, and must be refused: change the registry",
        ),
        (
            "who reads everything may be become",
            "grant app_reader to app_rw",
            "revoke app_reader from app_rw",
            "it goes through, and must be refused: become app_reader",
        ),
    ]
    .map(|(what, opens, shuts, told)| Door {
        what,
        database: "orders",
        opens,
        shuts,
        told,
    });
    each_is_found(ground, &shown, &doors, &before);
}
