//! What may be done next: a walk over the tree of steps and where each stands.

use std::collections::BTreeMap;

use super::state::{Stage, State};
use crate::model::{Answer, Check, Deed, Step, Target, Tree, Undo};

/// How a part of the tree stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// These deeds may be done now; none where something is under way.
    Open(Vec<Deed>),
    /// Every step is done, or as many of the many as must be.
    Done,
    /// It failed, and what it had done is undone.
    Failed,
    /// It can neither go on nor back.
    Stuck,
}

/// How the whole tree stands, on its way forth.
pub fn on(tree: &Tree, steps: &[Step], states: &[State], gates: &BTreeMap<usize, Answer>) -> Node {
    Walk { steps, states, gates }.line(std::slice::from_ref(tree), 0)
}

/// How the whole tree stands on its way back from wherever it was: among many, too, nothing stays that can be taken back.
pub fn back(steps: &[Step], states: &[State], gates: &BTreeMap<usize, Answer>) -> Node {
    Walk { steps, states, gates }.abort()
}

/// The many of a tree, and what holds for them.
struct Many<'a> {
    cap: usize,
    waves: &'a [usize],
    gate: Option<&'a Check>,
    budget: usize,
    over: &'a [Tree],
}

struct Walk<'a> {
    steps: &'a [Step],
    states: &'a [State],
    gates: &'a BTreeMap<usize, Answer>,
}

impl Walk<'_> {
    /// What is under way ends and is read back first; then the steps are taken back, the last first.
    fn abort(&self) -> Node {
        let under_way = self
            .states
            .iter()
            .enumerate()
            .filter_map(|(at, state)| match state.stage {
                Stage::Acting => Some(None),
                Stage::Acted | Stage::Doubt => Some(Some(Deed::Check(at))),
                _ => None,
            });
        let under_way: Vec<Option<Deed>> = under_way.collect();
        if !under_way.is_empty() {
            return Node::Open(under_way.into_iter().flatten().collect());
        }
        let stuck = |state: &State| matches!(state.stage, Stage::Kept | Stage::Unknown);
        let left = self.steps.iter().zip(self.states).enumerate().rev();
        for (at, (step, state)) in left {
            if state.leaves(step) && !stuck(state) && step.undo.act().is_some() {
                return Node::Open(vec![Deed::Undo(at)]);
            }
        }
        if self.states.iter().any(stuck) {
            Node::Stuck
        } else {
            Node::Failed
        }
    }

    /// A tree whose first step has this number.
    fn tree(&self, tree: &Tree, first: usize) -> Node {
        match tree {
            Tree::Step(_) => self.step(first),
            Tree::Seq(all) => self.line(all, first),
            Tree::Each {
                cap,
                waves,
                gate,
                budget,
                over,
            } => {
                let many = Many {
                    cap: *cap,
                    waves,
                    gate: gate.as_deref(),
                    budget: *budget,
                    over,
                };
                self.many(&many, first)
            }
        }
    }

    fn step(&self, at: usize) -> Node {
        match self.states[at].stage {
            Stage::Waiting => Node::Open(vec![Deed::Act(at)]),
            Stage::Acting => Node::Open(Vec::new()),
            Stage::Acted | Stage::Doubt => Node::Open(vec![Deed::Check(at)]),
            Stage::Done => Node::Done,
            Stage::Refused | Stage::Failed | Stage::Undoing | Stage::Undone => Node::Failed,
            Stage::Kept | Stage::Unknown => Node::Stuck,
        }
    }

    /// One after the other. Where one fails, it and those before it are undone, the last first.
    fn line(&self, all: &[Tree], first: usize) -> Node {
        let mut at = first;
        for tree in all {
            let next = at + tree.count();
            match self.tree(tree, at) {
                Node::Done => at = next,
                Node::Failed => return self.back(all, first, next),
                other @ (Node::Open(_) | Node::Stuck) => return other,
            }
        }
        Node::Done
    }

    /// The way back over these steps. What succeeded among many stays: each of them stands for itself.
    fn back(&self, all: &[Tree], first: usize, end: usize) -> Node {
        let mut own = Vec::new();
        number(all, first, &mut own);
        let left = own.into_iter().filter(|at| *at < end).rev();
        for at in left {
            let (step, state) = (&self.steps[at], &self.states[at]);
            if state.stage == Stage::Kept {
                return Node::Stuck;
            }
            if state.leaves(step) {
                return match step.undo {
                    Undo::Act(_) | Undo::Meanwhile(_) => Node::Open(vec![Deed::Undo(at)]),
                    Undo::Never(_) => Node::Stuck,
                    Undo::Nothing => continue,
                };
            }
        }
        Node::Failed
    }

    fn many(&self, many: &Many<'_>, first: usize) -> Node {
        let mut tally = Tally::default();
        let children: Vec<Child<'_>> = self.children(many.over, first);
        for child in &children {
            match &child.node {
                Some(Node::Open(deeds)) => {
                    tally.open(child);
                    tally.deeds.extend(deeds);
                }
                Some(Node::Done) => {}
                Some(Node::Failed) => tally.failed += 1,
                Some(Node::Stuck) => tally.stuck += 1,
                None => tally.fresh += 1,
            }
        }
        if tally.failed + tally.stuck <= many.budget {
            self.begin(many, &children, &mut tally);
        }
        match tally {
            Tally { open, deeds, .. } if !open.is_empty() => Node::Open(deeds),
            Tally { stuck: 1.., .. } => Node::Stuck,
            Tally { failed, fresh, .. } if failed > many.budget || fresh > 0 => Node::Failed,
            Tally { .. } => Node::Done,
        }
    }

    fn children<'t>(&self, over: &'t [Tree], first: usize) -> Vec<Child<'t>> {
        let mut at = first;
        let child = |tree: &'t Tree| {
            let number = at;
            at += tree.count();
            let fresh = self.states[number..at]
                .iter()
                .all(|state| state.stage == Stage::Waiting);
            Child {
                number,
                server: tree.server(),
                node: (!fresh).then(|| self.line(std::slice::from_ref(tree), number)),
            }
        };
        over.iter().map(child).collect()
    }

    /// Begins as many as the cap lets, none before its wave and none while the gate before it is shut.
    fn begin<'t>(&self, many: &Many<'_>, children: &[Child<'t>], tally: &mut Tally<'t>) {
        let settled = |child: &&Child<'_>| !matches!(child.node, None | Some(Node::Open(_)));
        let settled = children.iter().take_while(settled).count();
        let waves = wave_begins(many.waves, children.len());
        for (place, (child, wave)) in children.iter().zip(waves).enumerate() {
            if wave > settled {
                return;
            }
            if child.node.is_some() || tally.open_on(child) >= many.cap.max(1) {
                continue;
            }
            if wave > 0 && place == wave {
                match self.gate(many, child.number) {
                    Gate::Open => {}
                    Gate::Ask => return tally.add(child, Deed::Gate(child.number)),
                    Gate::Shut => return,
                }
            }
            tally.fresh -= 1;
            tally.add(child, Deed::Act(child.number));
        }
    }

    fn gate(&self, many: &Many<'_>, at: usize) -> Gate {
        match (many.gate, self.gates.get(&at)) {
            (None, _) | (_, Some(Answer::Yes)) => Gate::Open,
            (Some(_), None) => Gate::Ask,
            (Some(_), Some(Answer::No | Answer::Refused(_) | Answer::Halfway(_) | Answer::Silence(_))) => Gate::Shut,
        }
    }
}

