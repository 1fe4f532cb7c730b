//! What lies over the page: lists to choose from, the ways to go on with a sequence of keys, the question at the door.

use ratatui::layout::{Position, Rect};

use super::brush::Brush;
use crate::{
    config::{Found, Token, written},
    model::Text,
    tui::{
        app::{App, Item, Menu, Purpose},
        grid::{width, wrap},
        layout::Layout,
    },
};

/// A title with the fleet and its environment in words: no dialog is without them.
pub(super) fn title(app: &App, words: &str) -> String {
    let fleet = &app.world.fleet;
    format!(
        "{words}: {}, {}",
        Text::from(fleet.name.as_str()),
        fleet.environment.word()
    )
}

/// A list to choose from, with what was typed.
pub(super) fn menu(app: &App, menu: &Menu, layout: &Layout, brush: &mut Brush<'_>) -> Position {
    let area = layout.menu();
    let words = match menu.purpose {
        Purpose::Palette => "find anything",
        Purpose::Help => "keys and commands",
        Purpose::Bookmarks => "bookmarks",
        Purpose::Sort => "order",
        Purpose::Columns => "columns",
    };
    brush.frame(area, &title(app, words));
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    let prompt = brush.put(x, area.y + 1, room, "> ", Token::Prompt);
    let typed = brush.put(x + prompt, area.y + 1, room - prompt, menu.input.value(), Token::Text);
    let count = format!("{}/{}", menu.shown.len(), menu.items.len());
    let rest = room.saturating_sub(prompt + typed + 1);
    brush.put_right(
        x + prompt + typed + 1,
        area.y + 1,
        rest,
        &count,
        brush.theme.style(Token::Dim),
    );
    let rows = area.y + 3..area.bottom() - 1;
    let items: Vec<&Item> = menu.shown.iter().filter_map(|at| menu.items.get(*at)).collect();
    let names = items
        .iter()
        .skip(menu.top)
        .take(rows.len())
        .map(|item| width(&item.name));
    let keys = items
        .iter()
        .skip(menu.top)
        .take(rows.len())
        .map(|item| width(&item.keys));
    let (name, key) = (names.max().unwrap_or(0).min(36), keys.max().unwrap_or(0).min(14));
    for (at, y) in (menu.top..items.len()).zip(rows) {
        let item = items[at];
        brush.put_right(x, y, key, &item.keys, brush.theme.style(Token::Key));
        brush.put(x + key + 1, y, name, &item.name, Token::Text);
        let about = key + name + 3;
        brush.put(x + about, y, room.saturating_sub(about), &item.about, Token::Dim);
        if at == menu.at {
            brush.tint(Rect::new(area.x + 1, y, area.width - 2, 1), Token::Selected);
        }
    }
    let cursor = u16::try_from(menu.input.visual_cursor())
        .unwrap_or(0)
        .min(room.saturating_sub(prompt + 1));
    Position {
        x: x + prompt + cursor,
        y: area.y + 1,
    }
}

/// Whether to leave.
pub(super) fn leave(app: &App, layout: &Layout, brush: &mut Brush<'_>) {
    let whole = layout.menu();
    let area = Rect::new(whole.x, whole.y + 1, whole.width, 4);
    brush.frame(area, &title(app, "leave the console"));
    brush.put(
        area.x + 2,
        area.y + 1,
        area.width - 4,
        "y leaves; any other key stays",
        Token::Text,
    );
    brush.put(
        area.x + 2,
        area.y + 2,
        area.width - 4,
        "nothing on the servers changes either way",
        Token::Dim,
    );
}

/// The keys that go on with what was typed.
pub(super) fn keys(app: &App, layout: &Layout, brush: &mut Brush<'_>) {
    let Found::Prefix(next) = app.setup.keymap.lookup(&app.context(), &app.pending) else {
        return;
    };
    let height = u16::try_from(next.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2)
        .min(layout.body.height);
    let width = layout.body.width.min(50);
    let area = Rect::new(layout.body.width - width, layout.body.bottom() - height, width, height);
    brush.frame(area, &written(&app.pending));
    for (y, (chord, about)) in (area.y + 1..area.bottom().saturating_sub(1)).zip(&next) {
        brush.put(area.x + 2, y, 8, &chord.to_string(), Token::Key);
        brush.put(area.x + 11, y, area.width.saturating_sub(13), about, Token::Text);
    }
}

/// Words that are shown once, broken at the edge.
pub(super) fn paper(app: &App, about: &str, words: &Text, layout: &Layout, brush: &mut Brush<'_>) {
    let area = layout.menu();
    brush.frame(area, &title(app, about));
    let (room, bottom) = (area.width.saturating_sub(4), area.bottom().saturating_sub(2));
    let words = words.to_string();
    for (y, line) in (area.y + 1..bottom).zip(wrap(&words, room, true)) {
        brush.put(area.x + 2, y, room, line, Token::Text);
    }
    brush.put(
        area.x + 2,
        bottom,
        room,
        "any key closes; it is kept nowhere",
        Token::Dim,
    );
}
