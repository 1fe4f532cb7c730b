//! A file that cannot stand in a transaction: its line in the history first, not complete; then its statements, each by
//! itself; then the line is made complete.

use super::{
    file,
    schema::{WITHIN, Work},
};
use crate::model::{
    Act, Check, Migration, Parsed, Part, Question, Script, Series, Stands, Statement, Step, Text, Transact, Tree, Undo,
    Words, quote,
};

/// How many statements a file has; one, where it was not understood.
pub(super) fn count(script: &Script) -> usize {
    match &script.parsed {
        Parsed::Statements(all) => all.len(),
        Parsed::Not(_) => 1,
    }
}

pub(super) fn tree(work: &Work<'_>, migration: &Migration) -> Tree {
    let mut steps = vec![begun(work, migration)];
    if let Some(script) = work.unit.script(migration)
        && let Parsed::Statements(all) = &script.parsed
    {
        if all.iter().any(|statement| statement.stands == Stands::Controls) {
            steps.push(controlled(work, script, all));
        } else {
            steps.extend(all.iter().flat_map(|statement| alone(work, script, statement)));
        }
    }
    steps.push(ended(work, migration));
    Tree::seq(steps)
}

/// The line of the history before anything is done: not complete.
fn begun(work: &Work<'_>, migration: &Migration) -> Step {
    let unit = work.unit;
    let line = format!(
        "select exists (select from {} where not complete and {})",
        file::table(unit),
        file::among(&[migration])
    );
    let (doing, undoing, as_it_was) = if unit.forth {
        (
            file::record(unit, migration, "applied", false, 0),
            file::forget(unit, &[migration]),
            file::none_of(unit, &[migration]),
        )
    } else {
        (
            mark(work, migration, "complete = false"),
            mark(work, migration, "complete = true"),
            file::all_of(unit, &[migration]),
        )
    };
    Step {
        name: format!("{}: version {} is under way", work.name(), migration.version),
        act: Act::Transact(Transact {
            guards: file::guards(unit),
            statements: vec![doing.into()],
            unless: Some(line.clone()),
            ..work.transact()
        }),
        again: true,
        check: Check {
            ask: work.asks(line),
            within: WITHIN,
        },
        undo: Undo::Act(Act::Transact(Transact {
            statements: vec![undoing.into()],
            unless: Some(as_it_was),
            ..work.transact()
        })),
    }
}

/// Changes the line of the history.
fn mark(work: &Work<'_>, migration: &Migration, how: &str) -> String {
    let (table, line) = (file::table(work.unit), file::among(&[migration]));
    format!("update {table} set {how} where {line}")
}

/// The line of the history when everything is done.
fn ended(work: &Work<'_>, migration: &Migration) -> Step {
    let unit = work.unit;
    let (doing, so) = if unit.forth {
        let how = format!("complete = true, statements = {}", count(&migration.forth));
        (mark(work, migration, &how), file::all_of(unit, &[migration]))
    } else {
        (file::forget(unit, &[migration]), file::none_of(unit, &[migration]))
    };
    Step {
        name: format!("{}: version {} is done", work.name(), migration.version),
        act: Act::Transact(Transact {
            statements: vec![doing.into()],
            unless: Some(so.clone()),
            proofs: std::iter::once(so.clone()).chain(work.proofs.iter().cloned()).collect(),
            ..work.transact()
        }),
        again: true,
        check: Check {
            ask: work.asks(so),
            within: WITHIN,
        },
        undo: Undo::Never("what its statements did is not taken back by itself".into()),
    }
}

fn part(script: &Script, statement: &Statement) -> Words {
    Words::File(Part {
        file: script.file.clone(),
        sha256: script.sha256.clone(),
        range: Some((statement.from, statement.to)),
    })
}

fn series(work: &Work<'_>, statements: Vec<Words>) -> Series {
    Series {
        place: work.place.clone(),
        role: Some(work.unit.owner.clone()),
        settings: vec![("search_path".into(), file::search_path(work.unit))],
        unless: None,
        guards: Vec::new(),
        statements,
        untouched: None,
        limits: work.wishes.limits,
    }
}

/// A file with transactions of its own: its statements in one session, as they stand.
fn controlled(work: &Work<'_>, script: &Script, all: &[Statement]) -> Step {
    let parts = all.iter().map(|statement| part(script, statement)).collect();
    Step {
        name: format!("{}: {}, with its own transactions", work.name(), script.file),
        act: Act::Series(series(work, parts)),
        again: false,
        check: unread(work),
        undo: Undo::Never("the file commits by itself".into()),
    }
}

/// There is nothing to ask: the server's word, once all its statements were answered, must do.
fn unread(work: &Work<'_>) -> Check {
    Check {
        ask: work.asks("select true /* the server's word counts */".into()),
        within: WITHIN,
    }
}

fn alone(work: &Work<'_>, script: &Script, statement: &Statement) -> Vec<Step> {
    let name = format!(
        "{}: {}, line {}: {}",
        work.name(),
        script.file,
        statement.line,
        statement.what
    );
    match &statement.stands {
        Stands::Alone { index: Some(index) } => builds(work, script, statement, index, &name),
        Stands::Alone { index: None } => vec![Step {
            name,
            act: Act::Series(series(work, vec![part(script, statement)])),
            again: false,
            check: unread(work),
            undo: Undo::Never("it commits by itself".into()),
        }],
        Stands::Together | Stands::Controls => vec![Step {
            name,
            act: Act::Transact(Transact {
                statements: vec![part(script, statement)],
                proofs: work.proofs.clone(),
                ..work.transact()
            }),
            again: false,
            check: unread(work),
            undo: Undo::Never("it is one statement of a file".into()),
        }],
    }
}

/// An index is built beside all others. What a failure leaves is invalid, and is dropped: nothing of that name may be there
/// before, so it is ours.
fn builds(work: &Work<'_>, script: &Script, statement: &Statement, index: &Text, name: &str) -> Vec<Step> {
    let written = format!("{}.{}", quote::ident(work.unit.schema()), index.raw());
    let found = quote::literal(&written);
    let drop = format!("drop index concurrently if exists {written}");
    let free =
        format!("select not exists (select from pg_index where indexrelid = to_regclass({found}) and indisvalid)");
    let valid = format!("select exists (select from pg_index where indexrelid = to_regclass({found}) and indisvalid)");
    let look = Step::look(
        format!("{}: there is no index {index} yet", work.name()),
        work.asks(free),
        WITHIN,
    );
    let build = Step {
        name: name.to_owned(),
        act: Act::Series(series(work, vec![drop.clone().into(), part(script, statement)])),
        again: true,
        check: Check {
            ask: Question::Sql(work.place.sql(valid)),
            within: WITHIN,
        },
        undo: Undo::Act(Act::Series(series(work, vec![drop.into()]))),
    };
    vec![look, build]
}
