//! The process that carries a run out is killed at any moment, again and again, whatever the operation.

use std::{
    fs,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    batch, copies, credentials, disabled, moves, newest, onboard, purged, repository, restore, says, seeded, state,
    wanted, whole, words,
};
use crate::{faults::Heals, ground::Ground};

/// Deaths of each operation's process, for half of the operations. `TENANTRY_TEST_KILLS` asks for more, and for all of them;
/// `TENANTRY_TEST_OPERATION` for one only.
const KILLS: u32 = 1;
/// Longest that a process lives before it is killed, in milliseconds.
const LIFE: u64 = 800;
/// So often one run is killed; then it lives, because a step in doubt takes its time to be asked about.
const DEATHS: u32 = 3;
/// Lives after which something must have come of it.
const LIVES: usize = 20;
const PATIENCE: Duration = Duration::from_mins(1);

/// An operation, what is made ready for it, and what must be so when it has ended.
struct Case {
    operation: &'static str,
    /// Makes ready; what to run, without what confirms it, and what that is.
    ready: fn(&Ground, u32) -> (String, String),
    so: fn(&Ground, u32),
}

const CASES: [Case; 22] = [
    Case {
        operation: "resume-replay",
        ready: |ground, _| {
            ground.execute("atlas-b", "postgres", "select pg_wal_replay_pause()");
            ("resume-replay atlas/atlas-b".into(), "--confirm y".into())
        },
        so: |ground, _| assert_ne!(state(ground, "atlas-b"), "replay paused"),
    },
    Case {
        operation: "end-sessions",
        ready: |ground, _| {
            ground.lab(&["fault", "block", "atlas"]);
            let root = batch(ground).remove(0);
            fs::write(Ground::scratch("root"), &root).unwrap();
            (format!("end-sessions {root} --set how=terminate"), "--confirm y".into())
        },
        so: |ground, _| {
            let root = fs::read_to_string(Ground::scratch("root")).unwrap();
            assert!(!batch(ground).contains(&root), "{root} is still there");
            ground.lab(&["heal"]);
        },
    },
    Case {
        operation: "rotate",
        ready: |ground, _| {
            credentials::remember(ground, "legacy-app");
            ("rotate legacy-app".into(), "--confirm 1".into())
        },
        so: |ground, _| credentials::is_rotated(ground, "legacy-app"),
    },
    Case {
        operation: "rotate-root",
        ready: |_, _| ("rotate-root boreas".into(), "--confirm 1".into()),
        so: |ground, _| credentials::engine_works(ground, "boreas"),
    },
    Case {
        operation: "revoke",
        ready: |ground, _| {
            let lease = credentials::lease(ground, "boreas-runtime-user");
            let confirm = "--confirm boreas-runtime-user --reason drill";
            (format!("revoke {lease}"), confirm.into())
        },
        so: |ground, _| credentials::lease_is_gone(ground),
    },
    Case {
        operation: "lock-out",
        ready: |ground, n| {
            let role = format!("leaked_{n}");
            ground.execute(
                "atlas-a",
                "orders",
                &format!("create role {role} login password 'x'; create table owned_{n} (); alter table owned_{n} owner to {role}"),
            );
            let confirm = format!("--confirm {role} --reason drill");
            (format!("lock-out atlas/{role} --set reassign=app_owner"), confirm)
        },
        so: |ground, n| {
            let owner = format!("select tableowner::text from pg_tables where tablename = 'owned_{n}'");
            assert_eq!(ground.sql("atlas-a", "orders", &owner), ["app_owner"]);
            let role = format!("select rolname::text from pg_roles where rolname = 'leaked_{n}'");
            assert_eq!(ground.sql("atlas-a", "orders", &role), [""; 0]);
            ground.execute("atlas-a", "orders", &format!("drop table owned_{n}"));
        },
    },
    Case {
        operation: "drop-slot",
        ready: |ground, n| {
            let make = format!("select pg_create_physical_replication_slot('spare_{n}', true)");
            ground.execute("acme-a", "postgres", &make);
            let confirm = format!("--confirm spare_{n} --reason drill");
            (format!("drop-slot acme/acme-a/spare_{n}"), confirm)
        },
        so: |ground, n| {
            let slot = format!("select slot_name::text from pg_replication_slots where slot_name = 'spare_{n}'");
            assert_eq!(ground.sql("acme-a", "postgres", &slot), [""; 0]);
        },
    },
    // There and back in turn; the tests of migrations kill many more.
    Case {
        operation: "migrate",
        ready: |_, n| {
            let to = if n % 2 == 0 { 3 } else { 1 };
            let schemas = "atlas/orders/public atlas/suite/t_cafe_dore boreas/tenant_cafe_dore/public";
            (format!("migrate {schemas} --set to={to}"), "--confirm 3".into())
        },
        so: |ground, n| {
            let there: &[&str] = if n % 2 == 0 { &["1", "2", "3"] } else { &["1"] };
            for (server, database, schema) in MIGRATED {
                let sql = format!("select version from {schema}.tenantry_migration where complete order by version");
                assert_eq!(ground.sql(server, database, &sql), there, "{database}/{schema}");
            }
        },
    },
    Case {
        operation: "drop-index",
        ready: |ground, n| {
            let make = format!(
                "create table spared_{n} (id int); alter table spared_{n} owner to app_owner; \
                 create index spare_{n} on spared_{n} (id); set allow_system_table_mods = on; \
                 update pg_index set indisvalid = false where indexrelid = 'spare_{n}'::regclass"
            );
            ground.execute("atlas-a", "orders", &make);
            let what = format!("drop-index atlas/orders --set index=public.spare_{n}");
            (what, "--confirm 1".into())
        },
        so: |ground, n| {
            let index = format!("select relname::text from pg_class where relname = 'spare_{n}'");
            assert_eq!(ground.sql("atlas-a", "orders", &index), [""; 0]);
            ground.execute("atlas-a", "orders", &format!("drop table spared_{n}"));
        },
    },
    Case {
        operation: "disable",
        ready: |_, _| {
            let confirm = "--confirm cafe_dore --reason drill";
            ("disable atlas/suite/t_cafe_dore".into(), confirm.into())
        },
        so: |ground, _| disabled::is_shut_and_opens(ground),
    },
    Case {
        operation: "move",
        ready: |ground, _| (moves::left(ground), "--confirm y".into()),
        so: |ground, _| moves::is_there_and_goes(ground),
    },
    Case {
        operation: "purge",
        ready: |ground, _| (purged::left(ground), "--confirm left_over --reason drill".into()),
        so: |ground, _| purged::is_gone(ground),
    },
    Case {
        operation: "backup",
        ready: |ground, _| {
            fs::write(
                Ground::scratch("backups"),
                repository::count(ground, "acme").to_string(),
            )
            .unwrap();
            ("backup acme".into(), "--confirm y".into())
        },
        so: |ground, _| {
            let before = fs::read_to_string(Ground::scratch("backups")).unwrap();
            assert!(
                repository::count(ground, "acme") > before.parse().unwrap(),
                "there were {before} before"
            );
        },
    },
    Case {
        operation: "beside",
        ready: |_, _| ("beside acme --set moment=latest".into(), "--confirm y".into()),
        so: |ground, _| {
            let copies = copies::stages(ground, "acme");
            assert_eq!(copies, [("acme-latest".to_owned(), "paused".to_owned())]);
            copies::drop_all(ground, "acme");
        },
    },
    Case {
        operation: "wipe-copy",
        ready: |ground, _| {
            says(
                ground,
                "run beside acme --set moment=latest --write drill --confirm y",
                0,
                "done: ",
            );
            ("wipe-copy acme/acme-latest".into(), "--confirm 1".into())
        },
        so: |ground, _| assert_eq!(copies::stages(ground, "acme"), []),
    },
    Case {
        operation: "verify-restore",
        ready: |_, _| ("verify-restore acme//acme".into(), "--confirm y".into()),
        so: |ground, _| assert_eq!(copies::stages(ground, "acme"), []),
    },
    // O1: whatever is there already is not made again.
    Case {
        operation: "onboard",
        ready: |_, _| (onboard::ASKED.into(), "--confirm y".into()),
        so: onboard::is_there_and_goes,
    },
    Case {
        operation: "verify-backups",
        ready: |_, _| ("verify-backups acme".into(), "--confirm y".into()),
        so: |ground, _| assert!(repository::is_whole(ground, "acme")),
    },
    // R10: each life leaves the rows as they were or as they should be, or the next one could not go on.
    Case {
        operation: "restore",
        ready: |ground, n| (changed(ground, n), "--confirm acme --reason drill".into()),
        so: |ground, _| {
            assert_eq!(left(ground), 0);
            copies::drop_all(ground, "acme");
            restore::traffic(ground, Signal::SIGCONT);
        },
    },
    Case {
        operation: "undo",
        ready: |ground, n| {
            let (what, confirm) = (changed(ground, n), "--confirm acme --reason drill");
            says(ground, &format!("run {what} --write drill {confirm}"), 0, "done: ");
            assert_eq!(left(ground), 0);
            let (run, _) = newest(ground).unwrap();
            (format!("undo {run}"), confirm.into())
        },
        so: |ground, _| {
            assert_ne!(left(ground), 0);
            let again = format!(
                "run undo {} --write drill --confirm acme --reason drill",
                newest(ground).unwrap().0
            );
            says(ground, &again, 0, "done: ");
            copies::drop_all(ground, "acme");
            restore::traffic(ground, Signal::SIGCONT);
        },
    },
    Case {
        operation: "restore-whole",
        ready: |ground, _| SCHEMA.ready(ground),
        so: |ground, _| SCHEMA.so(ground),
    },
    Case {
        operation: "restore-whole",
        ready: |ground, _| DATABASE.ready(ground),
        so: |ground, _| DATABASE.so(ground),
    },
];

