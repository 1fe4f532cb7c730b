//! Indexes that a failed build has left, on a real server.

use std::{
    thread,
    time::{Duration, Instant},
};

use tenantry::{config::Policy, model::Plan, ops::Outcome};

use super::{begin, carry, json, plan, says};
use crate::{faults::Heals, ground::Ground};

const PATIENCE: Duration = Duration::from_mins(1);
const BUILD: &str = "select 'x' from pg_stat_progress_create_index";
const HOLDER: &str = "select 'x' from pg_stat_activity where application_name = 'a long report' and state = 'active'";

fn indexes(ground: &Ground) -> Vec<String> {
    let sql = "select c.relname::text from pg_class c where c.relnamespace = 'left_over'::regnamespace \
               and c.relkind in ('i', 'I') order by c.relname collate \"C\"";
    ground.sql("atlas-a", "orders", sql)
}

fn execute(ground: &Ground, sql: &str) {
    ground.execute("atlas-a", "orders", sql);
}

fn comes(ground: &Ground, sql: &str) {
    let end = Instant::now() + PATIENCE;
    while ground.sql("atlas-a", "orders", sql).is_empty() {
        assert!(Instant::now() < end, "never: {sql}");
    }
}

/// Takes away all that was made, whatever happened.
struct Clears<'a>(&'a Ground);

impl Drop for Clears<'_> {
    fn drop(&mut self) {
        execute(self.0, "drop schema if exists left_over cascade");
    }
}

/// Two that a failed build has left, one that is valid, and those of a partitioned table.
fn leave(ground: &Ground) {
    execute(
        ground,
        "create schema left_over authorization app_owner; set role app_owner; \
         create table left_over.item (id int, note text); insert into left_over.item values (1, 'a'), (1, 'b'); \
         create index item_note on left_over.item (note); \
         create table left_over.part (id int primary key) partition by range (id); \
         create table left_over.part_1 partition of left_over.part for values from (0) to (9); \
         create index whole on only left_over.part (id)",
    );
    for name in ["item_key", "O'Hara"] {
        let sql = format!("create unique index concurrently \"{name}\" on left_over.item (id)");
        let said = ground.fails("atlas-a", "orders", &sql);
        assert!(said.contains("23505"), "{said}");
    }
}

/// What comes of a plan that was looked at, in this process.
fn carried(ground: &Ground, plan: &Plan, name: &str) -> Option<Outcome> {
    carry(ground, begin(plan, "ada"), &Policy::default(), &Ground::scratch(name)).1
}

/// Nothing was done, for this reason, and nothing is left to be looked after.
fn is_refused(outcome: Option<Outcome>, said: &str) {
    let Some(Outcome::Undone { why }) = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains(said), "{why}");
}

const NOT_SO: &str = "nothing was done, because this is not so";

/// While somebody's transaction uses the table.
fn while_used(ground: &Ground, work: impl FnOnce()) {
    thread::scope(|scope| {
        let holder = scope.spawn(|| {
            let sql = "begin; set local application_name = 'a long report'; \
                       lock table left_over.item in row exclusive mode; select pg_sleep(120)";
            ground.fails("atlas-a", "orders", sql)
        });
        comes(ground, HOLDER);
        work();
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'a long report'";
        execute(ground, end);
        holder.join().expect("ended");
    });
}

/// While somebody builds another index of the same table, which waits for a transaction.
fn while_one_is_built(ground: &Ground, work: impl FnOnce()) {
    thread::scope(|scope| {
        while_used(ground, || {
            scope.spawn(|| execute(ground, "create index concurrently slow on left_over.item (note)"));
            comes(ground, BUILD);
            work();
        });
    });
}

/// The same plan, that waits for a lock for a moment only.
fn in_a_hurry(plan: &Plan) -> Plan {
    let words = serde_json::to_string(plan).expect("words");
    let hurried = words.replace("\"lock\":10000", "\"lock\":200");
    assert_ne!(hurried, words);
    serde_json::from_str(&hurried).expect("a plan")
}

pub fn left_over(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = Clears(ground);
    leave(ground);
    let all = ["O'Hara", "item_key", "item_note", "part_1_pkey", "part_pkey", "whole"];
    assert_eq!(indexes(ground), all);
    let (found, _) = json(ground, "show findings --json");
    let what = "2 indexes of orders are not valid";
    assert!(found.to_string().contains(what), "{found}");
    let refused = |index: &str, why: &str| {
        let line = format!("plan drop-index atlas/orders --set index=left_over.{index}");
        says(ground, &line, 2, why);
    };
    refused("item_note", "left_over.item_note of database atlas/orders is valid");
    refused(
        "whole",
        "valid once every partition has its part, and that is no damage",
    );
    refused("part_1_pkey", "part_1_pkey of database atlas/orders is valid");
    refused("nothing", "there is no index left_over.nothing");
    says(
        ground,
        "plan drop-index atlas/suite",
        2,
        "every index of database atlas/suite is valid",
    );
    let shown = plan(ground, "drop-index atlas/orders --set index=left_over.item_key");
    let again = "CREATE UNIQUE INDEX item_key ON left_over.item USING btree (id)";
    assert!(shown.lost[0].ends_with(again), "{:?}", shown.lost);
    says(ground, "plan drop-index atlas/orders", 3, "drop 2 indexes");
    while_used(ground, || {
        let outcome = carried(ground, &in_a_hurry(&shown), "used");
        is_refused(outcome, "a long report");
    });
    assert_eq!(indexes(ground), all);
    while_one_is_built(ground, || {
        refused("item_key", "an index of its table is under way now");
        is_refused(carried(ground, &shown, "building"), NOT_SO);
    });
    // Somebody has repaired it meanwhile: it has another oid, and is valid.
    execute(ground, "delete from left_over.item where note = 'b'");
    execute(ground, "reindex index concurrently left_over.item_key");
    is_refused(carried(ground, &shown, "repaired"), NOT_SO);
    assert_eq!(indexes(ground).len(), 7, "{:?}", indexes(ground));
    let line = "run drop-index atlas/orders --write T-20 --confirm 1";
    says(ground, line, 0, "drop index left_over.O'Hara: read back: yes");
    let left = ["item_key", "item_note", "part_1_pkey", "part_pkey", "slow", "whole"];
    assert_eq!(indexes(ground), left);
    says(ground, "plan drop-index atlas/orders", 2, "it is left alone");
}
