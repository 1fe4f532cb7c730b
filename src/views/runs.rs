//! Runs of operations: those under way first, then those that somebody has to take up, then the rest, newest first.

use super::View;
use crate::{
    facts::runs::{Brief, Runs},
    model::{Cell, Column, Fault, Row, Severity, Table, Target, Value, plural},
    store::{Fact, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("state", "STATE", 0, 15, "how it stands"),
    Column::words("title", "WHAT", 0, 60, "what it does").least(24),
    Column::number("progress", "STEPS", 1, 9, "steps that are done, of all"),
    Column::number("began", "BEGAN", 1, 8, "how long ago it was begun"),
    Column::number("last", "LAST", 2, 8, "how long ago it last did something"),
    Column::words("by", "BY", 2, 16, "who confirmed it, or took it up last"),
    Column::words("why", "WHY", 1, 70, "why it stands there"),
    Column::words("operation", "OPERATION", 4, 14, "its operation"),
    Column::words(
        "carrier",
        "CARRIED OUT BY",
        5,
        30,
        "the process that carries it out, or did last",
    ),
    Column::words("run", "RUN", 3, 28, "its name"),
];

const NEEDS: &[&str] = &[Runs::NAME];

/// The view.
pub struct AllRuns;

impl View for AllRuns {
    fn name(&self) -> &'static str {
        "runs"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["run", "operations", "audit"]
    }

    fn about(&self) -> &'static str {
        "runs of operations, under way and past, of every operator"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["pause", "continue", "abort", "resume", "confirm", "undo"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let fleet = Target::fleet();
        let Some(seen) = world.get::<Runs>(&fleet) else {
            return Table {
                columns: COLUMNS,
                unseen: world
                    .faults(Runs::NAME)
                    .map(|(target, fault)| (target.clone(), fault.clone()))
                    .collect(),
                complete: world.complete(NEEDS),
                ..Table::default()
            };
        };
        let mut runs: Vec<&Brief> = seen.value.runs.iter().collect();
        // Sorting keeps the order of those that are alike: newest first.
        runs.sort_by_key(|run| (!run.lives, !run.open));
        Table {
            columns: COLUMNS,
            rows: runs.into_iter().map(|run| row(run, seen.fault)).collect(),
            headline: headline(seen.value),
            unseen: seen.fault.map(|fault| (fleet, fault.clone())).into_iter().collect(),
            complete: world.complete(NEEDS),
        }
    }
}

fn row(run: &Brief, fault: Option<&Fault>) -> Row {
    let by = run.said.last().map(|(_, words)| {
        let name = words.raw().split(' ').next().unwrap_or_default();
        Value::Text(name.into())
    });
    let progress = Value::Of(run.done as u64, run.total as u64);
    let cells = vec![
        Cell::new(run.state.clone()).at(run.severity),
        Cell::new(run.title.clone()),
        Cell::new(progress),
        Cell::new(run.began.map(Value::Began)),
        Cell::new(run.last.map(Value::Began)),
        Cell::new(by),
        Cell::new(run.why.clone()).at(run.severity),
        Cell::new(run.operation.clone()),
        Cell::new(run.carrier.clone()),
        Cell::new(run.id.clone()),
    ];
    Row {
        target: run.target(),
        cells,
        severity: run.severity,
        seen: run.last,
        fault: fault.cloned(),
    }
}

fn headline(all: &Runs) -> Vec<Cell> {
    let lives = all.runs.iter().filter(|run| run.lives).count();
    let mut cells = vec![Cell::new(match lives {
        0 => "none under way".to_owned(),
        n => format!("{n} under way"),
    })];
    let left = all.runs.iter().filter(|run| run.open && !run.lives);
    let worst = left.clone().map(|run| run.severity).max().unwrap_or(Severity::Ok);
    match left.count() {
        0 => {}
        n => cells.push(Cell::new(format!("{n} to be taken up")).at(worst)),
    }
    if all.older > 0 {
        cells.push(Cell::new(format!("{} are not listed", plural(all.older, "older run"))));
    }
    cells
}
