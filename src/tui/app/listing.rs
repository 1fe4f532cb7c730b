//! An open view: its rows in the order asked for, and where the operator stands among them.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use crate::{
    model::{Row, Table, Target, Value},
    store::Snapshot,
    tui::{grid::width, setup::Setup},
    views::{View, query::Query},
};

/// Rows that are measured when a table is new; the others when they come into sight.
const MEASURED: usize = 200;

/// A table on screen.
pub struct Listing {
    /// Which view.
    pub view: &'static dyn View,
    /// Its section of the keymap.
    pub section: String,
    /// Filter, order and columns.
    pub query: Query,
    /// The columns that are shown where the line names none, by their place in the view.
    pub usual: Vec<usize>,
    /// As last laid out.
    pub table: Arc<Table>,
    /// Places in the table, filtered and in order.
    pub rows: Vec<usize>,
    /// The row that the operator stands on, by identity: rows move, the cursor does not.
    pub cursor: Option<Target>,
    /// Its place among `rows`.
    pub at: usize,
    /// The first row in sight.
    pub top: usize,
    /// Columns scrolled out.
    pub left: usize,
    /// Every column is shown, also past the edge.
    pub wide: bool,
    /// Marked rows.
    pub marks: BTreeSet<Target>,
    /// Where a range of marks begins.
    pub anchor: Option<Target>,
    /// Widths that the columns fill, by their place in the view; 0 where a column has never said anything. They only
    /// grow, so that nothing jumps.
    pub widths: Vec<u16>,
    /// Whether a row in sight changes with the clock.
    pub ticks: bool,
    /// Whether a row shows old values, so that there is a column for their age.
    pub aged: bool,
    generations: Vec<u64>,
}

impl Listing {
    /// The view that the query names, or the first.
    pub fn of(setup: &Setup, query: Query) -> Self {
        let view = setup
            .views
            .iter()
            .find(|view| view.name() == query.view)
            .unwrap_or(&setup.views[0]);
        let columns = view.columns();
        Self {
            view: *view,
            section: format!("view.{}", view.name()),
            usual: setup.usual_columns(*view),
            widths: vec![0; columns.len()],
            table: Arc::new(Table {
                columns,
                ..Table::default()
            }),
            query,
            rows: Vec::new(),
            cursor: None,
            at: 0,
            top: 0,
            left: 0,
            wide: false,
            marks: BTreeSet::new(),
            anchor: None,
            ticks: false,
            aged: false,
            generations: Vec::new(),
        }
    }

    /// Lays the view out anew where a fact that it needs has changed; says whether one had.
    pub fn refresh(&mut self, world: &Snapshot, now: Timestamp) -> bool {
        let generations: Vec<u64> = self.view.needs().iter().map(|fact| world.generation(fact)).collect();
        if generations == self.generations && !self.generations.is_empty() {
            return false;
        }
        self.table = Arc::new(self.view.table(world));
        self.generations = generations;
        self.aged = self.table.rows.iter().any(|row| row.fault.is_some());
        let first = self.table.rows.iter().take(MEASURED);
        first.for_each(|row| measure(&mut self.widths, &self.table, row, now));
        if self.table.complete && !self.marks.is_empty() {
            let there: BTreeSet<_> = self.table.rows.iter().map(|row| &row.target).collect();
            self.marks.retain(|mark| there.contains(mark));
        }
        self.arrange(now);
        true
    }

    /// Filters and sorts anew; the cursor keeps its row where the row is still there, else its place.
    pub fn arrange(&mut self, now: Timestamp) {
        self.rows = self.query.arrange(&self.table, now);
        let is_here = |at: &usize| self.target(*at) == self.cursor.as_ref() && self.cursor.is_some();
        let here = Some(self.at)
            .filter(is_here)
            .or_else(|| (0..self.rows.len()).find(is_here));
        self.step_to(here.unwrap_or(self.at));
    }

    /// The columns to show, in order, by their place in the view.
    pub fn shown(&self) -> Vec<usize> {
        self.query.columns.clone().unwrap_or_else(|| self.usual.clone())
    }

    /// Puts the cursor on the n-th row, or on the last.
    pub fn step_to(&mut self, at: usize) {
        self.at = at.min(self.rows.len().saturating_sub(1));
        self.cursor = self.target(self.at).cloned();
    }

    /// Puts the cursor on this thing, where it is among the rows.
    pub fn step_on(&mut self, target: &Target) {
        if let Some(at) = (0..self.rows.len()).find(|at| self.target(*at) == Some(target)) {
            self.step_to(at);
        }
    }

    /// Scrolls so that the cursor is among `height` rows, and measures what comes into sight.
    pub fn settle(&mut self, height: usize, now: Timestamp) {
        let height = height.max(1);
        self.top = self.top.min(self.rows.len().saturating_sub(height)).min(self.at);
        self.top = self.top.max((self.at + 1).saturating_sub(height));
        let table = Arc::clone(&self.table);
        self.ticks = false;
        for at in self.rows.iter().skip(self.top).take(height) {
            let row = &table.rows[*at];
            measure(&mut self.widths, &table, row, now);
            let counts = |value: &Value| matches!(value, Value::Began(_) | Value::Ends(_));
            self.ticks |= row.fault.is_some() || row.cells.iter().any(|cell| counts(&cell.value));
        }
    }

    /// The row at this place in the order shown.
    pub fn row_at(&self, at: usize) -> Option<&Row> {
        self.table.rows.get(*self.rows.get(at)?)
    }

    /// The row under the cursor.
    pub fn row(&self) -> Option<&Row> {
        self.row_at(self.at)
    }

    /// Marked rows that the filter hides.
    pub fn hidden_marks(&self) -> usize {
        let shown = (0..self.rows.len()).filter_map(|at| self.target(at));
        match self.marks.len() {
            0 => 0,
            all => all - shown.filter(|target| self.marks.contains(*target)).count(),
        }
    }

    fn target(&self, at: usize) -> Option<&Target> {
        self.row_at(at).map(|row| &row.target)
    }
}

fn measure(widths: &mut [u16], table: &Table, row: &Row, now: Timestamp) {
    for ((most, column), cell) in widths.iter_mut().zip(table.columns).zip(&row.cells) {
        if *most < column.width && cell.value != Value::Blank {
            let words = width(&cell.value.words(now)).min(column.width);
            *most = (*most).max(words).max(width(column.title));
        }
    }
}
