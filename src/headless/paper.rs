//! Tables on paper: aligned for eyes, one `label: value` a line for screen readers, never any colour.

use std::io::{self, Write};

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::model::{Align, Cell, Column, Row, Severity};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Aligned columns.
    Table,
    /// One `label: value` a line, for screen readers.
    Plain,
    /// The stable form for programs.
    Json,
}

/// Writes these rows with these columns. A severity that is not plain stands before its row as a word.
pub fn write(
    out: &mut dyn Write,
    form: Form,
    columns: &[(usize, Column)],
    rows: &[&Row],
    now: Timestamp,
) -> io::Result<()> {
    match form {
        Form::Plain => plain(out, columns, rows, now),
        Form::Table | Form::Json => table(out, columns, rows, now),
    }
}

fn plain(out: &mut dyn Write, columns: &[(usize, Column)], rows: &[&Row], now: Timestamp) -> io::Result<()> {
    for row in rows {
        for (at, column) in columns {
            let words = words(row, *at, now);
            if !words.is_empty() {
                writeln!(out, "{}: {words}", column.title.to_lowercase())?;
            }
        }
        writeln!(out, "severity: {}", row.severity.word())?;
        if let Some(fault) = &row.fault {
            writeln!(out, "not seen now: {fault}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn table(out: &mut dyn Write, columns: &[(usize, Column)], rows: &[&Row], now: Timestamp) -> io::Result<()> {
    let marks: Vec<&str> = rows.iter().map(|row| mark(row.severity)).collect();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|(at, _)| words(row, *at, now)).collect())
        .collect();
    let mark_width = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(n, (_, column))| {
            lines
                .iter()
                .map(|line| line[n].width())
                .chain([column.title.width()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let titles: Vec<String> = columns.iter().map(|(_, column)| column.title.to_owned()).collect();
    for (mark, line) in [""].iter().chain(&marks).zip([titles].iter().chain(&lines)) {
        let mut text = if mark_width == 0 {
            String::new()
        } else {
            format!("{mark:mark_width$}  ")
        };
        for ((words, width), (_, column)) in line.iter().zip(&widths).zip(columns) {
            let gap = " ".repeat(width - words.width());
            match column.align {
                Align::Left => text.extend([words.as_str(), &gap, "  "]),
                Align::Right => text.extend([gap.as_str(), words, "  "]),
            }
        }
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

fn words(row: &Row, at: usize, now: Timestamp) -> String {
    row.cells
        .get(at)
        .map_or_else(String::new, |cell: &Cell| cell.value.words(now))
}

fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "",
        other => other.word(),
    }
}
