//! Keys while a line is typed.

use tui_input::Input;

use super::{act, acting, command, complete, edit};
use crate::{
    config::{Action, Chord, Key},
    model::Severity,
    tui::app::{App, Asks, Effect, Layer, Memory, Page, Prompt},
    views::query::Filter,
};

/// One key.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    let Some(action) = super::meaning(app, "prompt", chord) else {
        return type_key(app, chord);
    };
    match action {
        Action::Back | Action::Leave => cancel(app),
        Action::Open => return accept(app),
        Action::Complete | Action::CompleteBack => offer(app, action == Action::Complete),
        Action::Up | Action::Down => recall(app, action == Action::Up),
        action => {
            if with(app, |prompt| edit::obey(&mut prompt.input, &action)) == Some(true) {
                changed(app);
            }
        }
    }
    Vec::new()
}

/// A letter, or a key that moves or rubs out. Rubbing out an empty line closes it.
fn type_key(app: &mut App, chord: Chord) -> Vec<Effect> {
    let empty = with(app, |prompt| prompt.input.value().is_empty()) == Some(true);
    if empty && chord == Chord::key(Key::Backspace) {
        cancel(app);
    } else if with(app, |prompt| edit::type_key(&mut prompt.input, chord)) == Some(true) {
        changed(app);
    }
    Vec::new()
}

/// Pasted text goes into a line that is typed, and nowhere else.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    match &mut app.layer {
        Layer::Prompt(prompt) => {
            edit::insert(&mut prompt.input, text);
            changed(app);
        }
        Layer::Menu(menu) => {
            edit::insert(&mut menu.input, text);
            menu.search();
        }
        Layer::Acting(_) => acting::paste(app, text),
        Layer::Page | Layer::Leave | Layer::Paper(..) | Layer::Choices(_) | Layer::Plain(_) => {}
    }
    Vec::new()
}

/// Closes the line; a filter becomes what it was.
fn cancel(app: &mut App) {
    if let Layer::Prompt(prompt) = std::mem::take(&mut app.layer)
        && let Asks::Filter(before) = prompt.asks
    {
        set_filter(app, before);
    }
}

fn accept(app: &mut App) -> Vec<Effect> {
    let Layer::Prompt(prompt) = std::mem::take(&mut app.layer) else {
        return Vec::new();
    };
    let line = prompt.input.value().trim().to_owned();
    match (&prompt.asks, &prompt.wrong) {
        (Asks::Command, _) => return command::run(app, &line),
        // What is wrong stays to be mended.
        (Asks::Filter(_), Some(_)) => app.layer = Layer::Prompt(prompt),
        (Asks::Filter(_) | Asks::Find, None) if line.is_empty() => {}
        (Asks::Filter(_), None) => Memory::keep(&mut app.memory.filters, &line),
        (Asks::Find, _) => {
            let found = seek(app, &line);
            if !found {
                app.say(Severity::Notice, format!("{line:?} is not on this page"));
            }
        }
    }
    Vec::new()
}

/// The line is another one now: a filter is tried at once, offers are made anew.
fn changed(app: &mut App) {
    let typed = with(app, |prompt| {
        prompt.taken = None;
        prompt.back = None;
        prompt.offers.clear();
        (prompt.asks.clone(), prompt.input.value().to_owned())
    });
    match typed {
        Some((Asks::Filter(_), line)) => try_filter(app, &line),
        Some((Asks::Find, line)) => {
            seek(app, &line);
        }
        Some((Asks::Command, _)) | None => {}
    }
}

fn try_filter(app: &mut App, line: &str) {
    let Some(listing) = app.listing() else { return };
    let read = Filter::parse(line, listing.query.all());
    let wrong = read.as_ref().err().cloned();
    if let Ok(filter) = read {
        set_filter(app, filter);
    }
    with(app, |prompt| prompt.wrong = wrong);
}

fn seek(app: &mut App, line: &str) -> bool {
    let now = app.now;
    match app.trail.page_mut() {
        Page::Thing(reading) => {
            line.clone_into(&mut reading.find);
            reading.seek(now, true, false)
        }
        Page::List(_) => false,
    }
}

fn set_filter(app: &mut App, filter: Filter) {
    let now = app.now;
    act::listing(app, |listing| {
        listing.query.filter = filter;
        listing.arrange(now);
    });
}

/// Completes the line, and goes through the ways to complete it.
fn offer(app: &mut App, forth: bool) {
    let fresh = with(app, |prompt| prompt.taken.is_none()) == Some(true);
    if fresh {
        let offers = complete::offers(app);
        with(app, |prompt| prompt.offers = offers);
    }
    let completed = with(app, |prompt| {
        let count = prompt.offers.len();
        let last = count.checked_sub(1)?;
        let next = match (prompt.taken, forth) {
            (None, true) => 0,
            (None, false) => last,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + last) % count,
        };
        prompt.input = Input::new(prompt.offers[next].clone());
        Some((next, prompt.offers.clone()))
    });
    if let Some(Some((next, offers))) = completed {
        changed(app);
        // A single offer is taken for good: the next key completes what follows it.
        with(app, |prompt| {
            prompt.taken = (offers.len() > 1).then_some(next);
            prompt.offers = if offers.len() > 1 { offers } else { Vec::new() };
        });
    }
}

/// Lines typed before.
fn recall(app: &mut App, older: bool) {
    let lines = match with(app, |prompt| prompt.asks.clone()) {
        Some(Asks::Command) => app.memory.history.clone(),
        Some(Asks::Filter(_)) => app.memory.filters.clone(),
        Some(Asks::Find) | None => return,
    };
    let back = with(app, |prompt| {
        let back = match (prompt.back, older) {
            (None, true) => Some(0),
            (Some(back), true) => Some((back + 1).min(lines.len().saturating_sub(1))),
            (Some(back), false) => back.checked_sub(1),
            (None, false) => None,
        };
        let line = back.and_then(|back| lines.iter().rev().nth(back)).cloned();
        prompt.input = Input::new(line.unwrap_or_default());
        back
    });
    changed(app);
    with(app, |prompt| prompt.back = back.flatten());
}

fn with<T>(app: &mut App, change: impl FnOnce(&mut Prompt) -> T) -> Option<T> {
    match &mut app.layer {
        Layer::Prompt(prompt) => Some(change(prompt)),
        _ => None,
    }
}
