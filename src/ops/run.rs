//! A run: a pure fold over its own journal. What is to be done next follows from it, and nothing else decides it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    state::{Stage, State},
    walk::{Node, walk},
};
use crate::model::{Answer, Deed, Entry, Plan, Said, Step};

/// A confirmed plan on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its name.
    pub id: String,
    /// What was confirmed.
    pub plan: Plan,
    /// The digest of what was confirmed.
    pub digest: String,
    /// Who confirmed it, and who took it up again, in order.
    pub said: Vec<Said>,
    states: Vec<State>,
    gates: BTreeMap<usize, Answer>,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// There is something to do.
    Running,
    /// Every step was read back from its target.
    Done,
    /// Some of the many failed, within the budget; the others are done.
    Partly {
        /// Steps that were not done, and why.
        failed: Vec<(String, String)>,
    },
    /// It failed, and what was done before is as it was.
    Undone {
        /// The step that failed, and why.
        why: String,
    },
    /// Only people can go on from here.
    Stuck {
        /// The step, and why.
        why: String,
    },
}

impl Outcome {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Partly { .. } => "partly done",
            Self::Undone { .. } => "undone",
            Self::Stuck { .. } => "stuck",
        }
    }
}

impl Run {
    /// The run of this journal. `None` where it does not begin with a confirmed plan.
    pub fn replay(entries: &[Entry]) -> Option<Self> {
        let (Entry::Opened { id, plan, digest, said }, rest) = entries.split_first()? else {
            return None;
        };
        let mut run = Self {
            id: id.clone(),
            states: vec![State::default(); plan.steps.count()],
            plan: (**plan).clone(),
            digest: digest.clone(),
            said: vec![said.clone()],
            gates: BTreeMap::new(),
        };
        for entry in rest {
            run.apply(entry);
        }
        Some(run)
    }

    /// Takes in the next line of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Opened { .. } | Entry::Note(_) => {}
            Entry::Resumed { said } => {
                self.said.push(said.clone());
                // Whatever was under way when the process died is in doubt now.
                for state in &mut self.states {
                    state.interrupt();
                    state.take_up();
                }
                self.gates.retain(|_, answer| *answer == Answer::Yes);
            }
            Entry::Intent(deed) => self.intend(*deed),
            Entry::Answer(deed, answer) => self.hear(*deed, answer),
        }
    }

    fn intend(&mut self, deed: Deed) {
        match deed {
            Deed::Act(at) => self.states[at].begin(),
            Deed::Undo(at) => self.states[at].back(),
            Deed::Check(_) | Deed::Gate(_) => {}
        }
    }

    fn hear(&mut self, deed: Deed, answer: &Answer) {
        match deed {
            Deed::Act(at) => self.states[at].acted(answer),
            Deed::Check(at) => {
                let step = self.step(at).clone();
                self.states[at].checked(&step, answer);
            }
            Deed::Undo(at) => self.states[at].undone(answer),
            Deed::Gate(at) => drop(self.gates.insert(at, answer.clone())),
        }
    }

    /// All that may be done now, side by side. Empty where the run has ended, or what is under way must end first.
    pub fn next(&self) -> Vec<Deed> {
        match walk(&self.plan.steps, &self.states, &self.gates) {
            Node::Open(deeds) => deeds,
            Node::Done | Node::Failed | Node::Stuck => Vec::new(),
        }
    }

    /// How it stands.
    pub fn outcome(&self) -> Outcome {
        match walk(&self.plan.steps, &self.states, &self.gates) {
            Node::Open(_) => Outcome::Running,
            Node::Done if self.states.iter().all(|state| state.stage == Stage::Done) => Outcome::Done,
            Node::Done => Outcome::Partly { failed: self.failed() },
            Node::Failed => Outcome::Undone {
                why: self.why(&[Stage::Refused, Stage::Failed, Stage::Undone]),
            },
            Node::Stuck => Outcome::Stuck {
                why: self.why(&[Stage::Unknown, Stage::Kept, Stage::Failed, Stage::Refused, Stage::Done]),
            },
        }
    }

    /// Each step with where it stands, in order.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, &State)> {
        self.plan.steps.steps().into_iter().zip(&self.states)
    }

    /// The step of this number.
    pub fn step(&self, at: usize) -> &Step {
        self.plan.steps.steps()[at]
    }

    /// Steps that were not done, and why.
    fn failed(&self) -> Vec<(String, String)> {
        let failed = self.steps().filter(|(_, state)| state.stage != Stage::Done);
        failed
            .map(|(step, state)| {
                (
                    step.name.clone(),
                    state.why.clone().unwrap_or_else(|| state.stage.word().into()),
                )
            })
            .collect()
    }

    /// The first step that stands at one of these stages, in this order, and why.
    fn why(&self, stages: &[Stage]) -> String {
        let find = |stage: &Stage| {
            self.steps()
                .find(|(_, state)| state.stage == *stage && state.why.is_some())
        };
        if let Some((step, state)) = stages.iter().find_map(find) {
            let why = state.why.as_deref().unwrap_or_default();
            return format!("{}: {why}", step.name);
        }
        let closed = self.gates.values().find(|answer| **answer != Answer::Yes);
        match closed {
            Some(Answer::Refused(fault) | Answer::Silence(fault)) => format!("the gate before a wave: {fault}"),
            Some(Answer::No | Answer::Yes) => "the gate before a wave stayed shut".into(),
            None => "there is no way back from what was done".into(),
        }
    }
}
