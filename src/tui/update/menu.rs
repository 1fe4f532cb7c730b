//! Keys while something is chosen from a list.

use super::{act, command, edit, items, travel};
use crate::{
    config::{Action, Chord},
    tui::{
        app::{App, Deed, Effect, Layer, Purpose},
        layout::Layout,
    },
    views::query::Sort,
};

/// One key.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    let rows = Layout::of(app.size.0, app.size.1).map_or(1, |layout| layout.menu_rows());
    let page = isize::try_from(rows).unwrap_or(1);
    let meaning = super::meaning(app, "picker", chord);
    let Layer::Menu(menu) = &mut app.layer else {
        return Vec::new();
    };
    let columns = menu.purpose == Purpose::Columns;
    if let Some(by) = meaning.as_ref().and_then(|action| super::moves(action, page)) {
        menu.step(by, rows);
        return Vec::new();
    }
    match meaning {
        Some(Action::Back | Action::Leave) => app.layer = Layer::Page,
        // Columns are ticked one by one; enter is the end of it.
        Some(Action::Open) if columns => app.layer = Layer::Page,
        Some(Action::Open) => return choose(app),
        Some(Action::Mark) if columns => return choose(app),
        None if columns && chord.types() == Some(' ') => return choose(app),
        Some(action) => {
            if edit::obey(&mut menu.input, &action) {
                menu.search();
            }
        }
        None => {
            if edit::type_key(&mut menu.input, chord) {
                menu.search();
            }
        }
    }
    Vec::new()
}

fn choose(app: &mut App) -> Vec<Effect> {
    let Layer::Menu(menu) = &app.layer else {
        return Vec::new();
    };
    let Some(deed) = menu.chosen().map(|item| item.deed.clone()) else {
        return Vec::new();
    };
    if let Deed::Column(column) = deed {
        toggle(app, column);
        return Vec::new();
    }
    app.layer = Layer::Page;
    match deed {
        Deed::Act(action) => return act::act(app, &action),
        Deed::Line(line) => return command::run(app, &line),
        Deed::Open(target) => travel::open_target(app, target),
        Deed::Sort(column) => sort(app, column),
        Deed::Column(_) | Deed::Read => {}
    }
    Vec::new()
}

/// By this column; once more by the same turns the order round.
fn sort(app: &mut App, column: Option<usize>) {
    let now = app.now;
    act::listing(app, |listing| {
        let before = listing.query.sort.take();
        let again = before.filter(|before| Some(before.column) == column);
        let fresh = column.and_then(|column| Sort::by(listing.query.all(), column));
        listing.query.sort = fresh.map(|sort| Sort {
            reverse: again.is_some_and(|sort| !sort.reverse),
            ..sort
        });
        listing.arrange(now);
    });
}

/// Shows or hides a column; the last one stays.
fn toggle(app: &mut App, column: usize) {
    act::listing(app, |listing| {
        let mut shown = listing.shown();
        match shown.iter().position(|known| *known == column) {
            Some(at) if shown.len() > 1 => {
                shown.remove(at);
            }
            Some(_) => {}
            // To its place in the view, or to the end where the operator chose another order.
            None if shown.is_sorted() => shown.insert(shown.partition_point(|known| *known < column), column),
            None => shown.push(column),
        }
        listing.query.columns = (shown != listing.usual).then_some(shown);
    });
    let fresh = items::items(app, Purpose::Columns);
    if let Layer::Menu(menu) = &mut app.layer {
        menu.items = fresh;
    }
}
