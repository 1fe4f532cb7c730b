//! Whose backups a repository holds, and which of them can be restored.

use crate::model::{Archive, Backup, BackupKind, Stanza, Text};

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

/// The last cluster that a repository was told of is the one whose log it takes.
pub(super) fn identity(stanza: &Stanza, system: Option<&str>) -> Identity {
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

pub(super) fn own(stanza: &Stanza, identity: &Identity) -> Own {
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
pub(super) fn worth(stanza: &Stanza, own: &Own, backup: &Backup) -> Worth {
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
