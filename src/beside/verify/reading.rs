//! `pgbackrest verify`, run, and what it says taken for what it is.
//!
//! How it ends tells little. By pgBackRest 2.45 (`src/command/verify/verify.c` of its source, and tried on damaged
//! repositories): it ends with 0 whatever it has found, up to 2.53.1 at least (issue 2502), and otherwise only where it was
//! broken off; a file of the log that is missing is not seen by it; a listed backup without its manifest is `manifest
//! missing`, and all is `ok`; a manifest or a `backup.info` that is damaged and has a copy that is well is told at level
//! `detail` alone; and names of files stand in the log, not in what it says. So nothing is well here that was not said to
//! be, and should another version end with something else than 0, that is no comfort either.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read},
    os::unix::process::parent_id,
    process::{Child, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value as Json;

use crate::{
    beside::{backrest::Repository, segment::Segment, trouble::refused},
    model::Fault,
};

/// Files and complaints that are kept; of all others only how many there are.
const MOST: usize = 1000;
/// What is read of its verdict, in bytes.
const MOST_SAID: u64 = 16 << 20;
/// Between two looks whether it has ended, and whether anybody still waits for it.
const LOOK: Duration = Duration::from_millis(200);
/// What it says at level `detail` that means no good, though it may go on to say that all is `ok`.
const ILL: [&str; 11] = [
    "duplicate WAL",
    "additional WAL",
    "is missing or unusable",
    "manifest missing for",
    "may not be recoverable",
    "not in the archive.info history",
    "does not match",
    "required key",
    "backup.info",
    "archive.info",
    "backup.manifest",
];
/// What is wrong with a file, as it says it.
const WRONG: [&str; 4] = ["file missing ", "invalid checksum ", "invalid size ", "invalid result "];

/// What it said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Files that are damaged or missing, and why. `LABEL/…` is one of a backup.
    pub files: Vec<(String, String)>,
    /// How many more.
    pub more: usize,
    /// Files of the log that are damaged.
    pub log: BTreeSet<String>,
    /// How each backup stands: `valid`, `invalid`, `manifest missing`, `in-progress`.
    pub backups: BTreeMap<String, String>,
    /// What else it complains of.
    pub others: Vec<String>,
    /// It says that all is `ok`, and has ended well.
    pub ok: bool,
}

