//! Everything that a run will do, before any of it is done: a tree of steps as data. It can be shown, hashed and kept.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Act, Environment, Question, Retention, Rows, Target, Text};

/// What an operator asked for, from a form or from a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The operation's name.
    pub operation: String,
    /// What it is to be done to; never empty.
    pub targets: Vec<Target>,
    /// Whatever else the operation asks, by name.
    pub arguments: BTreeMap<String, String>,
    /// The same of one target alone, by its last name: it goes before what is said of all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub each: BTreeMap<String, BTreeMap<String, String>>,
}

impl Request {
    /// What was said to something that is asked, without blanks around it; none where nothing was.
    pub fn said(&self, name: &str) -> Option<&str> {
        spoken(&self.arguments, name)
    }

    /// The same of this target: what was said of it alone, or else of all.
    pub fn said_of(&self, target: &Target, name: &str) -> Option<&str> {
        let own = self.each.get(target.name().raw());
        own.and_then(|own| spoken(own, name)).or_else(|| self.said(name))
    }
}

fn spoken<'a>(arguments: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let said = arguments.get(name).map(|said| said.trim());
    said.filter(|said| !said.is_empty())
}

/// A plan. What two people see of it is the same if its digest is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The fleet it was made for.
    pub fleet: String,
    /// What is at stake there.
    pub environment: Environment,
    /// What was asked for.
    pub request: Request,
    /// What it does, in one sentence without a full stop; names in it are escaped.
    pub title: String,
    /// What is done to what, in what order.
    pub steps: Tree,
    /// Rows that would change, a line each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Rows>,
    /// Whom and what it touches besides its targets, and what was left out: label and words.
    pub touches: Vec<(String, String)>,
    /// Files that it sends, as they were when it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artefacts: Vec<Artefact>,
    /// What was true when it was made and changes all the time, such as how many sessions there are: label and words.
    /// It is shown, and is no part of the digest.
    pub seen: Vec<(String, String)>,
    /// SHA-256 over what was found out for it and no watcher asks for, in hexadecimal.
    pub evidence: Option<String>,
    /// What no undo brings back.
    pub lost: Vec<String>,
    /// Whether it takes a tenant's data away for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub farewell: Option<Farewell>,
    /// What has to be typed.
    pub confirm: Confirm,
    /// Whether somebody else has to confirm it too; none where one person is enough.
    pub approval: Option<Approval>,
    /// What is asked for next, once this is done, where it is only the first half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Request>,
}

/// A file that a plan sends. Its text is no part of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefact {
    /// Where it is.
    pub directory: PathBuf,
    /// Its name there.
    pub file: Text,
    /// SHA-256 over its bytes, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What is taken away for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// Since when nobody gets in.
    pub since: Timestamp,
    /// How long backups with it are kept; none where nobody tells.
    pub kept: Option<Retention>,
    /// Whoever asked for it takes it that nobody can tell whether that is long enough.
    pub accepted: bool,
}

/// That more than one person has to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// How many, each with a login of their own.
    pub persons: u8,
    /// In how much time, in seconds.
    pub within: u64,
}

/// Steps, and the order in which they are done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tree {
    /// One step.
    Step(Box<Step>),
    /// One after the other; where one fails, those before it are undone.
    Seq(Vec<Tree>),
    /// The same for many, side by side. One that fails is undone by itself and the others go on.
    Each {
        /// At most so many at the same time on each server; those that are done on none count together.
        cap: usize,
        /// How many are begun in each wave; the last number holds for all that follow. A wave begins when the one before
        /// has ended.
        waves: Vec<usize>,
        /// What must be true before each wave but the first.
        gate: Option<Box<Check>>,
        /// So many may fail; with one more nothing new is begun.
        budget: usize,
        /// The many.
        over: Vec<Tree>,
    },
}

/// One thing that is done, how it is read back, and how it is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does, in a few words; names in it are escaped.
    pub name: String,
    /// The deed.
    pub act: Act,
    /// Whether the deed does no harm when it is done twice. Otherwise it is not repeated where nobody answered.
    pub again: bool,
    /// How it is known that it took.
    pub check: Check,
    /// The way back.
    pub undo: Undo,
}

/// A question whose answer is true once a step has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is asked.
    pub ask: Question,
    /// How long the answer may take to become true, in seconds.
    pub within: u64,
}

/// The way back from a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Undo {
    /// This deed. It must do no harm when it is done twice.
    Act(Act),
    /// The same, as long as the run goes: what it leaves behind ends by itself.
    Meanwhile(Act),
    /// The step leaves nothing behind.
    Nothing,
    /// There is none; why.
    Never(String),
}

/// What has to be typed before anything happens. Follows from the environment and from what is at stake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// `y`: it can be taken back, and it is not production.
    Yes,
    /// The number of targets.
    Count(usize),
    /// This name, and a reason: data or access is lost.
    Name(String),
}

impl Confirm {
    /// The word that confirms.
    pub fn word(&self) -> String {
        match self {
            Self::Yes => "y".into(),
            Self::Count(count) => count.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

impl Tree {
    /// Steps one after the other.
    pub fn seq(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::Seq(steps.into_iter().map(Self::step).collect())
    }

    /// A step by itself.
    pub fn step(step: Step) -> Self {
        Self::Step(Box::new(step))
    }

    /// How many steps it has.
    pub fn count(&self) -> usize {
        match self {
            Self::Step(_) => 1,
            Self::Seq(all) | Self::Each { over: all, .. } => all.iter().map(Self::count).sum(),
        }
    }

    /// The server that its first step which is done on one is done on.
    pub fn server(&self) -> Option<&Target> {
        match self {
            Self::Step(step) => {
                let asked = || step.check.ask.places().into_iter().next();
                Some(&step.act.place().or_else(asked)?.server)
            }
            Self::Seq(all) | Self::Each { over: all, .. } => all.iter().find_map(Self::server),
        }
    }

    /// Every step, in the order in which they are numbered.
    pub fn steps(&self) -> Vec<&Step> {
        match self {
            Self::Step(step) => vec![step],
            Self::Seq(all) | Self::Each { over: all, .. } => all.iter().flat_map(Self::steps).collect(),
        }
    }
}

impl Undo {
    /// The deed that it is.
    pub fn act(&self) -> Option<&Act> {
        match self {
            Self::Act(act) | Self::Meanwhile(act) => Some(act),
            Self::Nothing | Self::Never(_) => None,
        }
    }
}

impl Said {
    /// Whose word it is.
    pub fn person(&self) -> &str {
        self.login.as_deref().unwrap_or(&self.by)
    }
}

impl Step {
    /// A step that changes nothing: it is its check.
    pub fn look(name: impl Into<String>, ask: Question, within: u64) -> Self {
        Self {
            name: name.into(),
            act: Act::Look,
            again: true,
            check: Check { ask, within },
            undo: Undo::Nothing,
        }
    }
}

/// Reading is the rule. This lifts it for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// What for: a ticket, or a word that others understand.
    pub ticket: String,
    /// Until when.
    pub until: Timestamp,
}

/// Who confirmed a plan, from where, and what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The Unix user, by the system's word.
    pub by: String,
    /// Who logged in, where the system keeps that (`/proc/self/loginuid`, proc(5)): the same after `sudo`.
    pub login: Option<String>,
    /// `SSH_CONNECTION`'s first word, where the session came over one.
    pub from: Option<String>,
    /// The word that was typed.
    pub word: String,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// What let this person write at all.
    pub permit: Option<Permit>,
    /// When.
    pub at: Timestamp,
}
