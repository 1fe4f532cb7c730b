//! What went wrong, and what could be done about it.

use std::{fs, path::Path};

use crate::model::{Fault, FaultKind, Moment};

/// Asks the repository what it has behind the end of the log that a copy had: why that must not be its end.
pub type Behind<'a> = dyn Fn() -> Result<Option<Fault>, Fault> + 'a;

/// Lines of a complaint that are told.
const TOLD: usize = 3;

/// What the system says where a disk is full (errno 28).
pub const NO_SPACE: &str = "No space left on device";

/// It is not done.
pub fn refused(what: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Refused, what.into())
}

/// What root leaves in a repository breaks the next backup, and PostgreSQL does not run as root.
///
/// # Errors
/// Where this is root.
pub fn not_as_root(what: &str) -> Result<(), Fault> {
    if nix::unistd::geteuid().is_root() {
        let what = format!("{what} by the database's own user, and this is root");
        return Err(refused(what).hint("see `reach` in [instances.backups]"));
    }
    Ok(())
}

/// The last lines of a complaint, in one.
pub fn told(words: &str) -> String {
    let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(TOLD)..].join("; ")
}

/// pgBackRest did not restore.
pub fn unrestored(said: &str, moment: &Moment) -> Fault {
    let fault = refused(format!("pgbackrest restore: {}", told(said)));
    let number = |code: &str| said.contains(&format!("[{code}]"));
    if said.contains(NO_SPACE) {
        return refused(format!("pgbackrest restore: {NO_SPACE}: {}", told(said)));
    }
    // Without that file no backup is known.
    if said.contains("backup.info") {
        return refused(format!("the repository cannot be read: {}", told(said))).hint(
            "see whether it is where it was: `stanza` and `config` in [instances.backups], and `pgbackrest info`",
        );
    }
    if number("075") || said.contains("unable to find backup set") {
        return refused(format!("no backup is as old as {moment}: {}", told(said)))
            .hint("choose a moment after the end of the oldest backup; the view `backups` tells it");
    }
    if number("029") {
        return fault.hint("pgBackRest does not take this moment: name it another way");
    }
    if number("041") || number("073") {
        return fault
            .hint("files of the repository belong to another user, as after a backup that root made: give them back");
    }
    fault.hint("run `pgbackrest info` by hand as that user, and see its log")
}

/// What a server says that was not given all of the log that it needs.
const ENDED: [&str; 5] = [
    "recovery ended before configured recovery target was reached",
    "could not locate required checkpoint record",
    "could not find redo location",
    "WAL ends before consistent recovery point",
    "WAL ends before end of online backup",
];

/// The server of the copy did not come to the moment: its last words, or what is behind the end of the log that it had.
pub fn unreached(log: &Path, moment: &Moment, behind: &Behind<'_>) -> Fault {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    if text.contains(super::scan::FORBIDDEN) {
        let what = "a tablespace was made between the backup and that moment, and to replay that would touch the live directory";
        return refused(what).hint("make a new backup, and choose a moment after it");
    }
    // Those who ask too early are told so.
    let last = |line: &&str| {
        (line.contains("FATAL: ") || line.contains("PANIC: ")) && !line.contains("FATAL:  the database system is ")
    };
    let fatal = text.lines().rfind(last);
    let words = |line: &str| line.split_once(": ").map_or(line, |(_, rest)| rest).trim().to_owned();
    let Some(fatal) = fatal.map(|line| words(line.split_once(" [").map_or(line, |(_, rest)| rest))) else {
        return refused(format!("the server of the copy ended without a word: {}", told(&text)));
    };
    if ENDED.iter().any(|words| fatal.contains(words))
        && let Some(why) = behind().unwrap_or_else(Some)
    {
        return why;
    }
    let fault = refused(format!("the server of the copy ended: {fatal}"));
    if fatal.contains("before configured recovery target was reached") {
        let hint = match moment {
            Moment::Name(_) => {
                "there is no such restore point in the log that follows the youngest backup; say its time instead"
            }
            Moment::Time(_) | Moment::Lsn(_) | Moment::Before(..) | Moment::Latest => {
                "nothing that was committed after that moment is archived yet: on the primary, `select pg_switch_wal()`, and \
                 wait until it has archived that"
            }
        };
        return fault.hint(hint);
    }
    if fatal.contains("insufficient parameter settings") || fatal.contains("is not possible because") {
        return fault.hint("a setting was raised after the backup: make a new backup, and choose a moment after it");
    }
    if fatal.contains("resource manager") || fatal.contains("could not access file") {
        return fault.hint("an extension is needed to read its log, and copies load none");
    }
    fault.hint(format!("see {}", log.display()))
}
