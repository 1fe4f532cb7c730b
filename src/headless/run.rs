//! Carries out a plan without a terminal, and takes up a run that stopped.

use std::{
    io::{self, Write},
    path::Path,
};

use serde_json::json;

use super::Exit;
use crate::{
    model::{Answer, Deed, Entry, Plan, Said},
    ops::{
        Confirmed, Mismatch, Outcome, Run, confirm, digest,
        engine::{self, Hands, Stopped},
        journal::Lines,
    },
};

/// How the progress of a run is told.
pub struct Telling<'a> {
    /// JSON lines, or words.
    pub json: bool,
    /// Where to.
    pub out: &'a mut (dyn Write + Send),
}

/// Confirms a plan and carries it out. `shown` is the digest of the plan that was looked at, where one was given.
///
/// # Errors
/// Where the journal cannot be written.
pub async fn begin(
    plan: Plan,
    shown: Option<&str>,
    said: Said,
    directory: &Path,
    hands: &dyn Hands,
    telling: Telling<'_>,
) -> io::Result<Exit> {
    let shown = shown.map_or_else(|| digest(&plan), ToOwned::to_owned);
    let id = name();
    let confirmed = match confirm(plan, &shown, said) {
        Ok(confirmed) => confirmed,
        Err(mismatch) => return refused(telling, &mismatch),
    };
    let Telling { json, out } = telling;
    let mut journal = Lines::create(directory, &id)?;
    let ended = engine::begin(&confirmed, &id, &mut journal, hands, &mut |entry, run| {
        tell(out, json, entry, run);
    })
    .await;
    if ended
        .as_ref()
        .is_err_and(|stopped| matches!(stopped, Stopped::Taken(_)))
    {
        // Nothing was begun, so there is nothing to remember.
        let _ = std::fs::remove_file(crate::ops::journal::path(directory, &id));
    }
    ending(ended, &id, json, out)
}

/// Takes up a run where it stopped. Whoever does confirms its plan anew.
///
/// # Errors
/// Where the journal cannot be read or written.
pub async fn resume(
    id: &str,
    said: Said,
    directory: &Path,
    hands: &dyn Hands,
    telling: Telling<'_>,
) -> io::Result<Exit> {
    let (mut journal, reading) = Lines::go_on(directory, id)?;
    let Some(run) = Run::replay(&reading.entries) else {
        return Err(io::Error::other(format!("{id} was never begun")));
    };
    let confirmed = match Confirmed::again(&run.plan, &run.digest, said) {
        Ok(confirmed) => confirmed,
        Err(mismatch) => return refused(telling, &mismatch),
    };
    let Telling { json, out } = telling;
    let ended = engine::resume(run, &confirmed, &mut journal, hands, &mut |entry, run| {
        tell(out, json, entry, run);
    })
    .await;
    ending(ended, id, json, out)
}

fn refused(telling: Telling<'_>, mismatch: &Mismatch) -> io::Result<Exit> {
    if telling.json {
        writeln!(telling.out, "{}", json!({ "unconfirmed": mismatch.to_string() }))?;
    } else {
        writeln!(telling.out, "nothing was done: {mismatch}")?;
    }
    Ok(Exit::Unconfirmed)
}

fn ending(ended: Result<Outcome, Stopped>, id: &str, json: bool, out: &mut (dyn Write + Send)) -> io::Result<Exit> {
    let outcome = match ended {
        Ok(outcome) => outcome,
        // Nothing more was done after the line that was lost.
        Err(Stopped::Journal(error)) => {
            let why = format!("{id} stopped, its journal cannot be written: {error}");
            return Err(io::Error::new(error.kind(), why));
        }
        Err(Stopped::Taken(fault)) => {
            let hint = fault.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            if json {
                writeln!(out, "{}", json!({ "refused": fault }))?;
            } else {
                writeln!(out, "nothing was done: {fault}{hint}")?;
            }
            return Ok(Exit::Usage);
        }
    };
    if json {
        writeln!(out, "{}", json!({ "run": id, "ended": outcome }))?;
    } else {
        match &outcome {
            Outcome::Done | Outcome::Running => writeln!(out, "{}: {id}", outcome.word())?,
            Outcome::Undone { why } | Outcome::Stuck { why } => writeln!(out, "{}: {id}: {why}", outcome.word())?,
            Outcome::Partly { failed } => {
                writeln!(out, "{}: {id}", outcome.word())?;
                failed
                    .iter()
                    .try_for_each(|(step, why)| writeln!(out, "  {step}: {why}"))?;
            }
        }
    }
    Ok(match outcome {
        Outcome::Done => Exit::Done,
        Outcome::Partly { .. } | Outcome::Undone { .. } => Exit::Failed,
        Outcome::Stuck { .. } | Outcome::Running => Exit::Stuck,
    })
}

/// What was just kept. Whoever reads it may be gone: that stops no run.
fn tell(out: &mut (dyn Write + Send), json: bool, entry: &Entry, run: &Run) {
    if json {
        let _ = writeln!(out, "{}", json!({ "run": run.id, "entry": entry }));
        return;
    }
    let words = match entry {
        Entry::Opened { id, plan, .. } => format!("{id}: {}", plan.title),
        Entry::Resumed { said } => format!("{}: taken up again by {}", run.id, said.by),
        Entry::Note(note) => note.clone(),
        Entry::Intent(_) => return,
        Entry::Answer(deed, answer) => {
            let what = match deed {
                Deed::Act(_) => "carried out",
                Deed::Check(_) => "read back",
                Deed::Undo(_) => "taken back",
                Deed::Gate(_) => "asked for the gate",
            };
            let how = match answer {
                Answer::Yes => "yes".to_owned(),
                Answer::No => "no".to_owned(),
                Answer::Refused(fault) => format!("refused: {fault}"),
                Answer::Silence(fault) => format!("no answer: {fault}"),
            };
            format!("  {}: {what}: {how}", run.step(deed.number()).name)
        }
    };
    let _ = writeln!(out, "{words}");
}

/// A name for a run: when it began, so that names are in the order of runs, and some chance for two that begin at once.
fn name() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.6fZ");
    format!("{now}-{:04x}", fastrand::u16(..))
}
