//! What is known of a run from its journal alone.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    Mismatch, Outcome, Refusal, Run, digest,
    journal::{self, Reading},
};
use crate::model::Plan;

/// A journal, and what it tells.
pub struct Record {
    /// The run's name.
    pub id: String,
    /// Its lines.
    pub reading: Reading,
    /// The run; none where it was never begun.
    pub run: Option<Run>,
    /// A process is carrying it out.
    pub lives: bool,
}

impl Record {
    /// Those of this directory, newest first.
    ///
    /// # Errors
    /// Where the directory or a journal cannot be read.
    pub fn all(directory: &Path) -> io::Result<Vec<Self>> {
        let read = |(id, path): (String, PathBuf)| Self::read(id, &path);
        journal::list(directory)?.into_iter().map(read).collect()
    }

    /// The one of this file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(id: String, path: &Path) -> io::Result<Self> {
        // First whether it lives: what it wrote before it ended is read then.
        let lives = File::open(path)?.try_lock_shared().is_err();
        let reading = journal::read(path)?;
        Ok(Self {
            run: Run::replay(&reading.entries),
            lives,
            id,
            reading,
        })
    }

    /// How it stands, in a word. What nobody carries out and has no end can be taken up.
    pub fn word(&self) -> &'static str {
        match (&self.reading.wrong, &self.run) {
            (Some(_), _) => "damaged",
            (None, None) => "never begun",
            (None, Some(run)) => match run.outcome() {
                Outcome::Running if !self.lives => "interrupted",
                outcome => outcome.word(),
            },
        }
    }

    /// Its plan.
    ///
    /// # Errors
    /// Where it was never begun, its journal is damaged, or the plan is not the one whose digest stands beside it.
    pub fn plan(&self) -> Result<Plan, Refusal> {
        if let Some((line, why)) = &self.reading.wrong {
            return Err(Refusal::new(format!("line {line} of its journal: {why}")));
        }
        let run = self.run.as_ref();
        let run = run.ok_or_else(|| Refusal::new(format!("{} was never begun", self.id)))?;
        let now = digest(&run.plan);
        if now != run.digest {
            let shown = run.digest.clone();
            return Err(Refusal::new(Mismatch::Drift { shown, now }.to_string()));
        }
        Ok(run.plan.clone())
    }

    /// When it was begun.
    pub fn began(&self) -> Option<Timestamp> {
        self.reading.times.first().copied()
    }

    /// When it last did something.
    pub fn last(&self) -> Option<Timestamp> {
        self.reading.times.last().copied()
    }
}
