//! Passwords of static roles that should have changed.

use super::{Check, Finding, credentials, moment};
use crate::{
    facts::{
        credentials::{Fixed, State},
        engine::StaticRoles,
    },
    model::{Kind, Target},
    store::{Fact, Snapshot},
};

/// The engine rotates on its own; where it does not, its attempts fail.
pub struct Overdue;

impl Check for Overdue {
    fn id(&self) -> &'static str {
        "static-role-overdue"
    }

    fn about(&self) -> &'static str {
        "static roles whose password should have been changed by now"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[StaticRoles::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let all = credentials(world).into_iter().flat_map(|all| &all.statics);
        let overdue = all.filter(|fixed| fixed.state == State::Overdue);
        overdue.map(|fixed| self.finding(fixed)).collect()
    }
}

impl Overdue {
    fn finding(&self, fixed: &Fixed) -> Finding {
        let target = Target::new(Kind::StaticRole, [fixed.name.clone()]);
        let what = format!("the password of {} was not rotated", fixed.name);
        let remedy = "the engine cannot log in or may not change it: `bao write -f MOUNT/rotate-role/NAME` gives the \
                      true error";
        Finding::new(self, &target, fixed.state.severity(), what)
            .evidence("last rotated", moment(fixed.rotated))
            .evidence("was due", moment(fixed.due))
            .evidence("user", fixed.user.clone().unwrap_or_default())
            .remedy(remedy, format!("credentials /{}", fixed.name))
    }
}
