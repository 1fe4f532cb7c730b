//! A typed value: sorting, filtering and JSON use the value; only the terminal and `--plain` use its words.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::{Bytes, Headway, Lsn, Text};

/// What a cell holds. Times are absolute, so that a countdown needs no new table, only a new `now`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Does not apply here.
    Blank,
    /// Applies, but was not seen; the text says why.
    Unseen(Text),
    /// Does not exist before this major version of PostgreSQL.
    Since(u32),
    /// Text from outside.
    Text(Text),
    /// A word of ours.
    Word(&'static str),
    /// A sentence of ours, which may quote outside text that is escaped already.
    Note(String),
    /// A list of names from outside.
    Names(Vec<Text>),
    /// A number of things.
    Count(u64),
    /// A number of things against their limit.
    Of(u64, u64),
    /// How far many have come; painted as a bar.
    Headway(Headway),
    /// A size.
    Bytes(Bytes),
    /// A size that was estimated; printed with `~`.
    About(Bytes),
    /// A size per second.
    BytesRate(f64),
    /// Events per second.
    Rate(f64),
    /// A share between 0 and 1.
    Share(f64),
    /// A length of time.
    Span(SignedDuration),
    /// A length of time of which only the least is known; printed with `>`.
    AtLeast(SignedDuration),
    /// When it began; printed as its age.
    Began(Timestamp),
    /// When it ends; printed as what is left.
    Ends(Timestamp),
    /// When it happened; printed as a moment.
    At(Timestamp),
    /// A position in the log.
    Lsn(Lsn),
    /// Recent samples, oldest first.
    Trend(Vec<f64>),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    /// What an eye reads. `now` matters for ages and countdowns only.
    pub fn words(&self, now: Timestamp) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Unseen(_) => "?".into(),
            Self::Since(major) => format!("PG{major}+"),
            Self::Text(text) => text.to_string(),
            Self::Word(word) => (*word).into(),
            Self::Note(note) => note.clone(),
            Self::Names(names) => names.iter().map(Text::to_string).collect::<Vec<_>>().join(", "),
            Self::Count(n) => n.to_string(),
            Self::Of(n, limit) => format!("{n}/{limit}"),
            Self::Headway(headway) => headway.words(),
            Self::Bytes(size) => size.to_string(),
            Self::About(size) => format!("~{size}"),
            Self::BytesRate(rate) => format!("{}/s", Bytes(whole(*rate))),
            Self::Rate(rate) if *rate < 10.0 => format!("{rate:.1}"),
            Self::Rate(rate) => format!("{rate:.0}"),
            Self::Share(share) => format!("{:.1} %", share * 100.0),
            Self::Span(span) => short(*span),
            Self::AtLeast(span) => format!(">{}", short(*span)),
            // What was seen a moment ago may be younger than the clock on the screen.
            Self::Began(at) => short(now.duration_since(*at).max(SignedDuration::ZERO)),
            Self::Ends(at) => match at.duration_since(now) {
                left if left.is_positive() => short(left),
                past => format!("expired {} ago", short(past.abs())),
            },
            Self::At(at) => at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            Self::Lsn(lsn) => lsn.to_string(),
            Self::Trend(samples) => spark(samples),
            Self::Flag(true) => "yes".into(),
            Self::Flag(false) => "no".into(),
        }
    }

    /// What a pipe reads: numbers in base units (bytes, seconds, per second), times in RFC 3339, names raw.
    /// What was not seen is `{"unseen": why}`, never null.
    pub fn json(&self) -> Json {
        match self {
            Self::Blank => Json::Null,
            Self::Unseen(why) => json!({ "unseen": why }),
            Self::Since(major) => json!({ "unsupported_before": major }),
            Self::Text(text) => json!(text),
            Self::Word(word) => json!(word),
            Self::Note(note) => json!(note),
            Self::Names(names) => json!(names),
            Self::Count(n) => json!(n),
            Self::Of(n, limit) => json!({ "used": n, "limit": limit }),
            Self::Headway(headway) => json!(headway),
            Self::Bytes(size) | Self::About(size) => json!(size),
            Self::BytesRate(n) | Self::Rate(n) | Self::Share(n) => json!(n),
            Self::Span(span) | Self::AtLeast(span) => json!(span.as_secs_f64()),
            Self::Began(at) | Self::Ends(at) | Self::At(at) => json!(at),
            Self::Lsn(lsn) => json!(lsn),
            Self::Trend(samples) => json!(samples),
            Self::Flag(flag) => json!(flag),
        }
    }

    /// The number that sorting and `column>value` compare by: bytes, seconds, counts, shares in per cent.
    pub fn number(&self, now: Timestamp) -> Option<f64> {
        Some(match self {
            Self::Count(n) => *n as f64,
            Self::Of(n, limit) => *n as f64 / (*limit).max(1) as f64 * 100.0,
            Self::Headway(headway) => headway.ended() as f64 / headway.of.max(1) as f64 * 100.0,
            Self::Bytes(size) | Self::About(size) => size.0 as f64,
            Self::BytesRate(n) | Self::Rate(n) => *n,
            Self::Share(n) => n * 100.0,
            Self::Span(span) | Self::AtLeast(span) => span.as_secs_f64(),
            Self::Began(at) => now.duration_since(*at).as_secs_f64(),
            Self::Ends(at) => at.duration_since(now).as_secs_f64(),
            Self::At(at) => at.as_second() as f64,
            Self::Lsn(lsn) => lsn.0 as f64,
            Self::Trend(samples) => *samples.last()?,
            Self::Flag(flag) => f64::from(u8::from(*flag)),
            Self::Blank
            | Self::Unseen(_)
            | Self::Since(_)
            | Self::Text(_)
            | Self::Word(_)
            | Self::Note(_)
            | Self::Names(_) => return None,
        })
    }

    /// Order for sorting, independent of the clock: numbers by value, texts by their characters, the unseen last.
    pub fn order(&self, other: &Self) -> Ordering {
        let epoch = Timestamp::UNIX_EPOCH;
        match (self.number(epoch), other.number(epoch)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self
                .blank()
                .cmp(&other.blank())
                .then_with(|| self.sort_text().cmp(&other.sort_text())),
        }
    }

    fn blank(&self) -> bool {
        matches!(self, Self::Blank | Self::Unseen(_) | Self::Since(_))
    }

    fn sort_text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Text(text) => text.raw().into(),
            Self::Word(word) => (*word).into(),
            Self::Note(note) => note.as_str().into(),
            other => other.words(Timestamp::UNIX_EPOCH).into(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped: rates are small and positive"
)]
fn whole(rate: f64) -> u64 {
    rate.max(0.0) as u64
}

