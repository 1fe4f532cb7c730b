//! What is missing of a log, timeline by timeline, and which moments cannot be reached because of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::kept::Kept;
use crate::{beside::segment::Segment, model::Lsn};

/// The log that a repository has.
#[derive(Debug, Default)]
pub struct Log {
    /// By timeline, and by their number, when each file that can be read was archived.
    pub files: BTreeMap<u64, BTreeMap<u64, Timestamp>>,
    /// Files that are there and cannot be read: timeline and number.
    pub damaged: BTreeSet<(u64, u64)>,
    /// Where timelines left others.
    pub branches: BTreeMap<u64, Branch>,
}

/// Where a timeline left another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The other.
    pub parent: u64,
    /// Its first file.
    pub from: u64,
}

/// Files of a timeline that are missing or damaged, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The timeline.
    pub timeline: u64,
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// How many of them are there and damaged.
    pub damaged: usize,
}

/// Moments between these cannot be had; without an end, none since.
pub type Lost = (Timestamp, Option<Timestamp>);

impl Branch {
    /// By the history of a timeline: in its last line the timeline that it left, and where (PostgreSQL,
    /// `src/backend/access/transam/timeline.c`).
    pub fn told(history: &str, segment: u64) -> Option<Self> {
        let mut lines = history.lines().map(str::trim);
        let last = lines.rfind(|line| !line.is_empty() && !line.starts_with('#'))?;
        let mut words = last.split_whitespace();
        let parent = words.next()?.parse().ok()?;
        let at: Lsn = words.next()?.parse().ok()?;
        Some(Self {
            parent,
            from: at.0 / segment,
        })
    }
}

impl Log {
    /// Between which files each timeline must have them all: from the first that the oldest backup on it needs, or from where
    /// it left one that is needed, to the newest, or to where another left it.
    fn wanted(&self, backups: &[Kept]) -> BTreeMap<u64, (u64, u64)> {
        let mut wanted: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (from, to) in backups.iter().filter_map(|backup| backup.log) {
            let range = wanted.entry(from.timeline).or_insert((from.number, to.number));
            *range = (range.0.min(from.number), range.1.max(to.number));
        }
        // A timeline has a higher number than those it comes from.
        for (timeline, branch) in &self.branches {
            let Some(parent) = wanted.get_mut(&branch.parent).filter(|parent| parent.0 <= branch.from) else {
                continue;
            };
            let before = branch.from.saturating_sub(1);
            parent.1 = parent.1.max(before);
            let range = wanted.entry(*timeline).or_insert((branch.from, before));
            range.0 = range.0.min(branch.from);
        }
        for (timeline, range) in &mut wanted {
            let newest = |number: Option<u64>| number.unwrap_or_default();
            let whole = self
                .files
                .get(timeline)
                .and_then(|files| files.keys().next_back().copied());
            let damaged = self.damaged.range((*timeline, 0)..=(*timeline, u64::MAX)).next_back();
            range.1 = range
                .1
                .max(newest(whole))
                .max(newest(damaged.map(|(_, number)| *number)));
        }
        wanted
    }

    /// What is missing of what there must be.
    pub fn holes(&self, backups: &[Kept]) -> Vec<Hole> {
        let mut holes: Vec<Hole> = Vec::new();
        for (timeline, (from, to)) in self.wanted(backups) {
            for number in from..=to {
                if self.has(timeline, number) {
                    continue;
                }
                let damaged = usize::from(self.damaged.contains(&(timeline, number)));
                match holes.last_mut() {
                    Some(hole) if hole.timeline == timeline && hole.to + 1 == number => {
                        hole.to = number;
                        hole.damaged += damaged;
                    }
                    _ => holes.push(Hole {
                        timeline,
                        from: number,
                        to: number,
                        damaged,
                    }),
                }
            }
        }
        holes
    }

    /// Timelines of which there are files and no history, so that nobody comes to them from a backup of before.
    pub fn unconnected(&self, backups: &[Kept]) -> Vec<u64> {
        let oldest = backups
            .iter()
            .filter_map(|backup| backup.log)
            .map(|(from, _)| from.timeline)
            .min();
        let Some(oldest) = oldest else { return Vec::new() };
        let later = self.files.keys().filter(|timeline| **timeline > oldest);
        later
            .filter(|timeline| !self.branches.contains_key(timeline))
            .copied()
            .collect()
    }

    fn has(&self, timeline: u64, number: u64) -> bool {
        self.files
            .get(&timeline)
            .is_some_and(|files| files.contains_key(&number))
    }

