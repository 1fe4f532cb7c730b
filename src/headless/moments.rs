//! Commits that touched a tenant, and the word for the moment just before each.

use std::io::{self, Write};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value as Json, json};

use super::{Exit, Form, json, paper};
use crate::{
    model::{Cell, Column, Commit, Row, Severity, Source, Target, Touched, Value, Whose, plural},
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
        Cell::new(Value::Word(source(commit.source))),
        Cell::new(Value::Word(whose(commit.whose))),
        Cell::new(Value::Note(commit.before().to_string())),
        Cell::new(Value::Note(
            commit.tables.iter().map(what).collect::<Vec<_>>().join("; "),
        )),
    ];
    Row {
        target: target.clone(),
        cells,
        severity: Severity::Ok,
        seen: None,
        fault: None,
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Rows => "rows",
        Source::Log => "log",
        Source::Both => "log and rows",
    }
}

fn whose(whose: Whose) -> &'static str {
    match whose {
        Whose::Tenant => "tenant",
        Whose::Among => "among",
        Whose::Unknown => "unknown",
    }
}

/// What was done to a table, in words.
fn what(touched: &Touched) -> String {
    let logged = touched.logged.unwrap_or_default();
    let counted = |count: u64, word: &str| (count > 0).then(|| format!("{count} {word}"));
    let mut words: Vec<String> = [
        logged.anew.then(|| "made anew".to_owned()),
        counted(logged.inserted, "inserted"),
        counted(logged.changed, "changed"),
        counted(logged.deleted, "deleted"),
    ]
    .into_iter()
    .flatten()
    .collect();
    words.extend(
        touched
            .standing
            .map(|standing| format!("{standing} as it wrote them now")),
    );
    format!("{} {}", touched.table, words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::what;
    use crate::model::{Touched, Written};

    #[test]
    fn what_is_not_known_is_not_said() {
        let touched = |logged, standing| Touched {
            table: "public.t".into(),
            logged,
            standing,
        };
        let written = Written {
            changed: 9,
            deleted: 10,
            ..Written::default()
        };
        assert_eq!(what(&touched(Some(written), None)), "public.t 9 changed, 10 deleted");
        assert_eq!(what(&touched(None, Some(3))), "public.t 3 as it wrote them now");
    }
}
