//! The whole line: a view, which rows, in which order, with which columns.

use std::fmt;

use jiff::Timestamp;

use super::{
    filter::Filter,
    sort::Sort,
    words::{Word, split},
    wrong::Wrong,
};
use crate::{
    model::{Column, Table},
    views::View,
};

/// What a line may begin with: a view's name, its other names, and its columns.
#[derive(Clone, Copy, Debug)]
pub struct Noun {
    /// The name that is printed.
    pub name: &'static str,
    /// Names that are understood as well.
    pub aliases: &'static [&'static str],
    /// What can be filtered, sorted and chosen.
    pub columns: &'static [Column],
}

/// A view, and what is asked of it. Prints as the line it was read from, in canonical order.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Name of the view.
    pub view: &'static str,
    /// Which rows.
    pub filter: Filter,
    /// In which order; the view's own where there is none.
    pub sort: Option<Sort>,
    /// Which columns, in which order; all where there is none.
    pub columns: Option<Vec<usize>>,
    all: &'static [Column],
}

impl Noun {
    /// How this view is called.
    pub fn of(view: &dyn View) -> Self {
        Self {
            name: view.name(),
            aliases: view.aliases(),
            columns: view.columns(),
        }
    }
}

impl Query {
    /// The view as it comes.
    pub fn plain(noun: Noun) -> Self {
        Self {
            view: noun.name,
            filter: Filter::default(),
            sort: None,
            columns: None,
            all: noun.columns,
        }
    }

    /// Reads `VIEW [/FILTER …] [sort:COLUMN[:desc]] [cols:A,B]`; a leading `:` is allowed.
    ///
    /// # Errors
    /// The first word that cannot be read, with its position and the nearest right one.
    pub fn parse(line: &str, nouns: &[Noun]) -> Result<Self, Wrong> {
        let mut words = split(line).into_iter();
        let first = words.next().ok_or_else(|| Wrong::new(1, "a view is wanted"))?;
        let name = first.text.trim_start_matches(':');
        let at = first.at + first.text.len() - name.len();
        let noun = nouns
            .iter()
            .find(|noun| noun.name == name || noun.aliases.contains(&name));
        let names = || nouns.iter().map(|noun| noun.name);
        let noun = noun.ok_or_else(|| Wrong::unknown(at, "view or command", name, names()))?;
        let mut query = Self::plain(*noun);
        let mut terms = Vec::new();
        for word in words {
            query.word(word, &mut terms)?;
        }
        query.filter = Filter::read(&terms, noun.columns)?;
        Ok(query)
    }

    fn word<'a>(&mut self, word: Word<'a>, terms: &mut Vec<Word<'a>>) -> Result<(), Wrong> {
        if let Some(sort) = word.text.strip_prefix("sort:") {
            self.sort = Some(Sort::read(word.at + 5, sort, self.all)?);
        } else if let Some(names) = word.text.strip_prefix("cols:") {
            self.columns = Some(columns(word.at + 5, names, self.all)?);
        } else {
            terms.push(match word.text.strip_prefix('/') {
                Some(text) if terms.is_empty() => Word { at: word.at + 1, text },
                _ => word,
            });
        }
        Ok(())
    }

    /// The rows to show, in order, by their place in the table.
    pub fn arrange(&self, table: &Table, now: Timestamp) -> Vec<usize> {
        let mut rows = self.filter.keeps(&table.rows, now);
        if let Some(sort) = &self.sort {
            rows.sort_by(|a, b| sort.order(&table.rows[*a], &table.rows[*b]));
        }
        rows
    }

    /// The columns to show, in order, by their place in the view.
    pub fn shown(&self) -> Vec<usize> {
        self.columns.clone().unwrap_or_else(|| (0..self.all.len()).collect())
    }

    /// All columns of the view.
    pub fn all(&self) -> &'static [Column] {
        self.all
    }
}

fn columns(at: usize, names: &str, all: &'static [Column]) -> Result<Vec<usize>, Wrong> {
    let mut at = at;
    let mut found = Vec::new();
    for name in names.split(',') {
        if !name.is_empty() {
            let column = all.iter().position(|column| column.name == name);
            let known = || all.iter().map(|column| column.name);
            let column = column.ok_or_else(|| Wrong::unknown(at, "column", name, known()))?;
            if !found.contains(&column) {
                found.push(column);
            }
        }
        at += name.chars().count() + 1;
    }
    if found.is_empty() {
        return Err(Wrong::new(
            at.saturating_sub(1),
            "cols: wants names of columns, such as cols:name,size",
        ));
    }
    Ok(found)
}

impl fmt::Display for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.view)?;
        if !self.filter.text().is_empty() {
            write!(out, " /{}", self.filter)?;
        }
        if let Some(sort) = &self.sort {
            write!(out, " sort:{sort}")?;
        }
        if let Some(columns) = &self.columns {
            let names: Vec<_> = columns.iter().map(|column| self.all[*column].name).collect();
            write!(out, " cols:{}", names.join(","))?;
        }
        Ok(())
    }
}
