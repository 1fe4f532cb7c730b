//! What a parser sees in a file: its statements, and why there are none where it sees none.

use std::thread;

use squawk_syntax::{SourceFile, SyntaxElement, SyntaxKind as Kind, SyntaxNode, SyntaxToken, ast::AstNode};

use super::{
    lint,
    locks::{Made, locks},
    stands::stands,
};
use crate::model::{Advice, Parsed, Severity, Statement, Text};

/// Bytes of the largest text that is parsed: 10 MB of inserts take about two seconds and 200 MB of memory.
const LARGEST: usize = 16 * 1024 * 1024;

/// Brackets within brackets that are followed. The parser goes a level down for each, and a stack that is full ends the
/// program; nobody writes a tenth of this.
const DEEPEST: usize = 1_000;

/// Bytes of the stack that a text is parsed on. Only what is used of it is memory.
const STACK: usize = 256 * 1024 * 1024;

/// What can be told of a text without sending it.
pub(super) fn seen(text: &str) -> (Parsed, Vec<Advice>) {
    if text.len() > LARGEST {
        return not(format!(
            "too large to be looked at: more than {} MB",
            LARGEST / 1024 / 1024
        ));
    }
    if deepest(text) > DEEPEST {
        return not(format!(
            "too deep to be looked at: more than {DEEPEST} brackets within brackets"
        ));
    }
    let ended = thread::scope(|scope| {
        let parser = thread::Builder::new().name("parser".to_owned()).stack_size(STACK);
        let parser = parser.spawn_scoped(scope, || parsed(text)).ok()?;
        parser.join().ok()
    });
    ended.unwrap_or_else(|| not("the parser did not come to an end".to_owned()))
}

fn parsed(text: &str) -> (Parsed, Vec<Advice>) {
    let lines = Lines::of(text);
    let parse = SourceFile::parse(text);
    let root = parse.syntax_node();
    if let Some((at, why)) = for_psql(&root) {
        let line = lines.of_byte(at);
        let advice = Advice {
            rule: "only-for-psql".to_owned(),
            severity: Severity::Critical,
            line,
            what: Text::from(format!("{why}: the server will refuse it")),
            help: Some(Text::from(
                "Write it as SQL that a server understands, or run this file with psql",
            )),
        };
        return (Parsed::Not(Text::from(format!("line {line}: {why}"))), vec![advice]);
    }
    if let Some(error) = parse.errors().first() {
        return not(format!("line {}: {error}", lines.of_byte(error.range().start().into())));
    }
    let mut made = Made::default();
    let mut all = Vec::new();
    for one in parse
        .tree()
        .stmts()
        .filter(|one| one.syntax().kind() != Kind::EMPTY_STMT)
    {
        all.push(statement(one.syntax(), &lines, &mut made));
    }
    let advice = lint::advice(&parse, text, &lines, &all);
    (Parsed::Statements(all), advice)
}

fn not(why: String) -> (Parsed, Vec<Advice>) {
    let advice = Advice {
        rule: "not-linted".to_owned(),
        severity: Severity::Notice,
        line: 1,
        what: Text::from(format!("Nothing is known of this file, and it is sent whole: {why}")),
        help: None,
    };
    (Parsed::Not(Text::from(why)), vec![advice])
}

/// The first thing that psql does by itself, and a server knows nothing of.
fn for_psql(root: &SyntaxNode) -> Option<(u32, &'static str)> {
    let slash = tokens(root).find(|token| token.kind() == Kind::ERROR && token.text().starts_with('\\'));
    let copy = root.descendants().find(|node| node.kind() == Kind::COPY_STDIN);
    let slash = slash.map(|token| {
        (
            token.text_range().start().into(),
            "a command of psql, which begins with a backslash",
        )
    });
    let copy = copy.map(|node| {
        (
            node.text_range().start().into(),
            "COPY … FROM STDIN, whose rows only psql sends",
        )
    });
    slash.into_iter().chain(copy).min_by_key(|(at, _)| *at)
}

fn statement(node: &SyntaxNode, lines: &Lines, made: &mut Made) -> Statement {
    let words = || tokens(node).filter(|token| !token.kind().is_trivia() && token.kind() != Kind::SEMICOLON);
    let range = node.text_range();
    let from = words().next().map_or(range.start(), |first| first.text_range().start());
    let mut to = range.end();
    let mut last = node.last_token();
    while let Some(token) = last.filter(|t| t.text_range().start() >= from) {
        if !token.kind().is_trivia() && token.kind() != Kind::SEMICOLON {
            break;
        }
        to = token.text_range().start();
        last = token.prev_token();
    }
    let (locks, objects) = locks(node, made);
    Statement {
        from: u32::from(from).into(),
        to: u32::from(to).into(),
        line: lines.of_byte(from.into()),
        what: Text::from(first_words(words())),
        stands: stands(node),
        locks,
        objects,
    }
}

/// The words up to the first name, and that.
fn first_words(words: impl Iterator<Item = SyntaxToken>) -> String {
    let mut said = String::new();
    let mut named = false;
    for token in words.take(12) {
        let above = token.parent().map(|parent| parent.kind());
        let dot = token.kind() == Kind::DOT;
        let segment = matches!(above, Some(Kind::PATH_SEGMENT | Kind::PATH_SEGMENT_REF));
        let name = segment || token.kind() == Kind::IDENT;
        let word = token.text().starts_with(|c: char| c.is_alphabetic() || c == '_');
        if (named && !dot && !said.ends_with('.')) || !(name || dot || word) {
            break;
        }
        if !said.is_empty() && !dot && !said.ends_with('.') {
            said.push(' ');
        }
        said.push_str(token.text());
        named |= name;
    }
    said
}

/// Every token of a node, in its order.
pub(super) fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    node.descendants_with_tokens().filter_map(SyntaxElement::into_token)
}

fn deepest(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at + 1).collect())
    }

    /// The line of a byte, from 1.
    pub(super) fn of_byte(&self, at: u32) -> u64 {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        self.0.partition_point(|begin| *begin <= at) as u64 + 1
    }
}
