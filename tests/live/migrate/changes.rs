//! What is another than it was, or will not be: files, schemas that come and go, a rehearsal.

use std::{fs, time::Instant};

use nix::sys::signal::{Signal, kill};

use super::course::{Course, PATIENCE};
use crate::{
    acts::{carriers, newest, quiet},
    ground::Ground,
};

pub fn changed(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "chg", 40);
    course.file("V1__one.sql", "create table item (id int); select pg_sleep(0.2);");
    let plan = course.plan(&[]).unwrap();
    let digest = plan["digest"].as_str().unwrap_or_else(|| panic!("{plan}")).to_owned();
    course.file("V1__one.sql", "create table item (id bigint); select pg_sleep(0.2);");
    let (code, said) = course.run(&["--digest", &digest]);
    assert_eq!(code, Some(3), "{said}");
    assert!(course.those("to_regclass('{}.item') is not null").is_empty());
    // Changed under a run whose process died: who takes it up does nothing.
    let before = newest(ground);
    let mut child = course.start(&["--set", "waves=100%"]);
    let end = Instant::now() + PATIENCE;
    while course.those("to_regclass('{}.item') is not null").is_empty() {
        assert!(Instant::now() < end, "{}", course.said());
    }
    for pid in carriers() {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    child.wait().unwrap();
    quiet();
    let (run, state) = newest(ground).filter(|run| Some(run) != before.as_ref()).unwrap();
    assert_eq!(state, "interrupted");
    let whole = fs::read(course.dir.join("V1__one.sql")).unwrap();
    course.file("V1__one.sql", "drop table if exists item;");
    assert!(!course.resume(&run).wait().unwrap().success());
    assert!(
        course.said().contains("V1__one.sql is not the file"),
        "{}",
        course.said()
    );
    course.file("V1__one.sql", whole);
    assert!(course.resume(&run).wait().unwrap().success(), "{}", course.said());
    assert!(course.those("to_regclass('{}.item') is null").is_empty());
}

pub fn came_and_went(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "came", 20);
    course.file("V1__one.sql", "create table item (id int); select pg_sleep(0.1);");
    let mut child = course.start(&["--set", "cap=1", "--set", "failures=1", "--set", "waves=100%"]);
    let end = Instant::now() + PATIENCE;
    while course.those("to_regclass('{}.item') is not null").len() < 2 {
        assert!(Instant::now() < end, "{}", course.said());
    }
    course.execute("drop schema came_019; create schema came_100 authorization app_owner");
    assert_eq!(child.wait().unwrap().code(), Some(1), "{}", course.said());
    let said = course.said();
    assert!(
        said.contains("came_019") && said.contains("nothing was done, because this is not so"),
        "{said}"
    );
    assert!(!said.contains("came_100"), "{said}");
    let newcomer = "select (to_regclass('came_100.item') is null)::text";
    assert_eq!(ground.sql("atlas-a", "suite", newcomer), ["true"]);
    course.execute("drop schema came_100; create schema came_019");
}

pub fn rehearsed(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "reh", 2);
    course.file("V1__one.sql", "create table item (id int, note text);");
    assert_eq!(course.run(&[]).0, Some(0));
    course.file(
        "V2__two.sql",
        "alter table item add column more int; create table other (id int);",
    );
    let plan = course.plan(&["--set", "rehearse=yes"]).unwrap();
    let seen = plan["plan"]["seen"].to_string();
    assert!(
        seen.contains("held access exclusive lock on item") && seen.contains("of log were written"),
        "{seen}"
    );
    assert!(!seen.contains("lock on other"), "nobody waits for what is new: {seen}");
    // What it took is another each time, and is no part of what is confirmed.
    let again = course.plan(&["--set", "rehearse=yes"]).unwrap();
    assert_eq!(plan["digest"], again["digest"]);
    assert!(
        course.those("to_regclass('{}.other') is not null").is_empty(),
        "it was rolled back"
    );
    course.execute("insert into reh_000.item values (1, null)");
    course.file("V3__three.sql", "alter table item alter column note set not null;");
    let said = course.plan(&["--set", "rehearse=yes"]).unwrap_err();
    assert!(
        said.contains("a rehearsal on atlas/suite/reh_000 failed") && said.contains("(23502)"),
        "{said}"
    );
}

pub fn by_lease(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "lease", 2);
    course.act_by_lease();
    course.file(
        "V1__who.sql",
        "create table who as select session_user::text as who, current_user::text as owner;",
    );
    let (code, said) = course.run(&[]);
    assert_eq!(code, Some(0), "{said}");
    for n in 0..2 {
        let asked = format!("select who || ' ' || owner from {}.who", course.schema(n));
        let [who] = &ground.sql("atlas-a", "suite", &asked)[..] else {
            panic!("one row");
        };
        let (who, owner) = who.split_once(' ').unwrap();
        assert!(who.starts_with("v-"), "{who} is nobody of a lease");
        assert_eq!(owner, "app_owner");
        let left = format!("select count(*)::text from pg_roles where rolname = '{who}'");
        assert_eq!(ground.sql("atlas-a", "suite", &left), ["0"], "{who} outlived the run");
    }
    let owners = "select distinct relowner::regrole::text from pg_class where relnamespace = 'lease_000'::regnamespace";
    assert_eq!(ground.sql("atlas-a", "suite", owners), ["app_owner"]);
}
