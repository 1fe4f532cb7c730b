//! Why a repository was not seen, and what could be done: from how a child process ended, and from what it said.

use std::{io, time::Duration};

use super::process::{Failed, Said};
use crate::{
    model::{Backups, Fault, FaultKind, Stanza, Text},
    provider::unnumbered,
};

/// Lines of a complaint that are told.
const TOLD: usize = 3;

/// It did not come to its end.
pub(super) fn unrun(backups: &Backups, words: &[String], within: Duration, failed: &Failed) -> Fault {
    let first = Text::from(words.first().map(String::as_str).unwrap_or_default());
    match failed {
        Failed::Start(error) if error.kind() == io::ErrorKind::NotFound => {
            Fault::new(FaultKind::Unsupported, format!("there is no program {first} here")).hint(install(backups))
        }
        Failed::Start(error) | Failed::System(error) => {
            let kind = match error.kind() {
                io::ErrorKind::PermissionDenied => FaultKind::Denied,
                _ => FaultKind::Refused,
            };
            let what = format!("{first} cannot be run: {}", unnumbered(&error.to_string()));
            Fault::new(kind, what).hint("see `program` and `reach` in [instances.backups]")
        }
        Failed::Late => Fault::new(FaultKind::Timeout, format!("{first} did not end in {within:?}"))
            .hint("run it by hand: a repository far away, or a host that does not answer, takes its time"),
        Failed::Long => Fault::new(FaultKind::Malformed, format!("{first} says more than 16 MB")),
    }
}

fn install(backups: &Backups) -> String {
    if backups.reach.is_empty() {
        "install pgBackRest here, or say in [instances.backups] where it is: `program`, or `reach` for another host"
            .into()
    } else {
        "see `reach` in [instances.backups]: its first word is a program on this machine".into()
    }
}

/// It ended with an error. pgBackRest says `ERROR: [055]: …`; what reaches it has words of its own.
pub(super) fn refused(backups: &Backups, said: &Said) -> Fault {
    let complaint = told(&said.complaint);
    let (code, what) = match error(&said.complaint) {
        Some((code, what)) => (Some(code), what),
        None => (None, complaint),
    };
    let (kind, hint) = match (code, said.status.code()) {
        // Its own errors, by `error.auto.c` of its source.
        (Some(41 | 73), _) => (FaultKind::Denied, owner()),
        (Some(55), _) => (FaultKind::Refused, configuration(backups)),
        (Some(27..=37), _) => (FaultKind::Refused, settings(backups)),
        (Some(49 | 62 | 101 | 102 | 122 | 123), _) => (FaultKind::Unreachable, host()),
        (Some(_), _) => (kind(&what), by_hand()),
        // By convention of shells, `env` and `setpriv`: not there, and not to be run.
        (None, Some(127)) => (FaultKind::Unsupported, absent_there(backups)),
        (None, Some(126)) => (FaultKind::Denied, absent_there(backups)),
        // By convention of `ssh`.
        (None, Some(255)) => (FaultKind::Unreachable, host()),
        (None, _) => (kind(&what), by_hand()),
    };
    let what = match what {
        what if what.is_empty() => format!("it ended with {} and said nothing", said.status),
        what => what,
    };
    Fault::new(kind, format!("pgBackRest: {what}")).hint(hint)
}

/// It answered, and there is nothing to see: no stanza of the name, or no repository that can be read.
pub(super) fn absent(backups: &Backups, stanza: &Stanza) -> Option<Fault> {
    let name = Text::from(backups.stanza.as_str());
    let worst = |code: &u64| matches!(*code, Stanza::NO_PATH | Stanza::NO_STANZA);
    if worst(&stanza.status.code) {
        let what = format!("the repository holds no stanza {name}");
        let hint = format!(
            "see `stanza` and `config` in [instances.backups]; where it was never made: pgbackrest --stanza={name} stanza-create"
        );
        return Some(Fault::new(FaultKind::Refused, what).hint(hint));
    }
    if matches!(stanza.status.code, 0 | Stanza::NO_BACKUPS) || !stanza.clusters.is_empty() {
        return None;
    }
    let ill = stanza
        .repositories
        .iter()
        .find(|repository| repository.status.code != 0);
    let words = ill.map_or(stanza.status.message.raw(), |repository| {
        repository.status.message.raw()
    });
    let what = told(words);
    let kind = kind(&what);
    let hint = match kind {
        FaultKind::Denied => owner(),
        FaultKind::Unreachable => host(),
        _ => by_hand(),
    };
    Some(Fault::new(kind, format!("the repository cannot be read: {what}")).hint(hint))
}

/// From the words alone, where there is no number.
fn kind(what: &str) -> FaultKind {
    let any = |words: &[&str]| words.iter().any(|word| what.contains(word));
    if any(&["Permission denied", "not permitted", "AccessDenied"]) {
        FaultKind::Denied
    } else if any(&[
        "terminated unexpectedly [255]",
        "Connection refused",
        "unable to connect",
        "HostConnectError",
    ]) {
        FaultKind::Unreachable
    } else if any(&["FormatError", "ChecksumError", "CryptoError"]) {
        FaultKind::Malformed
    } else {
        FaultKind::Refused
    }
}

fn owner() -> String {
    "ask as the user that the repository belongs to, which is the database's: `reach` in [instances.backups]".into()
}

fn configuration(backups: &Backups) -> String {
    match &backups.config {
        Some(_) => "see `config` in [instances.backups]: the path is that of the host where pgBackRest runs".into(),
        None => "name pgBackRest's configuration: `config` in [instances.backups]".into(),
    }
}

fn settings(backups: &Backups) -> String {
    let file = backups.config.as_ref().map(|path| path.display().to_string());
    let file = file.unwrap_or_else(|| "/etc/pgbackrest/pgbackrest.conf".into());
    format!("see pgBackRest's configuration, {}", Text::from(file))
}

fn host() -> String {
    "see whether the host of the backups is reached from here without a password: `reach` in [instances.backups]".into()
}

fn by_hand() -> String {
    "run `pgbackrest info` by hand as that user, and see its log".into()
}

fn absent_there(backups: &Backups) -> String {
    let program = Text::from(backups.program.as_str());
    format!("see whether {program} is installed where `reach` in [instances.backups] leads")
}

/// The number and the words of pgBackRest's own error.
fn error(complaint: &str) -> Option<(u64, String)> {
    let (_, rest) = complaint.split_once("ERROR: [")?;
    let (code, words) = rest.split_once("]: ")?;
    Some((code.parse().ok()?, told(words)))
}

/// The first lines, in one; warnings that stand before them are aside.
fn told(words: &str) -> String {
    let lines = words.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("WARN: ") && !line.starts_with("HINT: "));
    lines.take(TOLD).collect::<Vec<_>>().join("; ")
}
