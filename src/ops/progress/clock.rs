//! The time in which a run was carried out, and what was done in it.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Command, Entry};

/// What was done in so much time is done lately.
const LATELY: SignedDuration = SignedDuration::from_secs(10);
/// From so few no rate is made: it would jump with each.
const FEW: usize = 5;

/// So many times as long as one takes on average nothing may be done before that is no rate any more.
const STALLED: f64 = 3.0;

/// When a run was begun, paused and left, by its own journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Clock {
    began: Timestamp,
    last: Timestamp,
    /// Since when it waits because it was told to.
    paused: Option<Timestamp>,
    /// How long it waited before, and how long nobody carried it out.
    idle: SignedDuration,
    /// When it went on last.
    goes_since: Timestamp,
    /// When those that were done lately were; the last one is never forgotten.
    done: VecDeque<Timestamp>,
}

impl Clock {
    pub(super) fn at(began: Timestamp) -> Self {
        Self {
            began,
            last: began,
            goes_since: began,
            ..Self::default()
        }
    }

    pub(super) fn hears(&mut self, entry: &Entry, at: Timestamp) {
        match entry {
            Entry::Ordered(order) if order.what == Command::Pause => _ = self.paused.get_or_insert(at),
            Entry::Ordered(_) => self.goes_on(at),
            Entry::Resumed { .. } => {
                self.paused.get_or_insert(self.last);
                self.goes_on(at);
            }
            Entry::Opened { .. } | Entry::Kept(..) | Entry::Note(_) | Entry::Intent(_) | Entry::Answer(..) => {}
        }
        self.last = at;
    }

    fn goes_on(&mut self, at: Timestamp) {
        if let Some(since) = self.paused.take() {
            self.idle += at.duration_since(since);
            self.goes_since = at;
        }
    }

    pub(super) fn one_is_done(&mut self, at: Timestamp) {
        self.done.push_back(at);
        while self
            .done
            .front()
            .is_some_and(|first| at.duration_since(*first) > LATELY)
        {
            self.done.pop_front();
        }
    }

    /// Seconds in which it was carried out.
    fn worked(&self, lives: bool, now: Timestamp) -> f64 {
        let end = self
            .paused
            .unwrap_or(if lives { now.max(self.last) } else { self.last });
        (end.duration_since(self.began) - self.idle).as_secs_f64()
    }

    /// Those that were done in the time before now that is looked at.
    fn counted(&self, now: Timestamp) -> usize {
        let lately = |at: &&Timestamp| now.duration_since(**at) < LATELY;
        self.done.iter().rev().take_while(lately).count()
    }

    /// Done per second of late; none before it has gone on for a second.
    pub(super) fn lately(&self, now: Timestamp) -> Option<f64> {
        let worked = self.worked(true, now);
        (worked >= 1.0).then(|| self.counted(now) as f64 / worked.min(LATELY.as_secs_f64()))
    }

    /// The same, where enough was done lately to go by.
    pub(super) fn trend(&self, now: Timestamp) -> Option<f64> {
        self.lately(now).filter(|_| self.counted(now) >= FEW)
    }

    /// For how long nothing was done, where that is much longer than one takes at this rate.
    pub(super) fn stalls(&self, rate: f64, now: Timestamp) -> Option<SignedDuration> {
        let last = self
            .done
            .back()
            .map_or(self.goes_since, |last| self.goes_since.max(*last));
        let idle = now.duration_since(last);
        (idle > LATELY && idle.as_secs_f64() > STALLED / rate).then_some(idle)
    }

    /// Done per second in all; none before anything was.
    pub(super) fn rate(&self, done: u64, lives: bool, now: Timestamp) -> Option<f64> {
        let worked = self.worked(lives, now);
        (worked > 0.0 && done > 0).then(|| done as f64 / worked)
    }
}
