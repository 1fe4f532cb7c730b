//! What can be done to what is chosen, each by its letter.

use ratatui::layout::Rect;

use super::{brush::Brush, dialog::title};
use crate::{
    config::{Glyph, Token},
    model::plural,
    tui::{
        app::{App, Choice, Page},
        grid::{cut, width},
        layout::Layout,
    },
};

/// Widest that it becomes.
const WIDEST: u16 = 90;

pub(super) fn draw(app: &App, choices: &[Choice], layout: &Layout, brush: &mut Brush<'_>) {
    let most = layout.body.width.min(WIDEST);
    let lines = u16::try_from(choices.len()).unwrap_or(u16::MAX).saturating_add(2);
    let height = lines.min(layout.body.height);
    let area = Rect::new(layout.body.width - most, layout.body.bottom() - height, most, height);
    // What is chosen may have a long name: the environment is not what gives way.
    let whose = width(&title(app, ""));
    let chosen = chosen(app);
    let chosen = cut(&chosen, most.saturating_sub(whose + 14), brush.glyph(Glyph::Cut));
    brush.frame(area, &title(app, &format!("do to {chosen}")));
    let names = choices.iter().map(|choice| width(choice.does.name()));
    let name = names.max().unwrap_or(0);
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    for (y, choice) in (area.y + 1..area.bottom().saturating_sub(1)).zip(choices) {
        let (key, word, about) = match &choice.why_not {
            None => (Token::Key, Token::Text, choice.does.about()),
            Some(why_not) => (Token::Dim, Token::Dim, why_not.as_str()),
        };
        brush.put(x, y, 1, &choice.does.letter().to_string(), key);
        brush.put(x + 3, y, name, choice.does.name(), word);
        let at = name + 5;
        brush.put(x + at, y, room.saturating_sub(at), about, Token::Dim);
    }
}

/// What is chosen, in words.
fn chosen(app: &App) -> String {
    match app.trail.page() {
        Page::Thing(reading) => reading.target.to_string(),
        Page::List(listing) => match (listing.marks.len(), listing.row()) {
            (0, Some(row)) => row.target.to_string(),
            (0, None) => "nothing".to_owned(),
            (marks, _) => plural(marks, "marked row"),
        },
    }
}