/// At most two units, the larger first: `950ms`, `12.3s`, `1m15s`, `3h05m`, `12d4h`.
fn short(span: SignedDuration) -> String {
    let sign = if span.is_negative() { "-" } else { "" };
    let span = span.abs();
    let (secs, millis) = (span.as_secs(), span.subsec_millis());
    match secs {
        0 => format!("{sign}{millis}ms"),
        1..10 => format!("{sign}{secs}.{}s", millis / 100),
        10..60 => format!("{sign}{secs}s"),
        60..3600 => format!("{sign}{}m{:02}s", secs / 60, secs % 60),
        3600..86400 => format!("{sign}{}h{:02}m", secs / 3600, secs / 60 % 60),
        _ => format!("{sign}{}d{}h", secs / 86400, secs / 3600 % 24),
    }
}

/// Eight steps of height; a flat line of zeros stays at the bottom.
fn spark(samples: &[f64]) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let top = samples.iter().copied().fold(0.0, f64::max);
    let step = |sample: &f64| match whole(sample / top * 7.0 + 0.5) {
        _ if top <= 0.0 => STEPS[0],
        n => STEPS[usize::try_from(n).unwrap_or(7).min(7)],
    };
    samples.iter().map(step).collect()
}

macro_rules! from {
    ($($from:ty => $variant:ident),*) => { $(impl From<$from> for Value {
        fn from(value: $from) -> Self {
            Self::$variant(value)
        }
    })* };
}
from!(Text => Text, &'static str => Word, String => Note, u64 => Count, Headway => Headway, Bytes => Bytes, SignedDuration => Span, Lsn => Lsn, bool => Flag, Vec<Text> => Names);

/// What is not there is blank. Use [`Value::Unseen`] where it should have been seen.
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Blank, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Value;

    #[test]
    fn spans_print_short() {
        for (ms, words) in [
            (950, "950ms"),
            (1_300, "1.3s"),
            (59_900, "59s"),
            (75_000, "1m15s"),
            (11_100_000, "3h05m"),
            (1_051_200_000, "12d4h"),
            (-75_000, "-1m15s"),
        ] {
            assert_eq!(
                Value::Span(SignedDuration::from_millis(ms)).words(Timestamp::UNIX_EPOCH),
                words
            );
        }
    }

    #[test]
    fn nothing_began_in_the_future() {
        let now: Timestamp = "2026-11-24T03:00:00Z".parse().expect("a moment");
        assert_eq!(Value::Began(now + SignedDuration::from_millis(23)).words(now), "0ms");
    }

    #[test]
    fn what_ended_says_so() {
        let now: Timestamp = "2026-11-24T03:00:00Z".parse().expect("a moment");
        let past = now - SignedDuration::from_secs(75);
        assert_eq!(Value::Ends(past).words(now), "expired 1m15s ago");
    }
}
