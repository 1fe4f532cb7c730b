//! Keys while an operation asks.

use super::prepare;
use crate::{
    config::{Action, Chord, Key},
    tui::{
        app::{Acting, App, Effect, Says},
        update::{edit, meaning},
    },
};

/// One key: enter goes on to the plan.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    let action = meaning(app, "prompt", chord);
    if chord == Chord::key(Key::Enter) {
        return prepare(app);
    }
    let Some(acting) = app.acting_mut() else {
        return Vec::new();
    };
    let form = &mut acting.form;
    let turns = [(Key::Left, false), (Key::Right, true), (Key::Char(' '), true)]
        .into_iter()
        .find(|(key, _)| chord == Chord::key(*key));
    let Some(field) = form.fields.get_mut(form.at) else {
        return Vec::new();
    };
    match (action, turns) {
        (Some(Action::Down | Action::Complete), _) => form.step(true),
        (Some(Action::Up | Action::CompleteBack), _) => form.step(false),
        (_, Some((_, forth))) if field.turn(forth) => {}
        (action, _) => {
            if let Says::Text(input) = &mut field.says
                && !action.is_some_and(|action| edit::obey(input, &action))
            {
                edit::type_key(input, chord);
            }
        }
    }
    Vec::new()
}

/// Pasted text.
pub(super) fn paste(acting: &mut Acting, text: &str) {
    let form = &mut acting.form;
    if let Some(Says::Text(input)) = form.fields.get_mut(form.at).map(|field| &mut field.says) {
        edit::insert(input, text);
    }
}
