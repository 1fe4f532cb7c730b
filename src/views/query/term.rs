//! One word of a filter: what it asks of a row.

use jiff::Timestamp;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use regex_lite::{Regex, RegexBuilder};

use super::{
    amount::Amount,
    sieve::Sieve,
    words::{Word, unquote},
    wrong::Wrong,
};
use crate::model::{Cell, Column, Row, Severity, Value};

/// A question to a row, and whether the answer is turned round.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub inverse: bool,
    pub test: Test,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    /// The letters in their order, close together, anywhere in a cell.
    Near(Atom),
    /// The text as it stands, in any case.
    Has(Atom),
    /// The row is this bad.
    Is(fn(Severity) -> bool),
    /// The row shows old values.
    Stale,
    /// The cell is this word or number.
    Same {
        column: usize,
        word: String,
        amount: Option<Amount>,
    },
    /// The cell matches.
    Like { column: usize, pattern: Regex },
    /// The cell is above or below.
    Than { column: usize, op: Than, amount: Amount },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Than {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// The longer first, so that `>=` is not read as `>`.
const OPERATORS: [&str; 7] = ["!=", ">=", "<=", "=", "~", ">", "<"];

/// What may follow `is:`.
pub(super) const STATES: [&str; 7] = ["critical", "warning", "unseen", "notice", "ok", "wrong", "stale"];

fn state(word: &str) -> Option<Test> {
    Some(Test::Is(match word {
        "critical" => |it| it == Severity::Critical,
        "warning" => |it| it == Severity::Warning,
        "unseen" => |it| it == Severity::Unseen,
        "notice" => |it| it == Severity::Notice,
        "ok" => |it| it == Severity::Ok,
        "wrong" => |it| it >= Severity::Warning,
        "stale" => return Some(Test::Stale),
        _ => return None,
    }))
}

impl Term {
    /// Reads one word; columns are found by their names.
    pub(super) fn read(word: Word<'_>, columns: &[Column]) -> Result<Option<Self>, Wrong> {
        let (inverse, said) = match word.text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word.text),
        };
        let at = word.at + usize::from(inverse);
        if unquote(said).is_empty() {
            return Ok(None);
        }
        if let Some(word) = said.strip_prefix("is:") {
            let test = state(word).ok_or_else(|| Wrong::unknown(at + 3, "state", word, STATES.into_iter()))?;
            return Ok(Some(Self { inverse, test }));
        }
        let Some((name, op, value)) = parts(said) else {
            let exact = inverse || said.starts_with('"');
            return Ok(Some(Self {
                inverse,
                test: bare(unquote(said), exact),
            }));
        };
        let column = columns.iter().position(|column| column.name == name);
        let names = || columns.iter().map(|column| column.name);
        let column = column.ok_or_else(|| Wrong::unknown(at, "column", name, names()))?;
        let test = compare(at + name.len() + op.len(), column, op, unquote(value))?;
        let inverse = inverse ^ (op == "!=");
        Ok(Some(Self { inverse, test }))
    }

    /// Whether the answer changes with the clock alone.
    pub(super) fn follows_clock(&self) -> bool {
        matches!(&self.test, Test::Than { amount, .. } if amount.is_time())
    }

    /// Whether the row may stay.
    pub(super) fn keeps(&self, row: &Row, now: Timestamp, sieve: &mut Sieve) -> bool {
        self.inverse != self.test.holds(row, now, sieve)
    }

    /// Adds the characters of a cell's words that made the row stay.
    pub(super) fn hits(&self, column: usize, words: &str, sieve: &mut Sieve, hits: &mut Vec<u32>) {
        match &self.test {
            _ if self.inverse => {}
            Test::Near(atom) | Test::Has(atom) => sieve.hits(atom, words, hits),
            Test::Same { column: own, word, .. } if *own == column && words.eq_ignore_ascii_case(word) => {
                hits.extend((0..).take(words.chars().count()));
            }
            Test::Like { column: own, pattern } if *own == column => {
                if let Some(found) = pattern.find(words) {
                    let before = words[..found.start()].chars().count();
                    hits.extend((0..).skip(before).take(found.as_str().chars().count()));
                }
            }
            Test::Same { .. } | Test::Like { .. } | Test::Than { .. } | Test::Is(_) | Test::Stale => {}
        }
    }
}