/// Has it read a repository. A file that cannot be read is tried once more, and at once: with its usual 15 seconds before
/// each second try a repository of many files that cannot be read takes days.
///
/// # Errors
/// Where it does not come to an end.
pub fn read(of: &Repository, repository: &Json) -> Result<Heard, Fault> {
    let mut command = of.telling("detail");
    command
        .arg(format!("--repo={repository}"))
        .args([
            "--no-log-timestamp",
            "--job-retry=1",
            "--output=text",
            "--verbose",
            "verify",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| of.unstarted(&error))?;
    let (out, log) = (child.stdout.take(), child.stderr.take());
    let (status, said, mut heard) = thread::scope(|scope| {
        let said = scope.spawn(|| text(out));
        let heard = scope.spawn(|| listen(log));
        let status = end(&mut child);
        (
            status,
            said.join().unwrap_or_default(),
            heard.join().unwrap_or_default(),
        )
    });
    let status = status?;
    if !heard.take(&said) {
        let why = heard.others.first().cloned();
        let why = why.unwrap_or_else(|| format!("it ended with {status} and said nothing"));
        return Err(refused(format!("pgbackrest verify: {why}"))
            .hint("run it by hand as that user: pgbackrest --output=text --verbose verify"));
    }
    heard.ok &= status.success();
    Ok(heard)
}

/// How it ends. Where nobody waits for it any more it is ended: reading costs, and nobody hears what comes of it.
fn end(child: &mut Child) -> Result<ExitStatus, Fault> {
    let parent = parent_id();
    let lost = |error: std::io::Error| refused(format!("pgbackrest verify: {error}"));
    loop {
        if let Some(status) = child.try_wait().map_err(lost)? {
            return Ok(status);
        }
        if parent_id() != parent {
            drop(child.kill());
            drop(child.wait());
            return Err(refused("nobody waits for it any more"));
        }
        thread::sleep(LOOK);
    }
}

fn text(from: Option<impl Read>) -> String {
    let mut read = Vec::new();
    if let Some(from) = from {
        drop(from.take(MOST_SAID).read_to_end(&mut read));
    }
    String::from_utf8_lossy(&read).into_owned()
}

fn listen(from: Option<impl Read>) -> Heard {
    let mut heard = Heard::default();
    let Some(from) = from else { return heard };
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    while from.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        heard.hear(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    heard
}

impl Heard {
    /// A line of its log.
    fn hear(&mut self, line: &str) {
        let levels = ["INFO: ", "WARN: ", "DETAIL: ", "ERROR: "];
        // A line without one goes on with the one before it.
        let Some(level) = levels.into_iter().find(|level| line.contains(level)) else {
            return;
        };
        let Some((_, words)) = line.split_once(level) else {
            return;
        };
        let wrong = WRONG
            .into_iter()
            .find_map(|what| Some((what, words.strip_prefix(what)?)));
        match wrong {
            // Of the log that is said at level `WARN`: it was removed by its age meanwhile, or the listing will miss it.
            Some(("file missing ", _)) if level == "WARN: " => {}
            Some((what, rest)) => self.file(what.trim_end(), rest),
            // Its own command line.
            None if words.starts_with("verify command begin") => {}
            None if level == "ERROR: " || ILL.iter().any(|ill| words.contains(ill)) => self.other(words),
            None => {}
        }
    }

    /// `'PATH'`, or `PATH: [29] why`.
    fn file(&mut self, what: &str, rest: &str) {
        let (path, why) = match rest.split_once(": [") {
            Some((path, why)) => (path, why.split_once("] ").map_or(why, |(_, why)| why)),
            None => (rest, ""),
        };
        let path = path.trim_matches('\'');
        let last = path.rsplit('/').next().unwrap_or_default();
        // The size of a file does not matter for whether this is the name of one.
        if let Some((name, _)) = last.split_once('-')
            && Segment::named(name, 16 << 20).is_some()
        {
            self.log.insert(name.to_owned());
        }
        if self.files.len() >= MOST {
            self.more += 1;
            return;
        }
        let why = match why.strip_prefix("raised from local-1 protocol: ").unwrap_or(why) {
            "" => what.to_owned(),
            why => why.to_owned(),
        };
        self.files.push((path.to_owned(), why));
    }

    fn other(&mut self, words: &str) {
        if self.others.len() < MOST {
            self.others.push(words.to_owned());
        }
    }

    /// What it says at its end; whether it came to one.
    fn take(&mut self, said: &str) -> bool {
        let mut status = None;
        for line in said.lines().map(str::trim) {
            if let Some(word) = line.strip_prefix("status: ") {
                status = Some(word == "ok");
            } else if let Some(backup) = line.strip_prefix("backup: ")
                && let Some((label, rest)) = backup.split_once(", status: ")
            {
                let word = rest.split_once(',').map_or(rest, |(word, _)| word);
                self.backups.insert(label.to_owned(), word.to_owned());
            } else if status == Some(false) && !line.is_empty() && !counts(line) {
                self.other(line);
            }
        }
        self.ok = status == Some(true);
        status.is_some()
    }
}

/// Whether a line only counts.
fn counts(line: &str) -> bool {
    let words = [
        "archiveId: ",
        "backup: ",
        "missing: ",
        "checksum invalid: ",
        "size invalid: ",
        "other: ",
    ];
    words.iter().any(|word| line.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::{Heard, listen};

    fn heard(log: &str, said: &str) -> Heard {
        let mut heard = listen(Some(log.as_bytes()));
        heard.take(said);
        heard
    }

    /// What pgBackRest 2.45 said of repositories that were damaged for it.
    #[test]
    fn files_are_named_with_what_is_wrong_and_the_log_is_told_apart() {
        let log = "\
INFO: verify command begin 2.45: --config=/c --verbose
INFO: invalid checksum '20261127-001712F/pg_data/pg_hba.conf.lz4'
INFO: file missing '20261127-001712F_20261127-001718I/pg_data/global/pg_control.lz4'
WARN: file missing '15-1/0000000100000000/000000010000000000000001-3ef299b390f9477746e9dcbb40f38b4eb2f87ff9.lz4'
INFO: invalid result 15-1/0000000100000000/000000010000000000000005-b1e9f9172bce584eff987ae3104b5627946a6587.lz4: [29] raised from local-1 protocol: unexpected eof in compressed data
      [FormatError] on retry after 0ms
P01   INFO: invalid size '15-1/0000000100000000/000000010000000000000006-d45aa1c4cb227224859fbc60f3888ef34b6a5b4f.lz4'
DETAIL: archiveId: 15-1, wal start: 000000010000000000000001, wal stop: 00000001000000000000000B
INFO: stanza: t
      status: error
INFO: verify command end: completed successfully
";
        let said = "\
stanza: t
status: error
  archiveId: 15-1, total WAL checked: 11, total valid WAL: 9
    missing: 0, checksum invalid: 0, size invalid: 1, other: 1
  backup: 20261127-001712F, status: invalid, total files checked: 967, total valid files: 965
    missing: 0, checksum invalid: 2, size invalid: 0, other: 0
  backup: 20261127-001712F_20261127-001718I, status: valid, total files checked: 968, total valid files: 968
";
        let heard = heard(log, said);
        let whys: Vec<&str> = heard.files.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(
            whys,
            [
                "invalid checksum",
                "file missing",
                "unexpected eof in compressed data",
                "invalid size"
            ]
        );
        assert_eq!(heard.files[0].0, "20261127-001712F/pg_data/pg_hba.conf.lz4");
        assert!(
            heard.log.contains("000000010000000000000005") && heard.log.len() == 2,
            "{:?}",
            heard.log
        );
        assert_eq!(heard.backups["20261127-001712F"], "invalid");
        assert_eq!((heard.ok, heard.others.len()), (false, 0), "{:?}", heard.others);
    }

    #[test]
    fn what_is_said_to_be_ok_and_is_not_is_heard() {
        let said =
            "stanza: t\nstatus: ok\n  backup: 20261127-001712F, status: manifest missing, total files checked: 0\n";
        for (line, words) in [
            (
                "DETAIL: invalid checksum, actual 'f8' but expected '41' <REPO:BACKUP>/20261127-001712F/backup.manifest",
                "backup.manifest",
            ),
            ("DETAIL: required key 'backrest-format' not found", "required key"),
            (
                "DETAIL: manifest missing for '20261127-001712F' - backup may have expired",
                "manifest missing",
            ),
            (
                "INFO: duplicate WAL '000000010000000000000009' for '15-1' exists, skipping",
                "duplicate WAL",
            ),
            (
                "ERROR: [053]: unable to list file info for path '/r': [13] Permission denied",
                "[053]",
            ),
        ] {
            let heard = heard(line, said);
            assert!(heard.ok && heard.files.is_empty(), "{heard:?}");
            assert!(heard.others[0].contains(words), "{heard:?}");
            assert_eq!(heard.backups["20261127-001712F"], "manifest missing");
        }
        let none = heard("", "stanza: t\nstatus: error\n  No usable backup.info file\n");
        assert_eq!(
            (none.ok, none.others),
            (false, vec!["No usable backup.info file".to_owned()])
        );
        assert!(!Heard::default().take(""), "it was broken off");
    }

    #[test]
    fn of_very_many_files_only_the_first_are_kept() {
        let log = "INFO: file missing '20261127-001712F/pg_data/PG_VERSION'\n".repeat(super::MOST + 7);
        let heard = heard(&log, "");
        assert_eq!((heard.files.len(), heard.more), (super::MOST, 7));
    }
}
