//! Keys that change a line, by the keymap's section for prompts.

use tui_input::{Input, InputRequest};

use crate::config::{Action, Chord, Key};

/// Changes the line as the action says; false where it says nothing about lines.
pub(super) fn obey(input: &mut Input, action: &Action) -> bool {
    let request = match action {
        Action::LineStart => InputRequest::GoToStart,
        Action::LineEnd => InputRequest::GoToEnd,
        Action::WordLeft => InputRequest::GoToPrevWord,
        Action::WordRight => InputRequest::GoToNextWord,
        Action::EraseWord => InputRequest::DeletePrevWord,
        Action::EraseLine => InputRequest::DeleteLine,
        Action::EraseRest => InputRequest::DeleteTillEnd,
        _ => return false,
    };
    input.handle(request);
    true
}

/// Types a key that no keymap speaks of; false where it types nothing.
pub(super) fn type_key(input: &mut Input, chord: Chord) -> bool {
    let is = |key| chord == Chord::key(key);
    let request = match chord.types() {
        Some(c) => InputRequest::InsertChar(c),
        None if is(Key::Left) => InputRequest::GoToPrevChar,
        None if is(Key::Right) => InputRequest::GoToNextChar,
        None if is(Key::Backspace) => InputRequest::DeletePrevChar,
        None if is(Key::Delete) => InputRequest::DeleteNextChar,
        None => return false,
    };
    input.handle(request);
    true
}

/// Inserts pasted text as one line, without anything that is not to be seen.
pub(super) fn insert(input: &mut Input, text: &str) {
    for c in text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }) {
        if !c.is_control() {
            input.handle(InputRequest::InsertChar(c));
        }
    }
}
