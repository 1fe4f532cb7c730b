//! What the backups of an instance are worth: whose they are, which of them can be restored, how old they are.
//!
//! Nothing is called well that was not seen to be so: a file of the log that is missing between others is not seen.

use jiff::{SignedDuration, Timestamp};

use super::{
    Catalogue,
    window::{self, Log},
};
use crate::{
    facts::{leader, members, server::Setup},
    model::{Archive, Backup, BackupKind, Backups, Severity, Stanza, Target, Text},
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

/// Whose backups a repository holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Those of this instance.
    Own,
    /// Those of another cluster; its system identifier and ours.
    Foreign {
        /// What the repository was last told.
        theirs: Text,
        /// What the servers say.
        ours: String,
    },
    /// Not known: no server of the instance said who it is.
    Unknown,
}

/// What a backup is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It is whole, with all that it builds on and the log that it needs, as far as that is told.
    Good,
    /// Of another cluster, or of this one before it was upgraded.
    Foreign,
    /// Pages with wrong checksums were met when it, or what it builds on, was made.
    Damaged,
    /// The backup that it builds on is not there.
    Baseless(Text),
    /// A file of the log that it cannot do without is not there.
    Logless(Text),
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
fn system<'a>(world: &'a Snapshot, instance: &str) -> Option<&'a str> {
    let mut servers = leader(world, instance).into_iter().chain(members(world, instance));
    servers.find_map(|server| Some(world.get::<Setup>(&server)?.value.system.as_str()))
}

/// The last cluster that a repository was told of is the one whose log it takes.
fn identity(stanza: &Stanza, system: Option<&str>) -> Identity {
    let Some(ours) = system else { return Identity::Unknown };
    let newest = |key: u64| {
        let here = stanza.clusters.iter().filter(move |cluster| cluster.repository == key);
        here.max_by_key(|cluster| cluster.id)
    };
    let newest = stanza
        .repositories
        .iter()
        .filter_map(|repository| newest(repository.key));
    let mut foreign = newest.filter(|cluster| cluster.system.raw() != ours);
    match foreign.next() {
        Some(cluster) => Identity::Foreign {
            theirs: cluster.system.clone(),
            ours: ours.to_owned(),
        },
        None => Identity::Own,
    }
}

/// Number and repository of the clusters that are this instance; where that is not known, the last of each repository.
type Own = Vec<(u64, u64)>;

fn own(stanza: &Stanza, identity: &Identity) -> Own {
    let last = |repository: u64| {
        let here = stanza
            .clusters
            .iter()
            .filter(move |cluster| cluster.repository == repository);
        here.map(|cluster| cluster.id).max()
    };
    let clusters = stanza.clusters.iter().filter(|cluster| match identity {
        Identity::Foreign { ours, .. } => cluster.system.raw() == ours,
        Identity::Own | Identity::Unknown => last(cluster.repository) == Some(cluster.id),
    });
    clusters.map(|cluster| (cluster.id, cluster.repository)).collect()
}

/// The log of this instance.
pub(super) fn archives<'a>(stanza: &'a Stanza, own: &'a [(u64, u64)]) -> impl Iterator<Item = &'a Archive> {
    let ours = |archive: &&Archive| own.contains(&(archive.cluster, archive.repository));
    stanza.archives.iter().filter(ours)
}

/// Follows what it builds on down to a full one. What pgBackRest lists is bounded, and so is this.
fn worth(stanza: &Stanza, own: &Own, backup: &Backup) -> Worth {
    if !own.contains(&(backup.cluster, backup.repository)) {
        return Worth::Foreign;
    }
    let mut at = backup;
    for _ in 0..=stanza.backups.len() {
        if at.damaged == Some(true) {
            return Worth::Damaged;
        }
        match &at.base {
            None if at.kind == BackupKind::Full => return logged(stanza, own, backup),
            None => return Worth::Baseless("a full backup".into()),
            Some(label) => match stanza.backup(at.repository, label) {
                Some(base) => at = base,
                None => return Worth::Baseless(label.clone()),
            },
        }
    }
    Worth::Baseless(at.label.clone())
}

/// Names of files order as the log does. What is outside of all that is kept is certainly not there; what is within may be.
fn logged(stanza: &Stanza, own: &Own, backup: &Backup) -> Worth {
    let Some((first, last)) = &backup.log else {
        return Worth::Good;
    };
    let there = |file: &Text| {
        archives(stanza, own).any(|archive| match (&archive.first, &archive.last) {
            (Some(from), Some(to)) => from <= file && file <= to,
            _ => false,
        })
    };
    match [first, last].into_iter().find(|file| !there(file)) {
        Some(file) => Worth::Logless(file.clone()),
        None => Worth::Good,
    }
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
