//! Runs of operations, of every operator who keeps journals where we do: as their journals tell them.

mod progress;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    model::{Kind, Request, Severity, Target, Text},
    store::{Fact, Known, Snapshot},
};

pub use progress::{Failure, Left, Part, Progress, Wait};

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
    /// What can be told to it, or done with it.
    pub stand: Stand,
    /// It was told to stop, once and for all: whoever carries it out takes back what was done.
    pub aborts: bool,
    /// Who confirmed it lately enough to count.
    pub persons: Vec<Text>,
    /// Steps that would be taken back if it were told to stop now, the last first. None once it has ended.
    pub back: Several,
    /// Steps that would stay then, and why.
    pub stays: Several,
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
    /// Where the steps stand; where there are many, those that matter now.
    pub steps: Vec<Leg>,
    /// How many steps stand how, where not all are listed.
    #[serde(default)]
    pub stages: Vec<(String, usize)>,
    /// How far the many have come, where it does the same to many.
    #[serde(default)]
    pub progress: Option<Progress>,
    /// What is asked for next, where it was only the first half.
    #[serde(default)]
    pub then: Option<Request>,
    /// The instances where it took a restore point before it did anything.
    #[serde(default)]
    pub points: Vec<Text>,
    /// What it told, with when.
    pub notes: Vec<(Timestamp, Text)>,
}

/// How a run stands to those who would tell it something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stand {
    /// Somebody carries it out.
    Goes,
    /// Somebody carries it out, and it was told to wait.
    Waits,
    /// Somebody takes back what was done of it.
    Returns,
    /// Nobody carries it out, and it has not ended.
    Left,
    /// Nobody carries it out before another person has confirmed it.
    Awaits,
    /// It has ended.
    Ended,
    /// Its journal cannot be gone on with.
    Damaged,
}

/// Steps: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Several {
    /// How many there are.
    pub count: usize,
    /// The first of them, in words.
    pub first: Vec<Text>,
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

/// The runs whose journals were read, and why there may be others.
pub fn read(world: &Snapshot) -> (&[Brief], Option<Text>) {
    match world.known::<Runs>(&Target::fleet()) {
        Known::Seen(seen) => {
            let older = match seen.value.older {
                0 => None,
                n => Some(format!("the journals of {n} older runs were not read").into()),
            };
            (&seen.value.runs, older)
        }
        Known::Waiting => (&[], Some("the journals of runs were not read yet".into())),
        Known::Silent(fault) => (&[], Some(fault.what.clone())),
    }
}

impl Fact for Runs {
    const NAME: &'static str = "runs";
}
