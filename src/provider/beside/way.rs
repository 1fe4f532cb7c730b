//! A child process whose input and output are a connection.

use std::{process::Stdio, time::Duration};

use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt, Join, join},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use super::complaint;
use crate::{
    model::{Fault, FaultKind},
    provider::backups::process,
};

/// How long it may take until it says who may log in.
const PATIENCE: Duration = Duration::from_secs(15);
/// The most that its first line may have.
const LINE: usize = 4 << 10;
/// What is read of complaints.
const MOST_SAID: u64 = 64 << 10;

/// The way, and who keeps it open: it ends with what holds it.
pub struct Way {
    /// What is said there and here.
    pub stream: Join<ChildStdout, ChildStdin>,
    /// Killed where it is dropped.
    pub child: Child,
}

/// Its first line.
#[derive(Deserialize)]
struct Hello {
    user: String,
}

/// Opens the way, and who may log in at its end.
pub async fn to(words: &[String]) -> Result<(Way, String), Fault> {
    let refused = |what: String| Fault::new(FaultKind::Unreachable, what);
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| refused("no program is named".into()))?;
    let mut command = process::command(program, arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        refused(format!("{program}: {error}")).hint("see `reach` and `tenantry` in [instances.backups]")
    })?;
    let (Some(input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(refused(format!("{program} has no pipes")));
    };
    let hello = timeout(PATIENCE, line(&mut output))
        .await
        .map_err(|_| Fault::new(FaultKind::Timeout, format!("no word from the copy in {PATIENCE:?}")))?;
    let Some(hello) = hello.and_then(|line| serde_json::from_slice::<Hello>(&line).ok()) else {
        drop(input);
        return Err(why(child).await);
    };
    let stream = join(output, input);
    Ok((Way { stream, child }, hello.user))
}

/// One line, and nothing that comes after it.
async fn line(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    while line.len() < LINE {
        match from.read_u8().await.ok()? {
            b'\n' => return Some(line),
            byte => line.push(byte),
        }
    }
    None
}

/// What it said when it ended.
async fn why(mut child: Child) -> Fault {
    let mut said = Vec::new();
    let reading = async {
        if let Some(from) = child.stderr.take() {
            let _ = from.take(MOST_SAID).read_to_end(&mut said).await;
        }
        child.wait().await
    };
    let ended = timeout(PATIENCE, reading).await;
    let code = ended.ok().and_then(Result::ok).and_then(|status| status.code());
    complaint(code, &String::from_utf8_lossy(&said))
}
