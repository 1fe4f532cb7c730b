//! What goes wrong on the way.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    course::{Course, PATIENCE, text},
    pool::Pool,
};
use crate::{faults::Heals, ground::Ground};

/// Waits until what was said has these words in it.
fn says(course: &Course<'_>, words: &str) -> Duration {
    let began = Instant::now();
    while !course.said().contains(words) {
        assert!(began.elapsed() < PATIENCE, "{words:?} never came: {}", course.said());
        thread::sleep(Duration::from_millis(10));
    }
    began.elapsed()
}

/// Every schema of the lab, by path.
fn units(ground: &Ground) -> Vec<String> {
    let output = ground.console(&["show", "tenants", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut all: Vec<String> = value["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let part = |n: usize| row["target"]["path"][n].as_str().unwrap();
            match row["model"].as_str().unwrap() {
                "schema" => format!("{}/{}/{}", part(0), part(1), part(2)),
                "instance" => format!("{}/shop/public", part(0)),
                _ => format!("{}/{}/public", part(0), part(1)),
            }
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

pub fn everywhere(ground: &Ground) {
    ground.settle();
    let units = units(ground);
    let count = units.len().to_string();
    let run = |more: &[&str]| {
        let mut words = vec!["run", "migrate"];
        words.extend(units.iter().map(String::as_str));
        words.extend(["--write", "T-4", "--confirm", &count]);
        words.extend(more);
        let output = ground.console(&words);
        (output.status.code(), text(&output))
    };
    let versions = |database: &str, schema: &str| {
        let sql = format!("select version from {schema}.tenantry_migration order by version");
        let server = if database == "shop" { "acme-a" } else { "atlas-a" };
        ground.sql(server, database, &sql)
    };
    let (code, said) = run(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("done: "), "{said}");
    assert_eq!(versions("orders", "public"), ["1", "2", "3"]);
    assert_eq!(versions("suite", "t_cafe_dore"), ["1", "2", "3", "4"]);
    assert_eq!(versions("shop", "public"), ["1", "2", "3", "4"]);
    // Whatever was made belongs to who owned all else.
    let owners =
        "select distinct relowner::regrole::text from pg_class where relnamespace = 't_cafe_dore'::regnamespace";
    assert_eq!(ground.sql("atlas-a", "suite", owners), ["app_owner"]);
    let (code, said) = run(&[]);
    assert!(
        code == Some(2) && said.contains("there is nothing to migrate"),
        "{said}"
    );
    let (code, said) = run(&["--set", "to=1"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(versions("orders", "public"), ["1"]);
    assert_eq!(versions("suite", "t_cafe_dore"), ["1"]);
    assert_eq!(versions("shop", "public"), ["1"]);
}

pub fn m3(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "m3", 6);
    course.file("V1__one.sql", "create table item (id int primary key, note text);");
    assert_eq!(course.run(&[]).0, Some(0), "{}", course.said());
    course.execute("insert into m3_003.item values (1, null)");
    course.file(
        "V2__two.sql",
        "alter table item alter column note set not null;\ncreate table other (id int);",
    );
    let (code, said) = course.run(&["--set", "failures=1", "--set", "canary=atlas/suite/m3_000"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("m3_003: V2__two.sql") && said.contains("(23502)"),
        "{said}"
    );
    assert_eq!(
        course
            .those("exists (select from {}.tenantry_migration where version = '2')")
            .len(),
        5,
        "{said}"
    );
    assert_eq!(course.those("to_regclass('{}.other') is null"), ["m3_003"]);
    assert!(said.contains("1 exception left: m3_003 is not at 2"), "{said}");
    // With nothing allowed to fail, nothing new is begun; and a canary that fails is the last.
    course.execute("update m3_003.item set note = ''");
    course.execute("insert into m3_000.item values (2, 'x')");
    course.file("V3__three.sql", "alter table item add constraint one check (id < 2);");
    let (code, said) = course.run(&["--set", "failures=5", "--set", "canary=atlas/suite/m3_000"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("(23514)"), "{said}");
    assert_eq!(
        course.those("exists (select from {}.tenantry_migration where version = '3')"),
        [""; 0]
    );
}

/// While somebody of this name reads `m4_001.item` for so many seconds, whose pid is given.
fn held<T>(course: &Course<'_>, name: &str, seconds: u32, work: impl FnOnce(&str) -> T) -> T {
    thread::scope(|scope| {
        let holder = scope.spawn(|| {
            course.execute(&format!(
                "begin; set local application_name = '{name}'; lock table m4_001.item in access share mode; \
                 select pg_sleep({seconds}); commit",
            ));
        });
        let there = format!("select pid::text from pg_stat_activity where application_name = '{name}'");
        let end = Instant::now() + PATIENCE;
        let pid = loop {
            if let [pid] = &course.ground.sql("atlas-a", "suite", &there)[..] {
                break pid.clone();
            }
            assert!(Instant::now() < end);
        };
        let done = work(&pid);
        holder.join().unwrap();
        done
    })
}

pub fn m4(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "m4", 3);
    course.file("V1__one.sql", "create table item (id int primary key, note text);");
    assert_eq!(course.run(&[]).0, Some(0));
    course.file("V2__two.sql", "alter table item add column more int;");
    let blocker = held(&course, "a long report", 3, |pid| {
        let mut child = course.start(&["--set", "lock=200"]);
        says(&course, &format!("try 1 of 21: no lock in 200 ms, kept by pid {pid}"));
        assert!(child.wait().unwrap().success(), "{}", course.said());
        pid.to_owned()
    });
    let said = course.said();
    assert!(
        said.contains("a long report") && said.contains("access exclusive lock on m4_001.item"),
        "{said}"
    );
    assert!(
        course
            .those("not exists (select from {}.tenantry_migration where version = '2')")
            .is_empty()
    );
    // Where it does not go away the schema fails, within its time, and says who it was.
    course.file("V3__three.sql", "alter table item add column most int;");
    held(&course, "a longer report", 6, |_| {
        let (code, said) = course.run(&["--set", "lock=200", "--set", "hold=1", "--set", "failures=1"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("in vain, kept by pid") || said.contains("its whole time is used up"),
            "{said}"
        );
    });
    assert_eq!(
        course.those("not exists (select from {}.tenantry_migration where version = '3')"),
        ["m4_001"]
    );
    println!("M4: the blocker {blocker} was named, and waited for");
}

pub fn m5(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "m5", 3);
    course.file("V1__one.sql", "create table item (id int, note text);");
    assert_eq!(course.run(&[]).0, Some(0));
    course.execute("insert into m5_001.item values (1), (1)");
    course.file(
        "V2__two.sql",
        "create unique index concurrently item_once on item (id);",
    );
    let (code, said) = course.run(&["--set", "failures=1"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("(23505)"), "{said}");
    assert!(said.contains("undone") || said.contains("taken back"), "{said}");
    assert_eq!(
        course.those("to_regclass('{}.item_once') is null"),
        ["m5_001"],
        "{said}"
    );
    assert_eq!(
        course.those("not exists (select from {}.tenantry_migration where version = '2')"),
        ["m5_001"]
    );
    course.execute("delete from m5_001.item");
    assert_eq!(course.run(&[]).0, Some(0));
    assert!(
        course
            .those("not (select indisvalid from pg_index where indexrelid = '{}.item_once'::regclass)")
            .is_empty()
    );
}

pub fn m6(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let course = Course::new(ground, "m6", 12);
    // Each writes more than a standby may be behind.
    course.file(
        "V1__one.sql",
        "create table item as select n, repeat('x', 200) as filler from generate_series(1, 12000) n;",
    );
    ground.lab(&["fault", "pause-replay", "atlas-b"]);
    let paused = Instant::now();
    let mut child = course.start(&["--set", "behind=1", "--set", "cap=1", "--set", "waves=100%"]);
    says(&course, "waits for up to 600 s");
    let throttled = paused.elapsed();
    let done = || course.those("to_regclass('{}.item') is not null").len();
    let (before, end) = (done(), Instant::now() + Duration::from_millis(1500));
    while Instant::now() < end {
        assert_eq!(done(), before, "it does not wait");
    }
    assert!(before < 12);
    ground.lab(&["heal"]);
    assert!(child.wait().unwrap().success(), "{}", course.said());
    assert_eq!(done(), 12);
    println!("M6: throttled {throttled:?} after the standby was paused, with {before} of 12 done");
}

pub fn m8(ground: &Ground) {
    ground.settle();
    let pool = Pool::new(ground, "m8");
    pool.file(
        "V9__open.sql",
        "create table open_to_all (tenant_id uuid not null, note text);",
    );
    let (code, said) = pool.run(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("no table with tenant_id without a forced policy"),
        "{said}"
    );
    assert_eq!(pool.versions(), ["1"], "nothing of it is kept");
    pool.file(
        "V9__open.sql",
        "create table open_to_all (tenant_id uuid not null, note text);
        alter table open_to_all enable row level security; alter table open_to_all force row level security;
        create policy own on open_to_all using (tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid);",
    );
    pool.file("U9__open.sql", "drop table open_to_all;");
    let (code, said) = pool.run(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(pool.versions(), ["1", "2", "3", "9"]);
    let (code, said) = pool.run(&["--set", "to=1"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(pool.versions(), ["1"]);
}

pub fn m10(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "m10", 4);
    let many: String = (0..3500).map(|n| format!("create table t{n} (id int);\n")).collect();
    course.file("V1__many.sql", many);
    let said = course.plan(&[]).unwrap_err();
    assert!(said.contains("has room for") && said.contains("locks"), "{said}");
    assert!(course.plan(&["--set", "cap=1"]).is_ok());
}
