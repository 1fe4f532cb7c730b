//! How many of how many: what a bar shows.

use serde::{Deserialize, Serialize};

/// Some of the many of a run, by how they stand. What is in none of the counts was not begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headway {
    /// All of them.
    pub of: u64,
    /// Done, and read back.
    pub done: u64,
    /// Failed, and taken back where that was possible.
    pub failed: u64,
    /// Taken back, or not gone on with, because the run was told to stop.
    pub stopped: u64,
    /// Begun.
    pub under_way: u64,
}

impl Headway {
    /// Those with which nothing is done any more.
    pub fn ended(&self) -> u64 {
        self.done + self.failed + self.stopped
    }

    /// Whether some are under way, or some have ended and others have not.
    pub fn is_open(&self) -> bool {
        self.under_way > 0 || (self.ended() > 0 && self.ended() < self.of)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            of: self.of + other.of,
            done: self.done + other.done,
            failed: self.failed + other.failed,
            stopped: self.stopped + other.stopped,
            under_way: self.under_way + other.under_way,
        }
    }

    /// `12/25, 2 failed, 3 under way`.
    pub fn words(&self) -> String {
        let counts = [
            (self.failed, "failed"),
            (self.stopped, "stopped"),
            (self.under_way, "under way"),
        ];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        let rest: String = some.map(|(count, what)| format!(", {count} {what}")).collect();
        format!("{}/{}{rest}", self.done, self.of)
    }

    /// A bar of so many cells: how many of them stand for what is done, for what failed or was stopped, for what is under
    /// way, and for the rest. What there is has a cell, and the bar is full only where all have ended.
    pub fn cells(&self, width: u16) -> [u16; 4] {
        let mut left = width;
        let mut take = |count: u64, rest: u64| {
            let share = count * u64::from(width) / self.of.max(1);
            let cells = u16::try_from(share).unwrap_or(width).max(u16::from(count > 0));
            // What comes after it has a cell too.
            let most = left.saturating_sub(u16::from(rest > 0));
            let taken = cells.min(most);
            left -= taken;
            taken
        };
        let waiting = self.of.saturating_sub(self.ended() + self.under_way);
        let wrong = self.failed + self.stopped;
        let wrong_cells = take(wrong, self.done + self.under_way + waiting);
        let under_way = take(self.under_way, self.done + waiting);
        let mut done = take(self.done, waiting);
        if waiting == 0 {
            // Rounding leaves cells over: they belong to the most.
            done += if self.done > 0 { left } else { 0 };
        }
        [done, wrong_cells, under_way, width - done - wrong_cells - under_way]
    }
}

#[cfg(test)]
mod tests {
    use super::Headway;

    fn headway(of: u64, done: u64, failed: u64, under_way: u64) -> Headway {
        Headway {
            of,
            done,
            failed,
            stopped: 0,
            under_way,
        }
    }

    #[test]
    fn what_there_is_has_a_cell_and_only_what_has_ended_fills_the_bar() {
        for (headway, cells) in [
            (headway(20, 0, 0, 0), [0, 0, 0, 10]),
            (headway(20, 10, 0, 0), [5, 0, 0, 5]),
            (headway(20, 20, 0, 0), [10, 0, 0, 0]),
            (headway(1000, 999, 0, 0), [9, 0, 0, 1]),
            (headway(1000, 998, 1, 1), [8, 1, 1, 0]),
            (headway(1000, 0, 1, 0), [0, 1, 0, 9]),
            (headway(3, 0, 0, 1), [0, 0, 3, 7]),
            (headway(3, 2, 1, 0), [7, 3, 0, 0]),
        ] {
            assert_eq!(headway.cells(10), cells, "{headway:?}");
        }
        for width in 0..40 {
            for done in 0..=30 {
                let cells = headway(30, done, (30 - done) / 2, 0).cells(width);
                assert_eq!(cells.iter().sum::<u16>(), width);
            }
        }
    }

    #[test]
    fn only_what_is_so_is_said() {
        assert_eq!(headway(25, 0, 0, 0).words(), "0/25");
        assert_eq!(headway(25, 12, 2, 3).words(), "12/25, 2 failed, 3 under way");
    }
}
