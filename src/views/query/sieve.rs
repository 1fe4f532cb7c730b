//! Searching many cells for the letters of a word.

use jiff::Timestamp;
use nucleo_matcher::{Matcher, Utf32Str, pattern::Atom};

use crate::model::Value;

/// Room to work in while many cells are searched.
pub(super) struct Sieve {
    matcher: Matcher,
    chars: Vec<char>,
    words: String,
}

impl Sieve {
    pub(super) fn new() -> Self {
        Self {
            matcher: Matcher::new(nucleo_matcher::Config::DEFAULT),
            chars: Vec::new(),
            words: String::new(),
        }
    }

    /// Searches what has words; sizes and times are for comparing.
    pub(super) fn finds(&mut self, atom: &Atom, value: &Value, now: Timestamp) -> bool {
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        match value {
            Value::Text(text) if plain(text.raw()) => self.scores(atom, text.raw()),
            Value::Word(word) => self.scores(atom, word),
            Value::Note(note) => self.scores(atom, note),
            Value::Text(_) | Value::Names(_) | Value::Count(_) | Value::Lsn(_) => {
                self.words = value.words(now);
                let words = std::mem::take(&mut self.words);
                let found = self.scores(atom, &words);
                self.words = words;
                found
            }
            _ => false,
        }
    }

    fn scores(&mut self, atom: &Atom, words: &str) -> bool {
        let score = atom.score(Utf32Str::new(words, &mut self.chars), &mut self.matcher);
        score.is_some_and(|score| close(atom, score))
    }

    /// Adds the characters that match, where they lie close enough together.
    pub(super) fn hits(&mut self, atom: &Atom, words: &str, hits: &mut Vec<u32>) {
        let before = hits.len();
        let score = atom.indices(Utf32Str::new(words, &mut self.chars), &mut self.matcher, hits);
        if !score.is_some_and(|score| close(atom, score)) {
            hits.truncate(before);
        }
    }
}

/// Letters scattered over a long text are no match: a letter in its place scores 16, a gap costs 3 and more.
fn close(atom: &Atom, score: u16) -> bool {
    usize::from(score) >= atom.needle_text().len() * 14
}
