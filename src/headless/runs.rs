//! Runs and what they did, read from their journals.

use std::{
    io::{self, Write},
    path::Path,
};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Exit, Form, json};
use crate::{
    facts::runs::Progress,
    model::{Deed, Entry},
    ops::{Run, kept, record::Record},
};

fn projected(record: &Record, directory: &Path) -> Json {
    let times = &record.reading.times;
    let name = |deed: Deed| Some(record.run.as_ref()?.step(deed.number()).name.as_str());
    let steps = record
        .run
        .iter()
        .flat_map(Run::steps)
        .map(|(step, state)| json!({ "name": step.name, "state": state.stage.word(), "why": state.why }));
    let deeds = record
        .reading
        .entries
        .iter()
        .zip(times)
        .filter_map(|(entry, at)| match entry {
            Entry::Answer(deed, answer) => {
                Some(json!({ "at": at, "deed": deed, "answer": answer, "step": name(*deed) }))
            }
            Entry::Ordered(order) => Some(json!({ "at": at, "ordered": order })),
            Entry::Note(note) => Some(json!({ "at": at, "note": note })),
            Entry::Kept(name, value) => Some(json!({ "at": at, "kept": name, "value": value })),
            Entry::Opened { .. } | Entry::Resumed { .. } | Entry::Intent(_) => None,
        });
    json!({
        "run": record.id,
        "state": record.word(),
        "began": times.first(),
        "last": times.last(),
        "lives": record.lives,
        "carrier": record.run.as_ref().map(|run| &run.by),
        "request": record.run.as_ref().map(|run| &run.plan.request),
        "title": record.run.as_ref().map(|run| &run.plan.title),
        "digest": record.run.as_ref().map(|run| &run.digest),
        "said": record.run.as_ref().map(|run| &run.said),
        "outcome": record.run.as_ref().map(Run::outcome),
        "progress": progress(record),
        "steps": steps.collect::<Vec<_>>(),
        "readers": kept::readers(directory, &record.id),
        "deeds": deeds.collect::<Vec<_>>(),
        "wrong": record.reading.wrong.as_ref().map(|(line, why)| json!({ "line": line, "why": why })),
    })
}

/// How far its many have come; null where it does not do the same to many.
fn progress(record: &Record) -> Option<Progress> {
    let now = if record.lives {
        Some(Timestamp::now())
    } else {
        record.last()
    };
    record.course.progress(record.run.as_ref()?, record.lives, now?)
}

/// Every run of this directory, newest first: a line each, or everything as JSON.
///
/// # Errors
/// Where a journal cannot be read, or the other end is gone.
pub fn runs(form: Form, directory: &Path, out: &mut dyn Write) -> io::Result<Exit> {
    let all = Record::all(directory)?;
    if form == Form::Json {
        let runs: Vec<Json> = all.iter().map(|record| projected(record, directory)).collect();
        json::print(out, &json!({ "schema": 1, "runs": runs }))?;
        return Ok(Exit::Done);
    }
    for told in &all {
        let (title, by) = told.run.as_ref().map_or(("", ""), |run| {
            (
                run.plan.title.as_str(),
                run.said.last().map_or("", |said| said.by.as_str()),
            )
        });
        writeln!(out, "{}  {:<12} {title} ({by})", told.id, told.word())?;
    }
    Ok(Exit::Done)
}

/// Who did what, on what, said what, and what came of each deed: a projection of the journals.
///
/// # Errors
/// Where a journal cannot be read, or the other end is gone.
pub fn audit(form: Form, directory: &Path, out: &mut dyn Write) -> io::Result<Exit> {
    if form == Form::Json {
        return runs(form, directory, out);
    }
    for told in Record::all(directory)? {
        let Some(run) = &told.run else {
            writeln!(out, "{}: {}", told.id, told.word())?;
            continue;
        };
        writeln!(out, "{}: {}: {}", told.id, run.plan.title, told.word())?;
        for said in &run.said {
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
            writeln!(out, "  {} {}{from} said {:?}{reason}", said.at, said.by, said.word)?;
        }
        for reader in kept::readers(directory, &told.id) {
            let from = reader.from.map(|from| format!(" from {from}")).unwrap_or_default();
            writeln!(out, "  {} {}{from} read its rows {}", reader.at, reader.by, reader.why)?;
        }
        for (step, state) in run.steps() {
            let why = state.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            writeln!(out, "  {}: {}{why}", step.name, state.stage.word())?;
        }
    }
    Ok(Exit::Done)
}

/// Whether every journal's chain is whole. It shows damage; a whole other chain it cannot show.
///
/// # Errors
/// Where a journal cannot be read, or the other end is gone.
pub fn verify(directory: &Path, out: &mut dyn Write) -> io::Result<Exit> {
    let mut exit = Exit::Done;
    for told in Record::all(directory)? {
        match &told.reading.wrong {
            Some((line, why)) => {
                exit = Exit::Critical;
                writeln!(out, "{}: line {line}: {why}", told.id)?;
            }
            None if told.reading.torn && !told.lives => {
                writeln!(
                    out,
                    "{}: its last line has no end: it was cut off while it was written",
                    told.id
                )?;
            }
            None => {
                let lines = told.reading.entries.len();
                writeln!(out, "{}: {lines} lines, whole, head {}", told.id, told.reading.head())?;
            }
        }
    }
    Ok(exit)
}
