//! The many of a plan: each of them, its wave, and the instance that it is done on.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use crate::{
    facts::runs::Part,
    model::{Headway, Tree},
    ops::{
        Run, Stage,
        walk::{Node, wave_begins},
    },
};

/// One of the many.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Child {
    /// The numbers of its steps.
    pub steps: Range<usize>,
    /// Which part counts it.
    pub part: usize,
    /// How it stands.
    pub stands: Stands,
    /// The way to its tree: from the whole to the many, and its place among them.
    way: Arc<[usize]>,
    place: usize,
}

/// How one of the many stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Waiting,
    UnderWay,
    Done,
    Failed,
    Stopped,
}

impl Stands {
    /// Where it is counted; nowhere where it was not begun.
    pub(super) fn count(self, headway: &mut Headway) -> Option<&mut u64> {
        match self {
            Self::Waiting => None,
            Self::UnderWay => Some(&mut headway.under_way),
            Self::Done => Some(&mut headway.done),
            Self::Failed => Some(&mut headway.failed),
            Self::Stopped => Some(&mut headway.stopped),
        }
    }
}

impl Child {
    fn tree<'a>(&self, run: &'a Run) -> Option<&'a Tree> {
        let mut tree = &run.plan.steps;
        for at in self.way.iter().chain([&self.place]) {
            let (Tree::Seq(all) | Tree::Each { over: all, .. }) = tree else {
                return None;
            };
            tree = all.get(*at)?;
        }
        Some(tree)
    }

    /// How it stands now.
    pub(super) fn stands_in(&self, run: &Run) -> Stands {
        let states = run.states(self.steps.clone());
        let any = |stages: &[Stage]| states.iter().any(|state| stages.contains(&state.stage));
        if states.iter().all(|state| state.stage == Stage::Waiting) {
            return Stands::Waiting;
        }
        if run.aborts() {
            return match () {
                () if any(&[Stage::Acting, Stage::Acted, Stage::Doubt, Stage::Undoing]) => Stands::UnderWay,
                () if any(&[Stage::Failed, Stage::Refused, Stage::Kept, Stage::Unknown]) => Stands::Failed,
                () if states.iter().all(|state| state.stage == Stage::Done) => Stands::Done,
                () => Stands::Stopped,
            };
        }
        match self.tree(run).map(|tree| run.part(tree, self.steps.clone())) {
            Some(Node::Done) => Stands::Done,
            Some(Node::Failed | Node::Stuck) => Stands::Failed,
            Some(Node::Open(_)) | None => Stands::UnderWay,
        }
    }
}

/// Every one of the many that are in no others, and the parts that count them. None where there are no two.
pub(super) fn outermost(tree: &Tree) -> (Vec<Part>, Vec<Child>) {
    let mut found = Found::default();
    found.find(tree, 0, &mut Vec::new());
    if found.many {
        found.in_order()
    } else {
        Default::default()
    }
}

#[derive(Default)]
struct Found {
    parts: Vec<Part>,
    children: Vec<Child>,
    /// Whether there are more than one beside each other.
    many: bool,
    waves: usize,
}

impl Found {
    /// Wave by wave, and there by the names of the instances.
    fn in_order(mut self) -> (Vec<Part>, Vec<Child>) {
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by_key(|at| (self.parts[*at].wave, self.parts[*at].instance.clone()));
        let mut places = vec![0; order.len()];
        for (place, at) in order.iter().enumerate() {
            places[*at] = place;
        }
        for child in &mut self.children {
            child.part = places[child.part];
        }
        let parts = order.into_iter().map(|at| self.parts[at].clone()).collect();
        (parts, self.children)
    }

    fn find(&mut self, tree: &Tree, first: usize, way: &mut Vec<usize>) {
        match tree {
            Tree::Step(_) => {}
            Tree::Seq(all) => {
                let mut at = first;
                for (place, tree) in all.iter().enumerate() {
                    way.push(place);
                    self.find(tree, at, way);
                    way.pop();
                    at += tree.count();
                }
            }
            Tree::Each { waves, over, .. } => self.add(waves, over, first, way),
        }
    }

    fn add(&mut self, waves: &[usize], over: &[Tree], first: usize, way: &[usize]) {
        let way: Arc<[usize]> = way.into();
        let mut at = first;
        let mut known = BTreeMap::new();
        for (place, (tree, begin)) in over.iter().zip(wave_begins(waves, over.len())).enumerate() {
            if over.len() > 1 && place == begin {
                self.many = true;
                self.waves += 1;
            }
            let wave = if over.len() > 1 { self.waves } else { 0 };
            let instance = tree.server().and_then(|server| server.path().first()).cloned();
            let part = *known.entry((wave, instance.clone())).or_insert(self.parts.len());
            if part == self.parts.len() {
                self.parts.push(Part {
                    wave,
                    instance,
                    headway: Headway::default(),
                });
            }
            self.parts[part].headway.of += 1;
            let steps = at..at + tree.count();
            at = steps.end;
            self.children.push(Child {
                steps,
                part,
                stands: Stands::Waiting,
                way: Arc::clone(&way),
                place,
            });
        }
    }
}
