//! The verb `Pour`: what a child process says goes into a transaction while it says it.

use std::time::Duration;

use tokio::{
    io::BufReader,
    process::{Child, ChildStderr},
    time::timeout,
};

use super::{
    process::{MOST_SAID, bounded, last, spawn},
    transact::Deed,
};
use crate::{
    model::{Bytes, Fault, FaultKind, Process},
    provider::postgres::Poured,
};

/// How long a process may take to end once it has said all.
const END: Duration = Duration::from_secs(30);
/// What is read of its output at once.
const BUFFER: usize = 64 << 10;

impl Deed<'_> {
    /// Pours all that the process says. It must end well.
    pub(super) async fn pour(&self, from: &Process) -> Result<(), Fault> {
        let refused = |what: String| Fault::new(FaultKind::Refused, what);
        let mut child = spawn(from)?;
        let (Some(out), Some(complaint)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(refused("the process has no pipes".into()));
        };
        let within = Duration::from_secs(from.within);
        let poured = timeout(within, async {
            let out = BufReader::with_capacity(BUFFER, out);
            tokio::join!(self.session.pour(out), said(complaint))
        });
        let late = |_| Fault::new(FaultKind::Timeout, format!("the dump did not end in {within:?}"));
        let (poured, said) = poured.await.map_err(late)?;
        // A dump that broke off tells less than who wrote it.
        let broke_off = matches!(&poured, Err(fault) if fault.kind == FaultKind::Malformed);
        if poured.is_ok() || broke_off {
            ended_well(&mut child, from, &said).await?;
        }
        let Poured { tables, bytes } = poured?;
        self.scribe
            .note(format!("poured: {tables} tables, {} of rows", Bytes(bytes)))
            .await
    }
}

async fn said(complaint: ChildStderr) -> String {
    // Where that fails there is less to tell, and nothing else is lost.
    let said = bounded(Some(complaint), MOST_SAID).await.unwrap_or_default();
    String::from_utf8_lossy(&said).into_owned()
}

async fn ended_well(child: &mut Child, from: &Process, said: &str) -> Result<(), Fault> {
    let program = from.words.first().map(String::as_str).unwrap_or_default();
    let told = |what: String| Fault::new(FaultKind::Refused, format!("{program}: {what}"));
    let ended = timeout(END, child.wait()).await;
    let status = ended
        .map_err(|_| told("it does not end".into()))?
        .map_err(|error| told(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    Err(told(format!("{status}: {}", last(said))))
}
