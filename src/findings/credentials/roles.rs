//! Roles and leases that do not agree.

use super::{Check, Finding, Trouble, by_instance, count, credentials, moment};
use crate::{
    facts::{
        credentials::{Credentials, Fixed, Holding, Leftover, State},
        engine::DynamicRoles,
        leases::{self, Leases},
        roles::Roles,
    },
    model::Text,
    store::{Fact, Snapshot},
};

const NEEDS: &[&str] = &[Leases::NAME, DynamicRoles::NAME, Roles::NAME];

/// The engine made a role, has no lease for it, and will never drop it.
pub struct RoleWithoutLease;

impl Check for RoleWithoutLease {
    fn id(&self) -> &'static str {
        "role-without-lease"
    }

    fn about(&self) -> &'static str {
        "roles that the engine made, that can log in, and that no lease explains"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let words = |n, place: &str| match n {
            1 => format!("a role on {place} can log in and has no lease"),
            n => format!("{n} roles on {place} can log in and have no lease"),
        };
        let remedy = "nobody will drop it: find out who uses it, then REASSIGN OWNED, DROP OWNED and DROP ROLE";
        let is_left = |state: &State| matches!(state, State::NoLease { .. });
        by_instance(self, leftovers(world, is_left), words, remedy)
    }
}

/// A role past its end that is still there: the engine's attempts to drop it fail, or nobody makes any.
pub struct ExpiredRole;

impl Check for ExpiredRole {
    fn id(&self) -> &'static str {
        "expired-role"
    }

    fn about(&self) -> &'static str {
        "roles that are past the end of their lease or password and can log in still"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let is_over = |state: &State| matches!(state, State::PastEnd { .. });
        let leases = credentials(world).into_iter().flat_map(|all| &all.leases);
        let leases = leases.filter(|lease| is_over(&lease.state)).map(|lease| {
            let how = match lease.state {
                State::PastEnd { opens: true } => "its password is accepted still",
                _ => "its password is refused, other ways to log in are not",
            };
            of_lease(lease, format!("revoking it fails since {}; {how}", moment(lease.ends)))
        });
        let words = |n, place: &str| format!("{} on {place} outlived its end", count(n, "role"));
        let remedy = "see why it cannot be dropped: `bao lease revoke -sync ID` gives the true error; the engine retries \
                      for about ten minutes and then gives up for good";
        by_instance(self, leases.chain(leftovers(world, is_over)), words, remedy)
    }
}

/// Somebody holds a credential that no longer opens anything.
pub struct LeaseWithoutRole;

impl Check for LeaseWithoutRole {
    fn id(&self) -> &'static str {
        "lease-without-role"
    }

    fn about(&self) -> &'static str {
        "leases and static roles whose role in PostgreSQL is gone or ended too early"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let Some(all) = credentials(world) else {
            return Vec::new();
        };
        let words = |n, place: &str| match n {
            1 => format!("a credential for {place} no longer logs in"),
            n => format!("{n} credentials for {place} no longer log in"),
        };
        let remedy = "revoke it, so that whoever uses it asks for another; somebody dropped its role outside the engine, \
                      or its renewal forgets VALID UNTIL";
        by_instance(self, dead(all), words, remedy)
    }
}

fn dead(all: &Credentials) -> Vec<Trouble> {
    let leases = all.leases.iter().filter_map(|lease| match lease.state {
        State::RoleGone => Some(of_lease(lease, "its role is gone".into())),
        State::RoleEnded => Some(of_lease(lease, "its role ended before it".into())),
        _ => None,
    });
    let statics = all.statics.iter().filter(|fixed| fixed.state == State::RoleGone);
    leases.chain(statics.map(of_static)).collect()
}

fn of_lease(lease: &Holding, what: String) -> Trouble {
    Trouble {
        instance: lease.instance.clone(),
        severity: lease.state.severity(),
        label: format!("{}/{}", lease.role, leases::short(&lease.id)),
        what,
    }
}

fn of_static(fixed: &Fixed) -> Trouble {
    let user = fixed.user.clone().unwrap_or_default();
    Trouble {
        instance: fixed.instance.clone(),
        severity: fixed.state.severity(),
        label: fixed.name.to_string(),
        what: format!("the role {user} is gone"),
    }
}

fn leftovers(world: &Snapshot, wanted: impl Fn(&State) -> bool) -> Vec<Trouble> {
    let all = credentials(world).into_iter().flat_map(|all| &all.leftovers);
    let trouble = |left: &Leftover| Trouble {
        instance: Some(left.instance.clone()),
        severity: left.state.severity(),
        label: Text::to_string(&left.user),
        what: match left.until {
            None => "its password never ends".into(),
            Some(until) => format!("VALID UNTIL {}", moment(Some(until))),
        },
    };
    all.filter(|left| wanted(&left.state)).map(trouble).collect()
}
