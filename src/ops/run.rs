//! A run: a pure fold over its own journal. What is to be done next follows from it, and nothing else decides it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use jiff::SignedDuration;
use serde::Serialize;

use super::{
    state::{Stage, State},
    walk::{self, Node},
};
use crate::model::{Act, Answer, Carrier, Command, Deed, Entry, Order, Plan, Said, Step, Texts, Tree, Undo};

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
    /// Who carries it out, or did last.
    pub by: Carrier,
    /// What it was told last, where that still holds.
    pub order: Option<Order>,
    /// What steps kept for those that follow, by name.
    pub kept: BTreeMap<String, String>,
    /// Every step by its number: the tree is not walked for each.
    flat: Arc<[Step]>,
    states: Vec<State>,
    gates: BTreeMap<usize, Answer>,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// There is something to do.
    Running,
    /// Nothing is done before so many more persons have confirmed it.
    Awaits {
        /// How many.
        persons: usize,
    },
    /// There is something to do, and it was told to wait.
    Paused {
        /// Who told it.
        by: String,
    },
    /// Every step was read back from its target.
    Done,
    /// Some of the many are done and stay; others failed, or were not begun.
    Partly {
        /// Steps that failed or were taken back, and why.
        failed: Vec<(String, String)>,
        /// How many steps were not begun.
        left: usize,
        /// Why they were not, where it is not that too many failed.
        why: Option<String>,
    },
    /// It failed, and what was done before is as it was.
    Undone {
        /// The step that failed, and why.
        why: String,
    },
    /// It was told to stop: what can be taken back was.
    Aborted {
        /// Who told it.
        by: String,
        /// Steps that were done and stay, because there is no way back from them.
        stays: Vec<String>,
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
            Self::Awaits { .. } => "awaits approval",
            Self::Paused { .. } => "paused",
            Self::Done => "done",
            Self::Partly { .. } => "partly done",
            Self::Undone { .. } => "undone",
            Self::Aborted { .. } => "aborted",
            Self::Stuck { .. } => "stuck",
        }
    }

    /// Whether it may still go on, by itself or by somebody's hand.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Running | Self::Paused { .. } | Self::Awaits { .. } | Self::Stuck { .. } => true,
            Self::Done | Self::Partly { .. } | Self::Undone { .. } | Self::Aborted { .. } => false,
        }
    }
}

impl Run {
    /// The run of this journal. `None` where it does not begin with a confirmed plan.
    pub fn replay(entries: &[Entry]) -> Option<Self> {
        let (
            Entry::Opened {
                id,
                plan,
                digest,
                said,
                by,
            },
            rest,
        ) = entries.split_first()?
        else {
            return None;
        };
        let mut run = Self {
            id: id.clone(),
            flat: plan.steps.steps().into_iter().cloned().collect(),
            states: vec![State::default(); plan.steps.count()],
            plan: (**plan).clone(),
            digest: digest.clone(),
            said: vec![said.clone()],
            by: by.clone(),
            order: None,
            kept: BTreeMap::new(),
            gates: BTreeMap::new(),
        };
        for entry in rest {
            run.apply(entry);
        }
        Some(run)
    }

    /// Takes the rows that it sends, which its journal has not.
    pub fn fill(&mut self, rows: &Texts) {
        self.plan.fill(rows);
        self.flat = self.plan.steps.steps().into_iter().cloned().collect();
    }

