//! Names in words that a shell on another host may read: what could mean something to it is written by its bytes.

use std::fmt::Write;

/// What means nothing to any shell, within a word.
fn harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// A name in such a form: every other byte of its UTF-8 as `=XX`.
pub fn plain(name: &str) -> String {
    let mut all = String::new();
    for byte in name.bytes() {
        if harmless(byte) {
            all.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(all, "={byte:02X}");
        }
    }
    all
}

/// The name that stands in this form; none where it is none of that form.
pub fn named(plain: &str) -> Option<String> {
    let mut all = Vec::new();
    let mut rest = plain.as_bytes();
    while let [first, after @ ..] = rest {
        match (first, after) {
            (b'=', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                all.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                rest = after;
            }
            (byte, _) if harmless(*byte) => {
                all.push(*byte);
                rest = after;
            }
            _ => return None,
        }
    }
    String::from_utf8(all).ok()
}

#[cfg(test)]
mod tests {
    use super::{named, plain};

    #[test]
    fn a_shell_finds_nothing_in_a_name_and_it_comes_back_as_it_was() {
        for name in ["t_acme", "it's $(a) \"b\"\n", "Grüße=1", ""] {
            let words = plain(name);
            assert!(
                words
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_.-=".contains(&byte)),
                "{words}"
            );
            assert_eq!(named(&words).as_deref(), Some(name));
        }
        assert_eq!(plain("a b"), "a=20b");
        for wrong in ["a b", "=2", "=zz", "=FF"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
    }
}
