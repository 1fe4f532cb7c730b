//! Copies beside instances: at which moment each is, how it stands, and how old it is.

use super::{View, worst_first};
use crate::{
    model::{
        Beside, Cell, Column, Copies, Fault, FaultKind, Instance, Making, Moment, Row, Severity, Table, Target, Value,
    },
    store::{Fact, Seen, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("instance", "INSTANCE", 0, 16, "whose copy it is").least(8),
    Column::words("id", "COPY", 0, 34, "its name").least(23),
    Column::words("state", "STATE", 0, 10, "how it stands"),
    Column::words("moment", "ASKED FOR", 0, 27, "the moment that was asked for").least(20),
    Column::words(
        "commit",
        "REACHED",
        2,
        20,
        "when the last transaction in it was committed",
    ),
    Column::number("lsn", "LSN", 3, 12, "up to where it has replayed the log"),
    Column::number("size", "SIZE", 1, 9, "what its files take"),
    Column::number("age", "AGE", 0, 8, "how long ago it was asked for"),
    Column::words("why", "WHY", 2, 70, "why it stands there").least(20),
];

const NEEDS: &[&str] = &[Copies::NAME];

/// The view.
pub struct AllCopies;

impl View for AllCopies {
    fn name(&self) -> &'static str {
        "copies"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["copy"]
    }

    fn about(&self) -> &'static str {
        "copies beside instances, at moments of their past, to read from"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["wipe-copy"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let seen = world.all::<Copies>();
        let mut rows: Vec<Row> = seen
            .flat_map(|(instance, seen)| {
                seen.value
                    .copies
                    .iter()
                    .map(move |copy| row(instance, copy, &seen))
                    .collect::<Vec<_>>()
            })
            .collect();
        worst_first(&mut rows);
        let unseen = world
            .faults(Copies::NAME)
            .map(|(target, fault)| (target.clone(), fault.clone()))
            .chain(nowhere(world));
        Table {
            columns: COLUMNS,
            headline: headline(&rows),
            rows,
            unseen: unseen.collect(),
            complete: world.complete(NEEDS),
        }
    }
}

/// Where no instance has a place for copies, there is nothing to be seen of any.
fn nowhere(world: &Snapshot) -> Vec<(Target, Fault)> {
    let place = |instance: &Instance| {
        instance
            .backups
            .as_ref()
            .is_some_and(|backups| backups.scratch.is_some())
    };
    if world.fleet.instances.iter().any(place) {
        return Vec::new();
    }
    let fault = Fault::new(FaultKind::Unsupported, "no instance has a place for copies")
        .hint("give [instances.backups] `scratch` and `binaries` in the fleet file");
    vec![(Target::fleet(), fault)]
}

/// How much it matters how a copy stands.
pub fn severity(copy: &Beside) -> Severity {
    match copy.stage {
        Making::Paused | Making::Opened => Severity::Ok,
        Making::Restoring | Making::Replaying | Making::Leaving => Severity::Notice,
        Making::Stopped | Making::Failed => Severity::Warning,
    }
}

/// The moment that was asked for: a time as such, anything else in its word.
pub fn asked(copy: &Beside) -> Value {
    match &copy.moment {
        Moment::Time(time) => Value::At(*time),
        other => Value::Note(other.to_string()),
    }
}

fn row(instance: &Target, copy: &Beside, seen: &Seen<'_, Copies>) -> Row {
    let severity = severity(copy);
    let server = copy.server.as_ref();
    let cells = vec![
        Cell::new(instance.name()),
        Cell::new(copy.id.clone()),
        Cell::new(copy.stage.word()).at(severity),
        Cell::new(asked(copy)),
        Cell::new(server.and_then(|server| server.commit).map(Value::At)),
        Cell::new(server.map(|server| Value::Lsn(server.reached))),
        Cell::new(server.map(|server| Value::Bytes(server.bytes))),
        Cell::new(Value::Began(copy.began)),
        Cell::new(copy.why.clone()).at(severity),
    ];
    Row {
        target: Target::copy(instance.part(0), copy.id.raw()),
        cells,
        severity,
        seen: Some(seen.at),
        fault: seen.fault.cloned(),
    }
}

fn headline(rows: &[Row]) -> Vec<Cell> {
    let ill = rows.iter().filter(|row| row.severity >= Severity::Warning).count();
    let mut cells = vec![Cell::new(Value::Note(match rows.len() {
        1 => "1 copy".into(),
        n => format!("{n} copies"),
    }))];
    if ill > 0 {
        let words = format!("{ill} cannot be read");
        cells.push(Cell::new(Value::Note(words)).at(Severity::Warning));
    }
    cells
}
