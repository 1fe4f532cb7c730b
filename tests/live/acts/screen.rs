//! A rotation from the view of credentials, by keys, over ssh: the plan is read, confirmed, followed, and goes on when the
//! line is cut.

use std::{
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};

use super::{credentials, lines};
use crate::{faults::Heals, ground::Ground, terminal::Terminal};

const PATIENCE: Duration = Duration::from_secs(40);

/// Presses a key until the screen shows what is awaited: a dialog takes none before it was there to be read.
pub fn presses(terminal: &mut Terminal, key: &str, awaited: impl Fn(&str) -> bool) {
    let end = Instant::now() + PATIENCE;
    let came = |terminal: &Terminal| terminal.screen(|screen| awaited(&screen.contents()));
    while !came(terminal) {
        assert!(
            Instant::now() < end,
            "after {key:?}: {}",
            terminal.screen(vt100::Screen::contents)
        );
        terminal.send(key);
        let look = Instant::now() + Duration::from_millis(300);
        while Instant::now() < look && !came(terminal) {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Presses a key until these words are gone, which must have come first: a frame arrives in pieces, and a dialog may have its
/// title before it has its last line.
pub fn presses_away(terminal: &mut Terminal, key: &str, words: &str) {
    terminal.sees(words);
    presses(terminal, key, |screen| !screen.contains(words));
}

fn console(ground: &Ground, line: &str) -> Terminal {
    Terminal::over_ssh(ground.dir(), &[], &["--write", "T-16", "--open", line], (140, 40))
}

/// From the row to the plan, by keys.
fn look(terminal: &mut Terminal) {
    for (key, seen) in [
        ("x", "give static roles another password"),
        ("o", "enter goes on to the plan"),
        ("\r", "type 1, the number of targets"),
    ] {
        terminal.send(key);
        terminal.sees(seen);
    }
}

pub fn rotate(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    credentials::remember(ground, "legacy-app");
    // It waits some seconds for this one to end by itself.
    let session = lines::lingering(ground);
    let before = lines::runs(ground).len();
    let mut terminal = console(ground, "credentials /legacy-app");
    terminal.sees("1/1 of");
    terminal.sees("WRITE");
    look(&mut terminal);
    // Enter cancels, and nothing was begun.
    presses_away(&mut terminal, "\r", "type 1, the number");
    assert_eq!(lines::runs(ground).len(), before);
    look(&mut terminal);
    presses(&mut terminal, "1", |screen| screen.contains("word  1_"));
    presses(&mut terminal, "\t", |screen| screen.contains("y confirms"));
    terminal.send("y");
    for proof in [
        "2. done               the password of legacy_app in force logs in",
        "3. done               rotate the password of legacy_app",
        "4. done               the new password of legacy_app logs in",
        "5. done               the old password of legacy_app is refused",
    ] {
        terminal.sees(proof);
    }
    kill(terminal.pid(), Signal::SIGKILL).unwrap();
    let run = lines::ended(ground, before + 1);
    assert_eq!(run["state"], "done", "{run}");
    credentials::is_rotated(ground, "legacy-app");
    let again = console(ground, "runs");
    again.sees("rotate legacy-app");
    again.sees("done");
    drop(session);
}
