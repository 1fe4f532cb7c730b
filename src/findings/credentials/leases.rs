//! Leases that end while they are used, and leases that never end.

use jiff::{SignedDuration, Timestamp};

use super::{Check, Finding, Trouble, by_instance, count, credentials, moment};
use crate::{
    facts::{
        credentials::{Credentials, Holding, State, Users},
        leases::{self, Leases},
        roles::Roles,
        sessions::Sessions,
    },
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Leases end by design. It hurts where sessions still use one that cannot be made to live longer: from now on each of
/// their reconnections fails.
pub struct LeaseEnding;

/// How long before its end that is said: a tenth of its life, but a minute at most.
const LONGEST_NOTICE: SignedDuration = SignedDuration::from_secs(60);

/// Whether a lease that is in use is about to end for good.
pub fn ending(lease: &Holding, sessions: u64, now: Timestamp) -> Severity {
    let (Some(issued), Some(ends)) = (lease.issued, lease.ends) else {
        return Severity::Ok;
    };
    let left = ends.duration_since(now);
    let notice = (ends.duration_since(issued) / 10).min(LONGEST_NOTICE);
    let at_limit = lease
        .limit
        .is_some_and(|limit| ends + SignedDuration::from_secs(1) >= limit);
    let for_good = lease.renewable == Some(false) || at_limit;
    let soon = left.is_positive() && left < notice;
    if soon && for_good && sessions > 0 && lease.state == State::Ok {
        Severity::Warning
    } else {
        Severity::Ok
    }
}

/// Sessions that a lease's user has; none where it is not certain who that is, or no server told.
pub fn in_use(lease: &Holding, users: &Users) -> Option<u64> {
    let [user] = lease.user.names() else { return None };
    users.sessions(lease.instance.as_ref()?, user)
}

impl Check for LeaseEnding {
    fn id(&self) -> &'static str {
        "lease-ending"
    }

    fn about(&self) -> &'static str {
        "leases in use that end within a minute and cannot be renewed"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Leases::NAME, Roles::NAME, Sessions::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        // What was last read of a lease some time ago says nothing of its end now.
        let fresh = world
            .get::<Leases>(&Target::vault())
            .is_some_and(|seen| seen.fault.is_none());
        let Some(credentials) = credentials(world).filter(|_| fresh) else {
            return Vec::new();
        };
        let users = Users::of(world);
        let used = |lease: &Holding| in_use(lease, &users).unwrap_or_default();
        let leases = credentials.leases.iter();
        let soon = leases.filter(|lease| ending(lease, used(lease), world.taken) > Severity::Ok);
        soon.map(|lease| self.finding(lease, used(lease))).collect()
    }
}

impl LeaseEnding {
    fn finding(&self, lease: &Holding, sessions: u64) -> Finding {
        let target = leases::target(&lease.id);
        let what = format!("a lease of {} ends for good while it is in use", lease.role);
        let mut finding = Finding::new(self, &target, Severity::Warning, what)
            .evidence("sessions", sessions)
            .evidence("ends", moment(lease.ends));
        for name in lease.user.names() {
            finding = finding.evidence("user", name);
        }
        let remedy = "let the application get new credentials now; its sessions outlive the lease, its pool does not";
        let finding = finding.remedy(remedy, format!("credentials /{}", leases::short(&lease.id)));
        match lease.ends {
            Some(ends) => finding.until(ends),
            None => finding,
        }
    }
}

/// The engine tried six times to revoke a lease and will not try again: what it opened stays open.
pub struct Irrevocable;

impl Check for Irrevocable {
    fn id(&self) -> &'static str {
        "lease-irrevocable"
    }

    fn about(&self) -> &'static str {
        "leases that the secrets server gave up revoking"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Leases::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let troubles = |credentials: &Credentials| {
            let leases = credentials.leases.iter();
            leases.filter_map(trouble).collect::<Vec<_>>()
        };
        let found = credentials(world).map(troubles).unwrap_or_default();
        let words = |n, place: &str| format!("{} of {place} will never be revoked", count(n, "lease"));
        let remedy = "mend what the reason names, such as a role that owns something, then revoke it once more: \
                      `bao lease revoke -sync ID`";
        by_instance(self, found, words, remedy)
    }

    fn blind(&self, world: &Snapshot) -> Vec<(Target, crate::model::Fault)> {
        let leases = world.get::<Leases>(&Target::vault()).map(|seen| seen.value);
        let unseen = leases.and_then(|leases| leases.irrevocable_unseen.clone());
        unseen.into_iter().map(|fault| (Target::vault(), fault)).collect()
    }
}

fn trouble(lease: &Holding) -> Option<Trouble> {
    let State::Irrevocable { why } = &lease.state else {
        return None;
    };
    Some(Trouble {
        instance: lease.instance.clone(),
        severity: lease.state.severity(),
        label: format!("{}/{}", lease.role, leases::short(&lease.id)),
        what: why.to_string(),
    })
}