/// A tenant that lost a table and is brought back whole.
struct Whole {
    instance: &'static str,
    database: &'static str,
    schema: &'static str,
    path: &'static str,
    /// What is kept then, schemas and databases.
    kept: [&'static [&'static str]; 2],
}

const SCHEMA: Whole = Whole {
    instance: "atlas",
    database: "suite",
    schema: "t_cafe_dore",
    path: "atlas/suite/t_cafe_dore",
    kept: [&["before_restore_t_cafe_dore"], &[]],
};
const DATABASE: Whole = Whole {
    instance: "boreas",
    database: "tenant_cafe_dore",
    schema: "public",
    path: "boreas/tenant_cafe_dore/tenant_cafe_dore",
    kept: [&[], &["before_restore_tenant_cafe_dore"]],
};

impl Whole {
    fn server(&self) -> String {
        format!("{}-a", self.instance)
    }

    fn ready(&self, ground: &Ground) -> (String, String) {
        restore::traffic(ground, Signal::SIGSTOP);
        let copy = restore::copied(ground, self.instance, "latest");
        let gone = format!("drop table {}.event cascade", self.schema);
        ground.execute(&self.server(), self.database, &gone);
        let what = format!("restore-whole {} --set from={copy}", self.path);
        (what, "--confirm cafe_dore --reason drill".into())
    }

