//! Which commits touched which files, from records as they come. Only what is still under way is held, and the newest.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::line::{Record, Said};
use crate::model::{Logged, Lsn, Written};

/// Commits that are told at most.
const MOST: usize = 20_000;
/// Commits are not in the order of their times: so much later than what is asked for nothing earlier is expected.
const DISORDER: SignedDuration = SignedDuration::from_mins(1);

/// What was read so far.
pub struct Fold<'a> {
    files: &'a BTreeSet<String>,
    from: Timestamp,
    to: Timestamp,
    /// What transactions that have not ended yet wrote, savepoints by themselves.
    pending: HashMap<u32, BTreeMap<String, Written>>,
    last: Option<Lsn>,
    /// Those that are told, the oldest first.
    pub commits: VecDeque<Logged>,
    /// How many older ones are not told.
    pub dropped: usize,
    /// Whether what comes now is later than what is asked for.
    pub past: bool,
}

impl<'a> Fold<'a> {
    /// Nothing was read yet.
    pub fn new(files: &'a BTreeSet<String>, (from, to): (Timestamp, Timestamp)) -> Self {
        Self {
            files,
            from,
            to,
            pending: HashMap::new(),
            last: None,
            commits: VecDeque::new(),
            dropped: 0,
            past: false,
        }
    }

    /// The next record. What was read already is read again where one file follows on another.
    pub fn take(&mut self, record: Record) {
        if self.last.is_some_and(|last| record.lsn <= last) {
            return;
        }
        self.last = Some(record.lsn);
        match record.said {
            Said::Wrote(file, written) if self.files.contains(&file) => {
                let tables = self.pending.entry(record.xid).or_default();
                tables.entry(file).or_default().add(written);
            }
            Said::Wrote(..) => {}
            Said::Aborted(others) => {
                for xid in others.iter().chain([&record.xid]) {
                    self.pending.remove(xid);
                }
            }
            Said::Committed(at, others) => self.commit(record.xid, record.lsn, at, &others),
        }
    }

    fn commit(&mut self, xid: u32, lsn: Lsn, at: Timestamp, others: &[u32]) {
        self.past |= at > self.to + DISORDER;
        let mut commit = Logged {
            at,
            xid,
            parts: Vec::new(),
            lsn,
            tables: BTreeMap::new(),
        };
        for part in others.iter().chain([&xid]) {
            if let Some(tables) = self.pending.remove(part) {
                commit.parts.push(*part);
                for (file, written) in tables {
                    commit.tables.entry(file).or_default().add(written);
                }
            }
        }
        if commit.parts.is_empty() || at < self.from || at > self.to {
            return;
        }
        self.commits.push_back(commit);
        if self.commits.len() > MOST {
            self.commits.pop_front();
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Fold, MOST};
    use crate::{
        beside::commits::line::{Record, Said},
        model::{Lsn, Written},
    };

    const AT: &str = "2026-11-26T19:38:00Z";

    fn wrote(fold: &mut Fold<'_>, lsn: u64, xid: u32, file: &str) {
        let written = Written {
            deleted: 1,
            ..Written::default()
        };
        let said = Said::Wrote(file.into(), written);
        fold.take(Record {
            lsn: Lsn(lsn),
            xid,
            said,
        });
    }

    fn committed(fold: &mut Fold<'_>, lsn: u64, xid: u32, at: &str, others: &[u32]) {
        let said = Said::Committed(at.parse().unwrap(), others.to_vec());
        fold.take(Record {
            lsn: Lsn(lsn),
            xid,
            said,
        });
    }

    fn files() -> BTreeSet<String> {
        BTreeSet::from(["1663/5/7".to_owned()])
    }

    fn span(from: &str, to: &str) -> (jiff::Timestamp, jiff::Timestamp) {
        (from.parse().unwrap(), to.parse().unwrap())
    }

    #[test]
    fn a_commit_has_what_its_savepoints_wrote_and_not_what_was_rolled_back() {
        let files = files();
        let mut fold = Fold::new(&files, span("2026-11-26T19:00:00Z", "2026-11-26T20:00:00Z"));
        wrote(&mut fold, 1, 10, "1663/5/7");
        wrote(&mut fold, 2, 11, "1663/5/7");
        wrote(&mut fold, 3, 12, "1663/5/7");
        wrote(&mut fold, 4, 13, "1663/5/8");
        let said = Said::Aborted(vec![]);
        fold.take(Record {
            lsn: Lsn(5),
            xid: 12,
            said,
        });
        // The end of one file is read again with the next.
        wrote(&mut fold, 2, 11, "1663/5/7");
        committed(&mut fold, 6, 10, AT, &[11]);
        committed(&mut fold, 7, 13, AT, &[]);
        let [commit] = fold.commits.make_contiguous() else {
            panic!("{:?}", fold.commits)
        };
        assert_eq!(
            (commit.xid, commit.lsn, commit.parts.as_slice()),
            (10, Lsn(6), &[11, 10][..])
        );
        assert_eq!(commit.tables["1663/5/7"].deleted, 2);
        assert!(fold.pending.is_empty());
    }

    #[test]
    fn what_is_outside_of_the_time_or_too_much_is_not_kept() {
        let files = files();
        let mut fold = Fold::new(&files, span("2026-11-26T19:38:00Z", "2026-11-26T19:39:00Z"));
        for lsn in 0..MOST as u64 + 2 {
            wrote(&mut fold, 2 * lsn, 10, "1663/5/7");
            committed(&mut fold, 2 * lsn + 1, 10, AT, &[]);
        }
        assert_eq!((fold.commits.len(), fold.dropped, fold.past), (MOST, 2, false));
        wrote(&mut fold, u64::MAX - 1, 10, "1663/5/7");
        committed(&mut fold, u64::MAX, 10, "2026-11-26T19:40:30Z", &[]);
        assert_eq!((fold.commits.len(), fold.past), (MOST, true));
    }
}
