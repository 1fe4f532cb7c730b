//! What an instance has left of each resource, and what is told besides.

use std::collections::BTreeSet;

use super::{Reason, Room};
use crate::{
    facts::{
        databases::{Database, Databases},
        leader, members,
        pulse::{self, Pulse},
        server::Setup,
        sizes::Sizes,
        tenants::Tenant,
        upkeep::Upkeep,
    },
    findings::Report,
    model::{Fault, Instance, Isolation, Kind, Severity, Target, Text, Value, plural},
    store::{Fact, Known, Snapshot},
};

/// Transaction ids that there are (PostgreSQL documentation 25.1.5).
const IDS: f64 = 2_147_483_648.0;

/// An instance as it is seen.
pub(super) struct Ground<'a> {
    world: &'a Snapshot,
    instance: &'a Instance,
    target: &'a Target,
    primary: Option<Target>,
}

/// How many relations a tenant of a model has, by those that there are; none where none was counted.
pub(super) fn usual(all: &[Tenant], model: Isolation) -> Option<u64> {
    let counted = all.iter().filter(|tenant| tenant.model == model);
    counted.filter_map(|tenant| tenant.relations).max()
}

fn reason(of: &'static str, room: Room, words: impl Into<String>) -> Reason {
    Reason {
        of,
        room,
        words: words.into(),
    }
}

/// A value, or why it is not seen now: what has grown old is no room.
fn seen<'a, T: Fact>(world: &'a Snapshot, target: &Target) -> Result<&'a T, String> {
    match world.known::<T>(target) {
        Known::Seen(seen) => seen.fault.map_or(Ok(seen.value), |fault| Err(fault.what.to_string())),
        Known::Silent(fault) => Err(fault.what.to_string()),
        Known::Waiting => Err("not asked yet".into()),
    }
}

fn silent(server: &Target, fault: &Fault) -> String {
    format!("{} does not answer: {}", server.name(), fault.what)
}

fn share(left: u64, of: u64) -> f64 {
    left as f64 / of.max(1) as f64
}

impl<'a> Ground<'a> {
    pub(super) fn of(world: &'a Snapshot, instance: &'a Instance, target: &'a Target) -> Self {
        Self {
            world,
            instance,
            target,
            primary: leader(world, &instance.name),
        }
    }

