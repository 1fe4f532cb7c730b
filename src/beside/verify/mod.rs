//! A repository, verified: every file in it is read, and its log is looked through for what is missing. Nothing is changed.

mod holes;
mod kept;
mod reading;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    thread,
    time::Duration,
};

use serde_json::Value as Json;

use super::{
    backrest::{Repository, own},
    commits::archive::{Folder, each, folders},
    segment::Segment,
    trouble::{not_as_root, refused},
};
use crate::model::{Backups, Fault};
use holes::{Branch, Log};
use reading::Heard;
use words::Verdict;

/// Files of the log may be archived out of order (`archive-async`): what is missing is looked for once more after this.
const AGAIN: Duration = Duration::from_secs(5);
const REMEDY: &str = "make a full backup now, which needs nothing of what is there: pgbackrest --type=full backup; then see what \
                      has damaged or removed files in the repository: its disk, and who may write there";

/// Reads every file of all backups and of the log of this cluster, in each of its repositories, and says what it found whole.
///
/// # Errors
/// Where anything is not whole: which file of which backup, and which moments cannot be had because of it. Or where that
/// cannot be known.
pub fn verify(of: &Repository, out: &mut dyn Write) -> Result<(), Fault> {
    not_as_root("a repository is read")?;
    let before = of.ask(&["info"])?;
    let ours = own(&before[0], &of.system)?;
    let mut keys: Vec<Json> = ours.into_iter().map(|(repository, _)| repository).collect();
    keys.dedup();
    let (mut whole, mut wrong, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for key in &keys {
        match one(of, &before[0], key) {
            Ok(verdict) if verdict.is_whole() => whole.push(verdict.whole()),
            Ok(verdict) => wrong.push(verdict.wrong()),
            Err(fault) => unread.push(fault),
        }
    }
    if let Some(fault) = unread.pop() {
        if wrong.is_empty() {
            return Err(fault);
        }
        wrong.push(format!("a repository was not read to its end: {fault}"));
    }
    if !wrong.is_empty() {
        return Err(refused(format!("{}: {}", Backups::UNWHOLE, wrong.join("; "))).hint(REMEDY));
    }
    for words in whole {
        writeln!(out, "{words}").map_err(|error| refused(error.to_string()))?;
    }
    Ok(())
}

/// One repository.
fn one(of: &Repository, before: &Json, key: &Json) -> Result<Verdict, Fault> {
    let heard = reading::read(of, key)?;
    let after = of.ask(&["info"])?;
    // What was removed meanwhile by its age is not missed, and what is new was not read.
    let still: BTreeSet<String> = kept::of(&after[0], of, key)?
        .into_iter()
        .map(|kept| kept.label)
        .collect();
    let mut backups = kept::of(before, of, key)?;
    backups.retain(|kept| still.contains(&kept.label));
    let segment = kept::segment(before);
    let look = |last: bool| -> Result<Option<Verdict>, Fault> {
        let log = log(of, &after[0], key, segment, &heard)?;
        let verdict = Verdict::of(key.clone(), &backups, &heard, &log, segment);
        Ok((last || !verdict.lacks()).then_some(verdict))
    };
    if let Some(verdict) = look(false)? {
        return Ok(verdict);
    }
    thread::sleep(AGAIN);
    look(true)?.ok_or_else(|| refused("the log was not looked through"))
}

/// The log that a repository has of this cluster, but for the files of it that are damaged.
fn log(of: &Repository, stanza: &Json, key: &Json, segment: u64, heard: &Heard) -> Result<Log, Fault> {
    let mut log = Log::default();
    for folder in folders(of, stanza)?.iter().filter(|folder| folder.repository == *key) {
        let names = folder.names(of)?;
        for file in each(&names, segment) {
            if heard.log.contains(&file.name) {
                log.damaged.insert((file.at.timeline, file.at.number));
            } else {
                let timeline: &mut BTreeMap<_, _> = log.files.entry(file.at.timeline).or_default();
                timeline.insert(file.at.number, file.archived);
            }
        }
        for name in names.as_object().into_iter().flatten().map(|(name, _)| name) {
            log.branches.extend(branch(of, folder, name, segment));
        }
    }
    Ok(log)
}

/// Where a timeline left another, by its history.
fn branch(of: &Repository, folder: &Folder, name: &str, segment: u64) -> Option<(u64, Branch)> {
    let timeline = u64::from_str_radix(name.strip_suffix(".history")?, 16).ok()?;
    // One that cannot be read is as one that is not there, which is told.
    Some((timeline, Branch::told(&folder.read(of, name).ok()?, segment)?))
}

/// The name of a file of the log.
fn name((timeline, number): (u64, u64), segment: u64) -> String {
    Segment { timeline, number }.name(segment)
}
