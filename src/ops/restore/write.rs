//! The statements that make rows what they are to be.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    form::{Column, Reference, Table},
    rows::{Difference, Row},
};
use crate::{
    model::{Rows, Words, quote},
    ops::tenant::Home,
};

/// Rows in one statement.
const CHUNK: usize = 500;

/// A table and what is to become of its rows.
pub(super) struct Work<'a> {
    pub(super) table: &'a Table,
    pub(super) difference: Difference<'a>,
    /// Columns that are null at first, and are filled in when all rows are there.
    pub(super) later: Vec<&'a Column>,
    /// Rows in one statement.
    pub(super) chunk: usize,
}

impl<'a> Work<'a> {
    /// Where rows refer to others of their own table by a key that cannot be deferred, all of them stand in one statement.
    pub(super) fn of(
        table: &'a Table,
        difference: Difference<'a>,
        references: &[Reference],
        later: Option<&BTreeSet<String>>,
    ) -> Self {
        let path = table.path();
        let mut own = references.iter().filter(|one| one.from == path && one.to == path);
        let is_later = |column: &&Column| later.is_some_and(|later| later.contains(&column.name));
        Self {
            table,
            difference,
            later: table.columns.iter().filter(is_later).collect(),
            chunk: if own.any(|one| !one.deferrable) {
                usize::MAX
            } else {
                CHUNK
            },
        }
    }

    /// The way back.
    pub(super) fn reversed(self) -> Self {
        Self {
            difference: self.difference.reversed(),
            ..self
        }
    }

    /// Rows in which a column that is filled in later is not null.
    fn tied<'r>(&self, rows: &[&'r Row]) -> Vec<&'r Row> {
        let at: Vec<usize> = self
            .later
            .iter()
            .filter_map(|column| self.table.place(&column.name))
            .collect();
        let is_tied = |row: &&&Row| at.iter().any(|at| row.get(*at).is_some_and(Option::is_some));
        rows.iter().filter(is_tied).copied().collect()
    }

    /// So many rows are updated.
    pub(super) fn updates(&self) -> usize {
        let difference = &self.difference;
        difference.changed.len() + self.tied(&difference.inserted).len() + self.tied(&difference.deleted).len()
    }
}

