//! What the linter has no rule for, and matters where one file runs in many schemas.

use std::collections::BTreeSet;

use squawk_syntax::{SyntaxKind as Kind, SyntaxNode};

use super::{
    locks::{folded, of_kind, written},
    script::{Lines, tokens},
};
use crate::model::{Advice, Severity, Text};

/// Settings that decide where and as whom the rest of a file runs.
const PLACES: [&str; 3] = ["search_path", "role", "session_authorization"];

/// Settings that the console sets for each transaction.
const LIMITS: [&str; 2] = ["lock_timeout", "statement_timeout"];

/// Advice on a whole file.
pub(super) fn advice(root: &SyntaxNode, lines: &Lines) -> Vec<Advice> {
    let mut all = qualified(root, lines);
    all.extend(both_ways(root, lines));
    all.extend(root.children().filter_map(|statement| {
        let (rule, severity, what, help) = told(&statement)?;
        Some(Advice {
            rule: rule.to_owned(),
            severity,
            line: lines.of_byte(begin(&statement)),
            what: Text::from(what),
            help: Some(Text::from(help)),
        })
    }));
    all
}

type Told = (&'static str, Severity, String, &'static str);

fn told(statement: &SyntaxNode) -> Option<Told> {
    match statement.kind() {
        Kind::CREATE_EXTENSION => Some((
            "creates-extension",
            Severity::Notice,
            "An extension is there once for a database, whichever schema this file runs in".to_owned(),
            "Say IF NOT EXISTS, or leave it to whoever makes the database",
        )),
        Kind::DO | Kind::CALL => Some((
            "body-not-looked-at",
            Severity::Notice,
            "What this block or procedure does is not known: its locks are not listed, and no rule looks into it"
                .to_owned(),
            "Read it",
        )),
        _ => {
            let setting = setting(statement)?;
            if LIMITS.contains(&setting.as_str()) {
                return Some((
                    "sets-a-limit",
                    Severity::Notice,
                    format!("{setting} counts from here on, and not what the console set"),
                    "Leave it out: the console sets both for each transaction",
                ));
            }
            Some((
                "moves-elsewhere",
                Severity::Warning,
                format!("{setting} is changed: what follows may run elsewhere, or as somebody else"),
                "Leave it out: the console sets the search path and the role that the fleet file names",
            ))
        }
    }
}

/// The setting that a statement changes, where it is one of those that matter.
fn setting(statement: &SyntaxNode) -> Option<String> {
    let has = |kind: Kind| statement.children().any(|child| child.kind() == kind);
    match statement.kind() {
        Kind::SET_ROLE | Kind::RESET_ROLE => Some("role".to_owned()),
        Kind::SET_SESSION_AUTH | Kind::RESET_SESSION_AUTH => Some("session_authorization".to_owned()),
        Kind::SET if has(Kind::SET_SCHEMA_VALUE) => Some("search_path".to_owned()),
        Kind::DISCARD if has(Kind::DISCARD_ALL) => Some("every setting".to_owned()),
        Kind::RESET if has(Kind::ALL) => Some("every setting".to_owned()),
        Kind::SET | Kind::RESET => {
            let name = of_kind(statement, &[Kind::CONFIG_PARAMETER_REF]).next();
            name.map(|name| folded(&name)).filter(|name| matters(name))
        }
        Kind::SELECT => of_kind(statement, &[Kind::CALL_EXPR]).find_map(|call| configured(&call)),
        _ => None,
    }
}

/// The setting of `set_config('search_path', …)`, which is how dumps say it.
fn configured(call: &SyntaxNode) -> Option<String> {
    let name = call
        .children()
        .next()
        .filter(|name| folded(name).trim_start_matches("pg_catalog.") == "set_config");
    let first = of_kind(&name?.parent()?, &[Kind::ARG]).next()?;
    Some(folded(&first).trim_matches('\'').to_owned()).filter(|name| matters(name))
}

fn matters(name: &str) -> bool {
    PLACES.contains(&name) || LIMITS.contains(&name)
}

const NAMES: [Kind; 9] = [
    Kind::TABLE_NAME_REF,
    Kind::RELATION_NAME_REF,
    Kind::INDEX_REF,
    Kind::VIEW_REF,
    Kind::SEQUENCE_REF,
    Kind::TABLE_NAME,
    Kind::VIEW,
    Kind::SEQUENCE,
    Kind::INDEX,
];

/// Schemas that are the same for every tenant.
const COMMON: [&str; 3] = ["pg_catalog", "information_schema", "pg_temp"];

/// Names with a schema: once for each schema.
fn qualified(root: &SyntaxNode, lines: &Lines) -> Vec<Advice> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for node in of_kind(root, &NAMES) {
        let name = folded(&node);
        let Some((schema, _)) = name.split_once('.') else {
            continue;
        };
        if COMMON.contains(&schema) || !seen.insert(schema.to_owned()) {
            continue;
        }
        all.push(Advice {
            rule: "names-a-schema".to_owned(),
            severity: Severity::Notice,
            line: lines.of_byte(begin(&node)),
            what: Text::from(format!(
                "{} is one and the same for every tenant that this file runs for",
                written(&node)
            )),
            help: Some(Text::from("Leave the schema out: the search path says which it is")),
        });
    }
    all
}

/// Where goose, dbmate and sql-migrate begin the way back, in the file of the way forth.
const BACK: [&str; 3] = ["+goose down", "migrate:down", "+migrate down"];

fn both_ways(root: &SyntaxNode, lines: &Lines) -> Option<Advice> {
    let marks = |words: &str| BACK.contains(&words.trim_start_matches('-').trim().to_lowercase().as_str());
    let mark = tokens(root).find(|token| token.kind() == Kind::COMMENT && marks(token.text()))?;
    Some(Advice {
        rule: "both-ways-in-one-file".to_owned(),
        severity: Severity::Critical,
        line: lines.of_byte(mark.text_range().start().into()),
        what: Text::from(
            "The way back begins here for the tool that this file was written for: sent whole, it undoes itself",
        ),
        help: Some(Text::from("Put the way back in a file of its own")),
    })
}

fn begin(node: &SyntaxNode) -> u32 {
    node.text_range().start().into()
}
