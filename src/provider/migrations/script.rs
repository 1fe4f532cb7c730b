//! What a parser sees in a file: its statements, where they begin and end.

use squawk_syntax::{
    SourceFile, SyntaxNode,
    ast::{AstNode, Stmt},
};

use crate::model::{Advice, Parsed, Stands, Statement, Text};

/// What can be told of a text without sending it.
pub(super) fn seen(text: &str) -> (Parsed, Vec<Advice>) {
    let parse = SourceFile::parse(text);
    let line = |at: u64| line(text, at);
    if let Some(error) = parse.errors().first() {
        let why = format!("line {}: {error}", line(u64::from(u32::from(error.range().start()))));
        return (Parsed::Not(Text::from(why)), Vec::new());
    }
    let all = parse.tree().stmts().filter(|one| !matches!(one, Stmt::EmptyStmt(_)));
    let all = all.map(|one| statement(one.syntax(), &line)).collect();
    (Parsed::Statements(all), Vec::new())
}

fn statement(node: &SyntaxNode, line: &impl Fn(u64) -> u64) -> Statement {
    let range = node.text_range();
    let from = u64::from(u32::from(range.start()));
    let what: String = node
        .text()
        .to_string()
        .split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ");
    Statement {
        from,
        to: u64::from(u32::from(range.end())),
        line: line(from),
        what: Text::from(what),
        stands: Stands::Together,
        locks: Vec::new(),
        objects: 0,
    }
}

/// The line of a byte, from 1.
fn line(text: &str, at: u64) -> u64 {
    let at = usize::try_from(at).unwrap_or(text.len());
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1
}