/// `name`, operator, value; `None` where the word is not of that form.
fn parts(text: &str) -> Option<(&str, &'static str, &str)> {
    let name = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let (name, rest) = text.split_at(name);
    let op = OPERATORS.iter().find(|op| rest.starts_with(**op))?;
    (!name.is_empty()).then(|| (name, *op, &rest[op.len()..]))
}

fn bare(text: &str, exact: bool) -> Test {
    let kind = if exact { AtomKind::Substring } else { AtomKind::Fuzzy };
    let atom = Atom::new(text, CaseMatching::Ignore, Normalization::Smart, kind, false);
    if exact { Test::Has(atom) } else { Test::Near(atom) }
}

fn compare(at: usize, column: usize, op: &str, value: &str) -> Result<Test, Wrong> {
    let than = match op {
        "<" => Than::Less,
        "<=" => Than::AtMost,
        ">" => Than::More,
        ">=" => Than::AtLeast,
        "~" => {
            let pattern = RegexBuilder::new(value)
                .case_insensitive(true)
                .size_limit(1 << 20)
                .build();
            let pattern = pattern.map_err(|wrong| Wrong::new(at, format!("no pattern {value:?}: {wrong}")))?;
            return Ok(Test::Like { column, pattern });
        }
        _ => {
            let (word, amount) = (value.to_owned(), Amount::read(value));
            return Ok(Test::Same { column, word, amount });
        }
    };
    let wanted = || {
        Wrong::new(
            at,
            format!("no amount {value:?}: write one such as 5s, 10m, 1GB, 80% or 12"),
        )
    };
    let amount = Amount::read(value).ok_or_else(wanted)?;
    Ok(Test::Than {
        column,
        op: than,
        amount,
    })
}

impl Test {
    fn holds(&self, row: &Row, now: Timestamp, sieve: &mut Sieve) -> bool {
        let cell = |column: usize| row.cells.get(column);
        match self {
            Self::Near(atom) | Self::Has(atom) => row.cells.iter().any(|cell| sieve.finds(atom, &cell.value, now)),
            Self::Is(test) => test(row.severity),
            Self::Stale => row.fault.is_some(),
            Self::Same { column, word, amount } => cell(*column).is_some_and(|cell| same(cell, word, *amount, now)),
            Self::Like { column, pattern } => {
                cell(*column).is_some_and(|cell| pattern.is_match(&cell.value.words(now)))
            }
            Self::Than { column, op, amount } => {
                let fitting = cell(*column).filter(|cell| amount.fits(&cell.value));
                let number = fitting.and_then(|cell| cell.value.number(now));
                number.is_some_and(|number| op.holds(number, amount.number))
            }
        }
    }
}

impl Than {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::AtMost => number <= bound,
            Self::More => number > bound,
            Self::AtLeast => number >= bound,
        }
    }
}

fn same(cell: &Cell, word: &str, amount: Option<Amount>, now: Timestamp) -> bool {
    match &cell.value {
        Value::Text(text) => text.raw().eq_ignore_ascii_case(word) || text.to_string().eq_ignore_ascii_case(word),
        Value::Names(names) => names.iter().any(|name| name.raw().eq_ignore_ascii_case(word)),
        value => {
            let number = amount.filter(|amount| amount.fits(value)).zip(value.number(now));
            value.words(now).eq_ignore_ascii_case(word)
                || number.is_some_and(|(amount, number)| (amount.number - number).abs() < 0.5)
        }
    }
}
