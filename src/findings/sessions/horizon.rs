//! Something old that vacuum has to respect, and which of the four it is.

use super::{everywhere, severity};
use crate::{
    facts::{leader, pulse::Pulse, server::Setup, sessions::Sessions},
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Without a server's own word: the default of `autovacuum_freeze_max_age`.
const FREEZE_MAX_AGE: i64 = 200_000_000;

/// The oldest of sessions, standbys, slots and prepared transactions, where nothing else tells of it already.
///
/// Bad from a quarter of `autovacuum_freeze_max_age` on, critical from the whole: then even forced vacuums achieve
/// nothing.
pub struct OldHorizon;

struct Holder {
    age: i64,
    what: String,
    remedy: String,
    /// Another finding tells of it.
    told: bool,
}

impl Check for OldHorizon {
    fn id(&self) -> &'static str {
        "old-horizon"
    }

    fn about(&self) -> &'static str {
        "snapshots of sessions, standbys, slots or prepared transactions that hold back vacuum"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Sessions::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let instances = world.fleet.instances.iter();
        let leaders = instances.filter_map(|instance| leader(world, &instance.name));
        leaders.filter_map(|server| self.finding(world, &server)).collect()
    }
}

impl OldHorizon {
    fn finding(&self, world: &Snapshot, server: &Target) -> Option<Finding> {
        let setup = world.get::<Setup>(server);
        let bound = setup.map_or(FREEZE_MAX_AGE, |seen| seen.value.settings.freeze_max_age);
        let oldest = holders(world, server).into_iter().max_by_key(|holder| holder.age)?;
        let severity = Severity::of(&oldest.age, &(bound / 4), &bound);
        if severity == Severity::Ok || oldest.told {
            return None;
        }
        let what = format!("{} holds back vacuum", oldest.what);
        let finding = Finding::new(self, server, severity, what)
            .evidence("transactions since", oldest.age)
            .evidence("autovacuum_freeze_max_age", bound);
        Some(finding.remedy(oldest.remedy, super::place(server)))
    }
}

fn holders(world: &Snapshot, server: &Target) -> Vec<Holder> {
    let mut all = Vec::new();
    if let Some((_, seen)) = everywhere(world).find(|(target, _)| *target == server) {
        let now = seen.now;
        all.extend(seen.sessions.iter().filter_map(|session| {
            Some(Holder {
                age: session.xmin_age.max(session.xid_age)?,
                what: super::name(session),
                remedy: format!(
                    "end it if nobody needs it: select pg_terminate_backend({})",
                    session.pid
                ),
                told: severity(session, now) > Severity::Ok,
            })
        }));
        all.extend(seen.prepared.iter().map(|prepared| Holder {
            age: prepared.age,
            what: format!("the prepared transaction {}", prepared.gid),
            remedy: "commit prepared or rollback prepared".into(),
            told: super::prepared::severity(prepared, now) > Severity::Ok,
        }));
    }
    if let Some(seen) = world.get::<Pulse>(server) {
        all.extend(seen.value.standbys.iter().filter_map(|standby| {
            Some(Holder {
                age: standby.xmin?,
                what: format!("a query on the standby {}", standby.name),
                remedy: "end the query there, or set hot_standby_feedback = off and accept conflicts".into(),
                told: false,
            })
        }));
        all.extend(seen.value.slots.iter().filter_map(|slot| {
            Some(Holder {
                age: slot.xmin.max(slot.catalog_xmin)?,
                what: format!("the slot {}", slot.name),
                remedy: "let its consumer catch up, or drop the slot".into(),
                told: false,
            })
        }));
    }
    all
}
