//! M2: the process that migrates is killed again and again; what is left is exactly what was not done, and nothing is done
//! twice.

use std::{thread, time::Duration};

use nix::sys::signal::{Signal, kill};

use super::course::Course;
use crate::{
    acts::{carriers, newest, quiet, seeded, wanted},
    ground::Ground,
};

/// `TENANTRY_TEST_KILLS` asks for more.
const KILLS: u32 = 10;
const SCHEMAS: usize = 200;
/// Longest that a process lives before it is killed once it carries something out, in milliseconds.
const LIFE: u64 = 2500;
/// Passes over all schemas: after that something is wrong.
const PASSES: usize = 60;

pub fn m2(ground: &Ground) {
    ground.settle();
    let mut random = seeded("M2");
    let most = wanted("TENANTRY_TEST_KILLS", KILLS);
    let course = Course::new(ground, "m2", SCHEMAS);
    course.file(
        "V1__begin.sql",
        "create table once (version int); insert into once values (1);",
    );
    let (mut killed, mut pass) = (0, 1);
    loop {
        let before = newest(ground);
        let mut child = course.start(&["--set", "waves=5%,20%"]);
        loop {
            if killed < most {
                // Where it takes long to plan, a process that does nothing yet is not worth killing.
                while carriers().is_empty() && child.try_wait().unwrap().is_none() {
                    thread::sleep(Duration::from_millis(10));
                }
                thread::sleep(Duration::from_millis(random.u64(0..LIFE)));
                for pid in carriers() {
                    killed += u32::from(kill(pid, Signal::SIGKILL).is_ok());
                }
            }
            child.wait().unwrap();
            quiet();
            let run = newest(ground).filter(|run| Some(run) != before.as_ref());
            child = match run {
                Some((_, state)) if state == "done" => break,
                Some((id, state)) if state == "interrupted" => course.resume(&id),
                None => course.start(&["--set", "waves=5%,20%"]),
                Some((_, state)) if state == "never begun" => course.start(&["--set", "waves=5%,20%"]),
                Some((id, state)) => panic!("{id} is {state}: {}", course.said()),
            };
        }
        let wrong = course.those(&format!(
            "(select array_agg(version order by version) from {{}}.once) <> (select array_agg(n) from generate_series(1, {pass}) n) \
             or (select count(*) from {{}}.tenantry_migration where complete) <> {pass}"
        ));
        assert!(wrong.is_empty(), "not exactly once: {wrong:?}");
        if killed >= most {
            break;
        }
        pass += 1;
        assert!(pass < PASSES, "{killed} kills in {pass} passes");
        // What it does would fail, or show, were it done twice.
        let text = format!("alter table once add column v{pass} int; insert into once (version) values ({pass});");
        course.file(&format!("V{pass}__more.sql"), text);
    }
    println!("M2: {killed} kills over {SCHEMAS} schemas in {pass} passes, each schema exactly once");
}
