//! A server, as a primary or as a standby, and its slots.

use super::{age, explain};
use crate::{
    facts::{
        configured,
        pulse::{Pulse, Slot},
        replication::{Replication, Standby},
        server::Setup,
    },
    model::{Cell, Kind, Section, Severity, Target, Value},
    store::{Known, Snapshot},
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let instance = configured(world, target)?;
    let server = instance.servers.iter().find(|server| server.name == target.part(1));
    let standby = standby(world, target);
    if server.is_none() && standby.is_none() {
        return None;
    }
    let mut head = Section::new("server").link(
        "instance",
        Value::Text(target.part(0).into()),
        Target::instance(target.part(0)),
    );
    if let Some(server) = server {
        head = head
            .line("address", format!("{}:{}", server.host, server.port))
            .line("zone", Cell::new(server.zone.clone().map(Value::Note)));
    }
    Some(vec![
        head,
        pulse(world, target),
        following(standby),
        slots(world, target),
        setup(world, target),
    ])
}

/// One slot of a server.
pub fn slot(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let server = Target::server(target.part(0), target.part(1));
    let seen = world.get::<Pulse>(&server)?;
    let slot = seen.value.slots.iter().find(|slot| slot.name.raw() == target.part(2))?;
    let section = Section::new("slot")
        .link("server", server.name(), server.clone())
        .line("kind", slot.kind.clone())
        .line("active", slot.active)
        .line("status", Cell::new(slot.status.clone().map(Value::Note)))
        .line("keeps from", Cell::new(slot.restart))
        .line(
            "retained",
            Cell::new(
                seen.value
                    .lsn
                    .zip(slot.restart)
                    .map(|(lsn, restart)| lsn.since(restart)),
            ),
        )
        .line("may still be written", safe(slot))
        .line(
            "invalidation reason",
            Cell::new(slot.invalidation.clone().map(Value::Note)),
        )
        .line("inactive since", Cell::new(slot.inactive_since.map(Value::At)))
        .line("database", Cell::new(slot.database.clone()));
    Some(vec![age(section, &seen)])
}

fn standby<'a>(world: &'a Snapshot, target: &Target) -> Option<&'a Standby> {
    let replication = world.get::<Replication>(&Target::instance(target.part(0)))?.value;
    replication.standbys.iter().find(|standby| standby.target == *target)
}

fn pulse(world: &Snapshot, target: &Target) -> Section {
    let section = Section::new("now");
    match world.known::<Pulse>(target) {
        Known::Waiting => section.line("pulse", Cell::unseen("not asked yet")),
        Known::Silent(fault) => explain(section, fault),
        Known::Seen(seen) => {
            let pulse = seen.value;
            let section = section
                .line("role", if pulse.recovery { "standby" } else { "primary" })
                .line("up", Value::Began(pulse.started))
                .line("timeline", u64::from(pulse.timeline))
                .line("writes at", Cell::new(pulse.lsn))
                .line("received", Cell::new(pulse.received))
                .line("replayed", Cell::new(pulse.replayed))
                .line("last commit replayed", Cell::new(pulse.replayed_at.map(Value::At)))
                .line("replay", Cell::new(pulse.replay.clone().map(Value::Note)))
                .line("sessions", u64::try_from(pulse.counters.backends).unwrap_or_default());
            age(section, &seen)
        }
    }
}

fn following(standby: Option<&Standby>) -> Section {
    let section = Section::new("replication");
    let Some(standby) = standby else { return section };
    let mut section = section
        .line("state", Cell::new(standby.state.word()).at(standby.severity()))
        .line("not replayed", Cell::new(standby.state.bytes()))
        .line("for", Cell::new(standby.state.time().map(Value::from)))
        .line("sync", Cell::new(standby.sync.clone().map(Value::Note)))
        .line("retained by the primary", Cell::new(standby.retained));
    if let Some(progress) = &standby.progress {
        section = section
            .line("not written", Cell::new(progress.write))
            .line("not flushed", Cell::new(progress.flush));
    }
    match &standby.slot {
        Some(slot) => section.line("slot", slot.name.clone()),
        None => section.line("slot", "none"),
    }
}

fn slots(world: &Snapshot, target: &Target) -> Section {
    let slots = world.get::<Pulse>(target).map(|seen| &seen.value.slots);
    slots
        .into_iter()
        .flatten()
        .fold(Section::new("slots"), |section, slot| {
            let to = Target::new(Kind::Slot, [target.part(0), target.part(1), slot.name.raw()]);
            let word = if slot.active { "active" } else { "inactive" };
            section.link(
                slot.name.clone(),
                format!("{word}, {}", slot.status.as_deref().unwrap_or("status not told")),
                to,
            )
        })
}

fn safe(slot: &Slot) -> Cell {
    match slot.safe {
        Some(safe) if safe < 0 => Cell::new("none left").at(Severity::Critical),
        Some(safe) => Cell::new(crate::model::Bytes(safe.unsigned_abs())),
        None => Cell::blank(),
    }
}

fn setup(world: &Snapshot, target: &Target) -> Section {
    let section = Section::new("setup");
    match world.known::<Setup>(target) {
        Known::Waiting => section.line("setup", Cell::unseen("not asked yet")),
        Known::Silent(fault) => explain(section, fault),
        Known::Seen(seen) => {
            let (setup, settings) = (seen.value, &seen.value.settings);
            let section = section
                .line("version", setup.version.clone())
                .line("system identifier", setup.system.clone())
                .line("connections for ordinary roles", settings.usable_connections())
                .line(
                    "a slot may retain",
                    settings
                        .slot_keep()
                        .map_or_else(|| Cell::new("without limit"), Cell::new),
                )
                .line("synchronous standbys", settings.synchronous_standbys.clone())
                .line("archive mode", settings.archive_mode.clone())
                .line("data checksums", settings.data_checksums)
                .line("waits for a restart", Value::Names(setup.pending.clone()))
                .line("we are", setup.access.role.clone())
                .line("with pg_monitor", setup.access.monitor);
            age(section, &seen)
        }
    }
}
