//! Runs of operations, of every operator who keeps journals where we do: as their journals tell them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    model::{Kind, Severity, Target, Text},
    store::Fact,
};

/// The latest runs, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// Each with where it stands.
    pub runs: Vec<Brief>,
    /// How many older ones there are that were not read.
    pub older: usize,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// Its name.
    pub id: Text,
    /// How it stands, in a word.
    pub state: String,
    /// How much that matters.
    pub severity: Severity,
    /// Why it stands there, where there is a reason.
    pub why: Option<Text>,
    /// Somebody carries it out now.
    pub lives: bool,
    /// It has not come to an end: it is under way, or somebody has to take it up.
    pub open: bool,
    /// Its operation.
    pub operation: Text,
    /// What it does.
    pub title: Text,
    /// To what.
    pub targets: Vec<Target>,
    /// The digest of its plan.
    pub digest: String,
    /// Who confirmed it or took it up, when and from where, and what they gave as reason.
    pub said: Vec<(Timestamp, Text)>,
    /// The process that carries it out, or did last.
    pub carrier: Text,
    /// When it was begun.
    pub began: Option<Timestamp>,
    /// When it last did something.
    pub last: Option<Timestamp>,
    /// Steps that are done, of all.
    pub done: usize,
    /// All steps.
    pub total: usize,
    /// Where the steps stand: those that matter now.
    pub steps: Vec<Leg>,
    /// What it told, with when.
    pub notes: Vec<(Timestamp, Text)>,
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Its number, from 1.
    pub number: usize,
    /// What it does.
    pub name: Text,
    /// Where it stands, in a word.
    pub state: String,
    /// How much that matters.
    pub severity: Severity,
    /// Why it stands there, where there is a reason.
    pub why: Option<Text>,
}

impl Brief {
    /// What it is known by.
    pub fn target(&self) -> Target {
        Target::new(Kind::Run, [self.id.clone()])
    }
}

impl Fact for Runs {
    const NAME: &'static str = "runs";
}
