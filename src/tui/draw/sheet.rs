//! A plan, and what is typed to confirm it.

use ratatui::layout::{Position, Rect};
use tui_input::Input;

use super::{
    acting::{look, whose},
    brush::Brush,
};
use crate::{
    config::Token,
    model::{Confirm, plural},
    tui::{
        app::{App, Focus, Sheet},
        grid::width,
        layout::Layout,
    },
};

/// Before what is typed.
const LABEL: u16 = 6;

pub(super) fn draw(app: &App, sheet: &Sheet, layout: &Layout, brush: &mut Brush<'_>) -> Option<Position> {
    let (area, rows) = sheet.room(layout);
    brush.frame(area, &sheet.title);
    whose(app, area, brush);
    let lines = sheet.broken(layout);
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    let top = sheet.top.min(lines.len().saturating_sub(rows));
    for (y, (mark, words)) in (area.y + 2..area.bottom()).zip(lines.iter().skip(top).take(rows)) {
        brush.put(x, y, room, words, look(*mark));
    }
    let y = area.y + 2 + u16::try_from(rows).unwrap_or(0);
    let below = lines.len().saturating_sub(top + rows);
    let more = match (top, below) {
        (0, 0) => String::new(),
        (above, 0) => format!("{} above", plural(above, "line")),
        (0, below) => format!("{} below", plural(below, "more line")),
        (above, below) => format!("{} below, {above} above", plural(below, "more line")),
    };
    brush.put_right(x, y, room, &more, brush.theme.style(Token::Notice));
    confirm(
        app,
        sheet,
        Rect::new(x, y + 1, room, area.bottom().saturating_sub(y + 2)),
        brush,
    )
}

/// What has to be typed, where it is typed, and the ways out.
fn confirm(app: &App, sheet: &Sheet, area: Rect, brush: &mut Brush<'_>) -> Option<Position> {
    let small = sheet.too_small(app.size);
    let said = small.as_ref().or(sheet.said.as_ref());
    let ask = match said {
        Some(_) if small.is_some() => String::new(),
        _ => sheet.asks(),
    };
    brush.put(area.x, area.y, area.width, &ask, Token::Title);
    let mut y = area.y + 1;
    let mut cursor = None;
    if small.is_none() {
        let mut field = |label: &str, input: &Input, focus: Focus| {
            let place = line(label, input, Rect::new(area.x, y, area.width, 1), brush);
            cursor = cursor.or((sheet.focus == focus).then_some(place));
            y += 1;
        };
        if !matches!(sheet.confirm, Confirm::Yes) {
            field("word", &sheet.word, Focus::Word);
        }
        if matches!(sheet.confirm, Confirm::Name(_)) {
            field("why", &sheet.reason, Focus::Reason);
        }
        buttons(sheet, Rect { y, height: 1, ..area }, brush);
    }
    if let Some(said) = said {
        let last = area.bottom().saturating_sub(1);
        brush.put(area.x, last, area.width, said, Token::Critical);
    }
    cursor
}

/// A line that is typed, scrolled so that the cursor is in sight.
fn line(label: &str, input: &Input, area: Rect, brush: &mut Brush<'_>) -> Position {
    brush.put(area.x, area.y, LABEL, label, Token::Dim);
    let x = area.x + LABEL;
    let room = area.width.saturating_sub(LABEL + 1);
    let scroll = input.visual_scroll(usize::from(room));
    let seen: String = input.value().chars().skip(scroll).collect();
    brush.put(x, area.y, room, "", Token::Text);
    brush.put(x, area.y, room, &seen, Token::Text);
    let typed = width(&seen).min(room);
    for blank in typed..room.min(40) {
        brush.put(x + blank, area.y, 1, "_", Token::Dim);
    }
    let column = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
    Position {
        x: x + column.min(room),
        y: area.y,
    }
}

fn buttons(sheet: &Sheet, area: Rect, brush: &mut Brush<'_>) {
    let mut x = area.x;
    let mut button = |words: &str, on: bool, token: Token, brush: &mut Brush<'_>| {
        let filled = brush.put(x, area.y, area.right().saturating_sub(x), words, token);
        if on {
            brush.tint(Rect::new(x, area.y, filled, 1), Token::Selected);
        }
        x += filled + 2;
    };
    button("[ cancel ]", sheet.focus == Focus::Cancel, Token::Text, brush);
    let hint = match (&sheet.confirm, sheet.focus, sheet.is_ready()) {
        (Confirm::Yes, ..) => "enter cancels, y confirms",
        (_, Focus::Confirm, _) => "y confirms",
        (_, Focus::Cancel, _) => "enter cancels; type to go on",
        (_, _, true) => "tab goes on to confirm, y on it confirms",
        (Confirm::Name(_), Focus::Word, _) => "tab goes on to why",
        _ => "",
    };
    if !matches!(sheet.confirm, Confirm::Yes) {
        let token = if sheet.is_ready() { Token::Text } else { Token::Dim };
        button("[ confirm ]", sheet.focus == Focus::Confirm, token, brush);
    }
    button(hint, false, Token::Hint, brush);
}
