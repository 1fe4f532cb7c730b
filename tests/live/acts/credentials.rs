//! Credentials are rotated, revoked and locked out, and a slot is dropped: each with its proof, looked at from outside.

use std::fs;

use serde_json::{Value as Json, json as value};
use tenantry::{
    model::{FaultKind, Server},
    provider::{
        postgres::{Login, Manner, Session},
        vault::Method,
    },
};

use super::says;
use crate::{faults::Heals, ground::Ground};

/// What the secrets server says.
pub fn read(ground: &Ground, path: &str) -> Json {
    let vault = ground.vault();
    ground
        .block_on(vault.read(path))
        .unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

pub fn write(ground: &Ground, path: &str, body: &Json) -> Json {
    let vault = ground.vault();
    let written = ground.block_on(vault.call(Method::Post, path, Some(body)));
    written.unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

pub fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub fn server(ground: &Ground, name: &str) -> Server {
    let fleet = ground.now().fleet.clone();
    let mut servers = fleet.instances.iter().flat_map(|instance| instance.servers.clone());
    servers.find(|one| one.name == name).expect("a server")
}

/// Whether a login is let in.
fn opens(ground: &Ground, name: &str, database: &str, user: &str, password: &str) -> bool {
    let login = Login {
        user: user.into(),
        password: password.into(),
    };
    let server = server(ground, name);
    match ground.block_on(Session::open(&server, database, &login, Manner::Plain)) {
        Ok(_) => true,
        // Who may not enter this database was let in before that was known.
        Err(fault) if fault.kind == FaultKind::Denied => true,
        Err(fault) if fault.kind == FaultKind::Credential => false,
        Err(fault) => panic!("{user} on {name}: {fault}"),
    }
}

pub fn password(ground: &Ground, role: &str) -> (String, String) {
    let found = read(ground, &format!("database/static-creds/{role}"));
    (text(&found["data"]["username"]), text(&found["data"]["password"]))
}

/// Keeps the password in force, to be tried when it is not any more.
pub fn remember(ground: &Ground, role: &str) {
    let (user, password) = password(ground, role);
    fs::write(Ground::scratch("old"), format!("{user} {password}")).unwrap();
}

/// The password that was remembered is refused, and the one in force is another and opens.
#[track_caller]
pub fn is_rotated(ground: &Ground, role: &str) {
    let old = fs::read_to_string(Ground::scratch("old")).unwrap();
    let (user, old) = old.split_once(' ').unwrap();
    let (_, new) = password(ground, role);
    assert_ne!(old, new, "{role} was not rotated");
    assert!(
        opens(ground, "atlas-a", "orders", user, &new),
        "the new password of {user} is refused"
    );
    assert!(
        !opens(ground, "atlas-a", "orders", user, old),
        "the old password of {user} is accepted"
    );
}

/// The password that was remembered is still the one in force, and opens.
#[track_caller]
pub fn is_as_it_was(ground: &Ground, role: &str) {
    let kept = fs::read_to_string(Ground::scratch("old")).unwrap();
    let (user, old) = kept.split_once(' ').unwrap();
    assert_eq!(password(ground, role).1, old, "{role} was rotated, and nobody says so");
    assert!(opens(ground, "atlas-a", "orders", user, old));
}

pub fn rotate(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    remember(ground, "legacy-app");
    let (user, old) = password(ground, "legacy-app");
    // A session of before goes on, and is told.
    let login = Login {
        user: user.clone(),
        password: old.as_str().into(),
    };
    let session = ground
        .block_on(Session::open(
            &server(ground, "atlas-a"),
            "orders",
            &login,
            Manner::Plain,
        ))
        .expect("a session");
    ground
        .block_on(session.execute("set application_name = 'billing'"))
        .unwrap();
    let line = "run rotate legacy-app --write T-2 --confirm 1";
    says(
        ground,
        line,
        0,
        "1 session of legacy_app that began with the old password left: pid ",
    );
    is_rotated(ground, "legacy-app");
    remember(ground, "legacy-app");
    says(
        ground,
        &format!("{line} --set sessions=end"),
        0,
        "end the sessions of legacy_app that began with the old password: read back: yes",
    );
    is_rotated(ground, "legacy-app");
    assert!(
        ground.block_on(session.execute("select 1")).is_err(),
        "the session of before goes on"
    );
    // Many at once, the first by itself; the account says what was left out.
    let many = "run rotate legacy-app tenantry-watch-boreas tenantry-operate-atlas --write T-2 --confirm 3";
    says(ground, many, 0, "done: ");
    says(
        ground,
        "plan rotate legacy-app",
        3,
        "the account: 1 of 7 static roles; not ",
    );
    says(
        ground,
        "plan rotate no-such-role",
        2,
        "there is no static-role no-such-role",
    );
}

/// The engine can make a login that opens, and end it.
#[track_caller]
pub fn engine_works(ground: &Ground, instance: &str) {
    let issued = read(ground, &format!("database/creds/{instance}-runtime-user"));
    let (user, password) = (text(&issued["data"]["username"]), text(&issued["data"]["password"]));
    let primary = format!("{instance}-a");
    assert!(
        opens(ground, &primary, "postgres", &user, &password),
        "{user} is refused"
    );
    write(
        ground,
        "sys/leases/revoke",
        &value!({ "lease_id": issued["lease_id"], "sync": true }),
    );
    assert!(
        !opens(ground, &primary, "postgres", &user, &password),
        "{user} is let in after its lease was revoked"
    );
}

pub fn rotate_root(ground: &Ground) {
    ground.settle();
    let before: Vec<String> = leases(ground);
    says(
        ground,
        "run rotate-root atlas boreas --write T-3 --confirm 2",
        0,
        "the engine has logged in anew as vault_engine: seen: yes",
    );
    for instance in ["atlas", "boreas"] {
        engine_works(ground, instance);
    }
    let left: Vec<String> = leases(ground)
        .into_iter()
        .filter(|lease| lease.contains("db-admin") && !before.contains(lease))
        .collect();
    assert_eq!(left, [""; 0], "what was issued to prove it is left");
}

/// Every lease of the engine.
pub fn leases(ground: &Ground) -> Vec<String> {
    let vault = ground.vault();
    ground.block_on(async {
        let mut found = Vec::new();
        let root = "sys/leases/lookup/database/creds";
        for role in vault.list(root).await.unwrap() {
            let role = role.trim_end_matches('/');
            for lease in vault.list(&format!("{root}/{role}")).await.unwrap() {
                found.push(format!("database/creds/{role}/{lease}"));
            }
        }
        found
    })
}

/// A new login of this role, kept to be tried later. Its lease.
pub fn lease(ground: &Ground, role: &str) -> String {
    let issued = read(ground, &format!("database/creds/{role}"));
    let lease = text(&issued["lease_id"]);
    let (user, password) = (text(&issued["data"]["username"]), text(&issued["data"]["password"]));
    fs::write(Ground::scratch("leased"), format!("{lease} {user} {password}")).unwrap();
    lease
}

/// The role of the login that was issued last.
pub fn leased(_: &Ground) -> String {
    let kept = fs::read_to_string(Ground::scratch("leased")).unwrap();
    kept.split(' ').nth(1).unwrap().to_owned()
}

/// The login that was issued last has no lease, no role, and is refused.
#[track_caller]
pub fn lease_is_gone(ground: &Ground) {
    let kept = fs::read_to_string(Ground::scratch("leased")).unwrap();
    let words: Vec<&str> = kept.split(' ').collect();
    let [lease, user, password] = words[..] else {
        panic!("{kept}");
    };
    let instance = user
        .split('-')
        .find(|part| ["atlas", "boreas", "acme"].contains(part))
        .unwrap();
    assert!(!leases(ground).contains(&lease.to_owned()), "{lease} is there");
    let roles = ground.sql(
        &format!("{instance}-a"),
        "postgres",
        &format!("select rolname::text from pg_roles where rolname = '{user}'"),
    );
    assert_eq!(roles, [""; 0]);
    assert!(!opens(ground, &format!("{instance}-a"), "postgres", user, password));
}

pub fn revoke(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let one = lease(ground, "acme-runtime-user");
    says(
        ground,
        &format!("run revoke {one} --write T-4 --confirm acme-runtime-user"),
        3,
        "give a reason or a ticket",
    );
    let line = format!("run revoke {one} --write T-4 --confirm acme-runtime-user --reason leaked");
    says(ground, &line, 0, "read back: yes");
    lease_is_gone(ground);
    // By role, and with the proof first that another can be had. Two of one second stand for either of two roles.
    let two = [lease(ground, "atlas-db-admin"), lease(ground, "atlas-db-admin")];
    ground.wait("both leases are seen", |world| {
        let seen = world.get::<tenantry::facts::leases::Leases>(&tenantry::model::Target::vault())?;
        two.iter()
            .all(|lease| seen.value.leases.keys().any(|id| id.raw() == lease))
            .then_some(())
    });
    let line = "run revoke --rows credentials§/role=atlas-db-admin --set first=issue --write T-4 --confirm atlas-db-admin --reason leaked";
    says(
        ground,
        line,
        0,
        "a new login of atlas-db-admin is issued, and logs in: read back: yes",
    );
    lease_is_gone(ground);
    assert!(leases(ground).iter().all(|lease| !lease.contains("atlas-db-admin")));
}

pub fn lock_out(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    ground.execute("atlas-a", "postgres", "create role leaky login password 'leaked'");
    for database in ["orders", "suite"] {
        ground.execute(
            "atlas-a",
            database,
            "create table owned_by_leaky (); alter table owned_by_leaky owner to leaky",
        );
    }
    ground.execute("atlas-a", "orders", "grant app_rw to leaky");
    assert!(opens(ground, "atlas-a", "orders", "leaky", "leaked"));
    says(
        ground,
        "plan lock-out atlas/leaky",
        2,
        "leaky owns table public.owned_by_leaky in orders, table public.owned_by_leaky in suite",
    );
    let line = "run lock-out atlas/leaky --set reassign=app_owner --write T-5 --confirm leaky --reason leaked";
    says(ground, line, 0, "drop role leaky: read back: yes");
    assert!(!opens(ground, "atlas-a", "orders", "leaky", "leaked"));
    for database in ["orders", "suite"] {
        let owner = "select tableowner::text from pg_tables where tablename = 'owned_by_leaky'";
        assert_eq!(ground.sql("atlas-a", database, owner), ["app_owner"]);
        ground.execute("atlas-a", database, "drop table owned_by_leaky");
    }
    says(
        ground,
        "plan lock-out atlas/postgres",
        2,
        "is a superuser or replicates",
    );
}

pub fn drop_slot(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    says(
        ground,
        "plan drop-slot atlas/atlas-a/atlas_b",
        2,
        "somebody streams from slot atlas/atlas-a/atlas_b",
    );
    ground.execute(
        "atlas-a",
        "postgres",
        "select pg_create_physical_replication_slot('abandoned', true)",
    );
    let line = "run drop-slot atlas/atlas-a/abandoned --write T-6 --confirm abandoned --reason nobody";
    says(ground, line, 0, "drop slot abandoned: read back: yes");
    let left = ground.sql(
        "atlas-a",
        "postgres",
        "select slot_name::text from pg_replication_slots where slot_name = 'abandoned'",
    );
    assert_eq!(left, [""; 0]);
    says(ground, "plan drop-slot atlas/atlas-a/abandoned", 2, "there is no slot");
}

/// A dynamic role on the connection of atlas.
pub fn define(ground: &Ground, name: &str, body: &Json) {
    write(ground, "database/config/atlas", &value!({ "allowed_roles": ["*"] }));
    write(ground, &format!("database/roles/{name}"), body);
}

/// Takes dynamic roles and all their leases away, whatever becomes of their roles in PostgreSQL, and those too.
pub fn undefine(ground: &Ground, names: &[&str]) {
    let vault = ground.vault();
    for name in names {
        let users = format!("select rolname::text from pg_roles where rolname like 'v-root-{name}-%'");
        for user in ground.sql("atlas-a", "orders", &users) {
            ground.execute(
                "atlas-a",
                "orders",
                &format!("drop owned by \"{user}\"; drop role \"{user}\""),
            );
        }
        write(
            ground,
            &format!("sys/leases/revoke-force/database/creds/{name}"),
            &value!({}),
        );
        ground
            .block_on(vault.call(Method::Delete, &format!("database/roles/{name}"), None))
            .unwrap();
    }
    let roles = value!([
        "atlas-db-admin",
        "atlas-runtime-user",
        "tenantry-watch-atlas",
        "legacy-app",
        "atlas-runtime-*",
        "atlas-migrate-*"
    ]);
    write(ground, "database/config/atlas", &value!({ "allowed_roles": roles }));
}
