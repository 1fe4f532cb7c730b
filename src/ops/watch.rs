//! Reads the journals of runs, so that views show them like anything else that is seen.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Outcome, Run, Stage, journal, point, record::Record, state::State};
use crate::{
    facts::runs::{Brief, Leg, Runs, Several, Stand},
    model::{Entry, Fault, FaultKind, Said, Severity, Step, Target, Text, Undo},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// So many runs are read; older ones are counted.
const LATEST: usize = 100;
/// So many steps of a run are listed.
const LISTED: usize = 300;
/// So many steps are named where an abort would take them back, or leave them.
const NAMED: usize = 30;
/// Of a run that does the same to many and has more steps, only those that matter now are listed.
pub const MANY: usize = 20;
/// So many notes of a run are listed, the last ones.
const NOTES: usize = 100;

/// Every probe of this room.
pub static PROBES: &[&dyn Probe] = &[&Ask];

/// Reads the journals.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Runs::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(1, 5)
    }

    fn targets(&self, _: &Snapshot) -> Vec<Target> {
        vec![Target::fleet()]
    }

    async fn ask(&self, doors: &Doors, _: &Target, _: &Snapshot) -> Result<Sealed, Fault> {
        let Some(directory) = doors.journals.clone() else {
            return Ok(Sealed::of(Runs::default()));
        };
        let read = tokio::task::spawn_blocking(move || latest(&directory)).await;
        let unread = |why: String| Fault::new(FaultKind::Unreachable, format!("the journals cannot be read: {why}"));
        let runs = read
            .map_err(|e| unread(e.to_string()))?
            .map_err(|e| unread(e.to_string()))?;
        Ok(Sealed::of(runs))
    }
}

fn latest(directory: &Path) -> io::Result<Runs> {
    let all = journal::list(directory)?;
    let older = all.len().saturating_sub(LATEST);
    let briefs = all
        .into_iter()
        .take(LATEST)
        .filter_map(|(id, path)| read(id, path).transpose());
    Ok(Runs {
        runs: briefs.collect::<io::Result<_>>()?,
        older,
    })
}

/// A journal as it was when it was last read.
struct Kept {
    changed: SystemTime,
    length: u64,
    brief: Brief,
    /// All of it, where somebody goes on writing it: only what is new is read then.
    record: Option<Record>,
}

/// Reads a journal that has changed; none where somebody else's is not for us.
fn read(id: String, path: PathBuf) -> io::Result<Option<Brief>> {
    static KEPT: Mutex<Option<HashMap<PathBuf, Kept>>> = Mutex::new(None);
    let seen = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let (changed, length) = (seen.modified()?, seen.len());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    let same = |kept: &&Kept| kept.changed == changed && kept.length == length && !kept.brief.lives;
    if let Some(kept) = kept.get(&path).filter(same) {
        return Ok(Some(kept.brief.clone()));
    }
    let before = kept.remove(&path).filter(|kept| kept.length <= length);
    let record = match read_anew(id, &path, before.and_then(|kept| kept.record)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
        other => other?,
    };
    let brief = brief(&record);
    let now = Kept {
        changed,
        length,
        brief: brief.clone(),
        record: Some(record).filter(|record| record.lives),
    };
    kept.insert(path, now);
    Ok(Some(brief))
}

/// Reads on while somebody writes it; once nobody does, all of it is checked again.
fn read_anew(id: String, path: &Path, before: Option<Record>) -> io::Result<Record> {
    if let Some(mut record) = before {
        record.read_on(path)?;
        if record.lives {
            return Ok(record);
        }
    }
    Record::read(id, path)
}

