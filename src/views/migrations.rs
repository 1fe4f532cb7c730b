//! The version matrix: every schema that follows a history, and where it stands in it.

use std::collections::{BTreeMap, BTreeSet};

use super::{View, worst_first};
use crate::{
    facts::migrations::{
        shapes::Shapes,
        sources::Sources,
        standing::{self, Misfit, Pending, Reason, Stand, Standing, Standings},
    },
    model::{Cell, Column, Fault, Isolation, Row, Severity, Table, Target, Text, Track, Value, Version, plural},
    store::{Fact, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("tenant", "TENANT", 0, 26, "who lives in the schema, or how many").least(14),
    Column::words("state", "STATE", 0, 7, "apart, unknown, behind or current"),
    Column::words("version", "VERSION", 0, 14, "the highest version that is complete"),
    Column::words("pending", "PENDING", 1, 24, "files that it does not have yet").least(10),
    Column::words("why", "WHY", 1, 70, "why it is set apart, or was not seen").least(20),
    Column::words(
        "shape",
        "SHAPE",
        2,
        8,
        "digest of its shape, without owners, grants and comments",
    ),
    Column::number("alike", "ALIKE", 2, 9, "schemas of this shape among all at its version"),
    Column::words("model", "MODEL", 4, 8, "how its tenants live"),
    Column::words("database", "DATABASE", 3, 24, "where it is"),
    Column::words("schema", "SCHEMA", 4, 24, "its name"),
    Column::words("instance", "INSTANCE", 3, 12, "where it is"),
    Column::number("applied", "APPLIED", 3, 9, "how long ago its history was last written"),
    Column::words("run", "RUN", 5, 24, "which run wrote it"),
    Column::words("files", "FILES", 6, 40, "the directory of the history that it follows"),
];

/// The view.
pub struct AllMigrations;

impl View for AllMigrations {
    fn name(&self) -> &'static str {
        "migrations"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["migration", "versions", "mig"]
    }

    fn about(&self) -> &'static str {
        "every schema that follows a history: its version, what it lacks, whether its shape is that of its peers"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Sources::NAME, Shapes::NAME, Standings::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["migrate"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let derived = standing::of(world);
        let standings = derived.map_or(&[][..], |derived| &derived.standings);
        let mut rows: Vec<Row> = standings.iter().map(row).collect();
        worst_first(&mut rows);
        Table {
            columns: COLUMNS,
            headline: headline(world, standings),
            rows,
            unseen: unseen(world),
            complete: derived.is_some_and(|derived| derived.complete),
        }
    }
}

/// How bad it is to stand like this.
pub fn severity(standing: &Standing) -> Severity {
    let stand = match standing.stand {
        Stand::Current => Severity::Ok,
        Stand::Behind(_) => Severity::Notice,
        Stand::Unknown(_) => Severity::Unseen,
        Stand::Apart(_) => Severity::Warning,
    };
    let old = if standing.fault.is_some() {
        Severity::Unseen
    } else {
        Severity::Ok
    };
    stand.max(old)
}

fn row(standing: &Standing) -> Row {
    let severity = severity(standing);
    let [instance, database, schema] = [0, 1, 2].map(|n| Value::Text(standing.target.part(n).into()));
    let kept = standing.history.as_ref();
    let cells = vec![
        Cell::new(who(standing)),
        Cell::new(standing.stand.word()).at(severity),
        version(standing),
        Cell::new(pending(&standing.pending)),
        why(standing),
        shape(standing),
        if standing.peers == 0 {
            Cell::blank()
        } else {
            Cell::new(Value::Of(standing.alike, standing.peers))
        },
        Cell::new(standing.model.word()),
        Cell::new(database),
        Cell::new(schema),
        Cell::new(instance),
        Cell::new(kept.and_then(|kept| kept.last).map(Value::Began)),
        Cell::new(kept.and_then(|kept| kept.run.clone())),
        Cell::new(files(&standing.track)),
    ];
    Row {
        target: standing.target.clone(),
        cells,
        severity,
        seen: standing.at,
        fault: standing.fault.clone(),
    }
}

/// The tenant, or how many there are.
pub fn who(standing: &Standing) -> Value {
    match (&standing.tenant, standing.model) {
        (Some(name), _) => Value::Text(name.clone()),
        (None, Isolation::Shared) => Value::Note(plural(standing.tenants.len(), "tenant")),
        (None, _) => Value::Text(standing.target.name()),
    }
}

/// The version; a schema without one has none, which is not the same as not known.
pub fn version(standing: &Standing) -> Cell {
    match (&standing.version, &standing.stand) {
        (Some(version), _) => Cell::new(version.to_string()),
        (None, Stand::Unknown(fault)) => Cell::unseen(fault.what.clone()),
        (None, _) => Cell::new("none"),
    }
}

fn shape(standing: &Standing) -> Cell {
    match (&standing.shape, &standing.stand) {
        (Some(digest), _) => Cell::new(short(digest)),
        (None, Stand::Unknown(fault)) => Cell::unseen(fault.what.clone()),
        (None, _) => Cell::unseen("its shape was not seen"),
    }
}

/// The first eight digits.
pub fn short(digest: &Text) -> String {
    digest.raw().chars().take(8).collect()
}

/// `2, 3, 4`; those that stand before the version that the schema is at are marked.
fn pending(all: &[Pending]) -> Option<String> {
    let each = all
        .iter()
        .map(|one| format!("{}{}", one.version, if one.late { " (late)" } else { "" }));
    let words: Vec<String> = each.collect();
    match words.as_slice() {
        [] => None,
        words if words.len() <= 4 => Some(words.join(", ")),
        [first, .., last] => Some(format!("{first} … {last} ({})", words.len())),
        [one] => Some(one.clone()),
    }
}

