//! A run is told to pause, to go on and to stop, by somebody who does not carry it out.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{credentials, json, lines, says};
use crate::{faults::Heals, ground::Ground};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the newest run is so.
pub fn until(ground: &Ground, what: &str, is: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let (value, _) = json(ground, "runs --json");
        let run = value["runs"][0].clone();
        if is(&run) {
            return run;
        }
        assert!(Instant::now() < end, "{what}: {run}");
        thread::sleep(Duration::from_millis(50));
    }
}

pub fn told(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    credentials::remember(ground, "legacy-app");
    // The first of two keeps the run busy for some seconds.
    let session = lines::lingering(ground);
    let line = "run rotate legacy-app tenantry-watch-acme --write T-14 --confirm 2";
    let words: Vec<&str> = line.split(' ').collect();
    let mut child = ground
        .command(&words)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let looks = |run: &serde_json::Value| run["steps"][4]["state"] == "done" && run["lives"] == true;
    let run = until(ground, "the first is rotated", looks);
    let id = run["run"].as_str().unwrap().to_owned();
    says(ground, &format!("tell {id} pause"), 0, "");
    let paused = until(ground, "it pauses", |run| {
        run["state"] == "paused" && run["steps"][5]["state"] == "done"
    });
    assert_eq!(paused["steps"][6]["state"], "waiting", "nothing new is begun: {paused}");
    says(ground, &format!("tell {id} continue"), 0, "");
    let done = until(ground, "it goes on", |run| run["state"] == "done");
    assert!(done["deeds"].to_string().contains("\"pause\""), "{done}");
    assert!(child.wait().unwrap().success());
    drop(session);
    credentials::is_rotated(ground, "legacy-app");
    says(ground, &format!("tell {id} pause"), 2, "is not under way");

    // Told to stop, it begins nothing new, and says what stays.
    let session = lines::lingering(ground);
    let mut child = ground
        .command(&words)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let run = until(ground, "the first is rotated again", |run| {
        run["run"] != id.as_str() && looks(run)
    });
    says(ground, &format!("tell {} abort", run["run"].as_str().unwrap()), 0, "");
    let aborted = until(ground, "it stops", |run| {
        run["state"] == "aborted" && run["lives"] == false
    });
    let stays = aborted["outcome"]["stays"].to_string();
    assert!(stays.contains("rotate the password of legacy_app"), "{aborted}");
    assert_eq!(aborted["steps"][8]["state"], "waiting", "{aborted}");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    drop(session);
}