    /// The first file that this backup cannot do without and is not had.
    pub fn lacks(&self, backup: &Kept) -> Option<(u64, u64)> {
        let (from, to) = backup.log?;
        let mut numbers = from.number..=to.number;
        let missing = numbers.find(|number| !self.has(from.timeline, *number))?;
        Some((from.timeline, missing))
    }

    /// Up to where it can be replayed from this file on without a hole: timeline and number of the last file, and when that
    /// was archived. What a timeline still has after another has left it is not what the server went on with.
    fn reach(&self, at: Segment) -> Option<((u64, u64), Timestamp)> {
        let files = self.files.get(&at.timeline)?;
        files.get(&at.number)?;
        let mut last = at.number;
        while files.contains_key(&(last + 1)) {
            last += 1;
        }
        let children = self.branches.iter().filter(|(timeline, branch)| {
            branch.parent == at.timeline && **timeline > at.timeline && (at.number..=last + 1).contains(&branch.from)
        });
        let left = children.clone().map(|(_, branch)| branch.from.saturating_sub(1)).max();
        let last = left.unwrap_or(last).clamp(at.number, last);
        let own = files.get(&last).map(|archived| ((at.timeline, last), *archived));
        let goes_on = |(timeline, branch): (&u64, &Branch)| {
            self.reach(Segment {
                timeline: *timeline,
                number: branch.from,
            })
        };
        children.filter_map(goes_on).chain(own).max()
    }

