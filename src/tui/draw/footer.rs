//! The last two lines: what there is to say about the row, and the keys or the line that is being typed.

use ratatui::layout::Position;

use super::{
    brush::{Brush, sign, token},
    list,
};
use crate::{
    config::{Action, Glyph, Token, written},
    model::{Row, Severity, Value},
    tui::{
        app::{App, Layer, Listing, Prompt},
        grid::{Slot, width},
        layout::Layout,
    },
};

/// What the hint bar tells, as far as there is room: most needed first.
const HINTS: [Action; 10] = [
    Action::Open,
    Action::Filter,
    Action::Command,
    Action::Help,
    Action::Back,
    Action::Sort,
    Action::Palette,
    Action::Mark,
    Action::Columns,
    Action::Quit,
];

pub(super) fn draw(app: &App, layout: &Layout, brush: &mut Brush<'_>) -> Option<Position> {
    if let Layer::Prompt(prompt) = &app.layer {
        offers(app, prompt, layout, brush);
        return Some(line(prompt, layout, brush));
    }
    status(app, layout, brush);
    hints(app, layout, brush);
    None
}

fn hints(app: &App, layout: &Layout, brush: &mut Brush<'_>) {
    let area = layout.hints;
    // A dialog says itself what keys do there.
    let own = match &app.layer {
        Layer::Choices(_) => "a letter chooses; any other key leaves",
        Layer::Acting(acting) if acting.sheet().is_some() => "esc cancels  up, down, page keys scroll",
        Layer::Acting(_) => "esc leaves",
        _ => "",
    };
    if !own.is_empty() {
        brush.put(1, area.y, area.width - 2, own, Token::Hint);
        return;
    }
    if !app.pending.is_empty() {
        brush.put(
            1,
            area.y,
            area.width - 2,
            &format!("{} {}", written(&app.pending), brush.glyph(Glyph::Cut)),
            Token::Key,
        );
        return;
    }
    let mut x = 1;
    let bindings = app.setup.keymap.bindings(&app.context());
    for action in &HINTS {
        let Some(keys) = app.setup.keymap.keys_for(&app.context(), action).map(written) else {
            continue;
        };
        let about = bindings.iter().find(|binding| binding.action.as_ref() == Some(action));
        let about = about.map_or("", |binding| &binding.about);
        if x + width(&keys) + 1 + width(about) + 1 > area.width {
            break;
        }
        x += brush.put(x, area.y, area.width - x, &keys, Token::Key) + 1;
        x += brush.put(x, area.y, area.width - x, about, Token::Hint) + 2;
    }
}

fn status(app: &App, layout: &Layout, brush: &mut Brush<'_>) {
    let area = layout.status;
    let (words, how) = match &app.note {
        Some(note) => (note.words.clone(), note.severity),
        // What lies over the page is not about its rows.
        None if matches!(app.layer, Layer::Choices(_) | Layer::Acting(_)) => return,
        None => about_row(app, layout),
    };
    let look = if how == Severity::Ok { Token::Dim } else { token(how) };
    brush.put(1, area.y, 1, sign(brush.theme, how), look);
    brush.put(3, area.y, area.width.saturating_sub(4), &words, look);
}

/// Why the row is old, what of it had to be cut, what of it was not seen, or what the view shows.
fn about_row(app: &App, layout: &Layout) -> (String, Severity) {
    let Some(listing) = app.listing() else {
        return (String::new(), Severity::Ok);
    };
    let slots = list::columns(listing, layout.body);
    let told = listing.row().and_then(|row| {
        old(app, row)
            .or_else(|| whole(app, row, &slots))
            .or_else(|| unseen(listing, row, &slots))
    });
    told.unwrap_or_else(|| (listing.view.about().to_owned(), Severity::Ok))
}

fn old(app: &App, row: &Row) -> Option<(String, Severity)> {
    let fault = row.fault.as_ref()?;
    let hint = fault.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    let words = match row.seen {
        Some(seen) => format!("{} old: {}{hint}", Value::Began(seen).words(app.now), fault.what),
        None => format!("never seen: {}{hint}", fault.what),
    };
    Some((words, Severity::Unseen))
}

/// The worst, then the longest, of what stands cut in this row.
fn whole(app: &App, row: &Row, slots: &[Slot]) -> Option<(String, Severity)> {
    let cells = slots
        .iter()
        .filter_map(|slot| Some((slot, row.cells.get(slot.column)?)));
    let words = cells.map(|(slot, cell)| (slot.width, cell.severity, cell.value.words(app.now)));
    let cut = words.filter(|(room, _, words)| width(words) > *room);
    let (_, severity, words) = cut.max_by_key(|(_, severity, words)| (*severity, width(words)))?;
    Some((words, severity))
}

/// Why something in sight was not seen.
fn unseen(listing: &Listing, row: &Row, slots: &[Slot]) -> Option<(String, Severity)> {
    slots.iter().find_map(|slot| match &row.cells.get(slot.column)?.value {
        Value::Unseen(why) => {
            let name = listing.query.all()[slot.column].name;
            Some((format!("{name} not seen: {why}"), Severity::Unseen))
        }
        _ => None,
    })
}

/// What is wrong with the line so far, or how it could go on.
fn offers(app: &App, prompt: &Prompt, layout: &Layout, brush: &mut Brush<'_>) {
    let area = layout.status;
    if let Some(wrong) = &prompt.wrong {
        brush.put(1, area.y, area.width - 2, &wrong.to_string(), Token::Critical);
        return;
    }
    if prompt.offers.is_empty() {
        return status(app, layout, brush);
    }
    let mut x = 1;
    let first = prompt.taken.unwrap_or(0).saturating_sub(3);
    for (at, offer) in prompt.offers.iter().enumerate().skip(first) {
        let word = offer.trim_end().rsplit(' ').next().unwrap_or_default();
        let token = if Some(at) == prompt.taken {
            Token::Match
        } else {
            Token::Hint
        };
        x += brush.put(x, area.y, area.width.saturating_sub(x + 1), word, token) + 2;
    }
}

/// The line, scrolled so that the cursor is in sight.
fn line(prompt: &Prompt, layout: &Layout, brush: &mut Brush<'_>) -> Position {
    let area = layout.hints;
    let room = usize::from(area.width.saturating_sub(2));
    let scroll = prompt.input.visual_scroll(room);
    let mut gone = 0;
    let seen = prompt.input.value().chars().skip_while(|c| {
        let cells = usize::from(width(c.encode_utf8(&mut [0; 4])));
        let skip = gone < scroll;
        gone += if skip { cells } else { 0 };
        skip
    });
    let seen: String = seen.collect();
    brush.put(0, area.y, 1, prompt.sign(), Token::Prompt);
    // One cell is left for the cursor, so that nothing is cut with a sign that was not typed.
    brush.put(1, area.y, area.width - 1, &seen, Token::Text);
    let x = prompt.input.visual_cursor().saturating_sub(scroll);
    let x = u16::try_from(x).unwrap_or(0).saturating_add(1).min(area.width - 1);
    Position { x, y: area.y }
}
