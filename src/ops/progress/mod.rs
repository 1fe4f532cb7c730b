//! How far the many of a run have come: a fold over its journal, line by line, that never looks at all of them again.

mod clock;
#[cfg(test)]
mod made_up;
mod many;
#[cfg(test)]
mod tests;
mod waits;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Run, Stage, engine::GATE};
use crate::{
    facts::runs::{Failure, Left, Part, Progress},
    model::{Deed, Entry, Headway},
};
use clock::Clock;
use many::{Child, Stands};
use waits::Waits;

/// So many failures are listed, the last ones.
const LISTED: usize = 100;

/// How far the many of a run have come, as its journal has told it so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    parts: Vec<Part>,
    /// In the order of their steps.
    children: Vec<Child>,
    /// By the place of the child.
    failures: BTreeMap<usize, Failure>,
    waits: Waits,
    clock: Clock,
}

impl Course {
    /// That of a run that was begun at this time.
    pub fn of(run: &Run, at: Timestamp) -> Self {
        let (parts, children) = many::outermost(&run.plan.steps);
        Self {
            parts,
            children,
            clock: Clock::at(at),
            ..Self::default()
        }
    }

    /// Takes in the next line of the journal, once the run has.
    pub fn apply(&mut self, run: &Run, entry: &Entry, at: Timestamp) {
        self.clock.hears(entry, at);
        match entry {
            Entry::Opened { .. } | Entry::Kept(..) => {}
            Entry::Note(note) => self.waits.hears(note, at),
            Entry::Resumed { .. } => {
                self.waits = Waits::default();
                self.look_at_all(run, at);
            }
            // What was told to stop stands otherwise.
            Entry::Ordered(_) => self.look_at_all(run, at),
            Entry::Intent(deed) => {
                self.waits.begins(*deed, about(run, *deed));
                self.look(run, *deed, at);
            }
            Entry::Answer(deed, _) => {
                self.waits.ends(*deed);
                self.look(run, *deed, at);
            }
        }
    }

    /// Whether the run does the same to many.
    pub fn has_many(&self) -> bool {
        !self.children.is_empty()
    }

    /// Whether the step of this number is of one of the many.
    pub fn is_of_many(&self, step: usize) -> bool {
        self.child(step).is_some()
    }

    /// The place of the child that this step belongs to.
    fn child(&self, step: usize) -> Option<usize> {
        let after = self.children.partition_point(|child| child.steps.start <= step);
        let at = after.checked_sub(1)?;
        self.children[at].steps.contains(&step).then_some(at)
    }

    fn look(&mut self, run: &Run, deed: Deed, at: Timestamp) {
        if let (Some(child), false) = (self.child(deed.number()), matches!(deed, Deed::Gate(_))) {
            self.look_at(run, child, at);
        }
    }

    fn look_at_all(&mut self, run: &Run, at: Timestamp) {
        for child in 0..self.children.len() {
            self.look_at(run, child, at);
        }
    }

    fn look_at(&mut self, run: &Run, place: usize, at: Timestamp) {
        let child = &mut self.children[place];
        let before = child.stands;
        child.stands = child.stands_in(run);
        let headway = &mut self.parts[child.part].headway;
        if let Some(count) = before.count(headway) {
            *count -= 1;
        }
        if let Some(count) = child.stands.count(headway) {
            *count += 1;
        }
        if child.stands == before {
            return;
        }
        match child.stands {
            Stands::Failed => drop(self.failures.insert(place, failure(run, child, at))),
            Stands::Done | Stands::Waiting | Stands::UnderWay | Stands::Stopped => drop(self.failures.remove(&place)),
        }
        if child.stands == Stands::Done {
            self.clock.one_is_done(at);
        }
    }

    /// How far they have come by now; none where the run does not do the same to many.
    pub fn progress(&self, run: &Run, lives: bool, now: Timestamp) -> Option<Progress> {
        if self.children.is_empty() {
            return None;
        }
        let parts = self.parts.iter().map(|part| part.headway);
        let all = parts.fold(Headway::default(), Headway::and);
        let goes = lives && !run.waits();
        let lately = self.clock.lately(now).filter(|_| goes);
        let rate = self.clock.rate(all.done, lives, now);
        let mut failures: Vec<&Failure> = self.failures.values().collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.at));
        let part = |step: usize| Some(self.children[self.child(step)?].part);
        Some(Progress {
            left: self.left(run, lives, all, now),
            lately,
            rate,
            waits: self.waits.newest(part, &self.parts),
            failed: self.failures.len(),
            failures: failures.into_iter().take(LISTED).cloned().collect(),
            parts: self.parts.clone(),
        })
    }

    fn left(&self, run: &Run, lives: bool, all: Headway, now: Timestamp) -> Left {
        let unknown = |why: &str| Left::Unknown(why.into());
        let rate = self.clock.trend(now).or_else(|| self.clock.rate(all.done, lives, now));
        match rate {
            _ if run.aborts() => unknown("it was told to stop"),
            _ if run.waits() => unknown("it is paused"),
            _ if !lives => unknown("nobody carries it out"),
            None => unknown("nothing is done yet"),
            Some(rate) => match self.clock.stalls(rate, now) {
                Some(idle) => unknown(&format!("none was done for {} s", idle.as_secs())),
                None => Left::Seconds((all.of - all.ended()) as f64 / rate),
            },
        }
    }
}

fn about(run: &Run, deed: Deed) -> &str {
    match deed {
        Deed::Act(step) | Deed::Check(step) | Deed::Undo(step) => &run.step(step).name,
        Deed::Gate(_) => GATE,
    }
}

/// The step that failed: what cannot be known or taken back tells more than what was tried in vain.
fn failure(run: &Run, child: &Child, at: Timestamp) -> Failure {
    let states = run.states(child.steps.clone());
    let find = |stage| states.iter().position(|state| state.stage == stage);
    let worst = [Stage::Unknown, Stage::Kept, Stage::Failed, Stage::Refused];
    let place = worst.into_iter().find_map(find).unwrap_or(0);
    let state = &states[place];
    Failure {
        at,
        name: run.step(child.steps.start + place).name.as_str().into(),
        why: state.why.clone().unwrap_or_else(|| state.stage.word().into()).into(),
    }
}
