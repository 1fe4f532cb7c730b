//! Whether the log arrives in the repository, and between which moments anything can be had back.

use jiff::Timestamp;

use super::{Catalogue, Identity, Worth, worth::archives};
use crate::{
    facts::{leader, pulse::Pulse, server::Setup},
    model::{Backup, Text},
    store::Snapshot,
};

/// Whether the log arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
    /// What the primary archived last is there. Whether a file before it is missing is not told by anybody.
    Arrives,
    /// What the primary archived last is not there, and what is.
    Unkept {
        /// The last file that the primary archived.
        archived: Text,
        /// The last that is kept.
        last: Option<Text>,
    },
    /// Files that backups cannot do without are not there.
    Gap {
        /// The first of them.
        file: Text,
        /// The backup that needs it.
        label: Text,
        /// Other backups that lack theirs.
        more: usize,
    },
    /// The last attempt to archive failed.
    Failing {
        /// When.
        at: Timestamp,
    },
    /// The primary does not archive.
    Off,
    /// Not known, and why.
    Unknown(&'static str),
}

impl Log {
    /// What is known to be missing.
    pub fn missing(&self) -> Option<String> {
        match self {
            Self::Unkept { archived, last } => {
                let last = last.as_ref().map_or_else(|| "nothing".to_owned(), Text::to_string);
                Some(format!(
                    "the primary archived {archived}, and the last that is kept is {last}"
                ))
            }
            Self::Gap { file, label, more: 0 } => Some(format!("{file} is not kept, which backup {label} needs")),
            Self::Gap { file, label, more } => Some(format!(
                "{file} is not kept, which backup {label} needs, and {more} more lack theirs"
            )),
            Self::Arrives | Self::Failing { .. } | Self::Off | Self::Unknown(_) => None,
        }
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Arrives => "arrives",
            Self::Unkept { .. } | Self::Gap { .. } => "gap",
            Self::Failing { .. } => "failing",
            Self::Off => "off",
            Self::Unknown(_) => "not verified",
        }
    }
}

/// What is known of it: what is missing first.
pub(super) fn log(
    world: &Snapshot,
    instance: &str,
    catalogue: &Catalogue,
    own: &[(u64, u64)],
    identity: &Identity,
    backups: &[(&Backup, Worth)],
) -> Log {
    if matches!(identity, Identity::Foreign { .. }) {
        return Log::Unknown("the repository holds another cluster");
    }
    let last = archives(&catalogue.stanza, own)
        .filter_map(|archive| archive.last.as_ref())
        .max();
    if let Some(archived) = catalogue.archived.as_ref().filter(|archived| last < Some(archived)) {
        return Log::Unkept {
            archived: archived.clone(),
            last: last.cloned(),
        };
    }
    let mut logless = backups.iter().filter_map(|(backup, worth)| match worth {
        Worth::Logless(file) => Some((backup, file)),
        _ => None,
    });
    if let Some((backup, file)) = logless.next() {
        return Log::Gap {
            file: file.clone(),
            label: backup.label.clone(),
            more: logless.count(),
        };
    }
    archiver(world, instance, catalogue)
}

fn archiver(world: &Snapshot, instance: &str, catalogue: &Catalogue) -> Log {
    let leader = leader(world, instance);
    let setup = leader.as_ref().and_then(|server| world.get::<Setup>(server));
    let pulse = leader.as_ref().and_then(|server| world.get::<Pulse>(server));
    let (Some(setup), Some(pulse)) = (setup, pulse) else {
        return Log::Unknown("the primary was not seen");
    };
    let archiver = &pulse.value.archiver;
    match (archiver.failed_at, archiver.archived_at) {
        _ if setup.value.settings.archive_mode == "off" => Log::Off,
        (Some(failed), archived) if archived < Some(failed) => Log::Failing { at: failed },
        _ if pulse.fault.is_some() => Log::Unknown("the primary does not answer"),
        (_, None) => Log::Unknown("nothing was archived since the primary's statistics were reset"),
        (_, Some(_)) if catalogue.archived.is_none() => {
            Log::Unknown("what the primary archived last was not known when the repository was asked")
        }
        (_, Some(_)) => Log::Arrives,
    }
}

/// From the end of the oldest backup that can be restored to what was archived last; where the log is not known to arrive,
/// to the end of the youngest backup.
pub(super) fn window(
    world: &Snapshot,
    instance: &str,
    log: &Log,
    backups: &[(&Backup, Worth)],
) -> Option<(Timestamp, Timestamp)> {
    let good = || {
        backups
            .iter()
            .filter(|(_, worth)| *worth == Worth::Good)
            .map(|(backup, _)| backup.ended)
    };
    let (oldest, youngest) = (good().min()?, good().max()?);
    let pulse = leader(world, instance).and_then(|server| world.get::<Pulse>(&server));
    let archived = pulse.and_then(|seen| seen.value.archiver.archived_at);
    let newest = match log {
        Log::Arrives | Log::Failing { .. } | Log::Gap { .. } => {
            archived.map_or(youngest, |archived| archived.max(youngest))
        }
        Log::Unkept { .. } | Log::Off | Log::Unknown(_) => youngest,
    };
    Some((oldest, newest))
}
