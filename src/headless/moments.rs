//! Commits that touched a tenant, and the word for the moment just before each.

use std::io::{self, Write};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value as Json, json};

use super::{Exit, Form, json, paper};
use crate::{
    model::{Cell, Column, Commit, Row, Severity, Target, Value, plural},
    ops::moments::Moments,
};

const COLUMNS: [Column; 8] = [
    Column::words("at", "COMMITTED (UTC)", 0, 26, "when it was committed"),
    Column::words(
        "here",
        "HERE",
        1,
        33,
        "the same in the zone of this machine, where that is another",
    ),
    Column::words("xid", "XID", 0, 10, "the number of its transaction"),
    Column::words("lsn", "POSITION", 0, 17, "where its commit begins in the log"),
    Column::words("source", "KNOWN FROM", 0, 13, "from where it is known"),
    Column::words("whose", "WHOSE", 0, 7, "whose rows it touched"),
    Column::words(
        "moment",
        "JUST BEFORE IT: --set moment=",
        0,
        48,
        "the moment just before it",
    ),
    Column::words("what", "WHAT", 0, 80, "what it did"),
];

/// Writes them, the newest first; what is not seen by this goes to `told`.
///
/// # Errors
/// Where the other end is gone.
pub fn moments(
    form: Form,
    target: &Target,
    found: &Moments,
    out: &mut dyn Write,
    told: &mut dyn Write,
) -> io::Result<Exit> {
    if form == Form::Json {
        let commits: Vec<Json> = found.commits.iter().map(projected).collect();
        json::print(
            out,
            &json!({ "schema": 1, "tenant": target, "commits": commits, "reading": found.reading, "notes": found.notes }),
        )?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Row> = found.commits.iter().map(|commit| row(target, commit)).collect();
    let columns: Vec<(usize, Column)> = COLUMNS.into_iter().enumerate().collect();
    let shown = columns.into_iter().filter(|(at, column)| {
        let said = |row: &Row| !matches!(row.cells[*at].value, Value::Blank);
        column.rank == 0 || rows.iter().any(said)
    });
    let rows: Vec<&Row> = rows.iter().collect();
    paper::write(out, form, &shown.collect::<Vec<_>>(), &rows, Timestamp::now())?;
    writeln!(told, "{} touched {target}", plural(rows.len(), "commit"))?;
    found.notes.iter().try_for_each(|note| writeln!(told, "{note}"))?;
    Ok(Exit::Done)
}

fn projected(commit: &Commit) -> Json {
    let mut value = json!(commit);
    value["moment"] = json!(commit.before());
    value["told"] = json!(commit.before().told(&TimeZone::system()));
    value
}

fn row(target: &Target, commit: &Commit) -> Row {
    let here = commit.at.to_zoned(TimeZone::system());
    let here = (!here.offset().is_zero()).then(|| Value::Note(here.strftime("%Y-%m-%d %H:%M:%S.%6f %:z").to_string()));
    let cells = vec![
        Cell::new(Value::Note(commit.at.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())),
        Cell::new(here),
        Cell::new(Value::Note(commit.xid.clone())),
        Cell::new(commit.lsn.map(Value::Lsn)),
        Cell::new(Value::Word(commit.source.word())),
        Cell::new(Value::Word(commit.whose.word())),
        Cell::new(Value::Note(commit.before().to_string())),
        Cell::new(Value::Note(commit.did())),
    ];
    Row {
        target: target.clone(),
        cells,
        severity: Severity::Ok,
        seen: None,
        fault: None,
    }
}
