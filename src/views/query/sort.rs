//! The order an operator asked for.

use std::{cmp::Ordering, fmt};

use super::wrong::Wrong;
use crate::model::{Cell, Column, Row, Value};

/// A column, and the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Which column of the view.
    pub column: usize,
    /// Its name.
    pub name: &'static str,
    /// Largest first.
    pub reverse: bool,
}

impl Sort {
    /// By this column, smallest first.
    pub fn by(columns: &'static [Column], column: usize) -> Option<Self> {
        let name = columns.get(column)?.name;
        Some(Self {
            column,
            name,
            reverse: false,
        })
    }

    /// Reads `ttl`, `ttl:asc` or `ttl:desc`.
    pub(super) fn read(at: usize, text: &str, columns: &'static [Column]) -> Result<Self, Wrong> {
        let (name, direction) = text.split_once(':').unwrap_or((text, "asc"));
        let reverse = match direction {
            "asc" => false,
            "desc" => true,
            _ => {
                let at = at + name.len() + 1;
                return Err(Wrong::unknown(at, "direction", direction, ["asc", "desc"].into_iter()));
            }
        };
        let names = || columns.iter().map(|column| column.name);
        let column = columns.iter().position(|column| column.name == name);
        let column = column.ok_or_else(|| Wrong::unknown(at, "column", name, names()))?;
        Ok(Self {
            column,
            name: columns[column].name,
            reverse,
        })
    }

    /// Compares two rows. What was not seen is last in both directions; equal rows keep the order of their targets.
    pub(super) fn order(&self, a: &Row, b: &Row) -> Ordering {
        let (x, y) = (a.cells.get(self.column), b.cells.get(self.column));
        let by_value = match (x.filter(|c| known(c)), y.filter(|c| known(c))) {
            (Some(x), Some(y)) if self.reverse => y.value.order(&x.value),
            (Some(x), Some(y)) => x.value.order(&y.value),
            (x, y) => y.is_some().cmp(&x.is_some()),
        };
        by_value.then_with(|| a.target.cmp(&b.target))
    }
}

fn known(cell: &Cell) -> bool {
    !matches!(cell.value, Value::Blank | Value::Unseen(_) | Value::Since(_))
}

impl fmt::Display for Sort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.name, if self.reverse { ":desc" } else { "" })
    }
}
