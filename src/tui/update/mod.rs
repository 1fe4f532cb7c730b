//! The only code that changes the screen's state. Waits for nothing, asks nobody.

mod act;
mod acting;
mod command;
mod complete;
mod copy;
mod edit;
mod items;
mod mark;
mod menu;
mod offer;
mod prompt;
mod quiet;
mod reveal;
mod travel;
mod write;

use std::sync::Arc;

use crossterm::event::KeyEvent;
use jiff::Timestamp;

pub use command::COMMANDS;

use super::{
    app::{App, Effect, Layer, Page, Prepared},
    keys,
    layout::Layout,
};
use crate::{
    config::{Action, Chord, Found, Key, written},
    facts::sessions::Revealed,
    model::{Fault, Severity, Target},
    ops::{Refusal, carry::Reply},
    store::Snapshot,
};

/// Everything that can happen to the screen.
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Keys came all at once, in one read: from a script, from a paste of a terminal that does not tell pastes, or from
    /// a hand over a line that stalled.
    Keys(Vec<KeyEvent>),
    /// Text was pasted.
    Paste(String),
    /// A cell was clicked.
    Click(u16, u16),
    /// The wheel was turned by so many rows.
    Wheel(isize),
    /// The terminal has so many columns and rows.
    Resized(u16, u16),
    /// The fleet was seen.
    World(Arc<Snapshot>),
    /// It is this late.
    Tick(Timestamp),
    /// The operator hesitates in the middle of a sequence of keys.
    Linger,
    /// The statement of a session, for whoever asked for it.
    Revealed(Target, Revealed),
    /// The plan for the dialog of this number.
    Prepared(u64, Box<Result<Prepared, Refusal>>),
    /// Whether the run was begun that the dialog of this number confirmed.
    Begun(u64, Result<Reply, Fault>),
    /// A frame is on the terminal since this moment.
    Painted(Timestamp),
    /// An effect was carried out, or was not.
    Told(Severity, String),
}

/// Changes the state, and says what the loop has to do.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let seen = matches!(msg, Msg::World(_) | Msg::Tick(_) | Msg::Painted(_));
    let effects = match msg {
        Msg::Key(key) => press(app, key),
        Msg::Keys(keys) => burst(app, &keys),
        Msg::Paste(text) => prompt::paste(app, &text),
        Msg::Click(_, y) => travel::click(app, y),
        Msg::Wheel(by) => travel::wheel(app, by),
        Msg::Resized(width, height) => {
            app.size = (width, height);
            // What was painted before is not what is on the screen now.
            if let Some(sheet) = app.acting_mut().and_then(|acting| acting.sheet_mut()) {
                sheet.painted = None;
            }
            Vec::new()
        }
        Msg::World(world) => show(app, world),
        Msg::Tick(now) => tick(app, now),
        Msg::Linger => {
            app.hinting = !app.pending.is_empty();
            Vec::new()
        }
        Msg::Revealed(session, words) => {
            app.layer = Layer::Paper(session.to_string(), words);
            Vec::new()
        }
        Msg::Prepared(number, made) => acting::prepared(app, number, *made),
        Msg::Begun(number, told) => {
            acting::begun(app, number, told);
            Vec::new()
        }
        Msg::Painted(now) => {
            acting::painted(app, now);
            Vec::new()
        }
        Msg::Told(severity, words) => {
            app.say(severity, words);
            Vec::new()
        }
    };
    // What was seen says itself whether it changed the page; what the operator did always may have.
    if !seen {
        app.dirty = true;
    }
    if app.dirty {
        settle(app);
    }
    effects
}

/// Shows the fleet as it was just seen, unless the picture is held.
fn show(app: &mut App, world: Arc<Snapshot>) -> Vec<Effect> {
    if app.held.is_some() {
        app.held = Some(world);
        return acting::seen(app);
    }
    let sources = (app.setup.sources)(&world);
    app.dirty |= sources != app.sources;
    app.sources = sources;
    app.world = world;
    refresh(app);
    offer::judge(app);
    acting::seen(app)
}

/// Lays the open page out anew where what it shows has changed.
fn refresh(app: &mut App) {
    app.dirty |= match app.trail.page_mut() {
        Page::List(listing) => listing.refresh(&app.world, app.now),
        Page::Thing(reading) => reading.refresh(&app.setup, &app.world),
    };
}

