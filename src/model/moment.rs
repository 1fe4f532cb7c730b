//! A moment that an instance can be had back at.

use std::{fmt, str::FromStr};

use jiff::{
    RoundMode, Timestamp, TimestampRound, Unit,
    civil::DateTime,
    fmt::temporal::DateTimeParser,
    tz::{AmbiguousOffset, Disambiguation, OffsetConflict, TimeZone},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Lsn;

/// What to write where a time was written that means none, or several.
const WRITE: &str = "write a time with its offset or zone, such as 2026-11-26T03:00:00Z, 2026-11-26T03:00:00+01 or \
                     2026-11-26T03:00[Europe/Berlin]";

/// A moment. It is written as one word that no shell reads as anything else, and read from that word or from what people
/// write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the last commit that is not later than this time, to the microsecond.
    Time(Timestamp),
    /// At a restore point of this name (`pg_create_restore_point`).
    Name(String),
    /// At the first position of the log from this one on where that can be.
    Lsn(Lsn),
    /// With all that stands in the log before this position and nothing that stands there or later; where that is the
    /// position of a commit, all that was committed before it and not that. When it was committed, where that is known.
    ///
    /// Neither the number of a transaction nor a time would do for this: commits come in another order than transactions
    /// begin, several may bear the same time, and they need not be in the order of their times.
    Before(Lsn, Option<Timestamp>),
    /// At the end of what is archived.
    Latest,
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(out, "{time}"),
            Self::Name(name) => write!(out, "name:{name}"),
            Self::Lsn(lsn) => write!(out, "lsn:{lsn}"),
            Self::Before(lsn, None) => write!(out, "before:{lsn}"),
            Self::Before(lsn, Some(time)) => write!(out, "before:{lsn}@{time}"),
            Self::Latest => write!(out, "latest"),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "latest" {
            return Ok(Self::Latest);
        }
        if let Some(name) = text.strip_prefix("name:") {
            return named(name);
        }
        if let Some(lsn) = text.strip_prefix("lsn:") {
            return lsn.parse().map(Self::Lsn);
        }
        if let Some(commit) = text.strip_prefix("before:") {
            let (lsn, time) = commit
                .split_once('@')
                .map_or((commit, None), |(lsn, time)| (lsn, Some(time)));
            return Ok(Self::Before(lsn.parse()?, time.map(read).transpose()?));
        }
        read(text).map(Self::Time)
    }
}

fn read(text: &str) -> Result<Timestamp, String> {
    let time = if text.contains('[') { zoned(text) } else { offset(text) }?;
    Ok(whole(time))
}

/// To the microsecond: PostgreSQL knows nothing finer, and a later moment than was meant would be none. What lies so near to
/// the end of time that it cannot be rounded stays as it is.
fn whole(time: Timestamp) -> Timestamp {
    let whole = TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Floor);
    time.round(whole).unwrap_or(time)
}

fn named(name: &str) -> Result<Moment, String> {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.is_empty() || name.len() > 63 || name.starts_with('-') || !name.chars().all(harmless) {
        return Err(format!(
            "{name:?} is no name of a restore point that is understood here: letters, digits, `_`, `.` and `-`"
        ));
    }
    Ok(Moment::Name(name.to_owned()))
}

fn offset(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| match text.parse::<DateTime>() {
        Ok(_) => format!("{text:?} has no zone: {WRITE}"),
        Err(_) => format!("{text:?} is no time: {WRITE}"),
    })
}

/// A time in a zone, where there is exactly one such.
fn zoned(text: &str) -> Result<Timestamp, String> {
    static PARSER: DateTimeParser = DateTimeParser::new()
        .disambiguation(Disambiguation::Reject)
        .offset_conflict(OffsetConflict::Reject);
    PARSER
        .parse_zoned(text)
        .map(|zoned| zoned.timestamp())
        .map_err(|error| {
            let doubt = text.split_once('[').and_then(|(clock, rest)| {
                let zone = rest.strip_suffix(']')?;
                doubt(clock.parse().ok()?, zone)
            });
            doubt.unwrap_or_else(|| format!("{text:?}: {error}; {WRITE}"))
        })
}

/// That clocks never showed a time, or showed it twice.
fn doubt(clock: DateTime, zone: &str) -> Option<String> {
    let found = TimeZone::get(zone).ok()?.to_ambiguous_timestamp(clock);
    match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { before, after } => Some(format!(
            "clocks in {zone} never show {clock}: they go from offset {before} to {after} then; write a time that they show"
        )),
        AmbiguousOffset::Fold { before, after } => Some(format!(
            "clocks in {zone} show {clock} twice: write {clock}{before} for the first time, or {clock}{after} for the second"
        )),
    }
}