    fn of_primary<T: Fact>(&self) -> Result<&'a T, String> {
        let primary = self.primary.as_ref().ok_or("no server is known to be its primary")?;
        seen(self.world, primary)
    }

    /// Nobody is placed where the ground is burning.
    pub(super) fn health(&self) -> Reason {
        let of = "health";
        let Some(primary) = &self.primary else {
            let mut members = members(self.world, &self.instance.name);
            let silent = members.find_map(|server| Some(silent(&server, self.world.known::<Pulse>(&server).fault()?)));
            let none = || "no server is known to be its primary".into();
            return reason(of, Room::Never, silent.unwrap_or_else(none));
        };
        let known = self.world.known::<Pulse>(primary);
        if let Some(fault) = known.fault() {
            return reason(of, Room::Never, silent(primary, fault));
        }
        match known.seen() {
            Some(seen) if !seen.value.recovery => {}
            Some(_) => return reason(of, Room::Never, format!("{} is a standby", primary.name())),
            None => return reason(of, Room::Unseen, "not asked yet"),
        }
        let Ok(report) = seen::<Report>(self.world, &Target::fleet()) else {
            return reason(of, Room::Unseen, "nothing was judged yet");
        };
        let own = |target: &Target| {
            let whole = matches!(
                target.kind(),
                Kind::Instance | Kind::Server | Kind::Slot | Kind::Standby
            );
            whole && target.part(0) == self.instance.name
        };
        match report.worst(own) {
            Some(finding) if finding.severity == Severity::Critical => reason(of, Room::Never, finding.what.clone()),
            Some(finding) => reason(of, Room::Told, finding.what.clone()),
            None => reason(of, Room::Told, "nothing is known to be wrong"),
        }
    }

    /// Connections that ordinary roles may have, without those that others were promised or have now.
    pub(super) fn connections(&self, wish: Option<u64>) -> Reason {
        let of = "connections";
        let (setup, databases) = match (self.of_primary::<Setup>(), seen::<Databases>(self.world, self.target)) {
            (Ok(setup), Ok(databases)) => (setup, databases),
            (Err(why), _) | (_, Err(why)) => return reason(of, Room::Unseen, why),
        };
        let usable = setup.settings.usable_connections();
        let by_role: u64 = databases.limits.iter().map(|role| role.limit).sum();
        let limited = |database: &Database| u64::try_from(database.limit).ok();
        let by_database: u64 = databases.databases.iter().filter_map(limited).sum();
        let used = self
            .of_primary::<Pulse>()
            .map_or(0, |pulse| u64::try_from(pulse.counters.backends).unwrap_or_default());
        let promised = by_role.max(by_database);
        let taken = promised.max(used);
        let words = format!("{promised} of {usable} promised, {used} in use");
        match usable.checked_sub(taken + wish.unwrap_or(0)) {
            Some(left) => reason(of, Room::Left(share(left, usable)), words),
            None if wish.is_none() => reason(of, Room::Left(0.0), words),
            None => reason(
                of,
                Room::Never,
                format!("{words}: {} more do not fit", wish.unwrap_or(0)),
            ),
        }
    }

    /// Relations of the database that it would share, against the lock table: a dump locks each of them, and a migration of
    /// all tenants in one transaction too.
    pub(super) fn relations(&self, database: &str, usual: Option<u64>, before: u64) -> Reason {
        let of = "relations";
        let setup = match self.of_primary::<Setup>() {
            Ok(setup) => setup,
            Err(why) => return reason(of, Room::Unseen, why),
        };
        let (locks, own) = (setup.settings.lock_table(), usual.unwrap_or(0));
        let there = if database.is_empty() {
            Ok(0)
        } else {
            let place = Target::database(&self.instance.name, database);
            // Those that are placed before it share the database too.
            seen::<Upkeep>(self.world, &place).map(|upkeep| upkeep.relations + own * before)
        };
        let there = match there {
            Ok(there) => there,
            Err(why) => return reason(of, Room::Unseen, why),
        };
        let place = if database.is_empty() {
            "its own".to_owned()
        } else {
            Text::from(database).to_string()
        };
        let words = format!("{there} + {own} in {place}, {locks} locks");
        match locks.checked_sub(there + own) {
            Some(left) => reason(of, Room::Left(share(left, locks)), words),
            None => reason(of, Room::Never, format!("{words}: a dump of it would run out of them")),
        }
    }

    /// Transaction ids until the oldest must be frozen.
    pub(super) fn transactions(&self) -> Reason {
        let of = "transactions";
        let databases = match seen::<Databases>(self.world, self.target) {
            Ok(databases) => databases,
            Err(why) => return reason(of, Room::Unseen, why),
        };
        let oldest = databases.databases.iter().map(|database| database.xid_age).max();
        let age = oldest.unwrap_or_default().max(0);
        let words = format!("the oldest is {age} old, of two billion");
        reason(of, Room::Left((1.0 - age as f64 / IDS).max(0.0)), words)
    }

    /// How much log it writes.
    pub(super) fn log(&self) -> Reason {
        let primary = self.primary.as_ref();
        let rate = primary.and_then(|primary| pulse::rate(self.world, primary, "lsn"));
        let written = |rate| format!("{} are written", Value::BytesRate(rate).words(self.world.taken));
        let words = rate.map_or_else(|| "a rate needs two samples".to_owned(), written);
        reason("log", Room::Told, words)
    }

    /// How large it is. How much disk is left `PostgreSQL` does not tell.
    pub(super) fn size(&self) -> Reason {
        let words = match seen::<Sizes>(self.world, self.target).map(Sizes::total) {
            Ok((sum, 0)) => format!("{sum}; free disk is not known: PostgreSQL does not tell it"),
            Ok((sum, unseen)) => format!(">{sum}, {} unseen; free disk is not known", plural(unseen, "database")),
            Err(why) => why,
        };
        reason("size", Room::Told, words)
    }

    /// Over how many failure zones its servers are spread.
    pub(super) fn zones(&self) -> Reason {
        let servers = self.instance.servers.len();
        let zones: BTreeSet<&str> = self
            .instance
            .servers
            .iter()
            .filter_map(|server| server.zone.as_deref())
            .collect();
        let words = match (servers, zones.len()) {
            (1, _) => "one server, and no standby".to_owned(),
            (n, 0) => format!("{n} servers; the fleet file names no zones"),
            (n, zones) => format!("{n} servers in {}", plural(zones, "zone")),
        };
        reason("zones", Room::Told, words)
    }
}
