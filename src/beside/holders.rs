//! Processes that are at work on a copy, found by what stands in their arguments.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{place::Place, trouble::refused};
use crate::model::{Fault, FaultKind};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// The arguments of a process; none where it is gone, or is only not waited for yet.
pub fn arguments(pid: u32) -> Vec<String> {
    let read = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = read.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Those who make this copy besides us, and what a dead one of them has left at work.
fn at_work(place: &Place) -> (Vec<u32>, Vec<u32>) {
    let target = format!("--pg1-path={}", place.data().display());
    let (mut makers, mut left) = (Vec::new(), Vec::new());
    for pid in processes().filter(|pid| *pid != std::process::id()) {
        let words = arguments(pid);
        let makes = words.get(1..3).is_some_and(|words| words == ["beside", "make"]);
        if words.contains(&target) {
            left.push(pid);
        } else if makes && words.contains(&format!("--id={}", place.id())) {
            makers.push(pid);
        }
    }
    (makers, left)
}

fn end(pids: &[u32]) {
    for pid in pids.iter().filter_map(|pid| i32::try_from(*pid).ok()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// Takes the copy's lock. What somebody who died has left at work is ended; who lives is waited for, or ended too.
///
/// # Errors
/// Where it was not had in this time, or the copy is gone meanwhile.
pub fn take(place: &Place, within: Duration, spare_makers: bool) -> Result<File, Fault> {
    let until = Instant::now() + within;
    loop {
        let lock = place.lock()?;
        match lock.try_lock() {
            // It may have been removed, with its lock, while we waited.
            Ok(()) if is_in(place, &lock).unwrap_or(false) => return Ok(lock),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let (makers, left) = at_work(place);
                if !spare_makers || makers.is_empty() {
                    end(&makers);
                    end(&left);
                }
            }
            Err(TryLockError::Error(error)) => return Err(refused(format!("{}: {error}", place.dir().display()))),
        }
        if Instant::now() >= until {
            let what = format!("somebody else is at work on copy {}", place.id());
            return Err(Fault::new(FaultKind::Locked, what));
        }
        sleep(LOOK);
    }
}

fn is_in(place: &Place, lock: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (held, there) = (lock.metadata()?, fs::metadata(place.at("lock"))?);
    Ok(held.ino() == there.ino() && held.dev() == there.dev())
}

/// Whether the process of this server that replays waits for a file of the log, and nobody is fetching one for it.
pub fn waits_for_the_log(server: u32) -> bool {
    let all: Vec<(u32, u32)> = processes().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let of = |parent: u32| all.iter().filter(move |(_, of)| *of == parent).map(|(pid, _)| *pid);
    let waits = |pid: &u32| {
        arguments(*pid)
            .iter()
            .any(|title| title.contains(": startup waiting for "))
    };
    of(server).find(waits).is_some_and(|pid| of(pid).next().is_none())
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Whether this process is the server of the copy.
pub fn serves(pid: u32, data: &Path) -> bool {
    let data = data.display().to_string();
    arguments(pid).contains(&data)
}
