//! Keys of the terminal as chords of the keymap.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::config::{Chord, Key};

/// The chord for a key; `None` where keymaps have no word for it.
pub fn chord(key: KeyEvent) -> Option<Chord> {
    let held = |modifier| key.modifiers.contains(modifier);
    let code = match key.code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::F(n) => Key::F(n),
        KeyCode::Esc => Key::Esc,
        KeyCode::Enter => Key::Enter,
        KeyCode::Tab | KeyCode::BackTab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Insert => Key::Insert,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    };
    let shift = key.code == KeyCode::BackTab || held(KeyModifiers::SHIFT);
    Some(Chord::new(
        code,
        held(KeyModifiers::CONTROL),
        held(KeyModifiers::ALT),
        shift,
    ))
}
