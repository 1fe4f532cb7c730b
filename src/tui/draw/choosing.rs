//! The line of what happened, on which a moment is chosen: drawn over its whole span, and below it each event in a row.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::{acting::whose, brush::Brush};
use crate::{
    config::Token,
    model::{Event, Happened, Text, Timeline, Value},
    tui::{
        app::{Acting, App, Choosing},
        layout::Layout,
    },
};

/// Cells of the columns: mark, time, age, source.
const COLUMNS: [u16; 4] = [2, 16, 8, 11];

pub(super) fn draw(app: &App, acting: &Acting, choosing: &Choosing, layout: &Layout, brush: &mut Brush<'_>) {
    let line = choosing.line();
    let (area, rows) = choosing.room(layout);
    brush.frame(area, &format!("{}: choose the moment", acting.does.name()));
    whose(app, area, brush);
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    let to: Vec<String> = acting.targets.iter().map(ToString::to_string).collect();
    brush.put(
        x,
        area.y + 2,
        room,
        &format!("back to what it was for {}", to.join(", ")),
        Token::Text,
    );
    span(choosing, Rect::new(x, area.y + 4, room, 2), brush);
    let mut y = area.y + 7;
    let top = choosing.top(rows);
    for (at, event) in line.events.iter().enumerate().skip(top).take(rows) {
        row(event, line, Rect::new(x, y, room, 1), brush);
        if at == choosing.at {
            brush.tint(Rect::new(area.x + 1, y, area.width - 2, 1), Token::Selected);
        }
        y += 1;
    }
    if line.events.is_empty() {
        brush.put(x, y, room, "nothing was seen to happen in that span", Token::Unseen);
        y += 1;
    }
    for why in choosing.unseen() {
        brush.put(x, y, room, &why, Token::Unseen);
        y += 1;
    }
    let bottom = area.bottom().saturating_sub(2);
    if let Some(event) = choosing.event() {
        brush.put(x, bottom.saturating_sub(2), room, &leads(event, line), Token::Title);
    }
    let keys = "enter chooses   r types another moment   esc leaves it";
    brush.put(x, bottom, room, keys, Token::Hint);
    let count = format!("{}/{}", (choosing.at + 1).min(line.events.len()), line.events.len());
    brush.put_right(x, bottom, room, &count, brush.theme.style(Token::Dim));
}

/// The whole span with a sign for each event, the ends under it, and where the operator is.
fn span(choosing: &Choosing, area: Rect, brush: &mut Brush<'_>) {
    let line = choosing.line();
    let last = area.width.saturating_sub(1);
    for x in 0..area.width {
        brush.put(area.x + x, area.y, 1, "·", Token::Frame);
    }
    // The latest of those that share a cell is seen.
    for event in line.events.iter().rev() {
        brush.put(
            area.x + cell(line, event, last),
            area.y,
            1,
            sign(event.kind),
            look(event.kind),
        );
    }
    let from = Value::At(line.from).words(line.to);
    brush.put(area.x, area.y + 1, area.width, &from, Token::Dim);
    brush.put_right(area.x, area.y + 1, area.width, "now", brush.theme.style(Token::Dim));
    if let Some(event) = choosing.event() {
        let x = cell(line, event, last);
        brush.tint(Rect::new(area.x + x, area.y, 1, 1), Token::Selected);
    }
}

/// Where on the span an event stands.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between nothing and the width of the screen"
)]
fn cell(line: &Timeline, event: &Event, last: u16) -> u16 {
    (line.place(event.at) * f64::from(last)).round() as u16
}

fn row(event: &Event, line: &Timeline, area: Rect, brush: &mut Brush<'_>) {
    let [mark, time, age, source] = COLUMNS;
    let utc = event.at.strftime("%m-%d %H:%M:%S").to_string();
    let ago = Value::Began(event.at).words(line.to);
    brush.put(area.x, area.y, 1, sign(event.kind), look(event.kind));
    brush.put(area.x + mark, area.y, time, &utc, Token::Text);
    brush.put_right(area.x + mark + time, area.y, age, &ago, brush.theme.style(Token::Dim));
    let x = mark + time + age + 2;
    let room = area.width.saturating_sub(x + source + 1);
    brush.put(area.x + x, area.y, room, &event.words.to_string(), Token::Text);
    let x = area.width.saturating_sub(source);
    brush.put_right(area.x + x, area.y, source, event.source, brush.theme.style(Token::Dim));
}

/// The moment that is gone back to, in both clocks.
fn leads(event: &Event, line: &Timeline) -> String {
    let before = if event.kind.before() {
        "just before it"
    } else {
        "that moment"
    };
    let (utc, here) = (
        event.moment.told(&TimeZone::UTC),
        event.moment.told(&TimeZone::system()),
    );
    let told = if here.len() > utc.len() { here } else { utc };
    let late = if event.at >= line.archived {
        ", once it is archived"
    } else {
        ""
    };
    format!("back to {before}: {}{late}", Text::from(told))
}

/// One letter each, so that no legend is needed where the rows stand below.
fn sign(kind: Happened) -> &'static str {
    match kind {
        Happened::Commit => "*",
        Happened::Run => "R",
        Happened::Migration => "M",
        Happened::Backup => "B",
        Happened::Copy => "C",
    }
}

fn look(kind: Happened) -> Token {
    match kind {
        Happened::Commit => Token::Warning,
        Happened::Run | Happened::Migration => Token::Notice,
        Happened::Copy => Token::Key,
        Happened::Backup => Token::Text,
    }
}
