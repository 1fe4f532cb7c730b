//! A slot that nobody reads makes its server keep the log.

use jiff::{SignedDuration, Timestamp};

use crate::{
    facts::{
        leader,
        pulse::{Pulse, Slot},
        replication::Replication,
    },
    findings::{Check, Finding},
    model::{Bytes, Kind, Severity, Target},
    store::{Fact, Snapshot},
};

/// Retained log from which on an abandoned slot is worth a look.
const MUCH: Bytes = Bytes(1 << 30);

/// Slots of no configured standby.
pub struct SlotRetains;

impl Check for SlotRetains {
    fn id(&self) -> &'static str {
        "slot"
    }

    fn about(&self) -> &'static str {
        "slots that keep log for nobody, or were invalidated"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let all = world.all::<Pulse>().filter(|(_, seen)| !seen.value.recovery);
        all.flat_map(|(server, seen)| {
            let lsn = seen.value.lsn.unwrap_or_default();
            let slots = seen
                .value
                .slots
                .iter()
                .filter(|slot| !slot.active && !belongs(world, server, slot));
            slots.filter_map(move |slot| self.finding(server, slot, slot.restart.map(|restart| lsn.since(restart))))
        })
        .collect()
    }
}

impl SlotRetains {
    fn finding(&self, server: &Target, slot: &Slot, retained: Option<Bytes>) -> Option<Finding> {
        let target = Target::new(Kind::Slot, [server.part(0), server.part(1), slot.name.raw()]);
        let lost = slot.status.as_deref() == Some("lost") || slot.invalidation.is_some();
        let (severity, what) = match retained {
            _ if lost => (Severity::Warning, format!("slot {} is invalidated", slot.name)),
            Some(bytes) if bytes >= MUCH => (
                Severity::Warning,
                format!("slot {} keeps {bytes} of log for nobody", slot.name),
            ),
            _ => return None,
        };
        let finding = Finding::new(self, &target, severity, what)
            .evidence("kind", &slot.kind)
            .evidence("status", slot.status.as_deref().unwrap_or("not told"));
        let remedy = "find out whose it is; drop it with pg_drop_replication_slot when nobody will come back for it";
        Some(finding.remedy(remedy, format!("instances /instance={}", server.part(0))))
    }
}

/// A standby's own slot is told with the standby.
fn belongs(world: &Snapshot, server: &Target, slot: &Slot) -> bool {
    let replication = world.get::<Replication>(&Target::instance(server.part(0)));
    replication.is_some_and(|seen| {
        let mut slots = seen.value.standbys.iter().filter_map(|standby| standby.slot.as_ref());
        slots.any(|own| own.name == slot.name)
    })
}

/// When a slot would be lost if the primary goes on writing as it does; none where it hardly writes, or in days.
pub fn lost_at(world: &Snapshot, instance: &Target, safe: i64) -> Option<Timestamp> {
    let samples = world.trend::<Pulse>(&leader(world, instance.part(0))?, "lsn");
    let (first, last) = (samples.first()?, samples.last()?);
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    let rate = (last.value - first.value) / seconds;
    let left = safe.max(0) as f64 / rate;
    let soon = left.is_finite() && left < 86_400.0;
    soon.then(|| last.at + SignedDuration::try_from_secs_f64(left).unwrap_or_default())
}
