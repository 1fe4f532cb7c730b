//! When a difference between the two sides counts. They are never read at the same moment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Credentials, Suspect};
use crate::model::{Target, Text};

/// Remembers what did not fit.
pub struct Judge<'a> {
    now: Timestamp,
    before: Option<&'a Credentials>,
    /// What does not fit now.
    pub suspects: BTreeMap<String, Suspect>,
    /// Instances that are compared now or were before.
    pub compared: BTreeSet<Text>,
}

impl<'a> Judge<'a> {
    /// Remembers what was noticed before.
    pub fn new(now: Timestamp, before: Option<&'a Credentials>) -> Self {
        Self {
            now,
            before,
            suspects: BTreeMap::new(),
            compared: before.map(|before| before.compared.clone()).unwrap_or_default(),
        }
    }

    /// Whether it counts that this does not fit, `made` being whether both sides were read after it was made. It does at
    /// first sight, and afterwards once the side on which it ends last has been read again (`read`: when). Where one
    /// side is old (`fresh` is false) only what counted before still does.
    pub fn counts(&mut self, target: &Target, instance: &Text, made: bool, read: Timestamp, fresh: bool) -> bool {
        let key = target.to_string();
        let known = self.before.and_then(|before| before.suspects.get(&key)).copied();
        let first_sight = self.before.is_none_or(|before| !before.compared.contains(instance));
        let suspect = match known {
            Some(known) if known.counts || !fresh => known,
            None if !fresh => return false,
            other => {
                let since = other.map_or(self.now, |known| known.since);
                let counts = made && (first_sight || read > since);
                Suspect { since, counts }
            }
        };
        self.suspects.insert(key, suspect);
        suspect.counts
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Judge;
    use crate::{
        facts::credentials::Credentials,
        model::{Target, Text},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    /// Judges once more; says whether it counts.
    fn again(before: &mut Option<Credentials>, now: i64, made: bool, read: i64, fresh: bool) -> bool {
        let atlas = Text::from("atlas");
        let mut judge = Judge::new(at(now), before.as_ref());
        let counts = judge.counts(&Target::instance("x"), &atlas, made, at(read), fresh);
        let (suspects, mut compared) = (judge.suspects, judge.compared);
        compared.insert(atlas);
        *before = Some(Credentials {
            suspects,
            compared,
            ..Credentials::default()
        });
        counts
    }

    #[test]
    fn at_first_sight_a_difference_counts_unless_it_may_be_in_the_making() {
        assert!(again(&mut None, 10, true, 9, true));
        assert!(!again(&mut None, 10, false, 9, true));
    }

    #[test]
    fn later_it_counts_once_the_other_side_was_read_again() {
        let compared = [Text::from("atlas")].into();
        let mut before = Some(Credentials {
            compared,
            ..Credentials::default()
        });
        assert!(!again(&mut before, 10, true, 9, true));
        assert!(!again(&mut before, 12, true, 9, true), "not read again");
        assert!(again(&mut before, 14, true, 13, true));
        assert!(
            again(&mut before, 16, true, 13, false),
            "what can no longer be seen is not healed"
        );
    }

    #[test]
    fn what_is_old_accuses_nobody() {
        assert!(!again(&mut None, 10, true, 9, false));
    }
}
