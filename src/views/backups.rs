//! Backups of every instance, and of its tenants whether they could be had back: how far, how late, and when that was tried.

mod rows;

use jiff::Timestamp;

use super::View;
use crate::{
    facts::{
        backups::{Catalogue, Log, Standing, Trouble, Worth, standing, tested::Tests, verified::Verifications},
        pulse::Pulse,
        runs::Runs,
        server::Setup,
        tenants::Tenants,
    },
    model::{Cell, Column, Row, Severity, Table, Target, plural},
    store::{Fact, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("instance", "INSTANCE", 0, 16, "whose backups they are").least(8),
    Column::words(
        "tenant",
        "TENANT",
        0,
        26,
        "who lives there; none in the instance's own row",
    )
    .least(12),
    Column::words("state", "STATE", 0, 10, "the worst that is known of them").least(8),
    Column::number("full", "FULL", 1, 8, "how old the youngest full backup is"),
    Column::number("last", "LAST", 0, 8, "how old the youngest backup is"),
    Column::words(
        "kind",
        "KIND",
        3,
        5,
        "what the youngest backup holds: full, diff or incr",
    ),
    Column::number(
        "oldest",
        "OLDEST",
        2,
        6,
        "how long ago the oldest moment is that can be had back",
    ),
    Column::number(
        "newest",
        "NEWEST",
        0,
        8,
        "how long ago the newest moment is that can be had back, as far as is known",
    ),
    Column::words(
        "wal",
        "WAL",
        0,
        12,
        "whether the log arrives; that none is missing in between is not known",
    )
    .least(12),
    Column::number(
        "tested",
        "TESTED",
        0,
        8,
        "how long ago the restore of the tenant was last tried and succeeded; of an instance, of how many it was",
    ),
    Column::number(
        "verified",
        "VERIFIED",
        4,
        8,
        "how long ago every file in the repository was last read and found whole",
    ),
    Column::words("why", "WHY", 1, 70, "what is wrong").least(36),
    Column::number("size", "SIZE", 3, 9, "what all backups take in the repository"),
    Column::number(
        "count",
        "BACKUPS",
        4,
        7,
        "backups that could be restored, of all that are listed",
    ),
    Column::words(
        "repository",
        "REPOSITORY",
        4,
        24,
        "number of the repository, and how it is encrypted",
    ),
    Column::words("stanza", "STANZA", 5, 20, "pgBackRest's name for the cluster"),
];

const NEEDS: &[&str] = &[Catalogue::NAME, Pulse::NAME, Setup::NAME, Tenants::NAME, Runs::NAME];

/// The view.
pub struct AllBackups;

impl View for AllBackups {
    fn name(&self) -> &'static str {
        "backups"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["backup", "bk"]
    }

    fn about(&self) -> &'static str {
        "backups of every instance: how far back, how late, whether the log arrives, which restores were tried"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &[
            "restore",
            "verify-restore",
            "verify-backups",
            "backup",
            "beside",
            "rotate-root",
        ]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let (tests, verifications) = (Tests::of(world), Verifications::of(world));
        let instances = || world.fleet.instances.iter();
        let mut rows: Vec<Row> = instances()
            .flat_map(|instance| rows::of(world, instance, &tests, &verifications))
            .collect();
        // An instance stands before its tenants where nothing is worse.
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        let faults = world.faults(Catalogue::NAME);
        Table {
            columns: COLUMNS,
            rows,
            headline: headline(world),
            unseen: faults.map(|(target, fault)| (target.clone(), fault.clone())).collect(),
            complete: world.complete(NEEDS),
        }
    }
}

fn order(row: &Row) -> (std::cmp::Reverse<Severity>, &str, &Target) {
    (std::cmp::Reverse(row.severity), row.target.part(0), &row.target)
}

fn headline(world: &Snapshot) -> Vec<Cell> {
    let instances = &world.fleet.instances;
    let kept = instances.iter().filter(|instance| instance.backups.is_some()).count();
    let mut line = vec![Cell::new(format!(
        "backups of {kept} of {}",
        plural(instances.len(), "instance")
    ))];
    let standings: Vec<Standing<'_>> = instances
        .iter()
        .filter_map(|instance| standing::of(world, &instance.name))
        .collect();
    // Where the reasons of rows have no room, it is still said that there are some.
    let unknown: Vec<&str> = standings
        .iter()
        .filter_map(|standing| match standing.log {
            Log::Unknown(why) => Some(why),
            _ => None,
        })
        .collect();
    let troubles = standings.iter().filter_map(|standing| {
        let worst = standing.troubles(world.taken).into_iter().next()?;
        Some((worst, standing.weight(worst, world.taken)))
    });
    let mut troubles: Vec<(Trouble, Severity)> = troubles.collect();
    troubles.sort_by_key(|(trouble, severity)| (std::cmp::Reverse(*severity), *trouble));
    for group in troubles.chunk_by(|a, b| a.0 == b.0) {
        let (trouble, severity) = group[0];
        line.push(Cell::new(format!("{} {}", group.len(), trouble.word())).at(severity));
    }
    line.extend(unknown.first().map(|why| {
        let same = unknown.iter().all(|other| other == why);
        let why = if same { why } else { "not verified" };
        Cell::new(format!("log of {}: {why}", unknown.len())).at(Severity::Unseen)
    }));
    line
}

/// How bad an instance's backups are. What is not verified is not well.
pub fn severity(standing: &Standing<'_>, troubles: &[Trouble], now: Timestamp) -> Severity {
    let worst = troubles.iter().map(|trouble| standing.weight(*trouble, now)).max();
    let unseen = standing.seen.fault.is_some() || matches!(standing.log, Log::Unknown(_));
    let unseen = if unseen { Severity::Unseen } else { Severity::Ok };
    worst.unwrap_or_default().max(unseen)
}

/// What is wrong, in words.
pub fn words(standing: &Standing<'_>, trouble: Trouble) -> String {
    match trouble {
        Trouble::Foreign => "the repository holds another cluster".into(),
        Trouble::Nothing => "nothing could be restored".into(),
        Trouble::Gap => standing.log.missing().unwrap_or_default(),
        Trouble::Failing => match (standing.complaint(), standing.youngest()) {
            (Some(complaint), _) => format!("the repository says: {complaint}"),
            (None, Some((_, Worth::Damaged))) => "the last backup has pages with wrong checksums".into(),
            (None, Some((_, Worth::Baseless(base)))) => format!("the last backup builds on {base}, which is not there"),
            _ => "the log cannot be archived".into(),
        },
        Trouble::Off => "the log is not archived".into(),
        Trouble::Stale => "backups are older than the fleet file allows".into(),
    }
}

/// Whether the log arrives.
pub fn wal(log: &Log) -> Cell {
    match log {
        Log::Unknown(_) => Cell::new(log.word()).at(Severity::Unseen),
        Log::Arrives => Cell::new(log.word()),
        Log::Unkept { .. } => Cell::new(log.word()).at(Severity::Critical),
        Log::Gap { .. } | Log::Failing { .. } | Log::Off => Cell::new(log.word()).at(Severity::Warning),
    }
}
