//! The first three lines: whose fleet and what is at stake, totals, and where the operator is.

use super::{
    brush::{Brush, sign, token},
    list,
};
use crate::{
    config::{Glyph, Token},
    model::{Environment, Severity, Target, Text, plural},
    tui::{
        app::{App, Listing, Page},
        grid::{cut, width},
        layout::Layout,
    },
};

pub(super) fn draw(app: &App, layout: &Layout, brush: &mut Brush<'_>) {
    brush.fill(layout.header, Token::Header);
    fleet(app, layout, brush);
    if let Page::List(listing) = app.trail.page() {
        totals(app, listing, layout, brush);
    }
    crumbs(app, layout, brush);
}

/// The fleet, its environment in words, who answers, and the time.
fn fleet(app: &App, layout: &Layout, brush: &mut Brush<'_>) {
    let line = layout.header;
    let fleet = &app.world.fleet;
    let clock = app.now.strftime("%H:%M UTC").to_string();
    let end = line.width.saturating_sub(width(&clock) + 1);
    brush.put(end, line.y, width(&clock), &clock, Token::Dim);
    let (leave, how) = leave(app, line.width, brush);
    let end = end.saturating_sub(width(&leave) + 2);
    brush.put(end, line.y, width(&leave), &leave, how);
    let mut x = 1;
    let word = format!(" {} ", fleet.environment.word());
    x += brush.put(x, line.y, end.saturating_sub(x), &word, environment(fleet.environment)) + 1;
    let name = Text::from(fleet.name.as_str()).to_string();
    x += brush.put(x, line.y, end.saturating_sub(x + 1).min(40), &name, Token::Title) + 2;
    for (words, how) in &app.sources.words {
        let (token, sign) = (token(*how), sign(brush.theme, *how));
        let words = if *how == Severity::Ok {
            words.clone()
        } else {
            format!("{sign} {words}")
        };
        x += brush.put(x, line.y, end.saturating_sub(x + 1), &words, token) + 2;
    }
}

/// The look of an environment.
pub(super) fn environment(environment: Environment) -> Token {
    match environment {
        Environment::Production => Token::Production,
        Environment::Staging => Token::Staging,
        Environment::Development => Token::Development,
        Environment::Lab => Token::Lab,
    }
}

/// Whether anything can be changed, for how much longer, and what for.
fn leave(app: &App, room: u16, brush: &Brush<'_>) -> (String, Token) {
    let Some(permit) = &app.permit else {
        return ("READ-ONLY".to_owned(), Token::Dim);
    };
    let left = permit.until.duration_since(app.clock).as_secs().max(0);
    let (hours, minutes, seconds) = (left / 3600, left / 60 % 60, left % 60);
    let left = match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    };
    let ticket = Text::from(permit.ticket.as_str()).to_string();
    let ticket = cut(&ticket, if room < 100 { 12 } else { 24 }, brush.glyph(Glyph::Cut)).into_owned();
    (format!("WRITE {left} {ticket}"), Token::Warning)
}

/// Totals of the view, or who is waited for.
fn totals(app: &App, listing: &Listing, layout: &Layout, brush: &mut Brush<'_>) {
    let line = layout.headline;
    let mut x = 1;
    for cell in &listing.table.headline {
        let words = cell.value.words(app.now);
        let (token, sign) = (token(cell.severity), sign(brush.theme, cell.severity));
        let words = if cell.severity == Severity::Ok {
            words
        } else {
            format!("{sign} {words}")
        };
        x += brush.put(x, line.y, line.width.saturating_sub(x), &words, token) + 3;
    }
    let waiting = &app.sources.waiting;
    if !listing.table.complete && !waiting.is_empty() {
        let words = format!("waiting for {} {}", some(waiting), brush.glyph(Glyph::Cut));
        brush.put(x, line.y, line.width.saturating_sub(x), &words, Token::Unseen);
    }
}

/// The first names, and how many more there are.
pub(super) fn some(targets: &[Target]) -> String {
    let names: Vec<_> = targets.iter().take(3).map(|target| target.name().to_string()).collect();
    let names = names.join(", ");
    match targets.len().saturating_sub(3) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// The pages from the outermost to this one, its filter, and its counts.
fn crumbs(app: &App, layout: &Layout, brush: &mut Brush<'_>) {
    let line = layout.crumbs;
    let counts = app
        .listing()
        .map(|listing| counts(listing, layout, brush))
        .unwrap_or_default();
    let end = line.width.saturating_sub(width(&counts) + 2);
    brush.put(end + 1, line.y, line.width - end - 1, &counts, Token::Dim);
    let mut x = 1;
    let last = app.trail.pages().len() - 1;
    for (at, page) in app.trail.pages().iter().enumerate() {
        let token = if at == last { Token::Heading } else { Token::Dim };
        let words = match page {
            Page::List(listing) => listing.view.name().to_owned(),
            Page::Thing(reading) => reading.target.to_string(),
        };
        x += brush.put(x, line.y, end.saturating_sub(x), &words, token) + 1;
        if let Page::List(listing) = page
            && !listing.query.filter.is_empty()
        {
            let filter = format!("/{}", listing.query.filter);
            x += brush.put(x, line.y, end.saturating_sub(x), &filter, Token::Match) + 1;
        }
        if at < last {
            x += brush.put(x, line.y, end.saturating_sub(x), brush.glyph(Glyph::Crumb), Token::Dim) + 1;
        }
    }
}

/// Rows shown, the order, marks, and what is not in sight.
fn counts(listing: &Listing, layout: &Layout, brush: &Brush<'_>) -> String {
    let (shown, all) = (listing.rows.len(), listing.table.rows.len());
    let mut words = Vec::new();
    if let Some(sort) = &listing.query.sort {
        let arrow = if sort.reverse {
            brush.glyph(Glyph::Descending)
        } else {
            brush.glyph(Glyph::Ascending)
        };
        words.push(format!("by {} {arrow}", sort.name));
    }
    match (listing.marks.len(), listing.hidden_marks()) {
        (0, _) => {}
        (marks, 0) => words.push(format!("{marks} marked")),
        (marks, hidden) => words.push(format!("{marks} marked, {hidden} hidden")),
    }
    match listing.shown().len() - list::columns(listing, layout.body).len() {
        0 => {}
        hidden => words.push(format!("+{}", plural(hidden, "column"))),
    }
    if !listing.table.unseen.is_empty() {
        words.push(format!("{} unseen", listing.table.unseen.len()));
    }
    if listing.table.complete || all > 0 {
        let place = if shown == 0 { 0 } else { listing.at + 1 };
        words.push(if shown == all {
            format!("{place}/{all}")
        } else {
            format!("{place}/{shown} of {all}")
        });
    }
    words.join("  ")
}
