//! The process of OpenSSH's server: started, stopped with all who are logged in.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Means, NAME, place};
use crate::{
    lab::{component::Part, files, ground::Ground, ports, process, user},
    model::{Fault, FaultKind},
};

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(5);

/// Starts it unless it runs.
pub fn start_unless_running(ground: &Ground, means: &Means) -> Result<(), Fault> {
    let record = ground.record(NAME);
    if record.running().is_some() {
        return Ok(());
    }
    ports::free(ground.ssh_port(), NAME)?;
    let mut command = user::command_with_terminals(&means.programs.sshd)?;
    command
        .args(["-D", "-e", "-f"])
        .arg(place::dir(ground).join("sshd_config"));
    record
        .start(process::in_own_session(&command), &ground.log(NAME))
        .map(drop)
}

/// Waits until it listens. Its port was free when it was started.
pub async fn wait_ready(ground: &Ground) -> Result<(), Fault> {
    let (record, port) = (ground.record(NAME), ground.ssh_port());
    let decided = || record.running().is_none() || ports::served(port);
    if process::wait(START, decided).await && record.running().is_some() {
        return Ok(());
    }
    let log = ground.log(NAME);
    let said = process::last_lines(&files::read(&log).unwrap_or_default(), 3);
    Err(Fault::new(FaultKind::Refused, format!("{NAME} did not start: {said}")).hint(log.display().to_string()))
}

/// Ends it and every login; says whether it ran.
pub async fn stop(ground: &Ground) -> Result<bool, Fault> {
    let record = ground.record(NAME);
    let logins = record.running().map(|listener| process::descendants(listener.pid));
    let logins = logins.unwrap_or_default();
    let ran = record.stop(Signal::SIGTERM, STOP).await?;
    // The listener leaves alone who is logged in already.
    for signal in [Signal::SIGHUP, Signal::SIGKILL] {
        for login in &logins {
            // It may end while it is told to.
            let _ = login.signal(signal);
        }
        if process::wait(STOP, || logins.iter().all(|login| !login.lives())).await {
            break;
        }
    }
    Ok(ran)
}

/// Its line in `lab status`.
pub fn part(ground: &Ground) -> Part {
    let pid = ground.record(NAME).running().map(|running| running.pid);
    let state = match pid {
        None => "down",
        Some(_) if ports::served(ground.ssh_port()) => "up",
        Some(_) => "starting",
    };
    Part::process(NAME, pid, Some(ground.ssh_port()), state)
}
