//! The rows of a tenant on both sides, and what is different.

use std::collections::{BTreeMap, BTreeSet};

use super::form::Table;
use crate::{
    model::quote,
    ops::{
        Refusal,
        tenant::{Home, sum},
    },
};

/// A row: the values of all columns as text.
pub(super) type Row = Vec<Option<String>>;

/// What is different in one table, on the way from one side to the other.
#[derive(Debug, Default)]
pub(super) struct Difference<'a> {
    /// Rows that are to be there again.
    pub(super) inserted: Vec<&'a Row>,
    /// Rows as they are, and as they are to be.
    pub(super) changed: Vec<(&'a Row, &'a Row)>,
    /// Rows that are to go.
    pub(super) deleted: Vec<&'a Row>,
    /// Rows that are the same.
    pub(super) same: usize,
}

/// Which columns are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breadth {
    /// Those that both sides have.
    Both,
    /// All that the live server has.
    Live,
}

impl Breadth {
    fn of(self, table: &Table) -> impl Iterator<Item = &str> {
        let more = if self == Self::Live { table.more.as_slice() } else { &[] };
        table.columns.iter().chain(more).map(|column| column.name.as_str())
    }
}

/// Every row of the tenant in these tables: `N JSON`, N being the number of the table.
pub(super) fn read(tables: &[Table], home: &Home<'_>, breadth: Breadth) -> String {
    let one = |(at, table): (usize, &Table)| {
        let all: Vec<&str> = breadth.of(table).collect();
        format!(
            "select '{at} ' || {} from {} x{}",
            array(&all),
            table.sql(),
            home.rows()
        )
    };
    tables
        .iter()
        .enumerate()
        .map(one)
        .collect::<Vec<_>>()
        .join(" union all ")
}

/// The values of columns as a text that tells all of them apart.
fn array(columns: &[&str]) -> String {
    let all: Vec<String> = columns
        .iter()
        .map(|column| format!("x.{}::text", quote::ident(column)))
        .collect();
    format!("to_json(array[{}]::text[])::text", all.join(", "))
}

/// What [`read`] said, table by table.
pub(super) fn parse(rows: &[String], tables: usize) -> Result<Vec<Vec<Row>>, Refusal> {
    let mut all = vec![Vec::new(); tables];
    for row in rows {
        let malformed = || Refusal::new("a row was not understood");
        let (at, values) = row.split_once(' ').ok_or_else(malformed)?;
        let at: usize = at.parse().map_err(|_| malformed())?;
        let values: Row = serde_json::from_str(values).map_err(|_| malformed())?;
        all.get_mut(at).ok_or_else(malformed)?.push(values);
    }
    Ok(all)
}

/// The columns that count: all but those that something else writes.
pub(super) fn counted<'a>(table: &'a Table, mapped: &BTreeSet<String>, breadth: Breadth) -> Vec<&'a str> {
    let path = table.path();
    let counts = |name: &&str| !mapped.contains(&format!("{path}.{name}"));
    breadth.of(table).filter(counts).collect()
}

/// For each table a text that is equal where its rows are, in whatever order: how many, and a sum over the MD5 of each.
pub(super) fn digests(tables: &[Table], home: &Home<'_>, mapped: &BTreeSet<String>, breadth: Breadth) -> Vec<String> {
    let one = |table: &Table| {
        format!(
            "(select count(*) || ' ' || {} from {} x{})",
            sum(&array(&counted(table, mapped, breadth))),
            table.sql(),
            home.rows()
        )
    };
    tables.iter().map(one).collect()
}

/// The way from the rows that are to those that are to be.
pub(super) fn difference<'a>(
    table: &Table,
    mapped: &BTreeSet<String>,
    from: &'a [Row],
    to: &'a [Row],
) -> Difference<'a> {
    let key: Vec<usize> = table.key.iter().filter_map(|name| table.place(name)).collect();
    let counted = counted(table, mapped, Breadth::Both);
    let counted: Vec<usize> = counted.iter().filter_map(|name| table.place(name)).collect();
    let keyed = |rows: &'a [Row]| -> BTreeMap<Vec<&'a Option<String>>, &'a Row> {
        let of = |row: &'a Row| (key.iter().filter_map(|at| row.get(*at)).collect(), row);
        rows.iter().map(of).collect()
    };
    let (is, to_be) = (keyed(from), keyed(to));
    let mut found = Difference::default();
    for (key, row) in &to_be {
        match is.get(key) {
            None => found.inserted.push(row),
            Some(now) if counted.iter().all(|at| now.get(*at) == row.get(*at)) => found.same += 1,
            Some(now) => found.changed.push((now, row)),
        }
    }
    found.deleted = is
        .iter()
        .filter(|(key, _)| !to_be.contains_key(*key))
        .map(|(_, row)| *row)
        .collect();
    found
}

impl<'a> Difference<'a> {
    /// The way back.
    pub(super) fn reversed(self) -> Self {
        Self {
            inserted: self.deleted,
            changed: self.changed.into_iter().map(|(now, then)| (then, now)).collect(),
            deleted: self.inserted,
            same: self.same,
        }
    }

    /// Only what is to be there again: nothing that is there is touched.
    pub(super) fn only_missing(self) -> Self {
        Self {
            inserted: self.inserted,
            ..Self::default()
        }
    }

    /// Its rows, each with what becomes of it.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, &'a Row, Option<&'a Row>)> {
        let changed = self.changed.iter().map(|(now, then)| ("change", *now, Some(*then)));
        let inserted = self.inserted.iter().map(|row| ("insert", *row, None));
        let deleted = self.deleted.iter().map(|row| ("delete", *row, None));
        changed.chain(inserted).chain(deleted)
    }

    /// How many rows are written.
    pub(super) fn written(&self) -> usize {
        self.inserted.len() + self.changed.len() + self.deleted.len()
    }
}
