//! Which relations a statement locks and how heavily, and how many it makes or touches.

use std::collections::BTreeSet;

use squawk_syntax::{SyntaxKind as Kind, SyntaxNode};

use super::{
    mode::{self, Mode},
    script::tokens,
};
use crate::model::Text;

/// Relations that earlier statements of the file made: nobody else waits for them.
#[derive(Default)]
pub(super) struct Made(BTreeSet<String>);

impl Made {
    /// `orders` and `app.orders` may be one: the search path decides, and the file is meant for one schema.
    fn knows(&self, name: &str) -> bool {
        self.0.contains(name)
            || !name.contains('.') && self.0.iter().any(|made| last(made) == name)
            || name.contains('.') && self.0.contains(last(name))
    }
}

fn last(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// The heaviest lock for each relation that was there before the file, and the count of names.
pub(super) fn locks(statement: &SyntaxNode, made: &mut Made) -> (Vec<(Text, String)>, u64) {
    let queries: BTreeSet<String> = of_kind(statement, &[Kind::CTE_NAME])
        .map(|node| folded(&node))
        .collect();
    let mut heaviest: Vec<(String, Text, Mode)> = Vec::new();
    let mut names = BTreeSet::new();
    for (node, mode) in named(statement) {
        let name = folded(&node);
        if queries.contains(&name) {
            continue;
        }
        names.insert(name.clone());
        let Some(mode) = mode.filter(|_| !made.knows(&name)) else {
            continue;
        };
        match heaviest.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, before)) => *before = mode.max(*before),
            None => heaviest.push((name, written(&node), mode)),
        }
    }
    let new: BTreeSet<String> = made_by(statement).collect();
    let objects = names.union(&new).count() + unnamed(statement);
    made.0.extend(new);
    heaviest.sort_by(|(_, _, a), (_, _, b)| b.cmp(a));
    let locks = heaviest
        .into_iter()
        .map(|(_, written, mode)| (written, mode.words().to_owned()));
    (locks.collect(), objects as u64)
}

const REFERENCES: [Kind; 5] = [
    Kind::TABLE_NAME_REF,
    Kind::RELATION_NAME_REF,
    Kind::INDEX_REF,
    Kind::VIEW_REF,
    Kind::SEQUENCE_REF,
];

/// Kinds of nodes that stand between a name and the place that says what is done to it.
const BETWEEN: [Kind; 13] = [
    Kind::TABLE_RELATION_NAME,
    Kind::RELATION_NAME,
    Kind::TABLE_LIST,
    Kind::RELATION_LIST,
    Kind::ON_RELATION,
    Kind::ON_TABLE,
    Kind::TABLE_AND_COLUMNS,
    Kind::TABLE_AND_COLUMNS_LIST,
    Kind::OBJECT_TABLE,
    Kind::OBJECT_VIEW,
    Kind::OBJECT_MATERIALIZED_VIEW,
    Kind::OBJECT_INDEX,
    Kind::OBJECT_SEQUENCE,
];

/// Each name of a relation, and the mode in which it is locked there.
fn named(statement: &SyntaxNode) -> impl Iterator<Item = (SyntaxNode, Option<Mode>)> {
    let plain = of_kind(statement, &REFERENCES).map(|node| {
        let place = node.ancestors().skip(1).find(|above| !BETWEEN.contains(&above.kind()));
        let mode = place.and_then(|place| mode::of(&place));
        (node, mode)
    });
    // COMMENT ON COLUMN names its table only as the first part of the column.
    let columns = of_kind(statement, &[Kind::OBJECT_COLUMN]).filter_map(|node| {
        let column = node.descendants().find(|inner| inner.kind() == Kind::PATH_REF)?;
        let table = column.children().find(|inner| inner.kind() == Kind::PATH_REF)?;
        Some((table, Some(Mode::ShareUpdateExclusive)))
    });
    let replaced = replaced(statement).map(|view| (view, Some(Mode::AccessExclusive)));
    plain.chain(columns).chain(replaced)
}

/// The view of CREATE OR REPLACE VIEW, which may be there.
fn replaced(statement: &SyntaxNode) -> Option<SyntaxNode> {
    let replaces = statement.children().any(|child| child.kind() == Kind::OR_REPLACE);
    let view = statement.children().find(|child| child.kind() == Kind::VIEW);
    view.filter(|_| replaces)
}

fn made_by(statement: &SyntaxNode) -> impl Iterator<Item = String> {
    let new = of_kind(statement, &[Kind::TABLE_NAME, Kind::VIEW, Kind::SEQUENCE, Kind::INDEX]);
    let renamed = |node: &SyntaxNode| {
        let above = node.parent().map(|above| above.kind());
        let kept = [
            Kind::TABLE_RENAME_TO,
            Kind::INDEX_RENAME_TO,
            Kind::VIEW_RENAME_TO,
            Kind::SEQUENCE_RENAME_TO,
        ];
        above.is_some_and(|above| kept.contains(&above))
    };
    new.filter(move |node| !renamed(node)).map(|node| folded(&node))
}

const CONSTRAINTS: [Kind; 4] = [
    Kind::PRIMARY_KEY_CONSTRAINT,
    Kind::UNIQUE_CONSTRAINT,
    Kind::EXCLUDE_CONSTRAINT,
    Kind::GENERATED_IDENTITY,
];

/// Relations that are made without a name: indexes of constraints, sequences of columns, the two of a table for what is
/// too long for a row.
fn unnamed(statement: &SyntaxNode) -> usize {
    let indexes = of_kind(statement, &CONSTRAINTS).count();
    let serial = |node: &SyntaxNode| {
        let words = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];
        words.contains(&folded(node).as_str())
    };
    let sequences = of_kind(statement, &[Kind::PATH_TYPE]).filter(serial).count();
    let tables = match statement.kind() {
        Kind::CREATE_TABLE | Kind::CREATE_TABLE_AS | Kind::CREATE_MATERIALIZED_VIEW => 2,
        _ => 0,
    };
    indexes + sequences + tables
}

/// Each node within of one of these kinds.
pub(super) fn of_kind(node: &SyntaxNode, kinds: &'static [Kind]) -> impl Iterator<Item = SyntaxNode> + use<> {
    node.descendants().filter(|inner| kinds.contains(&inner.kind()))
}

/// A name as it is written.
pub(super) fn written(node: &SyntaxNode) -> Text {
    let words: String = tokens(node)
        .filter(|token| !token.kind().is_trivia())
        .map(|t| t.text().to_owned())
        .collect();
    Text::from(words)
}

/// A name as the server understands it: small letters outside of quotes.
pub(super) fn folded(node: &SyntaxNode) -> String {
    let part = |token: squawk_syntax::SyntaxToken| match token.text().strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted).replace("\"\"", "\""),
        None => token.text().to_lowercase(),
    };
    tokens(node)
        .filter(|token| !token.kind().is_trivia())
        .map(part)
        .collect()
}