fn why(standing: &Standing) -> Cell {
    match &standing.stand {
        Stand::Unknown(fault) => Cell::new(fault.what.clone()),
        Stand::Apart(reasons) => {
            let words: Vec<String> = reasons.iter().map(|reason| words(standing, reason)).collect();
            Cell::new(words.join("; "))
        }
        Stand::Current | Stand::Behind(_) => Cell::blank(),
    }
}

/// Why it is set apart.
pub fn words(standing: &Standing, reason: &Reason) -> String {
    match reason {
        Reason::Drift => {
            let first = standing.drift.first().map(|drift| match &drift.what {
                Misfit::Changed(..) => format!("the file of version {} was changed since", drift.version),
                Misfit::Missing => format!("version {} has no file", drift.version),
                Misfit::Unreadable => format!("its history names {:?}, which is no version", drift.version),
            });
            let more = match standing.drift.len() {
                0 | 1 => String::new(),
                n => format!(", and {} more", n - 1),
            };
            format!("{}{more}", first.unwrap_or_default())
        }
        Reason::Incomplete => {
            let (version, done) = standing.incomplete.clone().unzip();
            let version = version.map(|version| version.to_string()).unwrap_or_default();
            let done = usize::try_from(done.unwrap_or_default()).unwrap_or_default();
            format!(
                "version {version} was begun and not finished: {} done",
                plural(done, "statement")
            )
        }
        Reason::Unrecorded => "it has objects and no history".into(),
        Reason::Shape { usual, like } => {
            let (usual, like) = (short(usual), path(like));
            format!("its shape is not that of most at its version, {usual}, such as {like}")
        }
        Reason::NoMajority { shapes, .. } => {
            format!(
                "{} at its version have {shapes} shapes, and none is that of most",
                others(standing.peers)
            )
        }
    }
}

/// `atlas/suite/t_acme`
pub fn path(target: &Target) -> String {
    let parts: Vec<String> = target.path().iter().map(ToString::to_string).collect();
    parts.join("/")
}

fn others(n: u64) -> String {
    plural(usize::try_from(n).unwrap_or(usize::MAX), "schema")
}

fn files(track: &Track) -> Text {
    track.directory.display().to_string().into()
}

fn headline(world: &Snapshot, all: &[Standing]) -> Vec<Cell> {
    let mut cells = Vec::new();
    let sources = world.get::<Sources>(&Target::fleet()).map(|seen| seen.value);
    for track in &world.fleet.tracks {
        let own: Vec<&Standing> = all.iter().filter(|standing| standing.track == *track).collect();
        let last = sources.and_then(|sources| sources.directory(&track.directory)?.last());
        if let (Some(last), false) = (last, own.is_empty()) {
            cells.push(at_last(track, last, &own));
        }
    }
    let count = |is: fn(&Stand) -> bool| all.iter().filter(|standing| is(&standing.stand)).count();
    let counts = [
        (
            count(|stand| matches!(stand, Stand::Behind(_))),
            "behind",
            Severity::Notice,
        ),
        (
            count(|stand| matches!(stand, Stand::Apart(_))),
            "apart",
            Severity::Warning,
        ),
        (
            count(|stand| matches!(stand, Stand::Unknown(_))),
            "unknown",
            Severity::Unseen,
        ),
    ];
    let some = counts.into_iter().filter(|(n, ..)| *n > 0);
    cells.extend(some.map(|(n, word, severity)| Cell::new(format!("{n} {word}")).at(severity)));
    cells.extend(shapes(all));
    let open: BTreeSet<&Version> = all
        .iter()
        .flat_map(|one| &one.pending)
        .map(|one| &one.version)
        .collect();
    if let (Some(first), Some(last)) = (open.first(), open.last()) {
        let range = if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        };
        cells.push(Cell::new(format!("pending {range}")));
    }
    cells
}

/// `apart: 43 of 43 at 4`
fn at_last(track: &Track, last: &Version, own: &[&Standing]) -> Cell {
    let name = track
        .directory
        .file_name()
        .map(|name| Text::from(name.to_string_lossy().as_ref()));
    let there = |standing: &&&Standing| standing.version.as_ref() == Some(last) && standing.stand == Stand::Current;
    let there = own.iter().filter(there).count();
    Cell::new(format!(
        "{}: {there} of {} at {last}",
        name.unwrap_or_default(),
        own.len()
    ))
}

/// The most frequent digests, and of how many schemas each is.
fn shapes(all: &[Standing]) -> Option<Cell> {
    let mut count: BTreeMap<&Text, usize> = BTreeMap::new();
    for digest in all.iter().filter_map(|standing| standing.shape.as_ref()) {
        *count.entry(digest).or_default() += 1;
    }
    let mut all: Vec<(usize, &Text)> = count.into_iter().map(|(digest, n)| (n, digest)).collect();
    all.sort_by(|a, b| b.cmp(a));
    let shown: Vec<String> = all
        .iter()
        .take(2)
        .map(|(n, digest)| format!("{} ×{n}", short(digest)))
        .collect();
    let more = if all.len() > 2 {
        format!(", {} more", all.len() - 2)
    } else {
        String::new()
    };
    (!all.is_empty()).then(|| Cell::new(format!("shapes {}{more}", shown.join(", "))))
}

/// Databases that were not seen, and directories that could not be read.
fn unseen(world: &Snapshot) -> Vec<(Target, Fault)> {
    let facts = [Sources::NAME, Shapes::NAME]
        .into_iter()
        .flat_map(|fact| world.faults(fact));
    let mut all: Vec<(Target, Fault)> = facts.map(|(target, fault)| (target.clone(), fault.clone())).collect();
    all.extend(Sources::broken(world).map(|fault| (Target::fleet(), fault.clone())));
    all
}
