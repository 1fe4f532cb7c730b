//! `lab ssh`: a login to the lab, as to a bastion.

use std::{
    ffi::OsString,
    fs,
    io::{self, IsTerminal},
    process::Command,
};

use nix::unistd::{Group, getegid, geteuid, getgroups};

use super::{Means, NAME, place};
use crate::{
    lab::{Lab, ground::Ground},
    model::{Fault, FaultKind},
};

/// What the client's file calls the lab.
pub const HOST: &str = "lab";
/// Not a login shell: those of some systems set `PATH` anew, and then `tenantry` is not found.
const SHELL: &str = "exec \"${SHELL:-/bin/sh}\"";

impl Lab {
    /// The client that runs a command on the lab's server, or a shell where there is none; in a terminal if we are.
    pub fn ssh(&self, words: &[OsString]) -> Result<Command, Fault> {
        let ground = self.built()?;
        let means = Means::of(&ground)?;
        running(&ground)?;
        let here = io::stdin().is_terminal();
        if here {
            terminals()?;
        }
        let mut command = Command::new(means.programs.ssh);
        command.arg("-F").arg(place::client_file(&ground));
        command.args([if here { "-t" } else { "-T" }, HOST]);
        if words.is_empty() {
            command.arg(SHELL);
        } else {
            command.args(words);
        }
        Ok(command)
    }
}

fn running(ground: &Ground) -> Result<(), Fault> {
    let down = || Fault::new(FaultKind::Refused, format!("the lab's {NAME} is down")).hint("tenantry lab up");
    ground.record(NAME).running().map(drop).ok_or_else(down)
}

/// Who is not root may make a terminal the group tty's only where it is so from the start, or as one of that group.
fn terminals() -> Result<(), Fault> {
    let Some(tty) = Group::from_name("tty").ok().flatten() else {
        return Ok(());
    };
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let given = format!("gid={}", tty.gid);
    let from_the_start = |line: &str| line.contains(" devpts ") && line.split([' ', ',']).any(|word| word == given);
    let ours = getegid() == tty.gid || getgroups().is_ok_and(|groups| groups.contains(&tty.gid));
    if geteuid().is_root() || ours || mounts.lines().any(from_the_start) {
        return Ok(());
    }
    let what = "a server that is not root's cannot open terminals here, since /dev/pts is not the group tty's";
    let remedy = "be in the group tty when the lab is started, or do without a terminal: tenantry lab ssh < /dev/null";
    Err(Fault::new(FaultKind::Unsupported, what).hint(remedy))
}
