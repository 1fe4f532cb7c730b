//! What happened to something, and the moments before it that can be gone back to.

use jiff::Timestamp;

use super::{Moment, Text};

/// What happened in a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The earliest moment that can be had.
    pub from: Timestamp,
    /// Up to when everything is archived: what is later can be had once it is.
    pub archived: Timestamp,
    /// When it was looked at.
    pub to: Timestamp,
    /// What happened, the latest first.
    pub events: Vec<Event>,
    /// What may have happened and was not seen, and why.
    pub unseen: Vec<Text>,
}

/// One of the things that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: Happened,
    /// What.
    pub words: Text,
    /// From where this is known.
    pub source: &'static str,
    /// The moment to go back to because of it: just before it, or the very one.
    pub moment: Moment,
}

/// Kinds of things that happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happened {
    /// Rows were written.
    Commit,
    /// An operation was begun.
    Run,
    /// A file of a history was applied.
    Migration,
    /// A backup was complete.
    Backup,
    /// A copy is there, at this moment.
    Copy,
}

impl Happened {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Run => "run",
            Self::Migration => "migration",
            Self::Backup => "backup",
            Self::Copy => "copy",
        }
    }

    /// Whether the moment that is gone back to is the one just before it.
    pub fn before(self) -> bool {
        matches!(self, Self::Commit | Self::Run | Self::Migration)
    }
}

impl Timeline {
    /// Sorts what happened, the latest first, and leaves out what cannot be had.
    pub fn of(from: Timestamp, archived: Timestamp, to: Timestamp, mut events: Vec<Event>) -> Self {
        events.retain(|event| event.at >= from && event.at <= to);
        events.sort_by_key(|event| (std::cmp::Reverse(event.at), event.kind));
        Self {
            from,
            archived,
            to,
            events,
            unseen: Vec::new(),
        }
    }

    /// Where a moment stands between the beginning, 0, and now, 1: the younger it is, the more room it has.
    pub fn place(&self, at: Timestamp) -> f64 {
        let age = |at: Timestamp| self.to.duration_since(at).as_secs_f64().max(0.0);
        let (whole, age) = (age(self.from).sqrt(), age(at).sqrt());
        if whole > 0.0 {
            (1.0 - age / whole).clamp(0.0, 1.0)
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Event, Happened, Timeline};
    use crate::model::Moment;

    fn event(at: Timestamp, kind: Happened) -> Event {
        Event {
            at,
            kind,
            words: "x".into(),
            source: "here",
            moment: Moment::Time(at),
        }
    }

    #[test]
    fn the_latest_stands_first_and_what_cannot_be_had_is_left_out() {
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        let ago = |hours| now - SignedDuration::from_hours(hours);
        let all = vec![
            event(ago(5), Happened::Backup),
            event(ago(1), Happened::Run),
            event(ago(1), Happened::Commit),
            event(ago(9), Happened::Run),
        ];
        let line = Timeline::of(ago(6), ago(0), now, all);
        let kinds: Vec<Happened> = line.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [Happened::Commit, Happened::Run, Happened::Backup]);
    }

    #[test]
    fn what_is_younger_has_more_room() {
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        let ago = |minutes| now - SignedDuration::from_mins(minutes);
        let line = Timeline::of(ago(10_000), now, now, Vec::new());
        let places = [
            line.place(ago(10_000)),
            line.place(ago(100)),
            line.place(ago(1)),
            line.place(now),
        ];
        assert!(places.is_sorted(), "{places:?}");
        assert!(places[0] < 0.001 && places[3] > 0.999, "{places:?}");
        assert!(places[1] > 0.89 && places[2] > 0.98, "{places:?}");
    }
}
