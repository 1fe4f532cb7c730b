//! The dialog of an operation: what it asks, its plan, whether it was begun. What is done to a run goes the same way.

mod answers;
mod choosing;
mod draft;
mod form;
mod runs;
mod sheet;

use std::collections::BTreeMap;

pub(super) use answers::{begun, painted, prepared, seen};
pub(super) use draft::rested;

use crate::{
    config::{Chord, Key},
    model::{Severity, Target},
    ops::Turn,
    tui::app::{Acting, App, Does, Effect, Form, Layer, Sight, Stage},
};

/// Opens the dialog. Where all that is asked was said already, the plan is made at once, unless it makes something: that
/// always asks. By what loses nothing a run is told at once.
pub(super) fn open(app: &mut App, does: Does, targets: Vec<Target>, said: &BTreeMap<String, String>) -> Vec<Effect> {
    if let (Does::Run(Turn::Pause | Turn::Continue), [run]) = (does, targets.as_slice()) {
        return runs::tell(does, run);
    }
    app.acted += 1;
    let form = Form::of(does, &targets, said);
    let asks = form.made().is_some() || (said.is_empty() && !form.fields.is_empty());
    app.layer = Layer::Acting(Box::new(Acting::new(app.acted, does, targets, form, app.clock)));
    if asks {
        form::sketch(app);
        return Vec::new();
    }
    prepare(app)
}

/// Has the plan made, or made anew.
fn prepare(app: &mut App) -> Vec<Effect> {
    app.acted += 1;
    let number = app.acted;
    let Some(sight) = app.acting().map(|acting| Sight::of(acting.does, app.latest())) else {
        return Vec::new();
    };
    let Some(acting) = app.acting_mut() else {
        return Vec::new();
    };
    // What was asked before answers nobody any more.
    acting.number = number;
    acting.stage = Stage::Planning(sight);
    acting.queued = false;
    match acting.does {
        Does::Operation(_) => {
            let request = acting.request();
            if draft::joins(app) {
                return Vec::new();
            }
            vec![draft::ask(app, number, request)]
        }
        Does::Run(turn) => runs::prepare(app, number, turn),
    }
}

/// One key. Escape and ctrl-c leave whatever is shown.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    if leaves(chord) {
        return leave(app);
    }
    let Some(acting) = app.acting() else {
        return Vec::new();
    };
    let again = chord.types() == Some('r');
    match &acting.stage {
        Stage::Asks => form::press(app, chord),
        Stage::Plan(_) => sheet::press(app, chord),
        Stage::Choose(_) if !again => choosing::press(app, chord),
        Stage::Refused(..) | Stage::Choose(_) if again && !acting.form.fields.is_empty() => {
            ask_again(app);
            Vec::new()
        }
        Stage::Refused(..) | Stage::Void(_) | Stage::Told(..) if again => prepare(app),
        Stage::Planning(_)
        | Stage::Choose(_)
        | Stage::Refused(..)
        | Stage::Void(_)
        | Stage::Starting
        | Stage::Told(..) => Vec::new(),
    }
}

fn leaves(chord: Chord) -> bool {
    chord == Chord::key(Key::Esc) || chord == Chord::new(Key::Char('c'), true, false, false)
}

fn leave(app: &mut App) -> Vec<Effect> {
    if app
        .acting()
        .is_some_and(|acting| matches!(acting.stage, Stage::Starting))
    {
        app.say(
            Severity::Warning,
            "it was confirmed and is being started; tenantry runs tells what became of it",
        );
    }
    app.layer = Layer::Page;
    Vec::new()
}

fn ask_again(app: &mut App) {
    if let Some(acting) = app.acting_mut() {
        acting.stage = Stage::Asks;
    }
    form::sketch(app);
}

/// Text that was pasted goes into what an operation asks, and never into what confirms it.
pub(super) fn paste(app: &mut App, text: &str) {
    let Some(acting) = app.acting_mut() else { return };
    match acting.stage {
        Stage::Asks => form::paste(app, text),
        Stage::Plan(_) => app.say(Severity::Warning, TYPE_IT),
        _ => {}
    }
}

/// What is told where something else than fingers typed.
const TYPE_IT: &str = "type it: what comes all at once is taken for a paste";

/// Whether keys that came in one read are a paste here: fingers do not type two at once.
pub(super) fn refuses(app: &mut App, typed: usize) -> bool {
    let guarded = typed > 1 && app.acting().is_some_and(|acting| acting.sheet().is_some());
    if guarded {
        type_it(app);
    }
    guarded
}

/// Says that fingers are wanted.
pub(super) fn type_it(app: &mut App) {
    app.dirty = true;
    app.say(Severity::Warning, TYPE_IT);
}

/// The wheel scrolls the plan.
pub(super) fn wheel(app: &mut App, by: isize) {
    sheet::scroll(app, by);
}
