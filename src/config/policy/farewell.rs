//! What the policy says to taking a tenant's data away for good: not before it was out of use for long enough, and not where it
//! could not be had back for long enough. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Denied, Policy};
use crate::model::{Farewell, Retention, Value};

/// Before and after data is taken away for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    /// How long nobody must have got in.
    pub wait: SignedDuration,
    /// How long backups with it must be kept.
    pub keep: SignedDuration,
}

impl Default for Purge {
    fn default() -> Self {
        let days = |days: i64| SignedDuration::from_hours(days * 24);
        Self {
            wait: days(7),
            keep: days(30),
        }
    }
}

impl Policy {
    /// Whether it may be taken away now.
    ///
    /// # Errors
    /// Where it may not, with the reason.
    pub fn lets_go(&self, farewell: &Farewell, now: Timestamp) -> Result<(), Denied> {
        let Purge { wait, keep } = self.purge;
        let since = farewell.since;
        let until = since.saturating_add(wait).unwrap_or(Timestamp::MAX);
        if now < until {
            let why = format!(
                "it is shut out since {since:.0}, and the policy wants {} of that before anything is taken away: until {until:.0}",
                words(wait)
            );
            return Err(denied(why, "`wait` under [purge] in the policy says how long"));
        }
        let enough = |days: u64| Duration::from_secs(days.saturating_mul(24 * 3600)) >= keep.unsigned_abs();
        let why = match farewell.kept {
            Some(Retention::Always) => return Ok(()),
            Some(Retention::Days(days)) if enough(days) => return Ok(()),
            Some(Retention::Days(days)) => {
                let why = format!(
                    "backups with it are kept for {days} d, and the policy has them kept for {}",
                    words(keep)
                );
                return Err(denied(
                    why,
                    "raise `repo-retention-full`; `keep` under [purge] in the policy says how long",
                ));
            }
            Some(Retention::Fulls(_)) | None if farewell.accepted => return Ok(()),
            Some(Retention::Fulls(count)) => {
                format!("backups with it are kept until there are {count} younger full ones, whenever that is")
            }
            None => "nobody tells how long backups with it are kept".to_owned(),
        };
        let why = format!("{why}, and the policy has them kept for {}", words(keep));
        Err(denied(
            why,
            "`repo-retention-full-type=time` says it in days; backups=uncertain takes it as it is",
        ))
    }
}

fn words(span: SignedDuration) -> String {
    const DAY: i64 = 24 * 3600;
    match span.as_secs() {
        seconds if seconds % DAY == 0 => format!("{} d", seconds / DAY),
        _ => Value::Span(span).words(Timestamp::UNIX_EPOCH),
    }
}

fn denied(why: String, hint: &str) -> Denied {
    Denied {
        why,
        hint: Some(hint.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Policy, Purge};
    use crate::model::{Farewell, Retention};

    #[test]
    fn neither_too_early_nor_where_it_could_not_be_had_back() {
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let policy = Policy {
            purge: Purge {
                wait: SignedDuration::from_hours(7 * 24),
                keep: SignedDuration::from_hours(30 * 24),
            },
            ..Policy::default()
        };
        assert_eq!(policy, Policy::default());
        let told = |hours: i64, kept, accepted| {
            let farewell = Farewell {
                since: now - SignedDuration::from_hours(hours),
                kept,
                accepted,
            };
            policy.lets_go(&farewell, now).err().map(|denied| denied.why)
        };
        let always = Some(Retention::Always);
        assert_eq!(told(168, always, false), None);
        assert_eq!(
            told(167, always, true).unwrap(),
            "it is shut out since 2026-11-20T13:00:00Z, and the policy wants 7 d of that before anything is taken away: \
             until 2026-11-27T13:00:00Z"
        );
        // The clock of the server was ahead.
        assert!(told(-1, always, true).is_some());
        assert_eq!(told(168, Some(Retention::Days(30)), false), None);
        for accepted in [false, true] {
            assert_eq!(
                told(168, Some(Retention::Days(29)), accepted).unwrap(),
                "backups with it are kept for 29 d, and the policy has them kept for 30 d"
            );
        }
        assert_eq!(told(168, Some(Retention::Days(u64::MAX)), false), None);
        for (kept, words) in [
            (
                Some(Retention::Fulls(2)),
                "backups with it are kept until there are 2 younger full ones, whenever that is",
            ),
            (None, "nobody tells how long backups with it are kept"),
        ] {
            let why = format!("{words}, and the policy has them kept for 30 d");
            assert_eq!(told(168, kept, false).unwrap(), why);
            assert_eq!(told(168, kept, true), None);
        }
    }
}
