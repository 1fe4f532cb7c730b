//! The door to copies beside an instance: this program on the host of its backups, asked what there is, and bridged to their
//! servers. It makes and removes none.

mod way;

use std::time::Duration;

use tokio::sync::Semaphore;

pub(super) use way::Way;

use super::{
    backups::process::{self, Failed, Said},
    postgres::{Manner, Session},
    unnumbered,
};
use crate::model::{self, Backups, Fault, FaultKind, Text};

/// Child processes at the same time that list, in the whole fleet.
const AT_ONCE: usize = 4;
/// Lines of a complaint that are told.
const TOLD: usize = 3;

/// Every copy of the fleet.
pub struct Copies {
    permits: Semaphore,
}

impl Default for Copies {
    fn default() -> Self {
        Self {
            permits: Semaphore::new(AT_ONCE),
        }
    }
}

impl Copies {
    /// The copies beside an instance, by name.
    ///
    /// # Errors
    /// Where they cannot be seen.
    pub async fn list(&self, backups: &Backups, within: Duration) -> Result<model::Copies, Fault> {
        let closed = |_| Fault::new(FaultKind::Unreachable, "no child process can be started any more");
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let words = backups.beside(&["list"]).ok_or_else(nowhere)?;
        let said = process::run(&words, within)
            .await
            .map_err(|failed| unrun(&words, within, &failed))?;
        if !said.status.success() {
            return Err(refused(&said));
        }
        let mut all: model::Copies = serde_json::from_slice(&said.out).map_err(|error| {
            let what = format!("what tenantry says there makes no sense: {error}");
            Fault::new(FaultKind::Malformed, what).hint("install the same version of it there as here")
        })?;
        // The directory may be that of several instances.
        all.copies.retain(|copy| copy.stanza.raw() == backups.stanza);
        Ok(all)
    }
}

/// A new session on the server of a copy, in this database, as its superuser. It only reads.
///
/// # Errors
/// Where there is no such copy, or it is not there yet, or not any more.
pub async fn open(backups: &Backups, id: &str, database: &str) -> Result<Session, Fault> {
    let named = format!("--id={id}");
    let words = backups.beside(&["connect", &named]).ok_or_else(nowhere)?;
    let (way, user) = way::to(&words).await?;
    Session::through(way, database, &user, Manner::Copy).await
}

fn nowhere() -> Fault {
    Fault::new(FaultKind::Refused, "the fleet file does not say where copies are")
        .hint("give [instances.backups] `scratch` and `binaries`")
}

fn unrun(words: &[String], within: Duration, failed: &Failed) -> Fault {
    let first = Text::from(words.first().map(String::as_str).unwrap_or_default());
    let hint = "see `reach` and `tenantry` in [instances.backups]";
    match failed {
        Failed::Start(error) | Failed::System(error) => {
            let what = format!("{first} cannot be run: {}", unnumbered(&error.to_string()));
            Fault::new(FaultKind::Refused, what).hint(hint)
        }
        Failed::Late => Fault::new(FaultKind::Timeout, format!("{first} did not end in {within:?}")),
        Failed::Long => Fault::new(FaultKind::Malformed, format!("{first} says more than 16 MB")),
    }
}

fn refused(said: &Said) -> Fault {
    complaint(said.status.code(), &said.complaint)
}

/// Why it ended badly, by how it ended and what it said.
fn complaint(code: Option<i32>, words: &str) -> Fault {
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told = lines.iter().take(TOLD).copied().collect::<Vec<_>>().join("; ");
    let there = "install tenantry on the host of the backups, and say where: `tenantry` in [instances.backups]";
    let (kind, hint) = match code {
        // By convention of shells, `env` and `setpriv`: not there, and not to be run.
        Some(126 | 127) => (FaultKind::Unsupported, Some(there)),
        // By convention of `ssh`.
        Some(255) => (FaultKind::Unreachable, Some("see `reach` in [instances.backups]")),
        _ => (FaultKind::Refused, None),
    };
    let told = if told.is_empty() {
        "it ended without a word".into()
    } else {
        told
    };
    let fault = Fault::new(kind, told);
    match hint {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::complaint;
    use crate::model::FaultKind;

    #[test]
    fn how_it_ended_tells_whether_it_is_there_at_all() {
        for (code, kind) in [
            (Some(127), FaultKind::Unsupported),
            (Some(255), FaultKind::Unreachable),
            (Some(1), FaultKind::Refused),
            (None, FaultKind::Refused),
        ] {
            assert_eq!(complaint(code, "no\n").kind, kind);
        }
        assert_eq!(complaint(Some(1), "").to_string(), "it ended without a word");
    }
}
