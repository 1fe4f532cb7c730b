//! When the repository of an instance was last read, every file of it, and whether it was whole: by the journals of runs.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    facts::runs::{self, Brief, Leg, Stand},
    model::{Backups, Severity, Target, Text},
    store::Snapshot,
};

/// The operation that reads it.
pub const OPERATION: &str = "verify-backups";
/// How a step stands that was done, and one that failed.
const DONE: &str = "done";
const FAILED: &str = "failed";

/// What its step is called: a run may verify several instances, and each stands for itself.
pub fn step(instance: &str) -> String {
    format!("{instance}: every file of its backups and of its log is read, and none is damaged or missing")
}

/// What is known of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It was whole then.
    Whole(Timestamp),
    /// The last time it was not found to be whole.
    Failed(Failed),
    /// It was never read.
    Never,
    /// Not known, and why.
    Unknown(Text),
}

/// A repository that was not found to be whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// The run.
    pub run: Text,
    /// What was found, or why it could not be read.
    pub why: Text,
    /// It was read, and is not whole.
    pub damaged: bool,
    /// When it was whole before, where that is known.
    pub whole: Option<Timestamp>,
}

/// Of all instances.
pub struct Verifications<'a> {
    whole: HashMap<&'a Target, Timestamp>,
    failed: HashMap<&'a Target, (&'a Brief, &'a Leg, Timestamp)>,
    /// Why there may be others.
    unread: Option<Text>,
}

impl<'a> Verifications<'a> {
    /// What the journals tell that are read.
    pub fn of(world: &'a Snapshot) -> Self {
        let (runs, unread) = runs::read(world);
        let mut all = Self {
            whole: HashMap::new(),
            failed: HashMap::new(),
            unread,
        };
        let ended = runs
            .iter()
            .filter(|run| run.operation.raw() == OPERATION && run.stand == Stand::Ended);
        for (run, last) in ended.filter_map(|run| Some((run, run.last?))) {
            for target in &run.targets {
                all.take(run, target, last);
            }
        }
        all
    }

    /// Of many steps only those are listed that matter: one that is not, of a run that was not all done, tells nothing.
    fn take(&mut self, run: &'a Brief, target: &'a Target, last: Timestamp) {
        let own = step(target.part(0));
        let leg = run.steps.iter().find(|leg| leg.name.raw() == own);
        if run.state == DONE || leg.is_some_and(|leg| leg.state == DONE) {
            let at = self.whole.entry(target).or_insert(last);
            *at = last.max(*at);
        } else if let Some(leg) = leg.filter(|leg| leg.state == FAILED) {
            let known = self.failed.entry(target).or_insert((run, leg, last));
            if known.2 < last {
                *known = (run, leg, last);
            }
        }
    }

    /// Of this one.
    pub fn instance(&self, instance: &Target) -> Verified {
        let whole = self.whole.get(instance).copied();
        if let Some((run, leg, at)) = self.failed.get(instance)
            && whole < Some(*at)
        {
            let why = leg.why.clone().unwrap_or_else(|| "it does not say why".into());
            return Verified::Failed(Failed {
                at: *at,
                run: run.id.clone(),
                damaged: why.raw().contains(Backups::UNWHOLE),
                why,
                whole,
            });
        }
        match (whole, &self.unread) {
            (Some(at), _) => Verified::Whole(at),
            (None, None) => Verified::Never,
            (None, Some(why)) => Verified::Unknown(why.clone()),
        }
    }
}

impl Verified {
    /// How bad it is, where the fleet file says how long ago it may be, or does not.
    pub fn severity(&self, within: Option<SignedDuration>, now: Timestamp) -> Severity {
        let late = |at: &Timestamp| within.is_some_and(|within| now.duration_since(*at) >= within);
        match self {
            Self::Failed(failed) if failed.damaged => Severity::Critical,
            Self::Failed(_) => Severity::Warning,
            Self::Whole(at) if late(at) => Severity::Warning,
            Self::Never if within.is_some() => Severity::Warning,
            Self::Unknown(_) => Severity::Unseen,
            Self::Whole(_) | Self::Never => Severity::Ok,
        }
    }
}