/// One of the many: the number of its first step, and how it stands; `None` where it was not begun.
struct Child<'a> {
    number: usize,
    server: Option<&'a Target>,
    node: Option<Node>,
}

#[derive(Default)]
struct Tally<'a> {
    /// How many are under way, by the server that they are done on.
    open: BTreeMap<Option<&'a Target>, usize>,
    failed: usize,
    stuck: usize,
    fresh: usize,
    deeds: Vec<Deed>,
}

impl<'a> Tally<'a> {
    fn open(&mut self, child: &Child<'a>) {
        *self.open.entry(child.server).or_default() += 1;
    }

    fn open_on(&self, child: &Child<'a>) -> usize {
        self.open.get(&child.server).copied().unwrap_or_default()
    }

    fn add(&mut self, child: &Child<'a>, deed: Deed) {
        self.open(child);
        self.deeds.push(deed);
    }
}

enum Gate {
    Open,
    Ask,
    Shut,
}

/// For each of the many, the place at which its wave begins.
pub fn wave_begins(waves: &[usize], many: usize) -> impl Iterator<Item = usize> {
    let mut sizes = waves.iter().copied().filter(|size| *size > 0);
    let (mut begin, mut size) = (0, sizes.next().unwrap_or(many.max(1)));
    (0..many).map(move |place| {
        if place >= begin + size {
            begin += size;
            size = sizes.next().unwrap_or(size);
        }
        begin
    })
}

/// The numbers of the steps in these trees, without those of the many in them.
fn number(all: &[Tree], first: usize, own: &mut Vec<usize>) {
    let mut at = first;
    for tree in all {
        match tree {
            Tree::Step(_) => own.push(at),
            Tree::Seq(inner) => number(inner, at, own),
            Tree::Each { .. } => {}
        }
        at += tree.count();
    }
}

#[cfg(test)]
mod tests {
    use super::wave_begins;

    #[test]
    fn the_last_size_of_a_wave_holds_for_all_that_follow() {
        let begins = |waves: &[usize], many| wave_begins(waves, many).collect::<Vec<_>>();
        assert_eq!(begins(&[], 3), [0, 0, 0]);
        assert_eq!(begins(&[1, 2], 6), [0, 1, 1, 3, 3, 5]);
        assert_eq!(begins(&[1], 3), [0, 1, 2]);
        assert_eq!(begins(&[9], 2), [0, 0]);
    }
}
