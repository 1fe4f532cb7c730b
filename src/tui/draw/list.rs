//! The table: headings, and the rows in sight. No other row is looked at.

use ratatui::{layout::Rect, style::Style};

use super::{
    brush::{Brush, sign, token},
    header::some,
};
use crate::{
    config::{Glyph, Token},
    model::{Align, Column, Fault, Row, Severity, Target, Text, Value},
    tui::{
        app::{App, Listing},
        grid::{Room, Slot, fit, width},
        layout::Layout,
    },
};

/// Mark, severity, and a blank.
const GUTTER: u16 = 3;

/// The column that is there while a row shows old values.
const AGE: u16 = 9;

pub(super) fn draw(app: &App, listing: &Listing, layout: &Layout, brush: &mut Brush<'_>) {
    let body = layout.body;
    let slots = columns(listing, body);
    headings(listing, &slots, layout, brush);
    if listing.rows.is_empty() {
        return nothing(app, listing, body, brush);
    }
    let sight = (listing.top..listing.rows.len()).zip(body.y..body.bottom());
    for (at, y) in sight {
        let Some(row) = listing.row_at(at) else { continue };
        let line = Rect { y, height: 1, ..body };
        paint(app, listing, row, &slots, line, brush);
        if at == listing.at {
            brush.tint(line, Token::Selected);
        }
    }
}

/// The columns that are in sight.
pub(super) fn columns(listing: &Listing, body: Rect) -> Vec<Slot> {
    let aged = if listing.aged { AGE } else { 0 };
    let room = Room {
        // The last cell of a line stays empty: what touches the edge looks cut.
        width: body.width.saturating_sub(GUTTER + aged + 1),
        gap: if body.width < 100 { 1 } else { 2 },
        left: listing.left,
        wide: listing.wide,
    };
    fit(listing.query.all(), &listing.shown(), &listing.widths, room)
}

fn headings(listing: &Listing, slots: &[Slot], layout: &Layout, brush: &mut Brush<'_>) {
    let line = layout.headings;
    let heading = brush.theme.style(Token::Heading);
    for slot in slots {
        let column = &listing.query.all()[slot.column];
        let x = GUTTER + slot.x;
        match column.align {
            Align::Left => {
                brush.put_styled(x, line.y, slot.width, column.title, heading);
            }
            Align::Right => brush.put_right(x, line.y, slot.width, column.title, heading),
        }
    }
    if listing.aged {
        brush.put_right(line.width - AGE, line.y, AGE - 1, "AGE", heading);
    }
}

fn paint(app: &App, listing: &Listing, row: &Row, slots: &[Slot], line: Rect, brush: &mut Brush<'_>) {
    let stale = row.fault.is_some();
    let base = brush.theme.style(if stale { Token::Stale } else { Token::Text });
    let (sign, look) = match row.severity {
        Severity::Ok if stale => (brush.glyph(Glyph::Stale), Token::Stale),
        other => (sign(brush.theme, other), token(other)),
    };
    if listing.marks.contains(&row.target) {
        brush.tint(line, Token::Marked);
        brush.put(line.x, line.y, 1, brush.glyph(Glyph::Marked), Token::Marked);
    }
    brush.put(line.x + 1, line.y, 1, sign, look);
    let words: Vec<String> = slots
        .iter()
        .map(|slot| {
            row.cells
                .get(slot.column)
                .map_or_else(String::new, |cell| cell.value.words(app.now))
        })
        .collect();
    let cells = slots
        .iter()
        .map(|slot| slot.column)
        .zip(words.iter().map(String::as_str));
    let hits = listing.query.filter.hits(cells);
    for ((slot, words), hits) in slots.iter().zip(&words).zip(&hits) {
        let Some(cell) = row.cells.get(slot.column) else {
            continue;
        };
        let style = match cell.severity {
            Severity::Ok => base,
            other => base.patch(brush.theme.style(token(other))),
        };
        let column = &listing.query.all()[slot.column];
        let x = cell_words(column, *slot, line.y, words, style, brush);
        highlight(x, line.y, slot, words, hits, brush);
    }
    if let (true, Some(seen)) = (stale, row.seen) {
        let age = Value::Began(seen).words(app.now);
        brush.put_right(line.width - AGE, line.y, AGE - 1, &age, base);
    }
}

/// Puts the words where the column wants them; says where they begin.
fn cell_words(column: &Column, slot: Slot, y: u16, words: &str, style: Style, brush: &mut Brush<'_>) -> u16 {
    let x = GUTTER + slot.x;
    match column.align {
        Align::Left => {
            brush.put_styled(x, y, slot.width, words, style);
            x
        }
        Align::Right => {
            brush.put_right(x, y, slot.width, words, style);
            x + slot.width - width(words).min(slot.width)
        }
    }
}

/// Gives the characters that the filter found their own look, as far as they are in sight.
fn highlight(x: u16, y: u16, slot: &Slot, words: &str, hits: &[u32], brush: &mut Brush<'_>) {
    let mut end = x;
    let mut hits = hits.iter().peekable();
    for (at, c) in (0_u32..).zip(words.chars()) {
        if hits.peek().is_none() {
            return;
        }
        let cells = width(c.encode_utf8(&mut [0; 4]));
        if end + cells > GUTTER + slot.x + slot.width {
            return;
        }
        if hits.next_if(|hit| **hit == at).is_some() {
            brush.tint(Rect::new(end, y, cells, 1), Token::Match);
        }
        end += cells;
    }
}

/// Why there is no row: nobody has answered yet, nothing is there, or nothing matches; and what could not be seen.
fn nothing(app: &App, listing: &Listing, body: Rect, brush: &mut Brush<'_>) {
    let more = brush.glyph(Glyph::Cut);
    let table = &listing.table;
    let first = if !table.rows.is_empty() {
        let all = table.rows.len();
        (
            format!(
                "none of {all} rows matches /{}; esc shows them all",
                listing.query.filter
            ),
            Token::Text,
        )
    } else if table.complete && table.unseen.is_empty() {
        (format!("no {}", listing.view.name()), Token::Text)
    } else if table.complete {
        (
            format!("no {} among what could be seen; what could not:", listing.view.name()),
            Token::Unseen,
        )
    } else if app.sources.waiting.is_empty() {
        (format!("waiting for the first answers {more}"), Token::Unseen)
    } else {
        (
            format!("waiting for {} {more}", some(&app.sources.waiting)),
            Token::Unseen,
        )
    };
    let faults = by_fault(table.unseen.iter().chain(&app.sources.down));
    let faults = faults
        .into_iter()
        .map(|(what, whose)| (format!("{}: {what}", some(&whose)), Token::Warning));
    let lines = std::iter::once(first).chain(faults);
    for (y, (words, token)) in (body.y + 1..body.bottom()).zip(lines) {
        brush.put(GUTTER, y, body.width.saturating_sub(GUTTER + 1), &words, token);
    }
}

/// Each fault once, with everything that has it.
fn by_fault<'a>(faults: impl Iterator<Item = &'a (Target, Fault)>) -> Vec<(&'a Text, Vec<Target>)> {
    let mut all: Vec<(&Text, Vec<Target>)> = Vec::new();
    for (target, fault) in faults {
        match all.iter_mut().find(|(what, _)| *what == &fault.what) {
            Some((_, whose)) if whose.contains(target) => {}
            Some((_, whose)) => whose.push(target.clone()),
            None => all.push((&fault.what, vec![target.clone()])),
        }
    }
    all
}
