//! A key with its modifiers, as keymaps write it and as every screen shows it: `ctrl-p`, `shift-tab`, `space`, `G`.

use std::{fmt, str::FromStr};

use super::super::mistake::meant;

/// A key of the keyboard, by what it gives and not by where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A character; capital where shift made it so.
    Char(char),
    /// F1 to F24.
    F(u8),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tabulator.
    Tab,
    /// Rubs out to the left.
    Backspace,
    /// Rubs out to the right.
    Delete,
    /// Insert.
    Insert,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
}

/// The keys that have names. `space` is one of them, because a sequence is separated by blanks.
const NAMED: [(Key, &str); 15] = [
    (Key::Enter, "enter"),
    (Key::Esc, "esc"),
    (Key::Tab, "tab"),
    (Key::Char(' '), "space"),
    (Key::Backspace, "backspace"),
    (Key::Delete, "delete"),
    (Key::Insert, "insert"),
    (Key::Home, "home"),
    (Key::End, "end"),
    (Key::PageUp, "pgup"),
    (Key::PageDown, "pgdn"),
    (Key::Up, "up"),
    (Key::Down, "down"),
    (Key::Left, "left"),
    (Key::Right, "right"),
];

/// A key pressed together with modifiers. Two chords that a terminal cannot tell apart are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    key: Key,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

impl Chord {
    /// A key alone.
    pub fn key(key: Key) -> Self {
        Self::new(key, false, false, false)
    }

    /// A key with modifiers.
    ///
    /// A character has its shift in itself: `shift-g` is `G`, and `shift-?` is `?`, whatever the keyboard. With
    /// `ctrl` a terminal does not tell capitals from small letters.
    pub fn new(key: Key, ctrl: bool, alt: bool, shift: bool) -> Self {
        let (key, shift) = match key {
            Key::Char(c) if ctrl => (Key::Char(c.to_ascii_lowercase()), false),
            Key::Char(' ') => (key, shift),
            Key::Char(c) if shift => (Key::Char(c.to_ascii_uppercase()), false),
            key => (key, shift),
        };
        Self { key, ctrl, alt, shift }
    }

    /// What a terminal sends instead, where it cannot send this chord.
    pub(super) fn sent_as(self) -> Option<&'static str> {
        match (self.ctrl, self.key) {
            (true, Key::Char('i')) => Some("tab"),
            (true, Key::Char('m')) => Some("enter"),
            (true, Key::Char('[')) => Some("esc"),
            _ => None,
        }
    }

    /// Whether it can be typed without Ctrl and Alt.
    pub fn is_plain(self) -> bool {
        !self.ctrl && !self.alt
    }

    /// The character that it types into a line, where it types one.
    pub fn types(self) -> Option<char> {
        match self.key {
            Key::Char(c) if self.is_plain() => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                out.write_str(name)?;
            }
        }
        match (NAMED.iter().find(|(key, _)| *key == self.key), self.key) {
            (Some((_, name)), _) => out.write_str(name),
            (None, Key::Char(c)) => write!(out, "{c}"),
            (None, Key::F(n)) => write!(out, "f{n}"),
            (None, _) => Ok(()),
        }
    }
}

impl FromStr for Chord {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = written;
        loop {
            let (held, after) = match rest.split_once('-') {
                Some(("ctrl", after)) if !after.is_empty() => (&mut ctrl, after),
                Some(("alt", after)) if !after.is_empty() => (&mut alt, after),
                Some(("shift", after)) if !after.is_empty() => (&mut shift, after),
                _ => break,
            };
            if std::mem::replace(held, true) {
                return Err(format!("{written:?} holds one modifier twice"));
            }
            rest = after;
        }
        Ok(Self::new(named(rest)?, ctrl, alt, shift))
    }
}

fn named(name: &str) -> Result<Key, String> {
    if let Some((key, _)) = NAMED.iter().find(|(_, known)| *known == name) {
        return Ok(*key);
    }
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return Ok(Key::Char(c));
    }
    let function = name
        .strip_prefix('f')
        .and_then(|n| n.parse().ok())
        .filter(|n| (1..=24).contains(n));
    function.map(Key::F).ok_or_else(|| {
        let known = NAMED.iter().map(|(_, name)| *name).chain(["ctrl-", "alt-", "shift-"]);
        format!("there is no key {name:?}{}", meant(name, known))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> impl Strategy<Value = Key> {
        prop_oneof![
            any::<char>()
                .prop_filter("no control character is a key", |c| !c.is_control())
                .prop_map(Key::Char),
            (1..=24_u8).prop_map(Key::F),
            (0..NAMED.len()).prop_map(|n| NAMED[n].0),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(key in keys(), ctrl: bool, alt: bool, shift: bool) {
            let chord = Chord::new(key, ctrl, alt, shift);
            prop_assert_eq!(chord.to_string().parse(), Ok(chord));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,12}") {
            _ = text.parse::<Chord>();
        }
    }

    #[test]
    fn chords_are_written_as_people_say_them() {
        for (written, shown) in [
            ("ctrl-P", "ctrl-p"),
            ("shift-g", "G"),
            ("shift-tab", "shift-tab"),
            ("alt-ctrl-x", "ctrl-alt-x"),
            ("-", "-"),
            ("ctrl--", "ctrl--"),
            ("f12", "f12"),
            ("f", "f"),
            ("shift-?", "?"),
            ("ctrl-space", "ctrl-space"),
        ] {
            assert_eq!(
                written.parse::<Chord>().map(|chord| chord.to_string()),
                Ok(shown.into())
            );
        }
    }

    #[test]
    fn what_is_no_key_is_told_with_the_nearest() {
        let told = |written: &str| written.parse::<Chord>().unwrap_err();
        assert_eq!(told("retrun"), "there is no key \"retrun\"");
        assert_eq!(told("ecs"), "there is no key \"ecs\"; did you mean \"esc\"?");
        assert_eq!(told("ctrl-ctrl-x"), "\"ctrl-ctrl-x\" holds one modifier twice");
        assert_eq!(told("f25"), "there is no key \"f25\"");
        assert_eq!(told(""), "there is no key \"\"");
    }
}
