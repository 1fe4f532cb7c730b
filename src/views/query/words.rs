//! A command line cut into words; quotes hold blanks together.

/// A word and the character it begins at, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub at: usize,
    pub text: &'a str,
}

/// Cuts at blanks outside double quotes. A quote that is never closed reaches to the end: it is still being typed.
pub(super) fn split(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quoted = false;
    for (n, (byte, c)) in line.char_indices().enumerate() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            words.extend(start.take().map(|(at, from)| word(at, &line[from..byte])));
        } else if start.is_none() {
            start = Some((n + 1, byte));
        }
    }
    words.extend(start.map(|(at, from)| word(at, &line[from..])));
    words
}

fn word(at: usize, text: &str) -> Word<'_> {
    Word { at, text }
}

/// The text between the quotes, or the word as it is.
pub(super) fn unquote(text: &str) -> &str {
    match text.strip_prefix('"') {
        Some(inner) => inner.strip_suffix('"').unwrap_or(inner),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{split, unquote};

    #[test]
    fn quotes_hold_blanks_together_and_positions_count_characters() {
        let words: Vec<_> = split("é  name=\"a b\" !x").iter().map(|w| (w.at, w.text)).collect();
        assert_eq!(words, [(1, "é"), (4, "name=\"a b\""), (15, "!x")]);
        assert_eq!(split("\"still typing this").len(), 1);
        assert_eq!(unquote("\"a b\""), "a b");
        assert_eq!(unquote("\"a b"), "a b");
    }
}