impl Moment {
    /// This time, to the microsecond.
    pub fn at(time: Timestamp) -> Self {
        Self::Time(whole(time))
    }

    /// For people, in UTC and, where that is another, in this zone.
    pub fn told(&self, zone: &TimeZone) -> String {
        match self {
            Self::Time(time) => clocks(*time, zone),
            Self::Name(name) => format!("restore point {name}"),
            Self::Lsn(lsn) => format!("log position {lsn}"),
            Self::Before(lsn, None) => format!("just before log position {lsn}"),
            Self::Before(lsn, Some(time)) => {
                format!(
                    "just before the commit of {}, at log position {lsn}",
                    clocks(*time, zone)
                )
            }
            Self::Latest => "the end of what is archived".into(),
        }
    }
}

/// A time in UTC and, where that is another, in this zone.
fn clocks(time: Timestamp, zone: &TimeZone) -> String {
    let utc = format!("{} UTC", time.to_string().trim_end_matches('Z').replace('T', " "));
    let here = time.to_zoned(zone.clone());
    if here.offset().is_zero() {
        utc
    } else {
        format!("{utc} ({})", here.strftime("%Y-%m-%d %H:%M:%S%.f %:z"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::Moment;

    fn read(text: &str) -> String {
        let moment: Moment = text.parse().unwrap();
        let word = moment.to_string();
        assert_eq!(word.parse::<Moment>().unwrap(), moment, "{word}");
        word
    }

    fn wrong(text: &str) -> String {
        text.parse::<Moment>().expect_err(text)
    }

    #[test]
    fn a_time_with_its_zone_is_one_moment() {
        for (text, word) in [
            ("2026-11-26T03:00:00Z", "2026-11-26T03:00:00Z"),
            ("2026-11-26 03:00:00+01", "2026-11-26T02:00:00Z"),
            ("2026-11-26T03:00[Europe/Berlin]", "2026-11-26T02:00:00Z"),
            ("2026-11-26T03:00:00.123456789Z", "2026-11-26T03:00:00.123456Z"),
            ("2026-10-25T02:30:00+02:00[Europe/Berlin]", "2026-10-25T00:30:00Z"),
            ("latest", "latest"),
            ("name:before_x", "name:before_x"),
            ("lsn:0/1a2b", "lsn:0/1A2B"),
            ("before:0/1a2b", "before:0/1A2B"),
            (
                "before:0/1A2B@2026-11-26 03:00:00+01",
                "before:0/1A2B@2026-11-26T02:00:00Z",
            ),
        ] {
            assert_eq!(read(text), word);
        }
    }

    // B4
    #[test]
    fn a_time_without_a_zone_is_none_and_is_told_how_to_be_one() {
        for text in ["2026-11-26 03:00:00", "2026-11-26T03:00", "2026-11-26"] {
            let told = wrong(text);
            assert!(
                told.contains("has no zone: write") && told.contains("[Europe/Berlin]"),
                "{told}"
            );
        }
        assert!(wrong("yesterday").contains("is no time"));
        assert!(wrong("").contains("is no time"));
    }

    #[test]
    fn what_clocks_never_show_or_show_twice_is_refused_and_said() {
        let gap = wrong("2026-03-29T02:30[Europe/Berlin]");
        assert!(gap.contains("never show 2026-03-29T02:30:00"), "{gap}");
        let fold = wrong("2026-10-25T02:30[Europe/Berlin]");
        assert!(
            fold.contains("twice: write 2026-10-25T02:30:00+02 for the first") && fold.contains("+01 for the second"),
            "{fold}"
        );
        assert!(wrong("2026-11-26T03:00:00+05:00[Europe/Berlin]").contains("offset"));
        assert!(wrong("2026-11-26T03:00[Europe/Atlantis]").contains("Atlantis"));
    }

    #[test]
    fn no_word_means_anything_to_a_shell() {
        for text in [
            "name:a b",
            "name:$(x)",
            "name:",
            "name:-x",
            "lsn:x",
            "name:a'b",
            "before:x",
            "before:0/1@x",
        ] {
            wrong(text);
        }
    }

    #[test]
    fn it_is_told_in_universal_time_and_in_ours() {
        let moment: Moment = "2026-11-26T03:00:00Z".parse().unwrap();
        assert_eq!(moment.told(&TimeZone::UTC), "2026-11-26 03:00:00 UTC");
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(
            moment.told(&berlin),
            "2026-11-26 03:00:00 UTC (2026-11-26 04:00:00 +01:00)"
        );
        let before: Moment = "before:0/1A2B@2026-11-26T03:00:00Z".parse().unwrap();
        assert_eq!(
            before.told(&berlin),
            "just before the commit of 2026-11-26 03:00:00 UTC (2026-11-26 04:00:00 +01:00), at log position 0/1A2B"
        );
    }
}
