//! Everything known of one thing: headings, labels, values, and where they lead.

use ratatui::layout::Rect;

use super::brush::{Brush, sign, token};
use crate::{
    config::{Glyph, Token},
    model::{Headway, Line, Severity, Value},
    tui::{
        app::{App, Reading},
        grid::width,
        layout::Layout,
    },
};

/// Widest that labels may become.
const LABEL: u16 = 30;
/// How the cells of a bar look, as [`Headway::cells`] tells them.
const LOOKS: [Token; 4] = [Token::Ok, Token::Warning, Token::Notice, Token::Dim];

pub(super) fn draw(app: &App, reading: &Reading, layout: &Layout, brush: &mut Brush<'_>) {
    use crate::tui::app::Part;
    let area = Rect::new(0, layout.headings.y, layout.body.width, layout.body.height + 1);
    let labels = reading.lines().map(|line| width(&line.label.to_string())).max();
    let label = labels.unwrap_or(0).min(LABEL);
    if reading.detail.is_none() {
        brush.put(
            3,
            area.y + 1,
            area.width - 4,
            "it is not seen any more; esc goes back",
            Token::Unseen,
        );
    }
    let parts = reading.parts();
    for (y, part) in (area.y..area.bottom()).zip(parts.iter().skip(reading.top)) {
        match part {
            Part::Gap => {}
            Part::Heading(title) => {
                brush.put(1, y, area.width - 2, title, Token::Heading);
            }
            Part::Line(at, line) => {
                paint(app, line, label, y, area.width, brush);
                if *at == reading.at {
                    brush.tint(Rect::new(0, y, area.width, 1), Token::Selected);
                }
            }
        }
    }
}

fn paint(app: &App, line: &Line, label: u16, y: u16, right: u16, brush: &mut Brush<'_>) {
    let look = token(line.cell.severity);
    brush.put(1, y, 1, sign(brush.theme, line.cell.severity), look);
    brush.put(3, y, label, &line.label.to_string(), Token::Dim);
    let x = 3 + label + 2;
    let filled = match &line.cell.value {
        Value::Headway(headway) => bar(*headway, x, y, right, brush),
        _ => 0,
    };
    let x = x + filled;
    let words = match &line.cell.value {
        Value::Unseen(why) => format!("not seen: {why}"),
        value => value.words(app.now),
    };
    let look = match (&line.link, line.cell.severity) {
        (Some(_), Severity::Ok) => Token::Link,
        _ => look,
    };
    let filled = brush.put(x, y, right.saturating_sub(x + 3), &words, look);
    if line.link.is_some() {
        brush.put(x + filled + 1, y, 1, brush.glyph(Glyph::MoreRight), Token::Link);
    }
}

/// Paints a bar; how many cells it takes, with the room after it.
fn bar(headway: Headway, x: u16, y: u16, right: u16, brush: &mut Brush<'_>) -> u16 {
    let room = right.saturating_sub(x);
    let widest = if room < 70 { 16 } else { 40 };
    let kinds = brush.glyph(Glyph::Bar).chars().zip(LOOKS).zip(headway.cells(widest));
    let kinds: Vec<_> = kinds.collect();
    let mut at = x;
    for ((sign, look), cells) in kinds {
        let words: String = std::iter::repeat_n(sign, usize::from(cells)).collect();
        brush.put(at, y, cells.min(right.saturating_sub(at)), &words, look);
        at += cells;
    }
    widest + 1
}