    /// Takes in the next line of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Opened { .. } | Entry::Note(_) => {}
            Entry::Kept(name, value) => drop(self.kept.insert(name.clone(), value.clone())),
            Entry::Ordered(order) => self.obey(order),
            Entry::Resumed { said, by } => {
                self.said.push(said.clone());
                self.by = by.clone();
                // Whoever takes a run up that was paused wants it to go on. One that was aborted goes on back.
                self.order.take_if(|order| order.what == Command::Pause);
                // Whatever was under way when the process died is in doubt now.
                for (step, state) in self.flat.iter().zip(&mut self.states) {
                    state.interrupt(step);
                    state.take_up(step);
                }
                self.gates.retain(|_, answer| *answer == Answer::Yes);
            }
            Entry::Intent(deed) => self.intend(*deed),
            Entry::Answer(deed, answer) => self.hear(*deed, answer),
        }
    }

    /// An abort is final: what is on its way back does not go on.
    fn obey(&mut self, order: &Order) {
        if self.aborts() {
            return;
        }
        self.order = (order.what != Command::Continue).then(|| order.clone());
    }

    /// Whether it was told to stop.
    pub fn aborts(&self) -> bool {
        self.order.as_ref().is_some_and(|order| order.what == Command::Abort)
    }

    fn walk(&self) -> Node {
        if self.aborts() {
            walk::back(&self.flat, &self.states, &self.gates)
        } else {
            walk::on(&self.plan.steps, &self.flat, &self.states, &self.gates)
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
                self.states[at].checked(&self.flat[at], answer);
            }
            Deed::Undo(at) => self.states[at].undone(answer),
            Deed::Gate(at) => drop(self.gates.insert(at, answer.clone())),
        }
    }

    /// How a part of the plan stands by itself, whose steps have these numbers.
    pub(super) fn part(&self, tree: &Tree, steps: Range<usize>) -> Node {
        let gates = self.gates.range(steps.clone());
        let gates = gates.map(|(at, answer)| (at - steps.start, answer.clone())).collect();
        walk::on(tree, &self.flat[steps.clone()], &self.states[steps], &gates)
    }

    /// Where the steps of these numbers stand.
    pub(super) fn states(&self, steps: Range<usize>) -> &[State] {
        &self.states[steps]
    }

    /// All that may be done now, side by side. Empty where the run has ended, or what is under way must end first.
    pub fn next(&self) -> Vec<Deed> {
        if self.awaits() {
            return Vec::new();
        }
        match self.walk() {
            // What was begun is read back; nothing else is begun.
            Node::Open(deeds) if self.waits() => deeds
                .into_iter()
                .filter(|deed| matches!(deed, Deed::Check(_) | Deed::Undo(_)))
                .collect(),
            Node::Open(deeds) => deeds,
            Node::Done | Node::Failed | Node::Stuck => Vec::new(),
        }
    }

    /// Whether somebody else has to confirm it before anything is done.
    fn awaits(&self) -> bool {
        self.missing() > 0 && !self.begun() && !self.aborts()
    }

    /// Whether it was told to wait.
    pub fn waits(&self) -> bool {
        self.order.as_ref().is_some_and(|order| order.what == Command::Pause)
    }

    /// How it stands.
    pub fn outcome(&self) -> Outcome {
        let by = self.order.as_ref().map_or_else(String::new, |order| order.by.clone());
        match self.walk() {
            Node::Open(_) if self.awaits() => Outcome::Awaits {
                persons: self.missing(),
            },
            Node::Open(_) if self.waits() => Outcome::Paused { by },
            Node::Open(_) => Outcome::Running,
            Node::Done if self.states.iter().all(|state| state.stage == Stage::Done) => Outcome::Done,
            Node::Done if self.did(|_| true) => self.partly(),
            Node::Failed if self.aborts() => Outcome::Aborted {
                by,
                stays: self.stays(),
            },
            // Among many, what was done stays when others fail.
            Node::Failed if self.did(|step| step.undo != Undo::Nothing) => self.partly(),
            Node::Done | Node::Failed => Outcome::Undone {
                why: self.why(&[Stage::Refused, Stage::Failed, Stage::Undone]),
            },
            Node::Stuck => Outcome::Stuck {
                why: self.why(&[Stage::Unknown, Stage::Kept, Stage::Failed, Stage::Refused, Stage::Done]),
            },
        }
    }

    /// Steps that were done and have no way back.
    fn stays(&self) -> Vec<String> {
        let stays = self.steps().filter(|(step, state)| state.leaves(step));
        stays.map(|(step, _)| step.name.clone()).collect()
    }

    /// What would be taken back if it were told to stop now, the last first, and what would stay.
    pub fn way_back(&self) -> (Vec<&Step>, Vec<&Step>) {
        let left = self.steps().filter(|(step, state)| state.leaves(step));
        let (mut back, stays): (Vec<_>, Vec<_>) = left.partition(|(step, state)| {
            step.undo.act().is_some() && !matches!(state.stage, Stage::Kept | Stage::Unknown)
        });
        back.reverse();
        let step = |(step, _): (_, &State)| step;
        (
            back.into_iter().map(step).collect(),
            stays.into_iter().map(step).collect(),
        )
    }

    /// How many persons have still to confirm it.
    pub fn missing(&self) -> usize {
        let wanted = self.plan.approval.map_or(0, |approval| usize::from(approval.persons));
        wanted.saturating_sub(self.persons().len())
    }

    /// Who confirmed it, where more than one must: those who did so long before the last do not count.
    pub fn persons(&self) -> BTreeSet<&str> {
        let Some(approval) = self.plan.approval else {
            return BTreeSet::new();
        };
        let within = SignedDuration::from_secs(approval.within.try_into().unwrap_or(i64::MAX));
        let last = self.said.last().map(|said| said.at);
        let lately = self
            .said
            .iter()
            .filter(|said| last.is_some_and(|last| last.duration_since(said.at) <= within));
        lately.map(Said::person).collect()
    }

    /// Whether it has been begun: what has been approved once goes on.
    fn begun(&self) -> bool {
        self.states.iter().any(|state| state.stage != Stage::Waiting)
    }

    /// Each step with where it stands, in order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = (&Step, &State)> {
        self.flat.iter().zip(&self.states)
    }

    /// The step of this number.
    pub fn step(&self, at: usize) -> &Step {
        &self.flat[at]
    }

    /// Whether a step of this kind is done that did more than look.
    fn did(&self, kind: impl Fn(&Step) -> bool) -> bool {
        self.steps()
            .any(|(step, state)| state.stage == Stage::Done && step.act != Act::Look && kind(step))
    }

    fn partly(&self) -> Outcome {
        let left = self.steps().filter(|(_, state)| state.stage == Stage::Waiting).count();
        let failed = self
            .steps()
            .filter(|(_, state)| !matches!(state.stage, Stage::Done | Stage::Waiting));
        let why = |state: &State| state.why.clone().unwrap_or_else(|| state.stage.word().into());
        Outcome::Partly {
            failed: failed.map(|(step, state)| (step.name.clone(), why(state))).collect(),
            left,
            why: self.shut().filter(|_| left > 0),
        }
    }

    /// Why a gate is shut, where one is.
    fn shut(&self) -> Option<String> {
        match self.gates.values().find(|answer| **answer != Answer::Yes)? {
            Answer::Refused(fault) | Answer::Halfway(fault) | Answer::Silence(fault) => {
                Some(format!("the gate before a wave: {fault}"))
            }
            Answer::No | Answer::Yes => Some("the gate before a wave stayed shut".into()),
        }
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
        self.shut()
            .unwrap_or_else(|| "there is no way back from what was done".into())
    }
}
