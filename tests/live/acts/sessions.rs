//! Sessions are ended and replay is resumed, on real servers.

use serde_json::Value as Json;

use super::{batch, json, newest, says, state};
use crate::{faults::Heals, ground::Ground};

pub fn resume_replay(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    says(ground, "plan resume-replay atlas/atlas-b", 2, "is not paused");
    ground.lab(&["fault", "pause-replay", "atlas-b"]);
    let (plan, code) = json(ground, "plan resume-replay atlas/atlas-b --json");
    assert_eq!((code, &plan["confirm"]["word"]), (Some(3), &Json::from("y")));
    let digest = plan["digest"].as_str().unwrap().to_owned();
    says(ground, "run resume-replay atlas/atlas-b --confirm y", 3, "read-only");
    says(
        ground,
        "run resume-replay atlas/atlas-b --write T-1 --confirm yes",
        3,
        "to confirm, type y",
    );
    says(
        ground,
        "run resume-replay atlas/atlas-b --write T-1 --confirm y --digest 00",
        3,
        "not the one that was shown",
    );
    assert_eq!(state(ground, "atlas-b"), "replay paused", "nothing was confirmed");
    says(
        ground,
        &format!("run resume-replay atlas/atlas-b --write T-1 --confirm y --digest {digest} --reason drill"),
        0,
        "read back: yes",
    );
    assert_ne!(state(ground, "atlas-b"), "replay paused");
    assert_eq!(newest(ground).unwrap().1, "done");
    says(ground, "audit", 0, "because: drill");
    says(ground, "audit verify", 0, "lines, whole");
}

pub fn end_sessions(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    ground.lab(&["fault", "block", "atlas"]);
    let sessions = batch(ground);
    let root = &sessions[0];
    let (plan, _) = json(ground, &format!("plan end-sessions {root} --set how=terminate --json"));
    let touches = plan["plan"]["touches"].to_string();
    assert!(
        touches.contains("sessions wait for it") && touches.contains("tenant Northwind Traders"),
        "{touches}"
    );
    says(
        ground,
        &format!("run end-sessions {root} --set how=terminate --write T-1 --confirm y"),
        0,
        "read back: yes",
    );
    let left = batch(ground);
    assert!(!left.contains(root), "{left:?}");
    // The same process id with another beginning would be another session: this one is gone, and nothing is guessed.
    says(ground, &format!("plan end-sessions {root}"), 2, "is not there any more");
    says(ground, "plan end-sessions", 2, "needs at least one session");
    says(
        ground,
        "plan end-sessions atlas/atlas-a/1 --set how=shoot",
        2,
        "cancel, terminate",
    );
}