/// How a run stands.
pub fn brief(record: &Record) -> Brief {
    let run = record.run.as_ref();
    let stand = stand(record);
    let (back, stays) = run
        .filter(|_| stand != Stand::Ended)
        .map(Run::way_back)
        .unwrap_or_default();
    let steps: Vec<(usize, (&Step, &State))> = run.into_iter().flat_map(Run::steps).enumerate().collect();
    let done = steps
        .iter()
        .filter(|(_, (_, state))| state.stage == Stage::Done)
        .count();
    let now = if record.lives {
        Timestamp::now()
    } else {
        record.last().unwrap_or_default()
    };
    let progress = run.and_then(|run| record.course.progress(run, record.lives, now));
    let many = progress.is_some() && steps.len() > MANY;
    let (title, operation) = run.map_or(("", ""), |run| {
        (run.plan.title.as_str(), run.plan.request.operation.as_str())
    });
    Brief {
        id: record.id.as_str().into(),
        state: record.word().into(),
        severity: severity(record),
        why: why(record).map(Text::from),
        lives: record.lives,
        open: record.reading.wrong.is_some() || run.is_some_and(|run| run.outcome().is_open()),
        stand,
        aborts: run.is_some_and(Run::aborts),
        persons: run.into_iter().flat_map(Run::persons).map(Text::from).collect(),
        back: several(&back),
        stays: several(&stays),
        operation: operation.into(),
        title: title.into(),
        targets: run.map(|run| run.plan.request.targets.clone()).unwrap_or_default(),
        digest: run.map(|run| run.digest.clone()).unwrap_or_default(),
        said: run
            .into_iter()
            .flat_map(|run| &run.said)
            .map(|said| (said.at, words(said)))
            .collect(),
        carrier: run.map_or_else(Text::default, |run| {
            format!("pid {} on {}", run.by.pid, run.by.host).into()
        }),
        began: record.began(),
        last: record.last(),
        done,
        total: steps.len(),
        steps: legs(&steps, many),
        stages: if many { stages(&steps) } else { Vec::new() },
        progress,
        then: run.and_then(|run| run.plan.then.clone()),
        points: points(record),
        notes: notes(record),
    }
}

fn points(record: &Record) -> Vec<Text> {
    let kept = record.run.iter().flat_map(|run| run.kept.keys());
    kept.filter_map(|kept| point::instance(kept)).map(Text::from).collect()
}

fn stand(record: &Record) -> Stand {
    let sound = record.reading.wrong.is_none();
    let Some(run) = record.run.as_ref().filter(|_| sound) else {
        return Stand::Damaged;
    };
    match run.outcome() {
        outcome if !outcome.is_open() => Stand::Ended,
        Outcome::Awaits { .. } if !record.lives => Stand::Awaits,
        _ if !record.lives => Stand::Left,
        _ if run.aborts() => Stand::Returns,
        _ if run.waits() => Stand::Waits,
        _ => Stand::Goes,
    }
}

fn several(steps: &[&Step]) -> Several {
    let words = |step: &&Step| match &step.undo {
        Undo::Never(why) => format!("{}: {why}", step.name).into(),
        Undo::Act(_) | Undo::Meanwhile(_) | Undo::Nothing => step.name.as_str().into(),
    };
    Several {
        count: steps.len(),
        first: steps.iter().take(NAMED).map(words).collect(),
    }
}

/// Those that matter now first, where there are too many to list.
fn legs(steps: &[(usize, (&Step, &State))], many: bool) -> Vec<Leg> {
    let calm = |state: &State| matches!(state.stage, Stage::Waiting | Stage::Done);
    let mut chosen: Vec<_> = steps.iter().collect();
    if many {
        chosen.retain(|(_, (_, state))| !calm(state) && state.stage != Stage::Undone);
    }
    if chosen.len() > LISTED {
        chosen.sort_by_key(|(at, (_, state))| (calm(state), *at));
        chosen.truncate(LISTED);
        chosen.sort_by_key(|(at, _)| *at);
    }
    let leg = |(at, (step, state)): &(usize, (&Step, &State))| Leg {
        number: at + 1,
        name: step.name.as_str().into(),
        state: state.stage.word().into(),
        severity: weight(state.stage),
        why: state.why.as_deref().map(Text::from),
    };
    chosen.into_iter().map(leg).collect()
}