    fn so(&self, ground: &Ground) {
        let there = format!(
            "select count(*)::text from pg_tables where schemaname = '{}' and tablename = 'event'",
            self.schema
        );
        assert_eq!(ground.sql(&self.server(), self.database, &there), ["1"]);
        assert_eq!(whole::kept(ground), self.kept);
        whole::forget(ground);
        copies::drop_all(ground, self.instance);
        restore::traffic(ground, Signal::SIGCONT);
    }
}

/// A copy is made and rows are changed after it: what brings them back.
fn changed(ground: &Ground, n: u32) -> String {
    restore::traffic(ground, Signal::SIGSTOP);
    let copy = restore::copied(ground, "acme", "latest");
    let change = format!("update customer set name = 'killed {n}' where id % 2 = 0");
    ground.execute("acme-a", "shop", &change);
    format!("restore acme//acme --set from={copy} --set mapped=public.customer.updated_at")
}

/// Rows as they were changed.
fn left(ground: &Ground) -> usize {
    let left = "select name from customer where name like 'killed %'";
    ground.sql("acme-a", "shop", left).len()
}

/// Those of which each run restores a server are killed less often, one time in so many.
const SLOW: (u32, [&str; 7]) = (
    4,
    [
        "beside",
        "wipe-copy",
        "verify-restore",
        "move",
        "restore",
        "undo",
        "restore-whole",
    ],
);

/// What the migrations that are killed are of.
const MIGRATED: [(&str, &str, &str); 3] = [
    ("atlas-a", "orders", "public"),
    ("atlas-a", "suite", "t_cafe_dore"),
    ("boreas-a", "tenant_cafe_dore", "public"),
];

