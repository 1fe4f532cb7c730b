//! A child process: no shell, no input, little of our environment, an end, and bounds on what it may say.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

/// All that a repository of many years says, and more than anybody says by mistake.
const MOST: u64 = 16 << 20;
/// What is read of complaints.
const MOST_SAID: u64 = 64 << 10;
/// What ways to other hosts and users need. Nothing of pgBackRest's own: its settings are its configuration's.
const KEPT: [&str; 6] = ["PATH", "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"];

/// What it said, and how it ended.
#[derive(Debug)]
pub(in crate::provider) struct Said {
    pub(in crate::provider) status: ExitStatus,
    pub(in crate::provider) out: Vec<u8>,
    pub(in crate::provider) complaint: String,
}

/// Why nothing can be said of its end.
#[derive(Debug)]
pub(in crate::provider) enum Failed {
    /// It was not started.
    Start(io::Error),
    /// It was started, and the system failed.
    System(io::Error),
    /// It did not end.
    Late,
    /// It said too much.
    Long,
}

/// Runs it to its end.
pub(in crate::provider) async fn run(words: &[String], within: Duration) -> Result<Said, Failed> {
    let none = || Failed::Start(io::ErrorKind::NotFound.into());
    let (program, arguments) = words.split_first().ok_or_else(none)?;
    let mut command = command(program, arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Group(command.spawn().map_err(Failed::Start)?);
    match timeout(within, child.end()).await {
        Ok(said) => said,
        Err(_) => Err(Failed::Late),
    }
}

/// A program with little of our environment, not started yet.
pub(in crate::provider) fn command(program: &str, arguments: &[String]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .env("LC_ALL", "C.UTF-8");
    for (name, value) in KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))) {
        command.env(name, value);
    }
    // A group of its own: what it starts ends with it, and a key pressed at our terminal is not for it.
    command.kill_on_drop(true).process_group(0);
    command
}

/// A child and what it has started; killed where it is dropped before its end.
struct Group(Child);

impl Group {
    async fn end(&mut self) -> Result<Said, Failed> {
        let (out, complaint) = (self.0.stdout.take(), self.0.stderr.take());
        let (out, complaint) = tokio::join!(bounded(out, MOST), bounded(complaint, MOST_SAID));
        let (out, complaint) = (out.map_err(Failed::System)?, complaint.map_err(Failed::System)?);
        if out.len() as u64 > MOST {
            return Err(Failed::Long);
        }
        Ok(Said {
            status: self.0.wait().await.map_err(Failed::System)?,
            out,
            complaint: String::from_utf8_lossy(&complaint).into_owned(),
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // There is an id as long as its end was not waited for: until then the number is nobody else's.
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            // Where it runs as somebody else we may not: its pipes are closed, and it ends by that.
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// Reads one byte more than the bound at most, so that it is known whether there was more.
async fn bounded(from: Option<impl AsyncRead + Unpin>, most: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    if let Some(from) = from {
        from.take(most + 1).read_to_end(&mut read).await?;
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Failed, Said, run};

    async fn shell(words: &str, milliseconds: u64) -> Result<Said, Failed> {
        let words = ["/bin/sh", "-c", words].map(str::to_owned);
        run(&words, Duration::from_millis(milliseconds)).await
    }

    #[tokio::test]
    async fn what_it_says_and_how_it_ended_is_told() {
        let said = shell("echo out; echo no >&2; exit 3", 9000).await.unwrap();
        assert_eq!((said.status.code(), said.out.as_slice()), (Some(3), &b"out\n"[..]));
        assert_eq!(said.complaint, "no\n");
    }

    #[tokio::test]
    async fn it_has_no_input_and_nothing_of_our_environment_that_could_mean_something_to_it() {
        let said = shell(
            "read x; test -z \"$x$CARGO_MANIFEST_DIR$PGBACKREST_STANZA\" && pwd",
            9000,
        )
        .await
        .unwrap();
        assert_eq!(said.out, b"/\n");
    }

    #[tokio::test]
    async fn one_that_does_not_end_is_ended_with_what_it_has_started() {
        let file = std::env::temp_dir().join(format!("tenantry-info-{}", std::process::id()));
        let words = format!("sleep 600 & echo $! > {}; wait", file.display());
        assert!(matches!(shell(&words, 500).await, Err(Failed::Late)));
        let pid = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        let lives = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
        };
        while lives() {
            assert!(Instant::now() < end, "it goes on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn one_that_talks_without_end_is_ended() {
        assert!(matches!(shell("yes", 60_000).await, Err(Failed::Long)));
    }
}
