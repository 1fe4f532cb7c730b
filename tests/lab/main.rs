//! The lab itself: that it can be trusted to be up, to refuse, to break and to heal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backups;
mod ssh;
#[path = "../support/lab.rs"]
mod support;
#[path = "../support/terminal.rs"]
mod terminal;

use std::{net::TcpListener, path::PathBuf};

use serde_json::Value as Json;
use support::{free_base, lab, shared, told};
use tenantry::lab::fault;

fn status(lab: &support::SharedLab) -> Json {
    serde_json::from_str(&lab.done(&["status", "--json"])).unwrap()
}

#[test]
fn a_second_up_leaves_alone_what_is_up() {
    let lab = shared();
    let _turn = lab.turn();
    let before = status(lab);
    let parts = before["parts"].as_array().unwrap();
    let (kept, running): (Vec<&Json>, Vec<&Json>) = parts.iter().partition(|part| part["kept"] == true);
    assert_eq!(running.len(), 11, "eight servers, OpenBao, the traffic, sshd: {before}");
    let names: Vec<&Json> = kept.iter().map(|part| &part["name"]).collect();
    assert_eq!(names, ["backups", "dumps"], "{before}");
    let up = lab.run(&["up"]);
    assert!(told(&up).contains("all was up already"), "{}", told(&up));
    assert_eq!(status(lab), before);
}

#[test]
fn every_fault_is_written_down_and_healed_by_another_process() {
    let lab = shared();
    let _turn = lab.turn();
    for (name, about) in fault::names() {
        let made = lab.run(&["fault", name]);
        assert!(
            made.status.success() && told(&made).contains(about),
            "{name}: {}",
            told(&made)
        );
        assert_eq!(status(lab)["faults"][0]["fault"], name);
        let again = lab.run(&["fault", name]);
        assert!(told(&again).contains("is made already"), "{name}: {}", told(&again));
        lab.done(&["heal", name]);
        let healed = status(lab);
        assert_eq!(healed["faults"], Json::Array(vec![]), "{name}");
        let down = |part: &&Json| part["kept"] == false && part["state"] != "up";
        assert_eq!(healed["parts"].as_array().unwrap().iter().find(down), None, "{name}");
    }
}

#[test]
fn what_cannot_be_broken_is_refused_with_what_can() {
    let lab = shared();
    let refused = lab.run(&["fault", "pause-replay", "atlas-a"]);
    assert!(!refused.status.success());
    assert!(
        told(&refused).contains("one of atlas-b, atlas-c,"),
        "{}",
        told(&refused)
    );
}

#[test]
fn a_lab_that_is_up_is_neither_wiped_nor_built_otherwise() {
    let lab = shared();
    let _turn = lab.turn();
    let wipe = lab.run(&["wipe"]);
    assert!(
        !wipe.status.success() && told(&wipe).contains("is up"),
        "{}",
        told(&wipe)
    );
    let larger = lab.run(&["up", "--shared", "50"]);
    assert!(told(&larger).contains("built with --shared 40"), "{}", told(&larger));
}

#[test]
fn a_taken_port_is_refused_with_its_part_and_its_holder() {
    let dir = PathBuf::from("/var/tmp").join(format!("tenantry-lab-port-{}", std::process::id()));
    let base = free_base();
    let held = TcpListener::bind(("127.0.0.1", base + 11)).unwrap();
    let up = lab(&dir, &["up", "--port-base", &base.to_string()]);
    let wanted = format!("port {} (boreas-a) is taken by pid {}", base + 11, std::process::id());
    assert!(!up.status.success() && told(&up).contains(&wanted), "{}", told(&up));
    drop(held);
    assert!(!dir.join("pg").exists(), "nothing was built");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn the_environment_leads_to_the_fleet() {
    let lab = shared();
    let env = lab.done(&["env"]);
    let line = format!("export TENANTRY_FLEET={}", lab.dir().join("fleet.toml").display());
    assert!(env.lines().any(|found| found == line), "{env}");
}
