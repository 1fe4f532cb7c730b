//! What each action does on a page.

use super::{command, copy, items, mark, offer, reveal, travel};
use crate::{
    config::Action,
    model::Severity,
    tui::{
        app::{App, Asks, Effect, Layer, Listing, Menu, Page, Prompt, Purpose},
        layout::Layout,
    },
};

/// Does it.
pub(super) fn act(app: &mut App, action: &Action) -> Vec<Effect> {
    match action {
        Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::HalfPageUp
        | Action::HalfPageDown
        | Action::Top
        | Action::Bottom
        | Action::NextMatch
        | Action::PreviousMatch => travel::step(app, action),
        Action::Left | Action::Right => listing(app, |listing| shift(listing, *action == Action::Right)),
        Action::Open | Action::Describe => travel::open(app),
        Action::Back => travel::back(app),
        Action::Quit => travel::close(app),
        Action::Command => ask(app, Asks::Command, ""),
        Action::Filter => filter(app),
        Action::Bookmark => ask(app, Asks::Command, "bookmark "),
        Action::Sort => menu(app, Purpose::Sort),
        Action::Columns => menu(app, Purpose::Columns),
        Action::Help => menu(app, Purpose::Help),
        Action::Act => offer::open(app),
        Action::Palette => menu(app, Purpose::Palette),
        Action::Bookmarks => menu(app, Purpose::Bookmarks),
        Action::ReverseSort => reverse(app),
        Action::FaultsOnly => faults(app),
        Action::Wide => listing(app, |listing| {
            listing.wide = !listing.wide;
            listing.left = 0;
        }),
        Action::Mark | Action::MarkRange | Action::MarkAll | Action::UnmarkAll => {
            listing(app, |listing| mark::mark(listing, action));
        }
        Action::HistoryBack => travel::revisit(app, -1),
        Action::HistoryForward => travel::revisit(app, 1),
        Action::LastView => travel::swap(app),
        Action::CopyCell | Action::CopyRow | Action::CopyId | Action::CopyCommand => return copy::copy(app, action),
        Action::Freeze => return freeze(app),
        Action::Refresh => refresh(app),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Mouse => return mouse(app),
        Action::Mute => return mute(app),
        Action::Run(line) => return command::run(app, line),
        Action::Reveal => return reveal::reveal(app),
        Action::Leave
        | Action::Complete
        | Action::CompleteBack
        | Action::LineStart
        | Action::LineEnd
        | Action::WordLeft
        | Action::WordRight
        | Action::EraseWord
        | Action::EraseLine
        | Action::EraseRest => {}
    }
    Vec::new()
}

/// Moves the columns under the first one, which stays.
fn shift(listing: &mut Listing, right: bool) {
    listing.left = if right {
        (listing.left + 1).min(listing.shown().len().saturating_sub(2))
    } else {
        listing.left.saturating_sub(1)
    };
}

/// Opens a prompt.
pub(super) fn ask(app: &mut App, asks: Asks, text: &str) {
    app.layer = Layer::Prompt(Prompt::new(asks, text));
}

/// Does something to the list, where a list is open.
pub(super) fn listing(app: &mut App, change: impl FnOnce(&mut Listing)) {
    if let Page::List(listing) = app.trail.page_mut() {
        change(listing);
    }
}

/// Rows of a page, less the one that stays for orientation.
pub(super) fn page_rows(app: &App) -> isize {
    let rows = Layout::of(app.size.0, app.size.1).map_or(1, |layout| layout.body.height);
    isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(1)
}

fn filter(app: &mut App) {
    match app.trail.page() {
        Page::List(listing) => {
            let filter = listing.query.filter.clone();
            let text = filter.text().to_owned();
            ask(app, Asks::Filter(filter), &text);
        }
        Page::Thing(reading) => {
            let text = reading.find.clone();
            ask(app, Asks::Find, &text);
        }
    }
}

fn menu(app: &mut App, purpose: Purpose) {
    let lists_only = matches!(purpose, Purpose::Sort | Purpose::Columns);
    if lists_only && app.listing().is_none() {
        app.say(Severity::Notice, "only a list has an order and columns");
        return;
    }
    app.layer = Layer::Menu(Menu::new(purpose, items::items(app, purpose)));
}

/// Turns the order round. The view's own order has no other side.
fn reverse(app: &mut App) {
    let now = app.now;
    if app.listing().is_some_and(|listing| listing.query.sort.is_none()) {
        app.say(
            Severity::Notice,
            "the view's own order, worst first, has no other side; sort by a column first",
        );
    }
    listing(app, |listing| {
        if let Some(sort) = &mut listing.query.sort {
            sort.reverse = !sort.reverse;
            listing.arrange(now);
        }
    });
}

/// Shows only what is wrong, or everything again.
fn faults(app: &mut App) {
    let now = app.now;
    listing(app, |listing| {
        listing.query.filter = listing.query.filter.toggled("is:wrong", listing.query.all());
        listing.arrange(now);
    });
}

/// Shows at once what is known. The servers of an open view are asked every second or so anyway.
fn refresh(app: &mut App) {
    super::refresh(app);
    app.say(
        Severity::Notice,
        "this is the last that was seen; what is open is asked for all the time",
    );
}

/// Holds the picture still, or shows again what is the case.
fn freeze(app: &mut App) -> Vec<Effect> {
    match app.held.take() {
        None => {
            app.held = Some(std::sync::Arc::clone(&app.world));
            app.say(Severity::Notice, "the picture is held still");
            Vec::new()
        }
        Some(world) => super::show(app, world),
    }
}

fn mouse(app: &mut App) -> Vec<Effect> {
    app.setup.mouse = !app.setup.mouse;
    let whose = if app.setup.mouse {
        "the console's"
    } else {
        "the terminal's"
    };
    app.say(Severity::Notice, format!("the mouse is {whose}"));
    vec![Effect::Mouse(app.setup.mouse)]
}

/// A finding is muted by a line, because it wants a reason and an end.
fn mute(app: &mut App) -> Vec<Effect> {
    ask(app, Asks::Command, "mute 24h ");
    Vec::new()
}
