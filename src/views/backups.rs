//! Backups of every instance, and of its tenants whether they could be had back: how far, how late, and when that was tried.

use jiff::Timestamp;

use super::View;
use crate::{
    facts::{
        backups::{
            Catalogue, Log, Standing, Trouble, Worth,
            standing::{self, late},
            tested::{Tested, Tests},
        },
        pulse::Pulse,
        runs::Runs,
        server::Setup,
        tenants::{self, Tenant, Tenants},
    },
    model::{Bytes, Cell, Column, Fault, Instance, Row, Severity, Table, Target, Text, Value, plural},
    store::{Fact, Known, Snapshot},
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
        &["rotate-root"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let tests = Tests::of(world);
        let instances = || world.fleet.instances.iter();
        let mut rows: Vec<Row> = instances().flat_map(|instance| rows(world, instance, &tests)).collect();
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

fn rows(world: &Snapshot, instance: &Instance, tests: &Tests<'_>) -> Vec<Row> {
    let target = Target::instance(&instance.name);
    let Some(settings) = &instance.backups else {
        return vec![silent(
            &target,
            "not set",
            "the fleet file does not say where its backups are",
            None,
        )];
    };
    let Some(standing) = standing::of(world, &instance.name) else {
        return vec![match world.known::<Catalogue>(&target) {
            Known::Silent(fault) => silent(&target, "unknown", fault.what.clone(), Some(fault)),
            Known::Waiting | Known::Seen(_) => silent(&target, "unknown", "not asked yet", None),
        }];
    };
    let whole = Whole::of(&standing, world.taken);
    let tenants = tenants::of(world).into_iter().flat_map(|all| &all.tenants);
    let mine = tenants.filter(|tenant| tenant.instance() == instance.name);
    let mine: Vec<(&Tenant, Tested)> = mine.map(|tenant| (tenant, tests.tenant(&tenant.target))).collect();
    let severity = |tested: &Tested| tested.severity(settings.tested_within, world.taken);
    let own = whole.row(&target, Cell::blank(), counted(&mine, &severity));
    let each = mine.iter().map(|(tenant, tested)| {
        let cell = match tested {
            Tested::At(at) => Cell::new(Value::Began(*at)),
            Tested::Never => Cell::new("never"),
            Tested::Unknown(why) => Cell::unseen(why.clone()),
        };
        whole.row(
            &tenant.target,
            Cell::new(tenant.name.clone()),
            cell.at(severity(tested)),
        )
    });
    std::iter::once(own).chain(each).collect()
}

/// How many tenants of all had their restore tried lately enough.
fn counted(tenants: &[(&Tenant, Tested)], severity: &dyn Fn(&Tested) -> Severity) -> Cell {
    let verdicts: Vec<Severity> = tenants.iter().map(|(_, tested)| severity(tested)).collect();
    let well = verdicts.iter().filter(|verdict| **verdict == Severity::Ok).count() as u64;
    match verdicts.iter().max() {
        None => Cell::blank(),
        Some(worst) => Cell::new(Value::Of(well, verdicts.len() as u64)).at(*worst),
    }
}

/// The row of an instance of which nothing was seen: neither well nor ill.
fn silent(instance: &Target, word: &'static str, why: impl Into<Text>, fault: Option<&Fault>) -> Row {
    let why = why.into();
    let cells = COLUMNS.iter().map(|column| match column.name {
        "instance" => Cell::new(Value::Text(instance.name())),
        "state" => Cell::new(word).at(Severity::Unseen),
        "why" => Cell::new(why.clone()),
        "tenant" | "tested" => Cell::blank(),
        _ => Cell::unseen(why.clone()),
    });
    Row {
        target: instance.clone(),
        cells: cells.collect(),
        severity: Severity::Unseen,
        seen: None,
        fault: fault.cloned(),
    }
}

/// What an instance and all of its tenants have in common.
struct Whole<'a> {
    standing: &'a Standing<'a>,
    now: Timestamp,
    troubles: Vec<Trouble>,
    severity: Severity,
}

impl<'a> Whole<'a> {
    fn of(standing: &'a Standing<'a>, now: Timestamp) -> Self {
        let troubles = standing.troubles(now);
        Self {
            severity: severity(standing, &troubles, now),
            standing,
            now,
            troubles,
        }
    }

    fn row(&self, target: &Target, tenant: Cell, tested: Cell) -> Row {
        let (standing, settings) = (self.standing, self.standing.settings);
        let (oldest, newest) = standing.window.unzip();
        // What was never tried is red where it stands, and still no loss.
        let trial = tested.severity.min(Severity::Warning);
        let instance = tenant.value == Value::Blank;
        let cells = vec![
            Cell::new(Value::Text(target.part(0).into())),
            tenant,
            self.state(trial),
            age(standing.full().map(|backup| backup.ended)).at(late(standing.full(), settings.full_within, self.now)),
            age(standing.last().map(|backup| backup.ended)).at(late(standing.last(), settings.backup_within, self.now)),
            Cell::new(standing.last().map(|backup| Value::Word(backup.kind.word()))),
            age(oldest),
            age(newest),
            wal(&standing.log),
            tested,
            Cell::new(self.why()),
            if instance { size(standing) } else { Cell::blank() },
            count(standing),
            repositories(standing),
            Cell::new(standing.seen.value.stanza.name.clone()),
        ];
        Row {
            target: target.clone(),
            cells,
            severity: self.severity.max(trial),
            seen: Some(standing.seen.at),
            fault: standing.seen.fault.cloned(),
        }
    }

    fn state(&self, trial: Severity) -> Cell {
        match self.troubles.first() {
            Some(trouble) => Cell::new(trouble.word()).at(self.standing.weight(*trouble, self.now)),
            None if self.standing.seen.fault.is_some() => Cell::new("unknown").at(Severity::Unseen),
            None if trial == Severity::Warning => Cell::new("untested").at(trial),
            None if self.severity == Severity::Unseen => Cell::new("unverified").at(Severity::Unseen),
            None if self.standing.seen.value.stanza.busy => Cell::new("running"),
            None => Cell::new("ok"),
        }
    }

    fn why(&self) -> Option<String> {
        let words: Vec<String> = self
            .troubles
            .iter()
            .map(|trouble| words(self.standing, *trouble))
            .collect();
        let unknown = match (&self.standing.log, self.standing.seen.fault) {
            (_, Some(fault)) => Some(fault.what.to_string()),
            (Log::Unknown(why), None) if words.is_empty() => Some((*why).to_owned()),
            _ => None,
        };
        let all: Vec<String> = words.into_iter().chain(unknown).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
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

fn age(at: Option<Timestamp>) -> Cell {
    at.map_or_else(|| Cell::new("none"), |at| Cell::new(Value::Began(at)))
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

fn size(standing: &Standing<'_>) -> Cell {
    let kept: Option<Vec<Bytes>> = standing.backups.iter().map(|(backup, _)| backup.kept).collect();
    match kept {
        Some(all) => Cell::new(Bytes(all.iter().map(|size| size.0).sum())),
        None => Cell::unseen("pgBackRest does not say what each takes"),
    }
}

fn count(standing: &Standing<'_>) -> Cell {
    let good = standing.good().count() as u64;
    Cell::new(Value::Of(good, standing.backups.len() as u64))
}

fn repositories(standing: &Standing<'_>) -> Cell {
    let each = standing.seen.value.stanza.repositories.iter().map(|repository| {
        let cipher = match repository.cipher.raw() {
            "" | "none" => "not encrypted".to_owned(),
            _ => repository.cipher.to_string(),
        };
        format!("{}: {cipher}", repository.key)
    });
    Cell::new(each.collect::<Vec<_>>().join(", "))
}

fn headline(world: &Snapshot) -> Vec<Cell> {
    let instances = &world.fleet.instances;
    let kept = instances.iter().filter(|instance| instance.backups.is_some()).count();
    let mut line = vec![Cell::new(format!(
        "backups of {kept} of {}",
        plural(instances.len(), "instance")
    ))];
    let standings = instances
        .iter()
        .filter_map(|instance| standing::of(world, &instance.name));
    let troubles = standings.filter_map(|standing| {
        let worst = standing.troubles(world.taken).into_iter().next()?;
        Some((worst, standing.weight(worst, world.taken)))
    });
    let mut troubles: Vec<(Trouble, Severity)> = troubles.collect();
    troubles.sort_by_key(|(trouble, severity)| (std::cmp::Reverse(*severity), *trouble));
    for group in troubles.chunk_by(|a, b| a.0 == b.0) {
        let (trouble, severity) = group[0];
        line.push(Cell::new(format!("{} {}", group.len(), trouble.word())).at(severity));
    }
    line
}