/// All of them: what has rows in it is kept apart from the plan.
pub(super) fn statements(work: &[Work<'_>], references: &[Reference], home: &Home<'_>) -> Vec<Words> {
    let rows = |text: String| Words::Rows(Rows::of(text));
    let mut all = vec![Words::Text("set constraints all deferred".into())];
    all.extend(in_order(work, references, home).into_iter().map(rows));
    // What was put off is done before the proofs, and not behind them.
    all.push(Words::Text("set constraints all immediate".into()));
    if work.iter().any(|one| !one.table.triggers.is_empty()) {
        all.extend(work.iter().enumerate().map(|(at, one)| rows(swept(at, one, home))));
    }
    all
}

/// In an order in which every key that cannot be deferred holds all the time: what is new, the first table
/// first; what has changed; what goes, the last table first. Where nobody's reference changes, what goes is gone before,
/// so that what it has taken of a unique key is free again.
fn in_order(work: &[Work<'_>], references: &[Reference], home: &Home<'_>) -> Vec<String> {
    let mut all = Vec::new();
    // Whoever stands before one that has to wait may be referred to by what waits there.
    let waits = work.iter().rposition(|one| moves(work, references, &one.table.path()));
    let (late, early) = work.split_at(waits.map_or(0, |at| at + 1));
    let gone = |one: &Work<'_>| deleted(one, home);
    all.extend(work.iter().flat_map(|one| untied(one, home)));
    all.extend(early.iter().rev().flat_map(gone));
    all.extend(work.iter().flat_map(inserted));
    all.extend(work.iter().flat_map(|one| filled_in(one, home)));
    all.extend(work.iter().flat_map(|one| changed(one, home)));
    all.extend(late.iter().rev().flat_map(gone));
    all
}

/// Whether rows that stay refer to this table by columns that change.
fn moves(work: &[Work<'_>], references: &[Reference], to: &str) -> bool {
    work.iter().any(|one| {
        let path = one.table.path();
        let mut keys = references
            .iter()
            .filter(|reference| reference.to == to && reference.from == path);
        keys.any(|reference| {
            one.difference.changed.iter().any(|(now, then)| {
                different(one.table, now, then)
                    .iter()
                    .any(|name| reference.columns.contains(name))
            })
        })
    })
}

/// The columns in which two rows differ, those left out that the server computes.
pub(super) fn different(table: &Table, now: &Row, then: &Row) -> Vec<String> {
    let columns = table.columns.iter().zip(now.iter().zip(then));
    columns
        .filter(|(column, (now, then))| now != then && !column.generated)
        .map(|(column, _)| column.name.clone())
        .collect()
}

fn value(value: Option<&str>) -> String {
    value.map_or_else(|| "null".into(), quote::literal)
}

/// Rows as `values`, with their types, so that every one is read as what it is.
pub(super) fn values(table: &Table, columns: &[&Column], rows: &[&Row]) -> String {
    let at: Vec<Option<usize>> = columns.iter().map(|column| table.place(&column.name)).collect();
    let row = |(number, row): (usize, &&Row)| {
        let all = columns.iter().zip(&at).map(|(column, at)| {
            let text = value(at.and_then(|at| row.get(at)?.as_deref()));
            // The first one tells the types of all.
            if number == 0 {
                format!("{text}::{}", column.kind)
            } else {
                text
            }
        });
        format!("({})", all.collect::<Vec<_>>().join(", "))
    };
    rows.iter().enumerate().map(row).collect::<Vec<_>>().join(", ")
}

pub(super) fn names(columns: &[&Column]) -> String {
    columns
        .iter()
        .map(|column| quote::ident(&column.name))
        .collect::<Vec<_>>()
        .join(", ")
}

fn key(table: &Table) -> Vec<&Column> {
    table
        .columns
        .iter()
        .filter(|column| table.key.contains(&column.name))
        .collect()
}

/// That `x` and `v` have the same key, and `x` is the tenant's.
fn same(table: &Table, home: &Home<'_>) -> String {
    let keys = key(table).into_iter().map(|column| {
        let name = quote::ident(&column.name);
        format!("x.{name} = v.{name}")
    });
    keys.chain(home.own()).collect::<Vec<_>>().join(" and ")
}

/// The columns that a row of then lacks get their defaults.
fn inserted(work: &Work<'_>) -> Vec<String> {
    let width = work.difference.inserted.first().map_or(0, |row| row.len());
    let columns = work.table.all().take(width).filter(|column| !column.generated);
    let columns: Vec<&Column> = columns.filter(|column| !work.later.contains(column)).collect();
    let rows = work.difference.inserted.chunks(work.chunk);
    rows.map(|rows| {
        format!(
            "insert into {} ({}) overriding system value values {}",
            work.table.sql(),
            names(&columns),
            values(work.table, &columns, rows)
        )
    })
    .collect()
}

/// Fills in what was left null at first.
fn filled_in(work: &Work<'_>, home: &Home<'_>) -> Vec<String> {
    set(work, &work.later, &work.tied(&work.difference.inserted), home)
}

/// Rows that go refer to nothing any more, so that those they refer to can go before them.
fn untied(work: &Work<'_>, home: &Home<'_>) -> Vec<String> {
    let nothing: Vec<String> = work
        .later
        .iter()
        .map(|column| format!("{} = null", quote::ident(&column.name)))
        .collect();
    let key = key(work.table);
    let rows = work.tied(&work.difference.deleted);
    let rows = rows.chunks(work.chunk);
    rows.map(|rows| updated(work, &nothing, &key, rows, home)).collect()
}

/// Gives columns of rows the values that stand in them.
fn set(work: &Work<'_>, what: &[&Column], rows: &[&Row], home: &Home<'_>) -> Vec<String> {
    let set: Vec<String> = what
        .iter()
        .map(|column| format!("{0} = v.{0}", quote::ident(&column.name)))
        .collect();
    let is_read = |column: &&Column| work.table.key.contains(&column.name) || what.contains(column);
    let columns: Vec<&Column> = work.table.columns.iter().filter(is_read).collect();
    rows.chunks(work.chunk)
        .map(|rows| updated(work, &set, &columns, rows, home))
        .collect()
}

fn updated(work: &Work<'_>, set: &[String], columns: &[&Column], rows: &[&Row], home: &Home<'_>) -> String {
    format!(
        "update {} x set {} from (values {}) v ({}) where {}",
        work.table.sql(),
        set.join(", "),
        values(work.table, columns, rows),
        names(columns),
        same(work.table, home)
    )
}

/// Only the columns that differ are set: a trigger that waits for another one does not fire.
fn changed(work: &Work<'_>, home: &Home<'_>) -> Vec<String> {
    let mut by_columns: BTreeMap<Vec<String>, Vec<&Row>> = BTreeMap::new();
    for (now, then) in &work.difference.changed {
        by_columns
            .entry(different(work.table, now, then))
            .or_default()
            .push(then);
    }
    // Where only what the server computes differs there is nothing to set, and the proof tells.
    let sets = by_columns.into_iter().filter(|(changed, _)| !changed.is_empty());
    sets.flat_map(|(changed, rows)| {
        let columns = work.table.columns.iter();
        let what: Vec<&Column> = columns.filter(|column| changed.contains(&column.name)).collect();
        set(work, &what, &rows, home)
    })
    .collect()
}

fn deleted(work: &Work<'_>, home: &Home<'_>) -> Vec<String> {
    let key = key(work.table);
    let rows = work.difference.deleted.chunks(work.chunk);
    rows.map(|rows| {
        format!(
            "delete from {} x using (values {}) v ({}) where {}",
            work.table.sql(),
            values(work.table, &key, rows),
            names(&key),
            same(work.table, home)
        )
    })
    .collect()
}

/// Under which setting it is kept how many rows were swept out of a table.
pub(super) fn sweeping(at: usize) -> String {
    format!("tenantry.swept_{at}")
}

/// Rows that triggers have written meanwhile go again; how many is kept for the proof.
fn swept(at: usize, work: &Work<'_>, home: &Home<'_>) -> String {
    let key = key(work.table);
    let own: Vec<&Row> = work
        .difference
        .inserted
        .iter()
        .copied()
        .chain(work.difference.changed.iter().map(|(_, then)| *then))
        .collect();
    let keep = if own.is_empty() {
        String::new()
    } else {
        let columns: BTreeSet<&str> = key.iter().map(|column| column.name.as_str()).collect();
        let equal: Vec<String> = columns
            .iter()
            .map(|name| format!("x.{0} = v.{0}", quote::ident(name)))
            .collect();
        format!(
            " and not exists (select from (values {}) v ({}) where {})",
            values(work.table, &key, &own),
            names(&key),
            equal.join(" and ")
        )
    };
    let own = home.own().map(|own| format!(" and {own}")).unwrap_or_default();
    format!(
        "with gone as (delete from {} x where x.xmin = pg_current_xact_id()::xid{own}{keep} returning 1) \
         select set_config({}, count(*)::text, true) from gone",
        work.table.sql(),
        quote::literal(&sweeping(at))
    )
}