pub fn at_chance(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let tried: Vec<&str> = CASES.iter().map(|case| case.operation).collect();
    for name in tenantry::ops::names() {
        assert!(tried.contains(&name), "{name} is not killed");
    }
    let mut random = seeded("killed");
    let all = std::env::var_os("TENANTRY_TEST_KILLS").is_some();
    let wanted = wanted("TENANTRY_TEST_KILLS", KILLS);
    let mut cases = Vec::from(CASES);
    match std::env::var("TENANTRY_TEST_OPERATION") {
        Ok(only) => cases.retain(|case| case.operation == only),
        Err(_) if all => {}
        // Which half it is tells the seed.
        Err(_) => {
            random.shuffle(&mut cases);
            cases.truncate(CASES.len().div_ceil(2));
        }
    }
    for case in cases {
        let start = Instant::now();
        let wanted = if SLOW.1.contains(&case.operation) {
            wanted.div_ceil(SLOW.0)
        } else {
            wanted
        };
        let (mut kills, mut runs) = (0, 0);
        // What goes there comes back.
        while kills < wanted || (case.operation == "migrate" && runs % 2 == 1) {
            let (what, confirm) = (case.ready)(ground, runs);
            kills += killed(ground, &what, &confirm, &mut random);
            (case.so)(ground, runs);
            runs += 1;
        }
        println!(
            "{:>6.1} s  {}: killed {kills} times in {runs} runs",
            start.elapsed().as_secs_f64(),
            case.operation
        );
    }
}

/// Processes that carry runs out now.
pub fn carriers() -> Vec<Pid> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let carries = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words
            .first()
            .is_some_and(|program| *program == crate::ground::PROGRAM.as_bytes())
            && words.contains(&b"carry".as_slice())
    };
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(carries).map(Pid::from_raw).collect()
}

fn start(ground: &Ground, line: &str) -> Child {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = ground.command(&words);
    let said = fs::File::create(Ground::scratch("said")).unwrap();
    command.stdout(said.try_clone().unwrap()).stderr(said);
    command.spawn().unwrap()
}

/// Waits until it is to be killed: at any moment of its life, or, as often, soon after its journal grows.
fn live(child: &mut Child, random: &mut fastrand::Rng) {
    let before = Ground::journals();
    if random.bool() {
        thread::sleep(Duration::from_millis(random.u64(0..LIFE)));
    } else {
        while child.try_wait().unwrap().is_none() && Ground::journals() == before {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(random.u64(0..12)));
    }
    // On a busy machine who carries it out may not have been born by then.
    while child.try_wait().unwrap().is_none() && carriers().is_empty() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until nobody carries anything out any more.
pub fn quiet() {
    let end = Instant::now() + PATIENCE;
    while !carriers().is_empty() {
        assert!(Instant::now() < end, "a run does not end");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Starts it, kills who carries it out after a while that chance decides, and takes it up until it has ended. How often
/// it was killed.
fn killed(ground: &Ground, what: &str, confirm: &str, random: &mut fastrand::Rng) -> u32 {
    let mut kills = 0;
    let before = newest(ground).map(|(id, _)| id);
    let line = format!("run {what} --write drill {confirm}");
    let mut child = start(ground, &line);
    let mut last = String::new();
    for _ in 0..LIVES {
        if kills < DEATHS {
            live(&mut child, random);
            // Who watches dies as well as who carries it out, or alone.
            if random.u8(..) < 64 {
                child.kill().unwrap();
            }
            for pid in carriers() {
                kills += u32::from(kill(pid, Signal::SIGKILL).is_ok());
            }
        }
        child.wait().unwrap();
        quiet();
        last = said();
        match newest(ground).filter(|(id, _)| Some(id) != before.as_ref()) {
            Some((_, state)) if state == "done" => return kills,
            Some((id, state)) if state == "interrupted" => {
                child = start(ground, &format!("run --resume {id} --write drill {confirm}"));
            }
            // It died before it had written anything, so nothing was done.
            None => child = start(ground, &line),
            Some((_, state)) if state == "never begun" => child = start(ground, &line),
            // Who carries it out had not yet taken its name when nobody was seen to.
            Some((_, state)) if state == "running" => {}
            Some((id, state)) => panic!("{id} is {state}: {}", said()),
        }
    }
    panic!("{line} does not end in {LIVES} lives; in the last it said: {last}")
}

fn said() -> String {
    fs::read_to_string(Ground::scratch("said")).unwrap()
}
