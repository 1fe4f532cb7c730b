//! Starts the process that carries a run out, and hands it what to do over a pipe: nothing of it is in its arguments or
//! in its environment.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
    time::timeout,
};

use super::carry::{Errand, Reply};
use crate::model::{Fault, FaultKind};

/// How long it may take until it is clear whether anything will be done.
const PATIENCE: Duration = Duration::from_mins(1);

/// How this program is started anew.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Launcher {
    /// Starts it and waits until it says whether anything is done. From then on it needs nobody.
    ///
    /// # Errors
    /// Where it could not be started, or said nothing.
    pub async fn launch(&self, errand: &Errand) -> Result<Reply, Fault> {
        let failed = |what: String| Fault::new(FaultKind::Refused, format!("the run could not be started: {what}"));
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("it has no pipes".into()));
        };
        let mut words = serde_json::to_vec(errand).map_err(|error| failed(error.to_string()))?;
        words.push(b'\n');
        let talk = async {
            to.write_all(&words).await?;
            to.shutdown().await?;
            drop(to);
            BufReader::new(from).lines().next_line().await
        };
        let line = timeout(PATIENCE, talk).await;
        // It is nobody's child from here on; whoever is left when it ends collects it.
        tokio::spawn(async move { child.wait().await });
        let line = line.map_err(|_| failed(format!("no word from it in {PATIENCE:?}; look at tenantry runs")))?;
        let line = line.map_err(|error| failed(error.to_string()))?;
        let line = line.ok_or_else(|| failed("it ended without a word; look at tenantry runs".into()))?;
        serde_json::from_str(&line).map_err(|error| failed(error.to_string()))
    }
}
