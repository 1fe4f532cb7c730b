//! Moving on a page, from page to page, and back in time.

use super::{act, acting};
use crate::{
    config::Action,
    model::{Severity, Target},
    tui::{
        app::{App, Effect, Layer, Listing, Page, Place, Reading, Step},
        layout::Layout,
    },
    views::query::{Filter, Query},
};

/// Moves the cursor as the action says.
pub(super) fn step(app: &mut App, action: &Action) {
    let page = act::page_rows(app);
    if let (Action::NextMatch | Action::PreviousMatch, Page::Thing(_)) = (action, app.trail.page()) {
        return seek(app, *action == Action::NextMatch);
    }
    let by = match action {
        Action::PreviousMatch => -1,
        Action::HalfPageUp => -(page / 2).max(1),
        Action::HalfPageDown => (page / 2).max(1),
        action => super::moves(action, page).unwrap_or(1),
    };
    walk(app, by);
}

fn seek(app: &mut App, forth: bool) {
    let now = app.now;
    if let Page::Thing(reading) = app.trail.page_mut()
        && (reading.find.is_empty() || !reading.seek(now, forth, true))
    {
        app.say(Severity::Notice, "nothing is searched for; / searches");
    }
}

/// Moves the cursor by so many rows.
fn walk(app: &mut App, by: isize) {
    match app.trail.page_mut() {
        Page::List(listing) => listing.step_to(listing.at.saturating_add_signed(by)),
        Page::Thing(reading) => {
            let last = reading.lines().count().saturating_sub(1);
            reading.at = reading.at.saturating_add_signed(by).min(last);
        }
    }
}

/// The wheel moves the cursor, or the choice.
pub(super) fn wheel(app: &mut App, by: isize) -> Vec<Effect> {
    let rows = Layout::of(app.size.0, app.size.1).map_or(1, |layout| layout.menu_rows());
    match &mut app.layer {
        Layer::Menu(menu) => menu.step(by, rows),
        Layer::Page => walk(app, by),
        Layer::Acting(_) => acting::wheel(app, by),
        Layer::Prompt(_) | Layer::Leave | Layer::Paper(..) | Layer::Choices(_) | Layer::Plain(_) => {}
    }
    Vec::new()
}

/// A click puts the cursor on a row.
pub(super) fn click(app: &mut App, y: u16) -> Vec<Effect> {
    let layout = Layout::of(app.size.0, app.size.1);
    let line = layout.and_then(|layout| y.checked_sub(layout.body.y).filter(|line| *line < layout.body.height));
    if let (Some(line), Layer::Page, Page::List(listing)) = (line, &app.layer, app.trail.page_mut()) {
        let at = listing.top + usize::from(line);
        if at < listing.rows.len() {
            listing.step_to(at);
        }
    }
    Vec::new()
}

/// Opens the thing under the cursor.
pub(super) fn open(app: &mut App) {
    let target = match app.trail.page() {
        Page::List(listing) => listing.row().map(|row| row.target.clone()),
        Page::Thing(reading) => reading.line().and_then(|line| line.link.clone()),
    };
    if let Some(target) = target {
        open_target(app, target);
    }
}

/// Opens everything known of a thing.
pub(super) fn open_target(app: &mut App, target: Target) {
    let reading = Reading::of(&app.setup, target, &app.world);
    if reading.detail.is_none() {
        app.say(Severity::Unseen, format!("nothing is known of {} yet", reading.target));
        return;
    }
    app.trail.push(Page::Thing(reading));
}

/// Opens a view.
pub(super) fn go(app: &mut App, query: Query) {
    let page = list(app, query, None);
    app.trail.reset(page);
}

/// One step out: the filter, then the marks, then the page. Never out of the program.
pub(super) fn back(app: &mut App) {
    let now = app.now;
    if let Page::List(listing) = app.trail.page_mut() {
        if !listing.query.filter.is_empty() {
            listing.query.filter = Filter::default();
            listing.arrange(now);
            return;
        }
        if !listing.marks.is_empty() {
            listing.marks.clear();
            return;
        }
    }
    if app.trail.pop() {
        super::refresh(app);
    }
}

/// One page out; asks where there is none.
pub(super) fn close(app: &mut App) {
    if app.trail.pop() {
        super::refresh(app);
    } else {
        app.layer = Layer::Leave;
    }
}

/// Back or forth in time.
pub(super) fn revisit(app: &mut App, by: isize) {
    match app.trail.visited(by).map(|(at, place)| (at, place.clone())) {
        Some((at, place)) => arrive(app, at, &place),
        None if by < 0 => app.say(Severity::Notice, "nothing was open before"),
        None => app.say(Severity::Notice, "nothing was open after"),
    }
}

/// To the place before this one; again, and back.
pub(super) fn swap(app: &mut App) {
    match app.trail.before().map(|(at, place)| (at, place.clone())) {
        Some((at, place)) => arrive(app, at, &place),
        None => app.say(Severity::Notice, "nothing was open before"),
    }
}

fn arrive(app: &mut App, at: usize, place: &Place) {
    let nouns = app.nouns();
    let page = |step: &Step| match step {
        Step::List(line, cursor) => Some(list(app, Query::parse(line, &nouns).ok()?, cursor.as_ref())),
        Step::Thing(target) => Some(Page::Thing(Reading::of(&app.setup, target.clone(), &app.world))),
    };
    let pages: Vec<Page> = place.iter().filter_map(page).collect();
    app.trail.revisit(at, pages);
}

fn list(app: &App, query: Query, cursor: Option<&Target>) -> Page {
    let mut listing = Listing::of(&app.setup, query);
    listing.refresh(&app.world, app.now);
    if let Some(cursor) = cursor {
        listing.step_on(cursor);
    }
    Page::List(Box::new(listing))
}
