//! State in, cells out. Nothing is learned and nothing changes while drawing.

mod acting;
mod brush;
mod choices;
mod choosing;
mod dialog;
mod footer;
mod form;
mod header;
mod list;
mod sheet;
mod thing;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    app::{App, Layer, Page},
    layout::{LEAST, Layout},
};
use crate::config::Token;
use brush::Brush;

/// Draws the screen; says where the cursor of the terminal belongs, where it belongs anywhere.
pub fn draw(app: &App, buffer: &mut Buffer) -> Option<Position> {
    let area = buffer.area;
    let mut brush = Brush::new(&app.setup, buffer);
    brush.fill(area, Token::Text);
    if let Layer::Plain(lines) = &app.layer {
        plain(&mut brush, area, lines);
        return None;
    }
    let Some(layout) = Layout::of(area.width, area.height) else {
        too_small(&mut brush, area);
        return None;
    };
    header::draw(app, &layout, &mut brush);
    match app.trail.page() {
        Page::List(listing) => list::draw(app, listing, &layout, &mut brush),
        Page::Thing(reading) => thing::draw(app, reading, &layout, &mut brush),
    }
    let cursor = footer::draw(app, &layout, &mut brush);
    match &app.layer {
        Layer::Menu(menu) => Some(dialog::menu(app, menu, &layout, &mut brush)),
        Layer::Leave => {
            dialog::leave(app, &layout, &mut brush);
            None
        }
        Layer::Paper(title, words) => {
            dialog::paper(app, title, words.text(), &layout, &mut brush);
            None
        }
        Layer::Choices(choices) => {
            choices::draw(app, choices, &layout, &mut brush);
            None
        }
        Layer::Acting(acting) => acting::draw(app, acting, &layout, &mut brush),
        Layer::Page if app.hinting => {
            dialog::keys(app, &layout, &mut brush);
            None
        }
        Layer::Page | Layer::Prompt(_) | Layer::Plain(_) => cursor,
    }
}

/// Nothing but words, so that the terminal's own selection takes nothing else.
fn plain(brush: &mut Brush<'_>, area: Rect, lines: &[String]) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        brush.put(area.x, y, area.width, line, Token::Text);
    }
}

fn too_small(brush: &mut Brush<'_>, area: Rect) {
    let words = [
        "too small".to_owned(),
        format!("{}x{} is wanted", LEAST.0, LEAST.1),
        format!("{}x{} is there", area.width, area.height),
    ];
    for (y, line) in (area.y..area.bottom()).zip(&words) {
        brush.put(area.x, y, area.width, line, Token::Text);
    }
}
