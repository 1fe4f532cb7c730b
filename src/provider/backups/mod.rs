//! The door to backups: `pgbackrest info`, run as a child process, on whatever host and as whatever user reaches it.
//!
//! Nothing is changed from here, and no shell reads what is sent.

mod info;
pub(super) mod process;
mod trouble;

use std::time::Duration;

use tokio::sync::Semaphore;

use crate::model::{Backups, Fault, FaultKind, Stanza};

/// Child processes at the same time, in the whole fleet.
const AT_ONCE: usize = 4;
/// The answer, and nothing beside it: no log file is written, whoever runs it, and only what is wrong is said.
const QUIET: [&str; 4] = [
    "--output=json",
    "--log-level-console=off",
    "--log-level-file=off",
    "--log-level-stderr=warn",
];

/// Every repository of the fleet.
pub struct Repositories {
    permits: Semaphore,
}

impl Default for Repositories {
    fn default() -> Self {
        Self {
            permits: Semaphore::new(AT_ONCE),
        }
    }
}

impl Repositories {
    /// What is kept of an instance.
    pub async fn stanza(&self, backups: &Backups, within: Duration) -> Result<Stanza, Fault> {
        let closed = |_| Fault::new(FaultKind::Unreachable, "no child process can be started any more");
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let [output, console, file, stderr] = QUIET;
        let words = backups.command(&[output, console, file, stderr, "info"]);
        let said = match process::run(&words, within).await {
            Ok(said) => said,
            Err(failed) => return Err(trouble::unrun(backups, &words, within, &failed)),
        };
        if !said.status.success() {
            return Err(trouble::refused(backups, &said));
        }
        let stanza = info::read(&said.out, &backups.stanza)?;
        match trouble::absent(backups, &stanza) {
            Some(fault) => Err(fault),
            None => Ok(stanza),
        }
    }
}
