//! Searching many cells for the letters of a word.

use jiff::Timestamp;
use nucleo_matcher::{Matcher, Utf32Str, pattern::Atom};

use crate::model::Value;

/// Room to work in while many cells are searched.
pub(super) struct Sieve {
    matcher: Matcher,
    chars: Vec<char>,
    /// Which characters match.
    found: Vec<u32>,
    words: String,
}

impl Sieve {
    pub(super) fn new() -> Self {
        Self {
            matcher: Matcher::new(nucleo_matcher::Config::DEFAULT),
            chars: Vec::new(),
            found: Vec::new(),
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
        let words = Utf32Str::new(words, &mut self.chars);
        let score = atom.score(words, &mut self.matcher);
        if !score.is_some_and(|score| close(atom, score)) {
            return false;
        }
        self.found.clear();
        atom.indices(words, &mut self.matcher, &mut self.found);
        together(&self.found)
    }

    /// Adds the characters that match, where they lie close enough together.
    pub(super) fn hits(&mut self, atom: &Atom, words: &str, hits: &mut Vec<u32>) {
        self.found.clear();
        let words = Utf32Str::new(words, &mut self.chars);
        let score = atom.indices(words, &mut self.matcher, &mut self.found);
        if score.is_some_and(|score| close(atom, score)) && together(&self.found) {
            hits.extend(&self.found);
        }
    }
}

/// Characters that may lie between the letters of a word, all in all: as many as an escape has.
const BETWEEN: usize = 8;

/// Letters scattered over a long text are no match: a letter in its place scores 16, a gap costs 3 and more.
fn close(atom: &Atom, score: u16) -> bool {
    usize::from(score) >= atom.needle_text().len() * 14
}

/// Nor are those that begin words far from each other, each of which scores more.
fn together(found: &[u32]) -> bool {
    let ends = found.iter().min().zip(found.iter().max());
    ends.is_none_or(|(first, last)| (last - first) as usize <= found.len() + BETWEEN)
}

#[cfg(test)]
mod tests {
    use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};

    use super::Sieve;

    #[test]
    fn a_name_is_not_found_in_letters_of_a_sentence_and_an_imitation_is() {
        let finds = |word: &str, words: &str| {
            let atom = Atom::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
            Sieve::new().scores(&atom, words)
        };
        let sentence = "legacy.coupon: WITH CHECK of policy own lets app_rw INSERT rows of other tenants";
        assert!(!finds("Contoso", sentence));
        assert!(finds("contoso", "Contoso Retail"));
        assert!(finds("prod", "pr\\u{202e}od"));
        assert!(finds("cafedore", "t_cafe_dore"));
    }
}
