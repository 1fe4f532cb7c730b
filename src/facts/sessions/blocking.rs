//! Who waits for whom: chains of sessions with the one that holds them all up first.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::Session;

/// A root and everybody who waits for it, directly or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Process id of the root; 0 stands for a prepared transaction, which has no process.
    pub root: i32,
    /// Everybody in it waits for somebody in it: the server will end one of them.
    pub deadlock: bool,
    /// Each right under what it waits for.
    pub victims: Vec<Victim>,
}

/// A session that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// Process id.
    pub pid: i32,
    /// 1 where it waits for the root itself.
    pub depth: usize,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Chain {
    /// How long all victims together have waited.
    pub fn waiting(&self, now: Timestamp) -> SignedDuration {
        let waits = self.victims.iter().filter_map(|victim| victim.since);
        waits.map(|since| now.duration_since(since)).sum()
    }

    /// When the first of them began to wait.
    pub fn since(&self) -> Option<Timestamp> {
        self.victims.iter().filter_map(|victim| victim.since).min()
    }
}

/// All chains, the one with most victims first. A session that waits for two roots is in the chains of both.
pub fn chains(sessions: &[Session]) -> Vec<Chain> {
    let graph = Graph::of(sessions);
    let mut seen = HashSet::new();
    let mut chains: Vec<Chain> = graph.roots().map(|root| graph.chain(root, false)).collect();
    for chain in &chains {
        seen.extend(chain.victims.iter().map(|victim| victim.pid));
    }
    // Who waits and hangs on no root waits in a circle.
    for &pid in graph.waiting.keys() {
        if !seen.contains(&pid) {
            let chain = graph.chain(pid, true);
            seen.insert(pid);
            seen.extend(chain.victims.iter().map(|victim| victim.pid));
            chains.push(chain);
        }
    }
    chains.sort_by_key(|chain| (std::cmp::Reverse(chain.victims.len()), chain.since(), chain.root));
    chains
}

struct Graph {
    waiting: BTreeMap<i32, Option<Timestamp>>,
    victims: BTreeMap<i32, Vec<i32>>,
}

impl Graph {
    fn of(sessions: &[Session]) -> Self {
        let mut graph = Self {
            waiting: BTreeMap::new(),
            victims: BTreeMap::new(),
        };
        for session in sessions {
            for &blocker in session.blocked_by.iter().filter(|pid| **pid != session.pid) {
                graph.waiting.insert(session.pid, session.waits_since());
                graph.victims.entry(blocker).or_default().push(session.pid);
            }
        }
        for victims in graph.victims.values_mut() {
            victims.sort_unstable_by_key(|pid| (graph.waiting.get(pid).copied().flatten(), *pid));
            victims.dedup();
        }
        graph
    }

    fn roots(&self) -> impl Iterator<Item = i32> {
        self.victims
            .keys()
            .copied()
            .filter(|pid| !self.waiting.contains_key(pid))
    }

    /// Breadth first, so that each hangs as near to the root as it can; then laid out depth first.
    fn chain(&self, root: i32, deadlock: bool) -> Chain {
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        let mut seen = HashSet::from([root]);
        let mut queue = VecDeque::from([root]);
        while let Some(pid) = queue.pop_front() {
            for &victim in self.victims.get(&pid).map_or(&[][..], Vec::as_slice) {
                if seen.insert(victim) {
                    children.entry(pid).or_default().push(victim);
                    queue.push_back(victim);
                }
            }
        }
        let mut victims = Vec::new();
        let mut stack = vec![(root, 0)];
        while let Some((pid, depth)) = stack.pop() {
            if depth > 0 {
                victims.push(Victim {
                    pid,
                    depth,
                    since: self.waiting.get(&pid).copied().flatten(),
                });
            }
            let below = children.get(&pid).into_iter().flatten().rev();
            stack.extend(below.map(|victim| (*victim, depth + 1)));
        }
        Chain {
            root,
            deadlock,
            victims,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chain, chains};
    use crate::facts::sessions::Session;

    fn waits(pid: i32, blocked_by: &[i32]) -> Session {
        Session {
            pid,
            blocked_by: blocked_by.to_vec(),
            ..Session::default()
        }
    }

    fn shape(chain: &Chain) -> (i32, bool, Vec<(i32, usize)>) {
        let victims = chain.victims.iter().map(|victim| (victim.pid, victim.depth));
        (chain.root, chain.deadlock, victims.collect())
    }

    #[test]
    fn victims_stand_under_what_they_wait_for() {
        let sessions = [
            waits(1, &[]),
            waits(2, &[1]),
            waits(3, &[2]),
            waits(4, &[1, 2]),
            waits(5, &[]),
        ];
        let found = chains(&sessions);
        assert_eq!(
            found.iter().map(shape).collect::<Vec<_>>(),
            [(1, false, vec![(2, 1), (3, 2), (4, 1)])]
        );
    }

    #[test]
    fn one_who_waits_for_two_is_in_both_chains() {
        let found = chains(&[waits(1, &[]), waits(2, &[]), waits(3, &[1, 2])]);
        assert_eq!(
            found.iter().map(shape).collect::<Vec<_>>(),
            [(1, false, vec![(3, 1)]), (2, false, vec![(3, 1)])]
        );
    }

    #[test]
    fn a_prepared_transaction_can_be_the_root() {
        assert_eq!(shape(&chains(&[waits(7, &[0])])[0]), (0, false, vec![(7, 1)]));
    }

    #[test]
    fn a_circle_is_told_as_such_and_ends() {
        let found = chains(&[waits(1, &[2]), waits(2, &[1]), waits(3, &[2])]);
        assert_eq!(
            found.iter().map(shape).collect::<Vec<_>>(),
            [(1, true, vec![(2, 1), (3, 2)])]
        );
    }

    #[test]
    fn nobody_waits_for_himself() {
        assert_eq!(chains(&[waits(1, &[1])]), []);
    }

    #[test]
    fn a_queue_of_a_thousand_is_flat_under_its_root() {
        let sessions: Vec<_> = (1..=1000)
            .map(|pid| waits(pid, &(0..pid).collect::<Vec<_>>()))
            .collect();
        let found = chains(&sessions);
        assert_eq!(found.len(), 1);
        assert!(found[0].victims.iter().all(|victim| victim.depth == 1));
    }
}
