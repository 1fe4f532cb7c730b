//! One view, once.

use std::io::{self, Write};

use serde_json::json;

use super::{Exit, Form, json, paper};
use crate::{
    model::{Column, Fault, FaultKind, Row, Table, Target},
    store::Snapshot,
    views::{View, query::Query},
};

/// Writes the rows that the query asks for; what could not be seen goes to `told`.
///
/// # Errors
/// Where the other end is gone.
pub fn show(
    view: &dyn View,
    query: &Query,
    form: Form,
    world: &Snapshot,
    out: &mut dyn Write,
    told: &mut dyn Write,
) -> io::Result<Exit> {
    let table = view.table(world);
    let places = query.arrange(&table, world.taken);
    if form == Form::Json {
        let rows = places.iter().map(|at| table.rows[*at].clone()).collect();
        let mut value = Table { rows, ..table.clone() }.json();
        value["schema"] = json!(1);
        value["view"] = json!(view.name());
        value["fleet"] = json!(world.fleet.name);
        value["environment"] = json!(world.fleet.environment);
        value["taken"] = json!(world.taken);
        json::print(out, &value)?;
    } else {
        let columns: Vec<(usize, Column)> = query.shown().into_iter().map(|at| (at, table.columns[at])).collect();
        let rows: Vec<&Row> = places.iter().map(|at| &table.rows[*at]).collect();
        paper::write(out, form, &columns, &rows, world.taken)?;
    }
    narrate(&table, world, told)?;
    Ok(ending(&table))
}

/// Totals, and what the totals do not cover.
fn narrate(table: &Table, world: &Snapshot, told: &mut dyn Write) -> io::Result<()> {
    let words: Vec<String> = table
        .headline
        .iter()
        .map(|cell| cell.value.words(world.taken))
        .collect();
    writeln!(
        told,
        "{} ({}): {}",
        world.fleet.name,
        world.fleet.environment.word(),
        words.join(", ")
    )?;
    unseen(&table.unseen, told)?;
    if !table.complete {
        writeln!(told, "not everything has answered: there may be more")?;
    }
    Ok(())
}

/// One line for each thing that could not be seen.
pub fn unseen(unseen: &[(Target, Fault)], told: &mut dyn Write) -> io::Result<()> {
    let mut said: Vec<String> = unseen
        .iter()
        .map(|(target, fault)| format!("not seen: {target}: {fault}"))
        .collect();
    said.dedup();
    said.iter().try_for_each(|line| writeln!(told, "{line}"))
}

/// Only where nothing at all was seen is the ending bad: a part is told on stderr and in `unseen`.
fn ending(table: &Table) -> Exit {
    let nothing = table.rows.iter().all(|row| row.seen.is_none());
    match table.unseen.first() {
        Some(_) if !nothing => Exit::Done,
        Some((_, fault)) if fault.kind == FaultKind::Credential => Exit::Refused,
        Some(_) => Exit::Unseen,
        None if table.rows.is_empty() && !table.complete => Exit::Unseen,
        None => Exit::Done,
    }
}
