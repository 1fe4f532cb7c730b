//! The name people call a tenant by: any script, as long as all of it can be seen.

use super::super::Text;

/// The most characters of such a name: it stands in a column.
const LONGEST: usize = 100;

/// Whether people may call a tenant this: not empty, at most 100 characters, none that cannot be seen or that turns others
/// round, and no blank at either end.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn name(text: &str) -> Result<(), String> {
    let shown = Text::from(text);
    let characters = text.chars().count();
    if text.trim().is_empty() {
        return Err("a name has at least one letter".into());
    }
    if characters > LONGEST {
        return Err(format!(
            "a name has at most {LONGEST} characters and this one {characters}; shorten it"
        ));
    }
    if let Some(c) = text.chars().find(|c| unseen(*c)) {
        let c = Text::from(c.to_string());
        return Err(format!("{shown:?} has {c} in it, which cannot be seen; leave it out"));
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(format!("{shown:?} begins or ends with a blank; leave it out"));
    }
    Ok(())
}

/// Whether a character is drawn as nothing, as a blank that is another one, or turns round what stands beside it: controls,
/// formatting, blanks but the one of ASCII, what is not assigned, and what Unicode says may be ignored.
pub(super) fn unseen(c: char) -> bool {
    let mut buffer = [0; 4];
    let alone: &str = c.encode_utf8(&mut buffer);
    // Behind a letter nothing but what is not printable is escaped, and these three.
    let escaped = format!("x{c}").escape_debug().count() > 2 && !['\\', '"', '\''].contains(&c);
    // The skeleton leaves out what may be ignored. A cell of Braille without dots is printable to everybody.
    escaped || unicode_security::skeleton(alone).next().is_none() || c == '\u{2800}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_of_any_script() {
        for right in [
            "Acme",
            "prod",
            "Müller & Söhne",
            "e\u{301}tude",
            "日本",
            "Ελλάς",
            "हिन्दी",
            "شركة",
            "O'Neill \"x\" \\ y",
            "a  b",
            "🎉",
            "-",
            "x".repeat(100).as_str(),
            "é".repeat(100).as_str(),
        ] {
            assert_eq!(name(right), Ok(()), "{right}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_told() {
        for c in [
            '\0',
            '\n',
            '\t',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{2003}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e000}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{10ffff}',
        ] {
            let told = name(&format!("a{c}b")).expect_err("it is refused");
            assert!(told.ends_with(" in it, which cannot be seen; leave it out"), "{told}");
            assert!(told.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{told}");
        }
    }

    #[test]
    fn what_is_no_name_is_told() {
        for (wrong, said) in [
            ("", "a name has at least one letter"),
            (" \u{3000} ", "a name has at least one letter"),
            (
                &"é".repeat(101),
                "a name has at most 100 characters and this one 101; shorten it",
            ),
            ("Acme ", "\"Acme\\u{20}\" begins or ends with a blank; leave it out"),
            (" Acme", "\"\\u{20}Acme\" begins or ends with a blank; leave it out"),
            (
                "pr\u{202e}od",
                "\"pr\\u{202e}od\" has \\u{202e} in it, which cannot be seen; leave it out",
            ),
        ] {
            assert_eq!(name(wrong), Err(said.to_owned()));
        }
    }
}
