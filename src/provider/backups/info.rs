//! What `pgbackrest info --output=json` says, from 2.30 on. Keys that are unknown here are of a later version and left aside.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::model::{Archive, Backup, BackupKind, Bytes, Cluster, Fault, FaultKind, Repository, Stanza, Status, Text};

#[derive(Deserialize)]
struct Info {
    name: String,
    status: StatusInfo,
    #[serde(default)]
    cipher: Option<String>,
    #[serde(default)]
    repo: Vec<RepoInfo>,
    #[serde(default)]
    db: Vec<DbInfo>,
    #[serde(default)]
    archive: Vec<ArchiveInfo>,
    #[serde(default)]
    backup: Vec<BackupInfo>,
}

#[derive(Deserialize)]
struct StatusInfo {
    code: u64,
    message: String,
    #[serde(default)]
    lock: Option<LockInfo>,
}

#[derive(Deserialize)]
struct LockInfo {
    #[serde(default)]
    backup: Option<HeldInfo>,
}

#[derive(Deserialize)]
struct HeldInfo {
    held: bool,
}

#[derive(Deserialize)]
struct RepoInfo {
    key: u64,
    status: StatusInfo,
    #[serde(default)]
    cipher: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct DbInfo {
    id: u64,
    #[serde(default = "first")]
    repo_key: u64,
    system_id: u64,
    version: String,
}

#[derive(Deserialize)]
struct ArchiveInfo {
    database: OwnerInfo,
    min: Option<String>,
    max: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OwnerInfo {
    id: u64,
    #[serde(default = "first")]
    repo_key: u64,
}

/// Before there could be several, the one repository had no number.
fn first() -> u64 {
    1
}

#[derive(Deserialize)]
struct BackupInfo {
    label: String,
    #[serde(rename = "type")]
    kind: BackupKind,
    #[serde(default)]
    prior: Option<String>,
    timestamp: StampInfo,
    #[serde(default)]
    lsn: Option<SpanInfo>,
    #[serde(default)]
    archive: Option<SpanInfo>,
    info: SizeInfo,
    database: OwnerInfo,
    #[serde(default)]
    error: Option<bool>,
    #[serde(default)]
    annotation: Option<BTreeMap<Text, Text>>,
}

#[derive(Deserialize)]
struct StampInfo {
    start: i64,
    stop: i64,
}

#[derive(Deserialize)]
struct SpanInfo {
    start: Option<String>,
    stop: Option<String>,
}

#[derive(Deserialize)]
struct SizeInfo {
    size: Bytes,
    delta: Bytes,
    #[serde(default)]
    repository: Option<KeptInfo>,
}

#[derive(Deserialize)]
struct KeptInfo {
    #[serde(default)]
    delta: Option<Bytes>,
}

/// Reads what it says of one stanza; one of which it says nothing has the status of one that is not there.
pub(super) fn read(said: &[u8], name: &str) -> Result<Stanza, Fault> {
    let all: Vec<Info> = serde_json::from_slice(said).map_err(|e| malformed(&e.to_string()))?;
    match all.into_iter().find(|info| info.name == name) {
        Some(info) => stanza(info),
        None => Ok(Stanza {
            name: name.into(),
            status: Status {
                code: Stanza::NO_PATH,
                message: "missing stanza path".into(),
            },
            ..Stanza::default()
        }),
    }
}

fn malformed(what: &str) -> Fault {
    let hint =
        "look at what `pgbackrest info --output=json` prints there, and which version it is: 2.30 or later is read";
    Fault::new(
        FaultKind::Malformed,
        format!("what pgBackRest says makes no sense: {what}"),
    )
    .hint(hint)
}

fn stanza(info: Info) -> Result<Stanza, Fault> {
    let held = |lock: LockInfo| lock.backup.is_some_and(|backup| backup.held);
    let mut repositories: Vec<Repository> = info.repo.into_iter().map(repository).collect();
    let message = Text::from(info.status.message);
    if repositories.is_empty() {
        repositories.push(Repository {
            key: first(),
            status: Status {
                code: info.status.code,
                message: message.clone(),
            },
            cipher: info.cipher.unwrap_or_default().into(),
        });
    }
    let mut backups = info.backup.into_iter().map(backup).collect::<Result<Vec<_>, _>>()?;
    backups.sort_by(|a, b| (a.ended, &a.label).cmp(&(b.ended, &b.label)));
    Ok(Stanza {
        name: info.name.into(),
        status: Status {
            code: info.status.code,
            message,
        },
        busy: info.status.lock.is_some_and(held),
        repositories,
        clusters: info.db.into_iter().map(cluster).collect(),
        archives: info.archive.into_iter().map(archive).collect(),
        backups,
    })
}

fn repository(info: RepoInfo) -> Repository {
    Repository {
        key: info.key,
        status: Status {
            code: info.status.code,
            message: info.status.message.into(),
        },
        cipher: info.cipher.unwrap_or_default().into(),
    }
}

fn cluster(info: DbInfo) -> Cluster {
    Cluster {
        id: info.id,
        repository: info.repo_key,
        system: info.system_id.to_string().into(),
        version: info.version.into(),
    }
}

fn archive(info: ArchiveInfo) -> Archive {
    Archive {
        cluster: info.database.id,
        repository: info.database.repo_key,
        first: info.min.map(Text::from),
        last: info.max.map(Text::from),
    }
}

fn backup(info: BackupInfo) -> Result<Backup, Fault> {
    let label = Text::from(info.label);
    let moment = |seconds| {
        let wrong = |_| malformed(&format!("{seconds} is no time, in backup {label}"));
        Timestamp::from_second(seconds).map_err(wrong)
    };
    let (began, ended) = (moment(info.timestamp.start)?, moment(info.timestamp.stop)?);
    let position = |text: &str| text.parse().map_err(|e| malformed(&format!("{e}, in backup {label}")));
    let span = match info.lsn {
        Some(SpanInfo {
            start: Some(start),
            stop: Some(stop),
        }) => Some((position(&start)?, position(&stop)?)),
        _ => None,
    };
    Ok(Backup {
        span,
        began,
        ended,
        kind: info.kind,
        base: info.prior.map(Text::from),
        log: info.archive.and_then(|log| Some((log.start?.into(), log.stop?.into()))),
        size: info.info.size,
        copied: info.info.delta,
        kept: info.info.repository.and_then(|kept| kept.delta),
        cluster: info.database.id,
        repository: info.database.repo_key,
        damaged: info.error,
        notes: info.annotation.unwrap_or_default(),
        label,
    })
}
