//! A tenant is shut out, on real servers: nobody of it gets in any more, its neighbours work on, its data stays, and it is let in
//! again as it was.

use tenantry::provider::postgres::{Login, Manner, Session};

use super::{
    clears::{Clears, Home},
    credentials, newest, says,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

const RUNTIME: &str = "atlas-runtime-cafe_neu";
/// Whether the application of all tenants may use a schema.
const USES: &str = "select has_schema_privilege('app_rw', 't_cafe_dore', 'usage')::text";

/// It was shut out while it was killed; it is let in again.
pub fn is_shut_and_opens(ground: &Ground) {
    assert_eq!(ground.sql("atlas-a", "suite", USES), ["false"]);
    let run = newest(ground).expect("a run").0;
    says(
        ground,
        &format!("run undo {run} --write T-34 --confirm cafe_dore --reason paid"),
        0,
        "done: ",
    );
    assert_eq!(ground.sql("atlas-a", "suite", USES), ["true"]);
}

fn login(ground: &Ground, role: &str) -> Login {
    let issued = credentials::read(ground, &format!("database/creds/{role}"));
    Login {
        user: credentials::text(&issued["data"]["username"]),
        password: credentials::text(&issued["data"]["password"]).into(),
    }
}

fn open(ground: &Ground, server: &str, database: &str, login: &Login) -> Session {
    let server = credentials::server(ground, server);
    let session = ground.block_on(Session::open(&server, database, login, Manner::Plain));
    session.unwrap_or_else(|fault| panic!("{fault}"))
}

/// The SQLSTATE with which a statement is refused; none where it is not.
fn state(ground: &Ground, session: &Session, sql: &str) -> Option<String> {
    let fault = ground.block_on(session.execute(sql)).err()?;
    Some(fault.state.clone().unwrap_or_else(|| fault.to_string()))
}

/// One with a schema and logins of its own: they end, no new ones are issued; and back.
pub fn with_a_schema(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = Clears {
        ground,
        instance: "atlas",
        slug: "cafe_neu",
        home: Home::Schema("t_cafe_neu"),
    };
    says(
        ground,
        "run onboard cafe_neu --set backup=later --write T-34 --confirm y",
        0,
        "done: ",
    );
    let with = fingerprint(ground, "atlas-a");
    let own = open(ground, "atlas-a", "suite", &login(ground, RUNTIME));
    // Another application, that of everybody, had something prepared in the schema of a neighbour, and works on there.
    let everybodys = open(ground, "atlas-a", "suite", &login(ground, "atlas-runtime-user"));
    let reads = "select count(*) from t_cafe_dore.customer";
    assert_eq!(state(ground, &everybodys, reads), None);
    let path = "atlas/suite/t_cafe_neu";
    says(
        ground,
        &format!("run disable {path} --write T-34 --confirm cafe_neu --reason unpaid"),
        0,
        "done: ",
    );
    let run = newest(ground).expect("a run").0;
    assert!(ground.block_on(own.execute("select 1")).is_err(), "its session goes on");
    let vault = ground.vault();
    let creds = format!("database/creds/{RUNTIME}");
    assert!(ground.block_on(vault.read(&creds)).is_err(), "a login is issued");
    assert_eq!(state(ground, &everybodys, reads), None);
    says(
        ground,
        &format!("plan disable {path}"),
        2,
        "is shut out already: schema t_cafe_neu is open to superusers, watchers",
    );
    says(
        ground,
        &format!("run undo {run} --write T-34 --confirm cafe_neu --reason paid"),
        0,
        "done: ",
    );
    is_as(ground, "atlas-a", &with, "let in again");
    let own = open(ground, "atlas-a", "suite", &login(ground, RUNTIME));
    assert_eq!(state(ground, &own, "select from customer"), None);
}

/// One that everybody's application works for: it is refused its schema, also where something was prepared; in a database of its
/// own sessions end.
pub fn with_everybodys_logins(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let before = fingerprint(ground, "atlas-a");
    let session = open(ground, "atlas-a", "suite", &login(ground, "atlas-runtime-user"));
    let prepare = "prepare held as select count(*) from t_cafe_dore.customer";
    assert_eq!(state(ground, &session, prepare), None);
    assert_eq!(state(ground, &session, "execute held"), None);
    let line = "run disable atlas/suite/t_cafe_dore --write T-34 --confirm cafe_dore --reason unpaid";
    says(ground, line, 0, "done: ");
    let run = newest(ground).expect("a run").0;
    for refused in ["execute held", "select count(*) from t_cafe_dore.customer"] {
        assert_eq!(state(ground, &session, refused).as_deref(), Some("42501"), "{refused}");
    }
    says(
        ground,
        &format!("run undo {run} --write T-34 --confirm cafe_dore --reason paid"),
        0,
        "done: ",
    );
    assert_eq!(state(ground, &session, "execute held"), None);
    is_as(ground, "atlas-a", &before, "let in again");

    for (instance, database, path, name) in [
        (
            "boreas",
            "tenant_cafe_dore",
            "boreas/tenant_cafe_dore/tenant_cafe_dore",
            "cafe_dore",
        ),
        ("acme", "shop", "acme//acme", "acme"),
    ] {
        let (server, role) = (format!("{instance}-a"), format!("{instance}-runtime-user"));
        let before = fingerprint(ground, &server);
        let session = open(ground, &server, database, &login(ground, &role));
        let line = format!("run disable {path} --write T-34 --confirm {name} --reason unpaid");
        says(ground, &line, 0, "done: ");
        let run = newest(ground).expect("a run").0;
        assert!(
            ground.block_on(session.execute("select 1")).is_err(),
            "its session goes on"
        );
        let shut = credentials::server(ground, &server);
        let refused = ground.block_on(Session::open(&shut, database, &login(ground, &role), Manner::Plain));
        let fault = refused.map(drop).expect_err("it may not enter");
        assert_eq!(fault.state.as_deref(), Some("42501"), "{path}: {fault}");
        let undo = format!("run undo {run} --write T-34 --confirm {name} --reason paid");
        says(ground, &undo, 0, "done: ");
        let session = open(ground, &server, database, &login(ground, &role));
        let reads = "select count(*) from public.customer";
        assert_eq!(state(ground, &session, reads), None, "{path}");
        is_as(ground, &server, &before, "let in again");
    }
    let shared = ground.sql("atlas-a", "orders", "select id::text from tenant limit 1");
    says(
        ground,
        &format!("plan disable atlas/orders/{}", shared[0]),
        2,
        "none of their policies reads whether",
    );
}
