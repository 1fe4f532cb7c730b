//! Processes of the lab: started in a session of their own, found again by pid and birth, signalled only when ours.

use std::{
    fs,
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};
use tokio::{process::Command, time::sleep};

use super::files;
use crate::model::{Fault, FaultKind};

/// How often a condition is looked at while it is waited for.
pub const GLANCE: Duration = Duration::from_millis(20);

/// A process that the lab started. A pid may be given away again, a pid with a birth may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The process.
    pub pid: i32,
    /// When it began, in clock ticks since the machine started (field 22 of proc's `stat`).
    pub born: u64,
}

/// The record of a process, by the name of what runs in it.
#[derive(Clone, Debug)]
pub struct Record(PathBuf);

impl Record {
    /// The record of `name` in the lab at `dir`.
    pub fn of(dir: &Path, name: &str) -> Self {
        Self(dir.join("run").join(name))
    }

    /// The process, if it still lives.
    pub fn running(&self) -> Option<Running> {
        let kept: Running = serde_json::from_str(&fs::read_to_string(&self.0).ok()?).ok()?;
        (born(kept.pid) == Some(kept.born)).then_some(kept)
    }

    /// Starts a command in a session of its own, its words going to `log`, and writes down who it is.
    pub fn start(&self, mut command: Command, log: &Path) -> Result<Running, Fault> {
        let out = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .map_err(|e| files::wrong(log, &e))?;
        let same = out.try_clone().map_err(|e| files::wrong(log, &e))?;
        command.stdin(Stdio::null()).stdout(out).stderr(same);
        let program = command.as_std().get_program().to_owned();
        let failed = |why: String| Fault::new(FaultKind::Refused, format!("{}: {why}", program.display()));
        let child = command.spawn().map_err(|e| failed(e.to_string()))?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        let running = pid.and_then(|pid| born(pid).map(|born| Running { pid, born }));
        let running = running.ok_or_else(|| failed(format!("ended at once; see {}", log.display())))?;
        let text = serde_json::to_string(&running).map_err(|e| failed(e.to_string()))?;
        files::private(&self.0, &text)?;
        Ok(running)
    }

    /// Signals the process if it is ours and lives, and waits until it is gone. Says whether there was one.
    pub async fn stop(&self, signal: Signal, patience: Duration) -> Result<bool, Fault> {
        let Some(running) = self.running() else {
            self.forget();
            return Ok(false);
        };
        running.signal(signal)?;
        let gone = wait(patience, || !running.lives()).await;
        if !gone {
            running.signal(Signal::SIGKILL)?;
            wait(Duration::from_secs(2), || !running.lives()).await;
        }
        self.forget();
        Ok(true)
    }

    /// Removes the record.
    pub fn forget(&self) {
        // What is not there is forgotten already.
        let _ = fs::remove_file(&self.0);
    }
}

impl Running {
    /// Whether it still runs.
    pub fn lives(self) -> bool {
        born(self.pid) == Some(self.born)
    }

    /// Sends a signal, if it is still the same process.
    pub fn signal(self, signal: Signal) -> Result<(), Fault> {
        if !self.lives() {
            return Ok(());
        }
        let pid = self.pid;
        kill(Pid::from_raw(pid), signal).map_err(|e| Fault::new(FaultKind::Denied, format!("pid {pid}: {e}")))
    }
}

/// A command that runs `program` in a session of its own, keeping its pid: a lost terminal does not reach it.
pub fn apart(program: &Path) -> Command {
    let mut command = Command::new("setsid");
    command.arg(program);
    command
}

/// Puts a command in a session of its own.
pub fn in_own_session(command: &Command) -> Command {
    let inner = command.as_std();
    let mut outer = apart(Path::new(inner.get_program()));
    outer.args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    if let Some(dir) = inner.get_current_dir() {
        outer.current_dir(dir);
    }
    outer
}

/// Waits until `done`, at most this long; says whether it came.
pub async fn wait(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    while !done() {
        if Instant::now() > end {
            return false;
        }
        sleep(GLANCE).await;
    }
    true
}

/// Runs a command to its end; a failure carries the last lines that it said.
pub async fn run(mut command: Command) -> Result<String, Fault> {
    let program = command.as_std().get_program().to_owned();
    let failed = |why: String| Fault::new(FaultKind::Refused, format!("{}: {why}", program.display()));
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|e| failed(e.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(failed(last_lines(&said, 3)))
}

/// The end of a text, on one line.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("; ")
}

/// The children of a process.
pub fn children(pid: i32) -> Vec<i32> {
    let parent = |pid: i32| stat(pid)?.get(1)?.parse::<i32>().ok();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|child| parent(*child) == Some(pid))
        .collect()
}

/// The children of a process, their children, and so on.
pub fn descendants(pid: i32) -> Vec<Running> {
    let mut found: Vec<Running> = Vec::new();
    let mut parents = vec![pid];
    while let Some(parent) = parents.pop() {
        let born = children(parent)
            .into_iter()
            .filter_map(|pid| born(pid).map(|born| Running { pid, born }));
        let born: Vec<Running> = born.collect();
        parents.extend(born.iter().map(|one| one.pid));
        found.extend(born);
    }
    found
}

/// When a process began; none where it is gone or only waits to be buried.
pub fn born(pid: i32) -> Option<u64> {
    let fields = stat(pid)?;
    if fields.first()? == "Z" {
        return None;
    }
    fields.get(19)?.parse().ok()
}

/// The fields of proc's `stat` after the command's name, which may itself hold blanks and brackets.
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use nix::sys::signal::Signal;

    use super::{Record, born};

    #[tokio::test]
    async fn a_process_that_the_lab_did_not_start_is_never_signalled() {
        let dir = std::env::temp_dir().join(format!("tenantry-record-{}", std::process::id()));
        fs::create_dir_all(dir.join("run")).unwrap();
        let pid = i32::try_from(std::process::id()).unwrap();
        let other = born(pid).unwrap() + 1;
        // The pid is alive, and it is ours; the birth says that it is somebody else's by now.
        fs::write(dir.join("run/atlas-a"), format!(r#"{{"pid":{pid},"born":{other}}}"#)).unwrap();
        let record = Record::of(&dir, "atlas-a");
        assert_eq!(record.running(), None);
        assert!(!record.stop(Signal::SIGKILL, Duration::from_secs(1)).await.unwrap());
        fs::remove_dir_all(&dir).unwrap();
    }
}
