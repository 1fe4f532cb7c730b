//! Text that came from outside: names, query texts, error messages. It can be shown only escaped.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// A string that somebody else wrote.
///
/// [`fmt::Display`] escapes everything that a terminal would obey, reorder, hide or draw as nothing, and escapes
/// the backslash, so that two different strings never show the same characters. [`Text::raw`] is for comparing,
/// for parameters of a query and for JSON, never for a screen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Arc<str>);

impl Text {
    /// Wraps a string from outside.
    pub fn new(raw: impl Into<Arc<str>>) -> Self {
        Self(raw.into())
    }

    /// The string as it came, unescaped.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Letters and signs by their category that every terminal draws as blank: `Default_Ignorable_Code_Point` of Unicode 16, and
/// the cell of Braille without dots.
const BLANK: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.chars().count().saturating_sub(1);
        let mut before = ' ';
        for (at, c) in self.0.chars().enumerate() {
            match c {
                // A blank at an end or beside another blank cannot be seen or counted.
                ' ' if at == 0 || at == last || before == ' ' => out.write_str("\\u{20}")?,
                ' '..='~' if c != '\\' => fmt::Write::write_char(out, c)?,
                c if BLANK.contains(&c) => write!(out, "{}", c.escape_unicode())?,
                c => write!(out, "{}", c.escape_debug())?,
            }
            before = c;
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{self}\"")
    }
}

impl std::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new("")
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn what_looks_plain_is_plain() {
        for plain in ["prod", "Müller & Söhne", "日本", "a b", "it's \"x\""] {
            assert_eq!(Text::from(plain).to_string(), plain);
        }
    }

    #[test]
    fn what_deceives_is_spelled_out() {
        for (raw, shown) in [
            ("pr\u{202e}od", "pr\\u{202e}od"),
            ("pr\u{200b}od", "pr\\u{200b}od"),
            ("\u{1b}[31mprod", "\\u{1b}[31mprod"),
            ("prod ", "prod\\u{20}"),
            ("a  b", "a \\u{20}b"),
            ("a\nb", "a\\nb"),
            ("pr\\u{202e}od", "pr\\\\u{202e}od"),
            ("pr\u{3164}od", "pr\\u{3164}od"),
            ("pr\u{2800}od", "pr\\u{2800}od"),
            ("pr\u{ad}od", "pr\\u{ad}od"),
            ("e\u{301}", "e\\u{301}"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ] {
            assert_eq!(Text::from(raw).to_string(), shown);
        }
    }
}
