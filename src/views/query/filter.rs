//! Which rows an operator wants to see.

use std::fmt;

use jiff::Timestamp;

use super::{
    sieve::Sieve,
    term::{self, Term},
    words::{Word, split},
    wrong::Wrong,
};
use crate::model::{Column, Row};

/// Terms that must all hold. Remembers the text it was read from.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

impl Filter {
    /// Reads the words of a filter: fuzzy words, `"text"`, `!not`, `column=value`, `column!=value`, `column~pattern`,
    /// `column>5s` (also `<`, `<=`, `>=`), `is:warning`.
    ///
    /// # Errors
    /// The first word that cannot be read, with its position and the nearest right one.
    pub fn parse(text: &str, columns: &[Column]) -> Result<Self, Wrong> {
        Self::read(&split(text), columns)
    }

    pub(super) fn read(words: &[Word<'_>], columns: &[Column]) -> Result<Self, Wrong> {
        let terms = words.iter().filter_map(|word| Term::read(*word, columns).transpose());
        let text: Vec<_> = words.iter().map(|word| word.text).collect();
        Ok(Self {
            terms: terms.collect::<Result<_, _>>()?,
            text: text.join(" "),
        })
    }

    /// What may follow `is:`.
    pub const STATES: [&'static str; 7] = term::STATES;

    /// The same filter with this word added, or without it where it was there.
    pub fn toggled(&self, word: &str, columns: &[Column]) -> Self {
        let mut words: Vec<_> = split(&self.text).iter().map(|word| word.text).collect();
        match words.iter().position(|known| *known == word) {
            Some(at) => drop(words.remove(at)),
            None => words.push(word),
        }
        Self::parse(&words.join(" "), columns).unwrap_or_else(|_| self.clone())
    }

    /// Whether rows come and go with the clock alone.
    pub fn follows_clock(&self) -> bool {
        self.terms.iter().any(Term::follows_clock)
    }

    /// Whether every row stays.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The filter as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Which of the rows stay, by their place among `rows`.
    pub fn keeps(&self, rows: &[Row], now: Timestamp) -> Vec<usize> {
        if self.terms.is_empty() {
            return (0..rows.len()).collect();
        }
        let mut sieve = Sieve::new();
        let stays = |row: &Row, sieve: &mut Sieve| self.terms.iter().all(|term| term.keeps(row, now, sieve));
        let kept = rows.iter().enumerate().filter(|(_, row)| stays(row, &mut sieve));
        kept.map(|(at, _)| at).collect()
    }

    /// Which characters of a cell's words matched, in order; for showing them.
    pub fn hits<'a>(&self, cells: impl Iterator<Item = (usize, &'a str)>) -> Vec<Vec<u32>> {
        let mut sieve = (!self.terms.is_empty()).then(Sieve::new);
        let mut of_cell = |(column, words): (usize, &str)| {
            let mut hits = Vec::new();
            if let Some(sieve) = &mut sieve {
                self.terms
                    .iter()
                    .for_each(|term| term.hits(column, words, sieve, &mut hits));
            }
            hits.sort_unstable();
            hits.dedup();
            hits
        };
        cells.map(&mut of_cell).collect()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
