//! An operation on its way: what it asks, its plan, and what came of it.

mod choice;
mod choosing;
mod draft;
mod form;
mod sheet;
mod sketch;
mod words;

pub use choice::{Choice, Does};
pub use choosing::Choosing;
pub use draft::{Draft, outlined};
pub use form::{About, Field, Form, Says, made};
pub use sheet::{Focus, Sheet, Shown, broken};
pub use sketch::Sketch;
pub use words::{abort, lines, taken_up};

use jiff::Timestamp;

use crate::{
    facts,
    model::{Plan, Request, Target},
    ops::{Refusal, survey::Evidence},
    store::Snapshot,
};

/// A plan, with what was found out for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The plan, bound by the policy.
    pub plan: Plan,
    /// What no watcher asks for; none where nothing was asked.
    pub evidence: Option<Evidence>,
}

/// The dialog of one operation, or of something that is done to a run.
pub struct Acting {
    /// Tells its answers from those to dialogs that were left.
    pub number: u64,
    /// What is to be done.
    pub does: Does,
    /// To what.
    pub targets: Vec<Target>,
    /// What it asks.
    pub form: Form,
    /// What is clear of it while it asks.
    pub sketch: Sketch,
    /// When a key came last while it asked.
    pub typed: Timestamp,
    /// The plan that was made last while it asked.
    pub draft: Option<Draft>,
    /// Its plan is made as soon as another one is, which is being made.
    pub queued: bool,
    /// How far it has come.
    pub stage: Stage,
}

/// How much was seen of what a plan follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Some has neither answered nor failed yet: a refusal may be for that alone.
    Part,
    /// All has.
    Whole,
}

/// How far an operation has come.
pub enum Stage {
    /// It asks.
    Asks,
    /// Its plan is being made, from so much.
    Planning(Sight),
    /// There is no plan, from so much.
    Refused(Refusal, Sight),
    /// Something has to be chosen before there is a plan.
    Choose(Choosing),
    /// Its plan is looked at.
    Plan(Box<Sheet>),
    /// What was looked at is not what would be done now; what changed, a line each.
    Void(Vec<String>),
    /// It is being started.
    Starting,
    /// It was not started: why, and what could be done.
    Told(String, Option<String>),
}

impl Sight {
    /// How much is seen of what this follows from.
    pub fn of(does: Does, world: &Snapshot) -> Self {
        match does {
            Does::Operation(operation) if !facts::answered(world, operation.needs()) => Self::Part,
            Does::Operation(_) | Does::Run(_) => Self::Whole,
        }
    }
}

impl Acting {
    /// An operation that has not come far yet.
    pub fn new(number: u64, does: Does, targets: Vec<Target>, form: Form, now: Timestamp) -> Self {
        Self {
            number,
            does,
            targets,
            form,
            sketch: Sketch::default(),
            typed: now,
            draft: None,
            queued: false,
            stage: Stage::Asks,
        }
    }

    /// Takes what is typed for its target, and tells what is clear of it so far.
    pub fn sketched(&mut self, world: &Snapshot) {
        self.targets = self.request().targets;
        self.sketch = Sketch::of(self, world);
    }

    /// Whether it lacks the name of what it makes.
    pub fn is_nameless(&self) -> bool {
        self.form.made() == Some(None)
    }

    /// What is asked for, as far as it is filled in.
    pub fn request(&self) -> Request {
        Request {
            operation: self.does.name().to_owned(),
            targets: match self.form.made() {
                Some(made) => made.into_iter().collect(),
                None => self.targets.clone(),
            },
            arguments: self.form.arguments(),
            ..Request::default()
        }
    }

    /// The plan that is looked at.
    pub fn sheet(&self) -> Option<&Sheet> {
        match &self.stage {
            Stage::Plan(sheet) => Some(sheet),
            _ => None,
        }
    }

    /// The plan that is looked at, to change what is beside it.
    pub fn sheet_mut(&mut self) -> Option<&mut Sheet> {
        match &mut self.stage {
            Stage::Plan(sheet) => Some(sheet),
            _ => None,
        }
    }
}
