//! The process of one PostgreSQL server.

use std::{fs, time::Duration};

use nix::sys::signal::Signal;

use crate::{
    lab::{component::Part, files, ground::Ground, plan::Site, ports, process, programs, user},
    model::{Fault, FaultKind},
};

/// Longest that a start may take: a crash recovery on a busy machine.
const START: Duration = Duration::from_mins(1);
/// Longest that an orderly stop may take.
const STOP: Duration = Duration::from_secs(10);

/// The server's process, while it runs.
pub fn pid(ground: &Ground, site: &Site) -> Option<i32> {
    ground.record(site.name).running().map(|running| running.pid)
}

/// Starts the server; its port must be free.
pub fn start(ground: &Ground, site: &Site) -> Result<(), Fault> {
    ports::free(ground.port(site), site.name)?;
    let programs = programs::needed(programs::postgres(), "PostgreSQL")?;
    let mut command = user::command(&programs.join("postgres"))?;
    command.arg("-D").arg(ground.data(site));
    let command = process::in_own_session(&command);
    ground
        .record(site.name)
        .start(command, &ground.log(site.name))
        .map(drop)
}

/// Starts the server unless it runs.
pub fn start_unless_running(ground: &Ground, site: &Site) -> Result<(), Fault> {
    if pid(ground, site).is_some() {
        return Ok(());
    }
    start(ground, site)
}

/// Waits until the process that the lab started says that it serves.
///
/// A connection to the port would not do: somebody else's server might answer.
pub async fn wait_ready(ground: &Ground, site: &Site) -> Result<(), Fault> {
    let mut dead = false;
    let came = process::wait(START, || {
        dead = pid(ground, site).is_none();
        dead || state(ground, site).is_some()
    })
    .await;
    if came && !dead {
        return Ok(());
    }
    let log = ground.log(site.name);
    let said = process::last_lines(&files::read(&log).unwrap_or_default(), 3);
    Err(Fault::new(FaultKind::Refused, format!("{} did not start: {said}", site.name)).hint(log.display().to_string()))
}

/// Stops the server in an orderly way; says whether it ran.
pub async fn stop(ground: &Ground, site: &Site) -> Result<bool, Fault> {
    // SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing is lost.
    ground.record(site.name).stop(Signal::SIGINT, STOP).await
}

/// `ready` or `standby`, as the server's own pid file says, if it is that of our process.
fn state(ground: &Ground, site: &Site) -> Option<String> {
    let text = fs::read_to_string(ground.data(site).join("postmaster.pid")).ok()?;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let ours = lines.first()?.parse().ok() == pid(ground, site);
    let state = *lines.get(7)?;
    (ours && ["ready", "standby"].contains(&state)).then(|| state.to_owned())
}

/// The server's line in `lab status`.
pub fn part(ground: &Ground, site: &Site) -> Part {
    let pid = pid(ground, site);
    let state = match (pid, state(ground, site)) {
        (None, _) => "down",
        (Some(_), None) => "starting",
        (Some(_), Some(_)) => "up",
    };
    Part::process(site.name, pid, Some(ground.port(site)), state)
}
