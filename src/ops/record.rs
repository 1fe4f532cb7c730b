//! What is known of a run from its journal alone.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    Course, Mismatch, Outcome, Refusal, Run, Stage, digest,
    journal::{self, Reading},
    survey::Past,
};
use crate::model::{Entry, Plan};

/// A journal, and what it tells.
pub struct Record {
    /// The run's name.
    pub id: String,
    /// Its lines.
    pub reading: Reading,
    /// The run; none where it was never begun.
    pub run: Option<Run>,
    /// How far its many have come.
    pub course: Course,
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
        let mut record = Self {
            id,
            reading: Reading::default(),
            run: None,
            course: Course::default(),
            lives: false,
        };
        record.read_on(path)?;
        Ok(record)
    }

    /// Reads on in its file, which has grown.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read_on(&mut self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        // First whether it lives: what it wrote before it ended is read then.
        self.lives = file.try_lock_shared().is_err();
        if !self.lives {
            file.unlock()?;
        }
        let known = self.reading.read_on(&mut file)?;
        let told = self.reading.entries.iter().zip(&self.reading.times).skip(known);
        for (entry, at) in told {
            follow(&mut self.run, &mut self.course, entry, *at);
        }
        Ok(())
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

    /// What it did.
    ///
    /// # Errors
    /// Where [`Self::plan`] has none.
    pub fn past(&self) -> Result<Past, Refusal> {
        let plan = self.plan()?;
        let run = self.run.as_ref();
        let done = run.into_iter().flat_map(Run::steps);
        Ok(Past {
            plan,
            done: done.map(|(_, state)| state.stage == Stage::Done).collect(),
            kept: run.map(|run| run.kept.clone()).unwrap_or_default(),
            ended: run.is_some_and(|run| !run.outcome().is_open()),
        })
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

/// Takes in the next line of a journal. Without a confirmed plan at its beginning it tells of no run.
pub fn follow(run: &mut Option<Run>, course: &mut Course, entry: &Entry, at: Timestamp) {
    match run {
        None => {
            *run = Run::replay(std::slice::from_ref(entry));
            *course = run.as_ref().map(|run| Course::of(run, at)).unwrap_or_default();
        }
        Some(run) => {
            run.apply(entry);
            course.apply(run, entry, at);
        }
    }
}
