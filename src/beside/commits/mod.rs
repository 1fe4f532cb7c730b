//! Commits that touched certain files, out of the log in the repository: fetched piece by piece, and read by the server's own
//! `pg_waldump`.

pub mod archive;
mod den;
mod fold;
mod line;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    backrest::{Repository, command},
    trouble::{not_as_root, refused, told},
};
use crate::model::{Fault, LogLine, Lsn, Reading};
use archive::{Chosen, File};
use den::Den;
use fold::Fold;

/// Files of the log that lie in the directory at the same time.
const AT_ONCE: usize = 16;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Span {
    /// The timeline that the server is on.
    pub timeline: u64,
    /// How large a file of the log is, in bytes.
    pub segment: u64,
    /// Not before this.
    pub from: Timestamp,
    /// Nor after this.
    pub to: Timestamp,
    /// The files of the tables, as `tablespace/database/file`.
    pub files: BTreeSet<String>,
    /// Files of the log that are read at most: the newest.
    pub most: usize,
    /// How long it may take.
    pub within: Duration,
}

/// Reads them, and writes one line each, the oldest first, and then what was read; only that where it is only to be told how
/// much there is to read.
///
/// # Errors
/// Where nothing can be read at all.
pub fn commits(
    scratch: &Path,
    of: &Repository,
    span: &Span,
    only_tell: bool,
    out: &mut dyn Write,
) -> Result<(), Fault> {
    not_as_root("the log is read")?;
    if !(1 << 20..=1 << 30).contains(&span.segment) || !span.segment.is_power_of_two() {
        return Err(refused(format!(
            "{} bytes are no size of a file of the log",
            span.segment
        )));
    }
    let Chosen { files, mut cut } = archive::choose(&archive::files(of, span.timeline, span.segment)?, span);
    let mut reading = Reading {
        files: files.len(),
        from: files.first().map(|file| file.begins(span.segment)).unwrap_or_default(),
        to: files
            .last()
            .map(|file| Lsn(file.begins(span.segment).0 + span.segment))
            .unwrap_or_default(),
        archived: files.last().map(|file| file.archived),
        cut: Vec::new(),
    };
    if !only_tell {
        let mut fold = Fold::new(&span.files, (span.from, span.to));
        let end = read(scratch, of, span, &files, &mut fold)?;
        reading.to = end.at.min(reading.to);
        cut.extend(end.why.map(Into::into));
        if fold.dropped > 0 {
            cut.push(format!("only the newest are told: {} older ones were found", fold.dropped).into());
        }
        for commit in fold.commits {
            say(out, &LogLine::Commit(commit))?;
        }
    }
    say(out, &LogLine::Reading(Reading { cut, ..reading }))
}

fn say(out: &mut dyn Write, line: &LogLine) -> Result<(), Fault> {
    let words = serde_json::to_string(line).map_err(|error| refused(error.to_string()))?;
    writeln!(out, "{words}").map_err(|error| refused(error.to_string()))
}

/// Up to where the log was read, and why not further where that was not meant.
struct End {
    at: Lsn,
    why: Option<String>,
}

fn read(scratch: &Path, of: &Repository, span: &Span, files: &[File], fold: &mut Fold<'_>) -> Result<End, Fault> {
    let until = Instant::now() + span.within;
    let den = Den::dig(scratch)?;
    let mut begin = 0;
    let mut end = files.len().min(AT_ONCE);
    let mut there: Vec<String> = Vec::new();
    while begin < end {
        let batch = &files[begin..end];
        for file in batch {
            let name = file.as_of(span.timeline);
            if !there.contains(&name) {
                file.fetch(of, scratch, &den.dir().join(&name))?;
                there.push(name);
            }
        }
        let last = &batch[batch.len() - 1];
        let stopped = dump(of, den.dir(), (&there[0], &there[there.len() - 1]), until, fold)?;
        let after = Lsn(last.begins(span.segment).0 + span.segment);
        match stopped {
            _ if fold.past => return Ok(End { at: after, why: None }),
            // The last record of a file ends in the next one.
            Stopped::At(lsn, why) if lsn < last.begins(span.segment) => {
                let why = Some(format!("the log cannot be read at {lsn}, and not what follows: {why}"));
                return Ok(End { at: lsn, why });
            }
            Stopped::Late => {
                let at = batch[0].begins(span.segment);
                let why = format!(
                    "{:?} were not enough: what is newer than {at} was not read; ask for a shorter time",
                    span.within
                );
                return Ok(End { at, why: Some(why) });
            }
            Stopped::At(..) | Stopped::Ended if end == files.len() => return Ok(End { at: after, why: None }),
            Stopped::At(..) | Stopped::Ended => {}
        }
        // A record that begins in the last one is read with the next.
        for name in there.drain(..there.len() - 1) {
            drop(fs::remove_file(den.dir().join(name)));
        }
        (begin, end) = (end - 1, files.len().min(end - 1 + AT_ONCE));
    }
    Ok(End {
        at: Lsn::default(),
        why: None,
    })
}

/// How a reading ended.
enum Stopped {
    Ended,
    /// It could not go on here.
    At(Lsn, String),
    Late,
}

fn dump(
    of: &Repository,
    dir: &Path,
    (first, last): (&str, &str),
    until: Instant,
    fold: &mut Fold<'_>,
) -> Result<Stopped, Fault> {
    let program = of.binaries.join("pg_waldump");
    let wrong = |error: std::io::Error| {
        refused(format!("{}: {error}", program.display())).hint("see `binaries` in [instances.backups]")
    };
    let mut command = command(&program);
    let managers = ["Heap", "Heap2", "Storage", "Transaction"].map(|name| format!("--rmgr={name}"));
    command.args(managers).arg("--path").arg(dir).args([first, last]);
    // It tells times in the zone that it finds.
    command.env("TZ", "UTC").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(wrong)?;
    let mut late = false;
    if let Some(out) = child.stdout.take() {
        let mut lines = BufReader::new(out);
        let mut line = Vec::new();
        while !late && !fold.past && lines.read_until(b'\n', &mut line).map_err(wrong)? > 0 {
            let text = String::from_utf8_lossy(&line);
            if let Some(record) = line::parse(text.trim_end()) {
                fold.take(record);
            }
            line.clear();
            late = Instant::now() >= until;
        }
    }
    if late || fold.past {
        drop(child.kill());
    }
    let mut said = String::new();
    if let Some(mut from) = child.stderr.take() {
        drop(from.read_to_string(&mut said));
    }
    let status = child.wait().map_err(wrong)?;
    if late {
        return Ok(Stopped::Late);
    }
    if status.success() || fold.past {
        return Ok(Stopped::Ended);
    }
    let at = said
        .split(" at ")
        .skip(1)
        .find_map(|rest| rest.split([':', ',', ' ', '\n']).next()?.parse().ok());
    let why = told(&said);
    at.map(|lsn| Stopped::At(lsn, why.clone()))
        .ok_or_else(|| refused(format!("{}: {why}", program.display())))
}
