//! B8, B9: a tenant that was shut out is taken away for good, on real servers: not before its time, not without a backup that was
//! tried, not another of its name; nothing of it is left, nobody else is touched, and a backup brings it back.

use super::{
    clears::{Clears, Home},
    copies, credentials, json, newest, says,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

const SCHEMA: &str = "t_old_mill";
const PATH: &str = "atlas/suite/t_old_mill";
const ROWS: &str = "select name || ' ' || email from t_old_mill.customer";
const ROW: &str = "Ada ada@example.org";
const RUN: &str = "--set backups=uncertain --write T-35 --confirm old_mill --reason ended";

/// As if it had been shut out long ago: nobody can wait for that here.
pub fn long_ago(ground: &Ground, server: &str, database: &str, what: &str) {
    let mark = "shut out since 2026-09-01T00:00:00Z (tenantry)";
    ground.execute(server, database, &format!("comment on {what} is '{mark}'"));
}

/// With a schema, and back out of the backup.
pub fn a_schema(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let before = fingerprint(ground, "atlas-a");
    let _clears = Clears {
        ground,
        instance: "atlas",
        slug: "old_mill",
        home: Home::Schema(SCHEMA),
    };
    let _tidy = copies::Dropped(ground, &["atlas", "boreas"]);
    let onboard = "onboard old_mill --set backup=later";
    says(ground, &format!("run {onboard} --write T-35 --confirm y"), 0, "done: ");
    let insert = "insert into t_old_mill.customer (name, email) values ('Ada', 'ada@example.org')";
    ground.execute("atlas-a", "suite", insert);
    let plan = format!("plan purge {PATH}");
    says(ground, &plan, 2, "old_mill is not shut out");
    let disable = format!("run disable {PATH} --write T-35 --confirm old_mill --reason ended");
    says(ground, &disable, 0, "done: ");
    let shut_out = newest(ground).expect("a run").0;
    let (findings, _) = json(ground, "findings --json");
    let found = findings.to_string();
    assert!(found.contains("old_mill is shut out since"), "{found}");
    // B9: its name is taken as long as it is there.
    says(ground, &format!("plan {onboard}"), 2, "is shut out since");
    says(ground, &plan, 2, "no backup that can be restored was begun since");
    says(ground, "run backup atlas --write T-35 --confirm y", 0, "done: ");
    says(ground, &plan, 2, "was not tried since a backup has all of it");
    says(
        ground,
        &format!("run verify-restore {PATH} --write T-35 --confirm y"),
        0,
        "done: ",
    );
    says(ground, &plan, 2, "wants 7 d of that before anything is taken away");
    long_ago(ground, "atlas-a", "suite", &format!("schema {SCHEMA}"));
    says(
        ground,
        &plan,
        2,
        "until there are 2 younger full ones, whenever that is",
    );
    // B9: another one of that name is another one.
    let rename = |from: &str, to: &str| {
        ground.execute("atlas-a", "suite", &format!("alter schema {from} rename to {to}"));
    };
    rename(SCHEMA, "held");
    ground.execute(
        "atlas-a",
        "suite",
        &format!("create schema {SCHEMA} authorization t_old_mill_owner"),
    );
    says(ground, &plan, 2, "old_mill is not shut out");
    ground.execute("atlas-a", "suite", &format!("drop schema {SCHEMA}"));
    rename("held", SCHEMA);
    // What others hang on it would go with it.
    let view = "create view public.mill as select name from t_old_mill.customer";
    ground.execute("atlas-a", "suite", view);
    says(ground, &plan, 2, "what is not its own would go with it");
    ground.execute("atlas-a", "suite", "drop view public.mill");
    // A role that somebody logs in as a member of has to do with somebody else.
    ground.execute(
        "atlas-a",
        "suite",
        "create role mill_report login in role t_old_mill_ro",
    );
    let uncertain = format!("{plan} --set backups=uncertain");
    let stays = "role t_old_mill_ro: stays: it has to do with the login mill_report too";
    says(ground, &uncertain, 3, stays);
    ground.execute("atlas-a", "suite", "drop role mill_report");
    says(ground, &format!("run purge {PATH} {RUN}"), 0, "done: ");
    is_as(ground, "atlas-a", &before, "it is gone without a trace");
    let run = newest(ground).expect("a run").0;
    says(ground, &format!("plan undo {run}"), 2, "only a backup has it then");
    says(ground, &format!("plan undo {shut_out}"), 2, "");

    // Out of the backup, once there are its roles again.
    let roles = "create role t_old_mill_owner; create role t_old_mill_rw; create role t_old_mill_ro; \
                 grant t_old_mill_owner to databases";
    ground.execute("atlas-a", "suite", roles);
    let back = format!("run restore-whole {PATH} --set moment=name:tenantry-{run} --write T-35");
    says(ground, &format!("{back} --confirm y"), 0, "done: ");
    let copy = copies::stages(ground, "atlas").remove(0).0;
    ground.execute("atlas-a", "suite", "grant create on database suite to t_old_mill_owner");
    let back = format!("run restore-whole {PATH} --set from={copy} --write T-35 --confirm old_mill --reason wanted");
    let told = super::answer(ground, &back);
    ground.execute(
        "atlas-a",
        "suite",
        "revoke create on database suite from t_old_mill_owner",
    );
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    assert_eq!(ground.sql("atlas-a", "suite", ROWS), [ROW]);
}

/// With a database of its own; nobody's else is touched.
pub fn a_database(ground: &Ground) {
    const PATH: &str = "boreas/tenant_old_mill/tenant_old_mill";
    ground.settle();
    let _heals = Heals(ground);
    let before = fingerprint(ground, "boreas-a");
    let _clears = Clears {
        ground,
        instance: "boreas",
        slug: "old_mill",
        home: Home::Database("tenant_old_mill"),
    };
    let _tidy = copies::Dropped(ground, &["atlas", "boreas"]);
    let onboard = "run onboard old_mill --set model=database --set backup=later --write T-35 --confirm y";
    says(ground, onboard, 0, "done: ");
    let insert = "insert into customer (name, email) values ('Ada', 'ada@example.org')";
    ground.execute("boreas-a", "tenant_old_mill", insert);
    let disable = format!("run disable {PATH} --write T-35 --confirm old_mill --reason ended");
    says(ground, &disable, 0, "done: ");
    says(ground, "run backup boreas --write T-35 --confirm y", 0, "done: ");
    says(
        ground,
        &format!("run verify-restore {PATH} --write T-35 --confirm y"),
        0,
        "done: ",
    );
    long_ago(ground, "boreas-a", "postgres", "database tenant_old_mill");
    // Somebody who is let in all the same has a session: it ends with the database.
    let slot = "select pg_create_logical_replication_slot('mill', 'pgoutput')";
    let is_logical = ground.sql("boreas-a", "postgres", "show wal_level") == ["logical"];
    let plan = format!("plan purge {PATH}");
    if is_logical {
        ground.execute("boreas-a", "tenant_old_mill", slot);
        says(ground, &plan, 2, "what is not its own holds it: replication slot mill");
        ground.execute("boreas-a", "postgres", "select pg_drop_replication_slot('mill')");
    }
    // The secrets server was told to issue its logins again.
    let role = "boreas-runtime-old_mill";
    let written = credentials::read(ground, "database/roles/boreas-runtime-user")["data"].clone();
    let vault = ground.vault();
    let path = format!("database/roles/{role}");
    ground
        .block_on(vault.call(tenantry::provider::vault::Method::Post, &path, Some(&written)))
        .expect("written");
    says(ground, &plan, 2, "still issues logins of boreas-runtime-old_mill");
    ground
        .block_on(vault.call(tenantry::provider::vault::Method::Delete, &path, None))
        .expect("removed");
    says(ground, &format!("run purge {PATH} {RUN}"), 0, "done: ");
    is_as(ground, "boreas-a", &before, "it is gone without a trace");
}

/// One that was shut out long ago, and stands in a backup that was tried.
pub fn left(ground: &Ground) -> String {
    let made = "create schema if not exists t_left_over authorization app_owner; \
                create table if not exists t_left_over.thing (id int); \
                alter table t_left_over.thing owner to app_owner";
    ground.execute("atlas-a", "suite", made);
    long_ago(ground, "atlas-a", "suite", "schema t_left_over");
    let path = "atlas/suite/t_left_over";
    let (shown, _) = json(ground, "show backups --json");
    let tried = shown["rows"].as_array().expect("rows").iter().any(|row| {
        let this = row["target"]["path"][2] == "t_left_over";
        this && !row.to_string().contains("never")
    });
    if !tried {
        says(ground, "run backup atlas --write drill --confirm y", 0, "done: ");
        says(
            ground,
            &format!("run verify-restore {path} --write drill --confirm y"),
            0,
            "done: ",
        );
    }
    format!("purge {path} --set backups=uncertain")
}

/// It is gone.
pub fn is_gone(ground: &Ground) {
    let there = "select nspname::text from pg_namespace where nspname = 't_left_over'";
    assert_eq!(ground.sql("atlas-a", "suite", there), [""; 0]);
}
