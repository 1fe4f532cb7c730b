//! Query texts without their literals. The text as it came never outlives its arrival.
//!
//! Tokens as in the PostgreSQL documentation 4.1. Whatever is in doubt is masked: a text that was cut inside a
//! literal, and a backslash before a quote, which ends the literal or not depending on a setting of that session.

use std::{iter::Peekable, str::CharIndices};

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::Text;

/// A query text in which every literal is `?`, comments are gone, and blanks outside quotes are single.
///
/// Can be made only by masking, and reading a recorded one masks it again, which changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Masked(Text);

impl Masked {
    /// Masks a query text.
    pub fn new(query: &str) -> Self {
        let mut scanner = Scanner {
            text: query,
            chars: query.char_indices().peekable(),
            out: String::with_capacity(query.len()),
        };
        while let Some((at, c)) = scanner.chars.next() {
            scanner.token(at, c);
        }
        scanner.out.truncate(scanner.out.trim_end().len());
        Self(scanner.out.into())
    }

    /// What may be shown.
    pub fn text(&self) -> &Text {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Masked {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|query| Self::new(&query))
    }
}

struct Scanner<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    out: String,
}

impl Scanner<'_> {
    fn token(&mut self, at: usize, c: char) {
        match c {
            '\'' => self.literal(false),
            '"' => self.quoted(at),
            '$' => self.dollar(at),
            '-' if self.follows('-') => {
                self.skip_while(|c| c != '\n' && c != '\r');
                self.blank();
            }
            '/' if self.follows('*') => self.comment(),
            '0'..='9' => self.number(),
            '.' if self.chars.peek().is_some_and(|(_, c)| c.is_ascii_digit()) => self.number(),
            c if is_blank(c) => self.blank(),
            c if begins_word(c) => self.word(at),
            c => self.out.push(c),
        }
    }

    fn follows(&mut self, c: char) -> bool {
        self.chars.peek().is_some_and(|(_, next)| *next == c)
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        while self.chars.next_if(|(_, c)| keep(*c)).is_some() {}
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(' ') {
            self.out.push(' ');
        }
    }

    /// One `?` for a literal, also where two stand side by side.
    fn mask(&mut self) {
        if !self.out.ends_with('?') {
            self.out.push('?');
        }
    }

    /// The rest of a literal after its first quote. A doubled quote is a quote in it.
    fn literal(&mut self, escapes: bool) {
        self.mask();
        while let Some((_, c)) = self.chars.next() {
            match c {
                '\\' if escapes => drop(self.chars.next()),
                // Whether this quote ends the literal, only the session itself knows.
                '\\' if self.follows('\'') => return self.skip_while(|_| true),
                '\'' if self.follows('\'') => drop(self.chars.next()),
                '\'' => return,
                _ => {}
            }
        }
    }

    /// A quoted identifier is a name, and stays.
    fn quoted(&mut self, at: usize) {
        self.skip_while(|c| c != '"');
        let end = self.chars.next().map_or(self.text.len(), |(end, c)| end + c.len_utf8());
        self.out.push_str(&self.text[at..end]);
    }

    /// `$1` is a parameter and stays; `$tag$ … $tag$` is a literal.
    fn dollar(&mut self, at: usize) {
        let rest = &self.text[at + 1..];
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            self.skip_while(|c| c.is_ascii_digit());
            let end = self.position();
            return self.out.push_str(&self.text[at..end]);
        }
        let tag = rest.find(|c: char| !(begins_word(c) || c.is_ascii_digit()));
        match tag.filter(|end| rest[*end..].starts_with('$')) {
            Some(end) => {
                let tag = &self.text[at..at + end + 2];
                let body = at + tag.len();
                let close = self.text[body..].find(tag).map(|found| body + found + tag.len());
                self.mask();
                self.seek(close.unwrap_or(self.text.len()));
            }
            // Cut off inside the tag, or no tag at all.
            None => self.out.push('$'),
        }
    }

    /// Comments nest, and may hold anything.
    fn comment(&mut self) {
        let mut depth = 1;
        self.chars.next();
        while depth > 0 {
            match self.chars.next() {
                Some((_, '/')) if self.follows('*') => depth += 1,
                Some((_, '*')) if self.follows('/') => depth -= 1,
                Some(_) => continue,
                None => break,
            }
            self.chars.next();
        }
        self.blank();
    }

    /// All that could belong to a number: `1_000`, `0x1F`, `1.5e-3`, and the junk that old servers let follow.
    fn number(&mut self) {
        self.mask();
        while let Some((_, c)) = self
            .chars
            .next_if(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        {
            if matches!(c, 'e' | 'E') {
                let _ = self.chars.next_if(|(_, sign)| matches!(sign, '+' | '-'));
            }
        }
    }

    /// A key word or a name, or the prefix of a literal: `E'…'`, `B'…'`, `X'…'`, `N'…'`, `U&'…'`.
    fn word(&mut self, at: usize) {
        self.skip_while(|c| begins_word(c) || c.is_ascii_digit() || c == '$');
        let end = self.position();
        let word = &self.text[at..end];
        let quote = self.text[end..].starts_with('\'');
        match word {
            "e" | "E" if quote => {
                self.chars.next();
                self.literal(true);
            }
            "b" | "B" | "x" | "X" | "n" | "N" if quote => {
                self.chars.next();
                self.literal(false);
            }
            "u" | "U" if self.text[end..].starts_with("&'") => {
                self.seek(end + 2);
                self.literal(false);
            }
            word => self.out.push_str(word),
        }
    }

    fn position(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn seek(&mut self, to: usize) {
        while self.chars.next_if(|(at, _)| *at < to).is_some() {}
    }
}

/// Letters and `_`; everything beyond ASCII counts as a letter, as for the server.
fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Masked;

    fn mask(query: &str) -> String {
        Masked::new(query).text().raw().to_owned()
    }

    #[test]
    fn literals_go_and_names_stay() {
        for (query, masked) in [
            (
                "select * from t1 where a = 'x''y' and b=42",
                "select * from t1 where a = ? and b=?",
            ),
            (
                "select e'a\\'b', \"it's \"\"mine\"\"\", $1",
                "select ?, \"it's \"\"mine\"\"\", $1",
            ),
            ("select $$a'b$$, $t$ $$ $t$, a$b$c", "select ?, ?, a$b$c"),
            ("select -1.5e-3, .5, 1_000, 0x1F, 12abc", "select -?, ?, ?, ?, ?"),
            (
                "select B'01', x'ff', N'n', U&'d\\0061' uescape '!'",
                "select ?, ?, ?, ? uescape ?",
            ),
            ("select 1 -- secret\n, 2 /* a /* b */ 'c */ , 3", "select ? , ? , ?"),
            ("  select\n\t 1 ", "select ?"),
            ("alter role ada password 'hunter2'", "alter role ada password ?"),
            ("select 'a'\n'b'", "select ? ?"),
            (
                "select größe from \"Übersicht\" where x='ß'",
                "select größe from \"Übersicht\" where x=?",
            ),
        ] {
            assert_eq!(mask(query), masked, "{query}");
        }
    }

    #[test]
    fn a_text_that_was_cut_shows_nothing_of_the_literal_it_was_cut_in() {
        for query in [
            "select 'secr",
            "select E'secr\\",
            "select $t$ secr",
            "select $$secr$",
            "select /* secr",
            "select U&'secr",
        ] {
            assert!(!mask(query).contains("secr"), "{query}");
        }
    }

    #[test]
    fn where_a_backslash_makes_the_end_of_a_literal_doubtful_the_rest_is_masked() {
        assert_eq!(mask(r"select 'it\'s secret', 'more'"), "select ?");
        assert_eq!(mask(r"select 'C:\', 'secret'"), "select ?");
    }

    /// A literal in each of its forms, holding a word that occurs nowhere else.
    fn literal() -> impl Strategy<Value = String> {
        let inside = "[ a-z0-9/*\\-\"$?;]{0,6}";
        (inside, inside, 0..8_u8).prop_map(|(before, after, form)| {
            let body = format!("{before}SECRET{after}");
            match form {
                0 => format!("'{body}'"),
                1 => format!("E'{body}\\'{body}'"),
                2 => format!("'{body}''{body}'"),
                3 => format!("$tag${body}$tag$"),
                4 => format!("$${}$$", body.replace('$', "")),
                5 => format!("U&'{body}'"),
                6 => format!("/* {} */", body.replace(['/', '*'], "")),
                _ => format!("-- {body}\n"),
            }
        })
    }

    fn statement() -> impl Strategy<Value = String> {
        let plain = prop_oneof![
            Just(" select ".to_owned()),
            Just(", ".to_owned()),
            Just("\"a 'name'\"".to_owned()),
            Just(" col1 = $1 ".to_owned()),
            Just("(x::text)".to_owned()),
            "[0-9]{1,3}(\\.[0-9]{1,2})? ",
        ];
        let part = prop_oneof![plain, literal().prop_map(|literal| format!(" {literal} "))];
        proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn no_literal_survives(statement in statement()) {
            prop_assert!(!mask(&statement).contains("SECRET"));
        }

        #[test]
        fn no_literal_survives_a_cut(statement in statement(), cut in 0..200_usize) {
            let cut: String = statement.chars().take(cut).collect();
            let masked = mask(&cut);
            prop_assert!(!masked.contains("SECR"), "{masked}");
        }

        #[test]
        fn masking_again_changes_nothing(query in "[ a-zA-Z0-9'\"$\\\\/*\\-.?;é\n]{0,40}") {
            let once = mask(&query);
            prop_assert_eq!(mask(&once), once);
        }

        #[test]
        fn any_text_can_be_masked(query in ".{0,60}") {
            mask(&query);
        }
    }
}
