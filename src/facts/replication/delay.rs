//! Seconds behind, from the primary's sampled positions.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    model::{Lsn, Value},
    store::Sample,
};

/// A length of time that may be a lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// Seconds.
    pub seconds: f64,
    /// The truth is at least this: our memory of the primary's positions does not reach back far enough.
    pub at_least: bool,
}

impl From<Delay> for Value {
    fn from(delay: Delay) -> Self {
        let span = SignedDuration::try_from_secs_f64(delay.seconds).unwrap_or(SignedDuration::MAX);
        if delay.at_least {
            Self::AtLeast(span)
        } else {
            Self::Span(span)
        }
    }
}

/// How long ago the primary passed this position. Between two samples the log is taken to have grown evenly.
pub fn behind(samples: &[Sample], at: Lsn, now: Timestamp) -> Option<Delay> {
    let position = at.0 as f64;
    let passed = samples.iter().position(|sample| sample.value > position)?;
    let seconds = |then: Timestamp| now.duration_since(then).as_secs_f64().max(0.0);
    let Some(earlier) = passed.checked_sub(1).and_then(|before| samples.get(before)) else {
        return samples.first().map(|first| Delay {
            seconds: seconds(first.at),
            at_least: true,
        });
    };
    let later = samples[passed];
    let share = (position - earlier.value) / (later.value - earlier.value);
    let gap = later.at.duration_since(earlier.at).as_secs_f64();
    let then = earlier.at + SignedDuration::try_from_secs_f64(gap * share).unwrap_or_default();
    Some(Delay {
        seconds: seconds(then),
        at_least: false,
    })
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Delay, behind};
    use crate::{model::Lsn, store::Sample};

    fn sample(second: i64, value: f64) -> Sample {
        Sample {
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
            value,
        }
    }

    #[test]
    fn seconds_behind_come_from_when_the_primary_was_there() {
        let samples = [sample(0, 100.0), sample(2, 200.0), sample(4, 400.0)];
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(5);
        assert_eq!(behind(&samples, Lsn(400), now), None, "nothing was written since");
        assert_eq!(
            behind(&samples, Lsn(300), now),
            Some(Delay {
                seconds: 2.0,
                at_least: false
            })
        );
        assert_eq!(
            behind(&samples, Lsn(50), now),
            Some(Delay {
                seconds: 5.0,
                at_least: true
            })
        );
    }
}