/// How many steps stand how.
fn stages(steps: &[(usize, (&Step, &State))]) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for (_, (_, state)) in steps {
        let word = state.stage.word();
        match counts.iter_mut().find(|(known, _)| known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word.into(), 1)),
        }
    }
    counts
}

fn weight(stage: Stage) -> Severity {
    match stage {
        Stage::Waiting | Stage::Acting | Stage::Acted | Stage::Done | Stage::Undone => Severity::Ok,
        Stage::Doubt | Stage::Undoing => Severity::Notice,
        Stage::Refused | Stage::Failed => Severity::Warning,
        Stage::Kept | Stage::Unknown => Severity::Critical,
    }
}

fn severity(record: &Record) -> Severity {
    let Some(run) = record.run.as_ref().filter(|_| record.reading.wrong.is_none()) else {
        return Severity::Critical;
    };
    match run.outcome() {
        Outcome::Done => Severity::Ok,
        Outcome::Running if record.lives => Severity::Ok,
        Outcome::Paused { .. } | Outcome::Awaits { .. } | Outcome::Aborted { .. } | Outcome::Undone { .. } => {
            Severity::Notice
        }
        Outcome::Running | Outcome::Partly { .. } => Severity::Warning,
        Outcome::Stuck { .. } => Severity::Critical,
    }
}

fn why(record: &Record) -> Option<String> {
    if let Some((line, why)) = &record.reading.wrong {
        return Some(format!("line {line} of its journal: {why}"));
    }
    match record.run.as_ref()?.outcome() {
        Outcome::Running if !record.lives => Some("nobody carries it out: tenantry run --resume takes it up".into()),
        Outcome::Running | Outcome::Done => None,
        Outcome::Awaits { persons } => Some(format!("{persons} more must confirm it")),
        Outcome::Paused { by } => Some(format!("told by {by}")),
        Outcome::Aborted { by, stays } if stays.is_empty() => Some(format!("told by {by}; nothing stays")),
        Outcome::Aborted { by, stays } => Some(format!("told by {by}; stays: {}", stays.join("; "))),
        Outcome::Undone { why } | Outcome::Stuck { why } => Some(why),
        Outcome::Partly { failed, left, why } => {
            let first = failed.first().map(|(step, why)| format!("{step}: {why}"));
            let left = (left > 0).then(|| format!("{left} steps were not begun"));
            let all: Vec<String> = why.into_iter().chain(first).chain(left).collect();
            (!all.is_empty()).then(|| all.join("; "))
        }
    }
}

fn words(said: &Said) -> Text {
    let from = said
        .from
        .as_ref()
        .map(|from| format!(" from {from}"))
        .unwrap_or_default();
    let reason = said
        .reason
        .as_ref()
        .map(|reason| format!(", because: {reason}"))
        .unwrap_or_default();
    let ticket = said
        .permit
        .as_ref()
        .map(|permit| format!(", for {}", permit.ticket))
        .unwrap_or_default();
    format!("{}{from} said {:?}{ticket}{reason}", said.by, said.word).into()
}

fn notes(record: &Record) -> Vec<(Timestamp, Text)> {
    let told = record.reading.entries.iter().zip(&record.reading.times);
    let mut notes: Vec<(Timestamp, Text)> = told
        .rev()
        .filter_map(|(entry, at)| match entry {
            Entry::Note(note) => Some((*at, note.as_str().into())),
            Entry::Kept(name, value) => Some((*at, format!("{name} = {value}").into())),
            Entry::Ordered(order) => Some((*at, format!("told by {}: {:?}", order.by, order.what).into())),
            Entry::Opened { .. } | Entry::Resumed { .. } | Entry::Intent(_) | Entry::Answer(..) => None,
        })
        .take(NOTES)
        .collect();
    notes.reverse();
    notes
}