    /// The moments since the oldest backup that cannot be had, where these backups can be restored. Of each file it is known
    /// in which second it was archived, and what is in it is earlier: whether the newest is reached its name decides.
    pub fn lost(&self, backups: &[Kept], good: &[&Kept]) -> Vec<Lost> {
        let Some(oldest) = backups.iter().map(|backup| backup.ended).min() else {
            return Vec::new();
        };
        let mut wanted = self.wanted(backups).into_iter().rev();
        let newest = wanted.find(|(_, (from, to))| from <= to);
        let newest = newest.map(|(timeline, (_, to))| (timeline, to));
        let reached = |backup: &Kept| backup.log.and_then(|(_, to)| self.reach(to));
        let whole = newest.is_none() || good.iter().any(|backup| reached(backup).map(|(at, _)| at) == newest);
        let span = |backup: &&Kept| {
            let reach = reached(backup).map_or(backup.ended, |(_, archived)| archived);
            (backup.ended, reach.max(backup.ended))
        };
        let mut spans: Vec<(Timestamp, Timestamp)> = good.iter().map(span).collect();
        spans.sort_unstable();
        let (mut lost, mut until) = (Vec::new(), oldest);
        for (from, to) in spans {
            if from > until {
                lost.push((until, Some(from)));
            }
            until = until.max(to);
        }
        if !whole || good.is_empty() {
            lost.push((until, None));
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Branch, Hole, Kept, Log, Lost, Segment};

    const SEGMENT: u64 = 16 << 20;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Each file was archived ten seconds times its number.
    fn log(timelines: &[(u64, &[u64])], branches: &[(u64, u64, u64)]) -> Log {
        let files = |numbers: &[u64]| {
            numbers
                .iter()
                .map(|n| (*n, at(i64::try_from(*n).unwrap() * 10)))
                .collect()
        };
        Log {
            files: timelines
                .iter()
                .map(|(timeline, numbers)| (*timeline, files(numbers)))
                .collect(),
            branches: branches
                .iter()
                .map(|(timeline, parent, from)| {
                    (
                        *timeline,
                        Branch {
                            parent: *parent,
                            from: *from,
                        },
                    )
                })
                .collect(),
            ..Log::default()
        }
    }

    fn backup(timeline: u64, from: u64, to: u64) -> Kept {
        let file = |number| Segment { timeline, number };
        Kept {
            label: format!("b{from}"),
            // Before its last file was archived.
            ended: at(i64::try_from(to).unwrap() * 10 - 1),
            log: Some((file(from), file(to))),
            damaged: false,
        }
    }

    fn holes(log: &Log, backups: &[Kept]) -> Vec<(u64, u64, u64)> {
        let plain = |hole: Hole| (hole.timeline, hole.from, hole.to);
        log.holes(backups).into_iter().map(plain).collect()
    }

    fn lost(log: &Log, backups: &[Kept]) -> Vec<Lost> {
        let good: Vec<&Kept> = backups.iter().filter(|backup| log.lacks(backup).is_none()).collect();
        log.lost(backups, &good)
    }

    #[test]
    fn a_hole_loses_what_is_between_it_and_the_next_backup() {
        let backups = [backup(1, 2, 2), backup(1, 7, 7)];
        let whole = log(&[(1, &[1, 2, 3, 4, 5, 6, 7, 8])], &[]);
        assert_eq!((holes(&whole, &backups), lost(&whole, &backups)), (vec![], vec![]));
        // What is older than the oldest backup needs is nobody's.
        let expired = log(&[(1, &[2, 3, 4, 5, 6, 7, 8])], &[]);
        assert_eq!(holes(&expired, &backups), []);
        let between = log(&[(1, &[2, 3, 6, 7, 8])], &[]);
        assert_eq!(holes(&between, &backups), [(1, 4, 5)]);
        assert_eq!(lost(&between, &backups), [(at(30), Some(at(69)))]);
        let after = log(&[(1, &[2, 3, 4, 5, 6, 7, 8, 10])], &[]);
        assert_eq!(holes(&after, &backups), [(1, 9, 9)]);
        assert_eq!(lost(&after, &backups), [(at(80), None)]);
    }

    #[test]
    fn a_backup_without_its_own_log_is_nothing() {
        let backups = [backup(1, 2, 3), backup(1, 7, 7)];
        let own = log(&[(1, &[2, 4, 5, 6, 7, 8])], &[]);
        assert_eq!(own.lacks(&backups[0]), Some((1, 3)));
        assert_eq!(lost(&own, &backups), [(at(29), Some(at(69)))]);
        // Where an older one can be replayed nothing is lost with the younger one.
        let younger = [backup(1, 2, 2), backup(1, 4, 4)];
        let log = log(&[(1, &[2, 3, 4, 5])], &[]);
        assert_eq!(log.lost(&younger, &[&younger[0]]), []);
        assert_eq!(log.lost(&younger, &[]), [(at(19), None)]);
    }

    #[test]
    fn a_damaged_file_is_a_hole_also_where_it_is_the_newest() {
        let backups = [backup(1, 2, 2)];
        let mut log = log(&[(1, &[2, 3])], &[]);
        log.damaged.extend([(1, 4), (1, 6)]);
        let found = log.holes(&backups);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].from, found[0].to, found[0].damaged), (4, 6, 2));
    }

    /// Where little time passes many files are archived in one second.
    #[test]
    fn a_hole_loses_what_comes_after_it_though_no_time_has_passed() {
        let backups = [backup(1, 2, 2)];
        let mut log = log(&[(1, &[2, 3, 5])], &[]);
        log.files
            .get_mut(&1)
            .unwrap()
            .values_mut()
            .for_each(|archived| *archived = at(20));
        assert_eq!(holes(&log, &backups), [(1, 4, 4)]);
        assert_eq!(lost(&log, &backups), [(at(20), None)]);
    }

    /// The first timeline goes on a little after another has left it, as where a primary was given up that still archived.
    #[test]
    fn each_timeline_is_looked_through_from_where_it_left_another() {
        let backups = [backup(1, 2, 2)];
        let whole = log(&[(1, &[2, 3, 4, 5]), (2, &[4, 5, 6])], &[(2, 1, 4)]);
        assert_eq!((holes(&whole, &backups), lost(&whole, &backups)), (vec![], vec![]));
        let begins_late = log(&[(1, &[2, 3, 4, 5]), (2, &[5, 6])], &[(2, 1, 4)]);
        assert_eq!(holes(&begins_late, &backups), [(2, 4, 4)]);
        assert_eq!(lost(&begins_late, &backups), [(at(30), None)]);
        let ends_early = log(&[(1, &[2]), (2, &[4, 5, 6])], &[(2, 1, 4)]);
        assert_eq!(holes(&ends_early, &backups), [(1, 3, 3)]);
        // It was promoted just now and has archived nothing yet.
        assert_eq!(holes(&log(&[(1, &[2, 3])], &[(2, 1, 4)]), &backups), []);
        // Of one that left before anything is needed nothing is.
        let other = log(&[(1, &[2, 3]), (2, &[1, 9])], &[(2, 1, 1)]);
        assert_eq!(holes(&other, &backups), []);
        let unknown = log(&[(1, &[2, 3]), (2, &[4])], &[]);
        assert_eq!(unknown.unconnected(&backups), [2]);
        assert_eq!(unknown.unconnected(&[backup(2, 4, 4)]), [0; 0]);
    }

    #[test]
    fn a_history_says_which_timeline_was_left_and_where() {
        let told = |text: &str| Branch::told(text, SEGMENT);
        let history = "1\t0/5000098\tno recovery target specified\n\n2\t0/70000A0\tbefore 2026-11-26\n";
        assert_eq!(told(history), Some(Branch { parent: 2, from: 7 }));
        assert_eq!(told(""), None);
    }
}
