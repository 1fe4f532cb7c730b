//! Everything known of one thing: headings, labels, values, and where they lead.

use ratatui::layout::Rect;

use super::brush::{Brush, sign, token};
use crate::{
    config::{Glyph, Token},
    model::{Line, Severity, Value},
    tui::{
        app::{App, Reading},
        grid::width,
        layout::Layout,
    },
};

/// Widest that labels may become.
const LABEL: u16 = 30;

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
    let words = match &line.cell.value {
        Value::Unseen(why) => format!("not seen: {why}"),
        value => value.words(app.now),
    };
    let x = 3 + label + 2;
    let look = match (&line.link, line.cell.severity) {
        (Some(_), Severity::Ok) => Token::Link,
        _ => look,
    };
    let filled = brush.put(x, y, right.saturating_sub(x + 3), &words, look);
    if line.link.is_some() {
        brush.put(x + filled + 1, y, 1, brush.glyph(Glyph::MoreRight), Token::Link);
    }
}