fn tick(app: &mut App, now: Timestamp) -> Vec<Effect> {
    app.dirty |= app.permit.is_some();
    app.clock = now;
    write::lapse(app, now);
    offer::judge(app);
    let effects = acting::rested(app);
    if app.held.is_some() {
        return effects;
    }
    let minute = |at: Timestamp| at.as_second().div_euclid(60);
    app.dirty |= app.ticks() || minute(app.now) != minute(now);
    app.now = now;
    if let Page::List(listing) = app.trail.page_mut()
        && listing.query.filter.follows_clock()
    {
        listing.arrange(now);
        app.dirty = true;
    }
    effects
}

/// Scrolls what is shown so that what is chosen is in sight.
fn settle(app: &mut App) {
    let Some(layout) = Layout::of(app.size.0, app.size.1) else {
        return;
    };
    let height = usize::from(layout.body.height);
    match app.trail.page_mut() {
        Page::List(listing) => listing.settle(height, app.now),
        Page::Thing(reading) => reading.settle(height + 1),
    }
    if let Layer::Menu(menu) = &mut app.layer {
        menu.settle(layout.menu_rows());
    }
    acting::wheel(app, 0);
}

/// Keys that came all at once mean what they mean one by one, but where a plan is confirmed.
fn burst(app: &mut App, keys: &[KeyEvent]) -> Vec<Effect> {
    let chords = keys.iter().filter_map(|key| keys::chord(*key));
    if acting::refuses(app, chords.filter(|chord| chord.types().is_some()).count()) {
        return Vec::new();
    }
    let mut effects: Vec<Effect> = keys.iter().flat_map(|key| press(app, *key)).collect();
    // No run is told anything by a paste.
    let tells = |effect: &Effect| matches!(effect, Effect::Tell(..));
    if effects.iter().any(tells) {
        effects.retain(|effect| !tells(effect));
        acting::type_it(app);
    }
    effects
}

fn press(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    let Some(chord) = keys::chord(key) else {
        return Vec::new();
    };
    app.note = None;
    app.awaited = None;
    let leaving = std::mem::take(&mut app.leaving);
    match &app.layer {
        Layer::Page => page(app, chord, leaving),
        Layer::Prompt(_) => prompt::press(app, chord),
        Layer::Menu(_) => menu::press(app, chord),
        Layer::Leave => leave(app, chord),
        Layer::Choices(_) => offer::press(app, chord),
        Layer::Acting(_) => acting::press(app, chord),
        Layer::Paper(..) => {
            app.layer = Layer::Page;
            Vec::new()
        }
        Layer::Plain(_) => {
            app.layer = Layer::Page;
            vec![Effect::Redraw]
        }
    }
}

fn leave(app: &mut App, chord: Chord) -> Vec<Effect> {
    app.layer = Layer::Page;
    match chord.types() {
        Some('y' | 'Y') => vec![Effect::Quit],
        _ => Vec::new(),
    }
}

fn page(app: &mut App, chord: Chord, leaving: bool) -> Vec<Effect> {
    app.hinting = false;
    if !app.pending.is_empty() && chord == Chord::key(Key::Esc) {
        app.pending.clear();
        return Vec::new();
    }
    app.pending.push(chord);
    let found = match app.setup.keymap.lookup(&app.context(), &app.pending) {
        Found::Prefix(_) => return Vec::new(),
        Found::Action(action) => Some(action.clone()),
        Found::None => None,
    };
    let typed = std::mem::take(&mut app.pending);
    match found {
        Some(Action::Leave) if leaving => vec![Effect::Quit],
        Some(Action::Leave) => {
            app.leaving = true;
            app.say(
                Severity::Notice,
                format!("{} again leaves the console", written(&typed)),
            );
            Vec::new()
        }
        Some(action) => act::act(app, &action),
        None => {
            let help = app.setup.keymap.keys_for(&app.context(), &Action::Help).map(written);
            let help = help.map(|keys| format!("; {keys} lists the keys")).unwrap_or_default();
            app.say(Severity::Notice, format!("{} does nothing here{help}", written(&typed)));
            Vec::new()
        }
    }
}

/// By how many lines an action moves where a page has so many, where it moves.
fn moves(action: &Action, page: isize) -> Option<isize> {
    match action {
        Action::Up => Some(-1),
        Action::Down => Some(1),
        Action::PageUp => Some(-page),
        Action::PageDown => Some(page),
        Action::Top => Some(isize::MIN),
        Action::Bottom => Some(isize::MAX),
        _ => None,
    }
}

/// What a chord means to a prompt or a list, where it means anything.
fn meaning(app: &App, section: &str, chord: Chord) -> Option<Action> {
    match app.setup.keymap.lookup(&[section], &[chord]) {
        Found::Action(action) => Some(action.clone()),
        Found::Prefix(_) | Found::None => None,
    }
}
