//! Runs and what they did, read from their journals.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use serde_json::{Value as Json, json};

use super::{Exit, Form, json};
use crate::{
    model::{Deed, Entry},
    ops::{
        Outcome, Run,
        journal::{self, Reading},
    },
};

/// A journal, and what it tells.
struct Told {
    id: String,
    reading: Reading,
    run: Option<Run>,
    /// A process is carrying it out.
    lives: bool,
}

impl Told {
    fn all(directory: &Path) -> io::Result<Vec<Self>> {
        let told = |(id, path): (String, std::path::PathBuf)| {
            let reading = journal::read(&path)?;
            Ok(Self {
                run: Run::replay(&reading.entries),
                lives: File::open(&path)?.try_lock_shared().is_err(),
                id,
                reading,
            })
        };
        journal::list(directory)?.into_iter().map(told).collect()
    }

    /// How it stands, in a word. What nobody carries out and has no end can be taken up.
    fn word(&self) -> &'static str {
        match (&self.reading.wrong, &self.run) {
            (Some(_), _) => "damaged",
            (None, None) => "never begun",
            (None, Some(run)) => match run.outcome() {
                Outcome::Running if !self.lives => "interrupted",
                outcome => outcome.word(),
            },
        }
    }

    fn json(&self) -> Json {
        let times = &self.reading.times;
        let deeds = self
            .reading
            .entries
            .iter()
            .zip(times)
            .filter_map(|(entry, at)| match entry {
                Entry::Answer(deed, answer) => {
                    Some(json!({ "at": at, "deed": deed, "answer": answer, "step": self.step(*deed) }))
                }
                Entry::Opened { .. } | Entry::Resumed { .. } | Entry::Intent(_) | Entry::Note(_) => None,
            });
        json!({
            "run": self.id,
            "state": self.word(),
            "began": times.first(),
            "last": times.last(),
            "request": self.run.as_ref().map(|run| &run.plan.request),
            "title": self.run.as_ref().map(|run| &run.plan.title),
            "digest": self.run.as_ref().map(|run| &run.digest),
            "said": self.run.as_ref().map(|run| &run.said),
            "outcome": self.run.as_ref().map(Run::outcome),
            "deeds": deeds.collect::<Vec<_>>(),
            "wrong": self.reading.wrong.as_ref().map(|(line, why)| json!({ "line": line, "why": why })),
        })
    }

    fn step(&self, deed: Deed) -> Option<&str> {
        self.run.as_ref().map(|run| run.step(deed.number()).name.as_str())
    }
}

/// Every run of this directory, newest first: a line each, or everything as JSON.
///
/// # Errors
/// Where a journal cannot be read, or the other end is gone.
pub fn runs(form: Form, directory: &Path, out: &mut dyn Write) -> io::Result<Exit> {
    let all = Told::all(directory)?;
    if form == Form::Json {
        let runs: Vec<Json> = all.iter().map(Told::json).collect();
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
    for told in Told::all(directory)? {
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
    for told in Told::all(directory)? {
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
            None => writeln!(out, "{}: {} lines, whole", told.id, told.reading.entries.len())?,
        }
    }
    Ok(exit)
}
