//! JSON for pipes and for eyes: values stay what they are, and nothing that a terminal would obey is written raw.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::model::Text;

/// Pretty, and with every character escaped that [`Text`] would escape. What is read back is what was there.
struct Careful<'a>(PrettyFormatter<'a>);

impl Formatter for Careful<'_> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for c in fragment.chars() {
            if c == ' ' || Text::from(c.to_string()).to_string().starts_with(c) {
                write!(out, "{c}")?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

/// Writes a value and a line end.
///
/// # Errors
/// Where the other end is gone.
pub fn print(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(
        &mut text,
        Careful(PrettyFormatter::new()),
    ))?;
    text.push(b'\n');
    out.write_all(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::print;

    #[test]
    fn what_deceives_is_escaped_and_comes_back_whole() {
        let value = json!({ "name": "pr\u{202e}od \u{1b}[31m \"q\" \\ é \u{e0001} \u{9b}" });
        let mut out = Vec::new();
        print(&mut out, &value).unwrap();
        let text = String::from_utf8(out).unwrap();
        for raw in ['\u{202e}', '\u{1b}', '\u{e0001}', '\u{9b}'] {
            assert!(!text.contains(raw), "{text:?}");
        }
        assert!(text.contains('é'));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
