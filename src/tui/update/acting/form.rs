//! Keys while an operation asks.

use std::sync::Arc;

use super::prepare;
use crate::{
    config::{Action, Chord, Key},
    model::Severity,
    tui::{
        app::{App, Effect, Form, Says, Stage},
        update::{edit, meaning},
    },
};

/// One key: enter goes on to the plan.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    let action = meaning(app, "prompt", chord);
    if chord == Chord::key(Key::Enter) {
        return done(app);
    }
    let now = app.clock;
    if let Some(acting) = app.acting_mut() {
        acting.typed = now;
        let before = acting.request();
        change(&mut acting.form, chord, action.as_ref());
        acting.form.touched |= acting.request() != before;
        sketch(app);
    }
    Vec::new()
}

/// Enter: what has no name yet is asked for it.
fn done(app: &mut App) -> Vec<Effect> {
    let Some(acting) = app.acting_mut().filter(|acting| acting.is_nameless()) else {
        return prepare(app);
    };
    acting.form.at = 0;
    let words = acting.form.fields.first().map_or("", |field| field.name());
    app.say(Severity::Notice, format!("{words}: type its name first"));
    Vec::new()
}

/// Tells anew what is clear, where it asks.
pub(super) fn sketch(app: &mut App) {
    let world = Arc::clone(app.latest());
    if let Some(acting) = app.acting_mut().filter(|acting| matches!(acting.stage, Stage::Asks)) {
        acting.sketched(&world);
    }
}

fn change(form: &mut Form, chord: Chord, action: Option<&Action>) {
    let turns = [(Key::Left, false), (Key::Right, true), (Key::Char(' '), true)]
        .into_iter()
        .find(|(key, _)| chord == Chord::key(*key));
    let Some(field) = form.fields.get_mut(form.at) else {
        return;
    };
    match (action, turns) {
        (Some(Action::Down | Action::Complete), _) => form.step(true),
        (Some(Action::Up | Action::CompleteBack), _) => form.step(false),
        (_, Some((_, forth))) if field.turn(forth) => {}
        (action, _) => {
            if let Says::Text(input) = &mut field.says
                && !action.is_some_and(|action| edit::obey(input, action))
            {
                edit::type_key(input, chord);
            }
        }
    }
}

/// Pasted text.
pub(super) fn paste(app: &mut App, text: &str) {
    let now = app.clock;
    let Some(acting) = app.acting_mut() else { return };
    acting.typed = now;
    let form = &mut acting.form;
    if let Some(Says::Text(input)) = form.fields.get_mut(form.at).map(|field| &mut field.says) {
        edit::insert(input, text);
        form.touched = true;
    }
    sketch(app);
}
