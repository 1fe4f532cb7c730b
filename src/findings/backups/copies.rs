//! Copies beside an instance that nobody can read, or that nobody has removed.

use jiff::SignedDuration;

use super::{Check, Finding, moment};
use crate::{
    model::{Beside, Copies, Making, Severity, Target, Value},
    store::{Fact, Snapshot},
};

/// A copy is made for a purpose of the day, and takes as much room as the instance.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// Copies that were left behind.
pub struct Left;

impl Check for Left {
    fn id(&self) -> &'static str {
        "copy-left"
    }

    fn about(&self) -> &'static str {
        "copies beside instances that failed, have stopped, or are older than a day"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Copies::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let all = world.all::<Copies>();
        let each = all.flat_map(|(instance, seen)| seen.value.copies.iter().map(move |copy| (instance, copy)));
        each.filter_map(|(instance, copy)| self.judge(world, instance, copy))
            .collect()
    }
}

impl Left {
    fn judge(&self, world: &Snapshot, instance: &Target, copy: &Beside) -> Option<Finding> {
        let age = world.taken.duration_since(copy.began);
        let (severity, what) = match copy.stage {
            Making::Failed | Making::Stopped => {
                let why = copy.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
                (
                    Severity::Warning,
                    format!("copy {} of {} {}{why}", copy.id, instance.name(), copy.stage.word()),
                )
            }
            _ if age > OLD => {
                let age = Value::Span(age).words(world.taken);
                (
                    Severity::Notice,
                    format!("copy {} of {} is {age} old", copy.id, instance.name()),
                )
            }
            _ => return None,
        };
        let target = Target::copy(instance.part(0), copy.id.raw());
        let finding = Finding::new(self, &target, severity, what).evidence("begun", moment(copy.began));
        let remedy = format!(
            "where nobody needs it any more: tenantry run wipe-copy {}/{}",
            instance.part(0),
            copy.id
        );
        Some(finding.remedy(remedy, format!("copies /instance={}", instance.part(0))))
    }
}
