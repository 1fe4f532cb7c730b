//! A tenant is brought in where a door is open, where its names are somebody else's, and by two operators at once (O2, O3).

use std::{collections::BTreeSet, thread};

use serde_json::json as value;
use tenantry::{
    config::Policy,
    model::Plan,
    ops::{Outcome, carry::Reply},
    provider::vault::Method,
};

use super::{
    begin, credentials,
    mortal::{life, outcome},
    onboard::{ASKED, ROLES, SCHEMA, SERVER, clears, taken_back},
    plan, says,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

/// A door that is opened once the plan is made.
pub struct Door {
    pub what: &'static str,
    pub database: &'static str,
    pub opens: &'static str,
    pub shuts: &'static str,
    /// How it is told.
    pub told: &'static str,
}

const DOORS: [Door; 5] = [
    Door {
        what: "a neighbour's schema is open to whoever may enter the database",
        database: "suite",
        opens: "grant usage on schema t_cafe_dore to tenants",
        shuts: "revoke usage on schema t_cafe_dore from tenants",
        told: "it may enter schema t_cafe_dore",
    },
    Door {
        what: "whoever may enter the database makes tables in public",
        database: "suite",
        opens: "grant create on schema public to tenants",
        shuts: "revoke create on schema public from tenants",
        told: "it goes through, and must be refused: make a table in public",
    },
    Door {
        what: "whoever may enter the database may be who makes everything",
        database: "suite",
        opens: "grant databases to tenants",
        shuts: "revoke databases from tenants",
        told: "is a member of role",
    },
    Door {
        what: "everybody may connect to another database",
        database: "postgres",
        opens: "grant connect on database orders to public",
        shuts: "revoke connect on database orders from public",
        told: "it may connect to database orders",
    },
    Door {
        what: "a role of the name has come meanwhile",
        database: "postgres",
        opens: "create role t_cafe_neu_rw",
        shuts: "drop role t_cafe_neu_rw",
        told: "nothing was done, because this is not so",
    },
];

/// Shuts a door again, also where the test has ended before.
struct Shuts<'a>(&'a Ground, &'a Door);

impl Drop for Shuts<'_> {
    fn drop(&mut self) {
        self.0.execute("atlas-a", self.1.database, self.1.shuts);
    }
}

/// O3: what is open makes it fail; O2: and nothing of it stays.
pub fn an_open_door(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let before = fingerprint(ground, SERVER);
    let shown = plan(ground, ASKED);
    each_is_found(ground, &shown, &DOORS, &before);
    refused_before(ground, &before);
    somebody_elses_role(ground, &shown);
    is_as(
        ground,
        SERVER,
        &before,
        "somebody else's role of the secrets server, and taken away",
    );
    two_at_once(ground, &shown);
    is_as(ground, SERVER, &before, "two at once, and taken back");
}

/// Each of them, once it is open, makes it fail, and all of it is taken back.
pub fn each_is_found(ground: &Ground, shown: &Plan, doors: &[Door], before: &BTreeSet<String>) {
    for door in doors {
        ground.execute("atlas-a", door.database, door.opens);
        let shuts = Shuts(ground, door);
        let (id, _) = life(ground, begin(shown, "ada"), None);
        let Outcome::Undone { why } = outcome(&id) else {
            panic!("{}: {:?}", door.what, outcome(&id));
        };
        assert!(why.contains(door.told), "{}: {why}", door.what);
        drop(shuts);
        is_as(ground, SERVER, before, door.what);
    }
}

/// What can be seen before is refused before anything is done.
fn refused_before(ground: &Ground, before: &BTreeSet<String>) {
    let line = format!("plan {ASKED}");
    for (database, opens, shuts, told) in [
        (
            "postgres",
            "create role t_cafe_neu_rw",
            "drop role t_cafe_neu_rw",
            "t_cafe_neu is taken on atlas, and not as a tenant that was brought in: there is the role t_cafe_neu_rw",
        ),
        (
            "postgres",
            "grant connect on database orders to public",
            "revoke connect on database orders from public",
            "REVOKE CONNECT, TEMPORARY ON DATABASE",
        ),
    ] {
        let door = Door {
            what: told,
            database,
            opens,
            shuts,
            told: "",
        };
        ground.execute("atlas-a", database, opens);
        let _shuts = Shuts(ground, &door);
        says(ground, &line, 2, told);
    }
    write_another(ground);
    let taken = format!(
        "the secrets server has a role {} already, and it is not as it would be written",
        ROLES[0]
    );
    says(ground, &line, 2, &taken);
    remove_another(ground);
    is_as(ground, SERVER, before, "refused before");
}

/// A role of the secrets server that has the name of the tenant's, and is somebody else's.
fn write_another(ground: &Ground) {
    let creation = ["CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' CONNECTION LIMIT 1"];
    let body = value!({ "db_name": "atlas", "creation_statements": creation });
    credentials::write(ground, &format!("database/roles/{}", ROLES[0]), &body);
}

fn remove_another(ground: &Ground) {
    let vault = ground.vault();
    let path = format!("database/roles/{}", ROLES[0]);
    ground
        .block_on(vault.call(Method::Delete, &path, None))
        .expect("removed");
}

/// One that came when the plan was made already is neither written over nor removed.
fn somebody_elses_role(ground: &Ground, shown: &Plan) {
    write_another(ground);
    let theirs = || credentials::read(ground, &format!("database/roles/{}", ROLES[0]))["data"].clone();
    let before = theirs();
    let (id, _) = life(ground, begin(shown, "ada"), None);
    let outcome = outcome(&id);
    let told = "the secrets server has no role atlas-runtime-cafe_neu yet: it is not so";
    assert!(
        matches!(&outcome, Outcome::Undone { why } if why.contains(told)),
        "{outcome:?}"
    );
    assert_eq!(theirs(), before);
    remove_another(ground);
}

/// Two operators confirm the same: one is told, and there is one tenant.
fn two_at_once(ground: &Ground, shown: &Plan) {
    let ends = thread::scope(|scope| {
        let both = ["ada", "bob"]
            .map(|by| scope.spawn(move || super::carry(ground, begin(shown, by), &Policy::default(), &Ground::runs())));
        both.map(|one| one.join().unwrap())
    });
    let [won, lost] = if ends[0].1 == Some(Outcome::Done) {
        [&ends[0], &ends[1]]
    } else {
        [&ends[1], &ends[0]]
    };
    assert_eq!(won.1, Some(Outcome::Done), "{ends:?}");
    match lost {
        (Some(Reply::Refused(fault)), None) => {
            let words = fault.what.raw();
            assert!(
                words.contains("is held by") || words.contains("has just ended"),
                "{words}"
            );
        }
        // Who comes when it is over finds the names taken.
        (_, Some(Outcome::Undone { why })) => assert!(why.contains("because this is not so"), "{why}"),
        other => panic!("{other:?}"),
    }
    let there = ground.sql(
        "atlas-a",
        "suite",
        "select nspname::text from pg_namespace where nspname = 't_cafe_neu'",
    );
    assert_eq!(there, [SCHEMA]);
    let Some(Reply::Begun(id)) = &won.0 else {
        panic!("{won:?}");
    };
    taken_back(ground, id);
}
