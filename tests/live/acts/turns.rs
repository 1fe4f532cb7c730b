//! A run on real servers that is told what to do by keys: paused, taken up after its process was killed, and aborted.

use std::process::{Child, Stdio};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value as Json;

use super::{
    credentials, lines,
    orders::until,
    screen::{presses, presses_away},
};
use crate::{faults::Heals, ground::Ground, terminal::Terminal};

/// Two rotations one after the other, of which the first keeps the run busy for some seconds.
fn begin(ground: &Ground) -> Child {
    let line = "run rotate legacy-app tenantry-watch-acme --write T-17 --confirm 2";
    let words: Vec<&str> = line.split(' ').collect();
    ground.command(&words).stdout(Stdio::null()).spawn().unwrap()
}

/// Who carries a run out, and does nothing as long as this is held: the keys have the time that they take.
struct Frozen(Pid);

impl Frozen {
    fn of(run: &Json) -> Self {
        let pid = Pid::from_raw(i32::try_from(run["carrier"]["pid"].as_i64().unwrap()).unwrap());
        kill(pid, Signal::SIGSTOP).unwrap();
        Self(pid)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

/// The page of the newest run, which is under way, with leave to write.
fn page(ground: &Ground, terminal: &mut Terminal, id: &str) {
    terminal.send(&format!(":describe run {id}\r"));
    terminal.sees("steps done");
    terminal.sees(id);
    assert!(until(ground, "it is under way", |run| run["lives"] == true)["run"] == id);
}

/// A letter of the menu of a run.
fn choose(terminal: &mut Terminal, letter: &str, free: &str) {
    terminal.send("x");
    terminal.sees(free);
    terminal.send(letter);
}

pub fn by_keys(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    credentials::remember(ground, "legacy-app");
    let session = lines::lingering(ground);
    let mut terminal = ground.another_console();
    terminal.sees("servers 8/8");
    terminal.send(":write 15m T-17\r");
    terminal.sees("WRITE");
    terminal.send(":runs\r");
    let mut child = begin(ground);
    let first = until(ground, "the first is rotated", |run| {
        run["steps"][4]["state"] == "done" && run["lives"] == true
    });
    let frozen = Frozen::of(&first);
    let id = first["run"].as_str().unwrap().to_owned();
    terminal.sees("1 under way");
    page(ground, &mut terminal, &id);
    choose(&mut terminal, "p", "begin nothing new; what is under way");
    terminal.sees("is told to pause");
    drop(frozen);
    let paused = until(ground, "it pauses", |run| {
        run["state"] == "paused" && run["steps"][5]["state"] == "done"
    });
    assert_eq!(paused["steps"][6]["state"], "waiting", "{paused}");
    terminal.sees("paused");

    // Its process dies, and it is taken up by the word of its plan; the page stays and follows it.
    let carrier = paused["carrier"]["pid"].as_i64().unwrap();
    kill(Pid::from_raw(i32::try_from(carrier).unwrap()), Signal::SIGKILL).unwrap();
    let _ = child.wait();
    until(ground, "nobody carries it out", |run| run["lives"] == false);
    terminal.sees("was carried out by");
    choose(&mut terminal, "g", "take up what nobody carries out");
    terminal.sees("resume: ");
    terminal.sees("confirmed before");
    presses(&mut terminal, "2", |screen| screen.contains("word  2_"));
    presses(&mut terminal, "\t", |screen| screen.contains("y confirms"));
    terminal.send("y");
    until(ground, "it is done", |run| {
        run["state"] == "done" && run["run"] == id.as_str()
    });
    terminal.until("the page follows it to its end", |screen| {
        let state = screen.contents();
        let mut lines = state.lines();
        lines.any(|line| line.trim_start().starts_with("state") && line.contains("done"))
    });
    drop(session);
    credentials::is_rotated(ground, "legacy-app");

    // Another is aborted by y, and what stays is said before.
    let session = lines::lingering(ground);
    let mut child = begin(ground);
    let run = until(ground, "the first is rotated again", |run| {
        run["run"] != id.as_str() && run["steps"][4]["state"] == "done" && run["lives"] == true
    });
    let frozen = Frozen::of(&run);
    let id = run["run"].as_str().unwrap().to_owned();
    terminal.send(":runs\r");
    terminal.sees("1 under way");
    page(ground, &mut terminal, &id);
    choose(&mut terminal, "a", "begin nothing new, and take back");
    terminal.sees("stays: 1 step");
    terminal.sees("rotate the password of legacy_app: the old password");
    presses_away(&mut terminal, "y", "stays: 1 step");
    terminal.sees("is told to abort");
    drop(frozen);
    let aborted = until(ground, "it stops", |run| {
        run["state"] == "aborted" && run["lives"] == false
    });
    assert_eq!(aborted["steps"][8]["state"], "waiting", "{aborted}");
    terminal.sees("aborted");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    drop(session);
}
