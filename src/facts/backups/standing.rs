//! How the backups of an instance stand: what they are worth together, and what is wrong with them.
//!
//! Nothing is called well that was not seen to be so: a file of the log that is missing between others is not seen.

use jiff::{SignedDuration, Timestamp};

use super::{
    Catalogue,
    window::{self, Log},
    worth::{Identity, Worth, identity, own, worth},
};
use crate::{
    facts::{leader, members, server::Setup},
    model::{Backup, BackupKind, Backups, Severity, Stanza, Target, Text},
    store::{Seen, Snapshot},
};

/// How the backups of an instance stand.
#[derive(Debug)]
pub struct Standing<'a> {
    /// The instance.
    pub target: Target,
    /// What the fleet file says of them.
    pub settings: &'a Backups,
    /// What the repository said, and when.
    pub seen: Seen<'a, Catalogue>,
    /// Whose they are.
    pub identity: Identity,
    /// Each with what it is worth, the oldest first.
    pub backups: Vec<(&'a Backup, Worth)>,
    /// Whether the log arrives.
    pub log: Log,
    /// Between which moments anything can be had back, as far as is known.
    pub window: Option<(Timestamp, Timestamp)>,
}

/// What is wrong, from worst to least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// It holds another cluster.
    Foreign,
    /// There is nothing that could be restored.
    Nothing,
    /// Files of the log are known to be missing.
    Gap,
    /// The repository says that it is not well, the last backup is damaged, or the log is refused.
    Failing,
    /// The log is not archived at all.
    Off,
    /// Backups are older than they may be.
    Stale,
}

impl Trouble {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Nothing => "none",
            Self::Gap => "gap",
            Self::Failing => "failing",
            Self::Off => "no log",
            Self::Stale => "stale",
        }
    }
}

/// How the backups of an instance stand, where the repository has answered.
pub fn of<'a>(world: &'a Snapshot, instance: &str) -> Option<Standing<'a>> {
    let settings = world.fleet.instance(instance)?.backups.as_ref()?;
    let target = Target::instance(instance);
    let seen = world.get::<Catalogue>(&target)?;
    let stanza = &seen.value.stanza;
    let identity = identity(stanza, system(world, instance));
    let own = own(stanza, &identity);
    let backups: Vec<(&Backup, Worth)> = stanza
        .backups
        .iter()
        .map(|backup| (backup, worth(stanza, &own, backup)))
        .collect();
    let log = match window::log(world, instance, seen.value, &own, &identity, &backups) {
        Log::Arrives if seen.fault.is_some() => Log::Unknown("the repository does not answer"),
        log => log,
    };
    let window = window::window(world, instance, &log, &backups);
    Some(Standing {
        target,
        settings,
        seen,
        identity,
        backups,
        log,
        window,
    })
}

/// Who the instance is: as its primary says, or another of its servers.
pub fn system<'a>(world: &'a Snapshot, instance: &str) -> Option<&'a str> {
    let mut servers = leader(world, instance).into_iter().chain(members(world, instance));
    servers.find_map(|server| Some(world.get::<Setup>(&server)?.value.system.as_str()))
}

impl Standing<'_> {
    /// Those that can be restored, as far as is known; the oldest first.
    pub fn good(&self) -> impl DoubleEndedIterator<Item = &Backup> {
        let good = self.backups.iter().filter(|(_, worth)| *worth == Worth::Good);
        good.map(|(backup, _)| *backup)
    }

    /// The youngest full one that can be restored.
    pub fn full(&self) -> Option<&Backup> {
        self.good().rfind(|backup| backup.kind == BackupKind::Full)
    }

    /// The youngest that can be restored.
    pub fn last(&self) -> Option<&Backup> {
        self.good().next_back()
    }

    /// The youngest of this instance, whatever it is worth.
    pub fn youngest(&self) -> Option<(&Backup, &Worth)> {
        let own = self.backups.iter().rfind(|(_, worth)| *worth != Worth::Foreign);
        own.map(|(backup, worth)| (*backup, worth))
    }

    /// Those without a file of the log that they cannot do without.
    pub fn logless(&self) -> impl Iterator<Item = (&Backup, &Text)> {
        self.backups.iter().filter_map(|(backup, worth)| match worth {
            Worth::Logless(file) => Some((*backup, file)),
            _ => None,
        })
    }

    /// What the repository says where it is not well. That it holds no backups yet is not that.
    pub fn complaint(&self) -> Option<&Text> {
        let stanza = &self.seen.value.stanza;
        let ill = |code: u64| code != 0 && code != Stanza::NO_BACKUPS;
        let mut repositories = stanza.repositories.iter().map(|repository| &repository.status);
        let status = repositories.find(|status| ill(status.code));
        let status = status.or(ill(stanza.status.code).then_some(&stanza.status));
        status.map(|status| &status.message)
    }

    /// All that is wrong, the worst first.
    pub fn troubles(&self, now: Timestamp) -> Vec<Trouble> {
        let foreign = matches!(self.identity, Identity::Foreign { .. });
        let nothing = self.last().is_none();
        let damaged = matches!(self.youngest(), Some((_, Worth::Damaged | Worth::Baseless(_))));
        let failing = self.complaint().is_some() || damaged || matches!(self.log, Log::Failing { .. });
        let stale = late(self.full(), self.settings.full_within, now) > Severity::Ok
            || late(self.last(), self.settings.backup_within, now) > Severity::Ok;
        [
            (foreign, Trouble::Foreign),
            (nothing, Trouble::Nothing),
            (matches!(self.log, Log::Gap { .. } | Log::Unkept { .. }), Trouble::Gap),
            (failing, Trouble::Failing),
            (self.log == Log::Off, Trouble::Off),
            (stale && !nothing, Trouble::Stale),
        ]
        .into_iter()
        .filter_map(|(is, trouble)| is.then_some(trouble))
        .collect()
    }

    /// How bad one of them is here. Without anything to restore the data of all tenants hangs on the servers alone.
    pub fn weight(&self, trouble: Trouble, now: Timestamp) -> Severity {
        match trouble {
            Trouble::Foreign | Trouble::Nothing => Severity::Critical,
            // Everything since the last backup is lost with the server.
            Trouble::Gap if matches!(self.log, Log::Unkept { .. }) => Severity::Critical,
            Trouble::Gap if matches!(self.youngest(), Some((_, Worth::Logless(_)))) => Severity::Critical,
            Trouble::Gap | Trouble::Failing | Trouble::Off => Severity::Warning,
            Trouble::Stale => late(self.full(), self.settings.full_within, now).max(late(
                self.last(),
                self.settings.backup_within,
                now,
            )),
        }
    }
}

/// How bad the age of a backup is; twice what is allowed is critical, and so is none.
pub fn late(backup: Option<&Backup>, within: SignedDuration, now: Timestamp) -> Severity {
    let Some(backup) = backup else {
        return Severity::Critical;
    };
    let age = now.duration_since(backup.ended);
    Severity::of(&age, &within, &within.saturating_mul(2))
}
