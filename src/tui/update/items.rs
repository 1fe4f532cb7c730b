//! What the lists that are chosen from offer, made from the live keymap, the views and the fleet.

use super::{command::COMMANDS, offer};
use crate::{
    config::{Action, written},
    model::{Kind, Target},
    tui::app::{App, Deed, Item, Purpose},
};

/// Everything that may be chosen.
pub(super) fn items(app: &App, purpose: Purpose) -> Vec<Item> {
    match purpose {
        Purpose::Palette => palette(app),
        Purpose::Help => help(app),
        Purpose::Bookmarks => bookmarks(app).collect(),
        Purpose::Sort => orders(app),
        Purpose::Columns => columns(app),
    }
}

/// The keys of this page, then commands, then the grammar of filters.
fn help(app: &App) -> Vec<Item> {
    let filters = FILTERS.iter().map(|(form, about)| Item {
        name: (*form).to_owned(),
        about: (*about).to_owned(),
        keys: "/".to_owned(),
        deed: Deed::Read,
    });
    keys(app).chain(commands()).chain(filters).collect()
}

/// What keys do here; keys that do the same stand in one line.
fn keys(app: &App) -> impl Iterator<Item = Item> {
    let mut items: Vec<Item> = Vec::new();
    for binding in app.setup.keymap.bindings(&app.context()) {
        let Some(action) = &binding.action else { continue };
        let deed = Deed::Act(action.clone());
        match items.iter_mut().find(|item| item.deed == deed) {
            Some(item) => item.keys = format!("{} {}", item.keys, written(&binding.keys)),
            None => items.push(Item {
                name: action.word(),
                about: binding.about.clone(),
                keys: written(&binding.keys),
                deed,
            }),
        }
    }
    items.into_iter()
}

fn bookmarks(app: &App) -> impl Iterator<Item = Item> {
    app.memory.bookmarks.iter().map(|(name, line)| Item {
        name: name.clone(),
        about: line.clone(),
        keys: String::new(),
        deed: Deed::Line(line.clone()),
    })
}

const FILTERS: [(&str, &str); 8] = [
    ("word", "rows in which these letters lie close together"),
    ("\"some text\"", "rows that hold this text"),
    ("!word", "rows that do not; stands before any other form too"),
    ("column=value", "rows with this word or number; != for the others"),
    ("column~pattern", "rows that match a regular expression"),
    ("column>5s", "also <, >=, <=; with ms s m h d, kB MB GB TB, %"),
    (
        "is:wrong",
        "warning or critical; also is:critical, is:warning, is:unseen, is:notice, is:ok, is:stale",
    ),
    ("sort:column:desc", "in a line after ':', with cols:a,b for the columns"),
];

fn commands() -> impl Iterator<Item = Item> {
    COMMANDS.iter().map(|command| Item {
        name: format!(":{} {}", command.name, command.takes).trim_end().to_owned(),
        about: command.about.to_owned(),
        keys: String::new(),
        deed: if command.takes.is_empty() {
            Deed::Line(command.name.to_owned())
        } else {
            Deed::Read
        },
    })
}

/// Views, bookmarks, actions, then the things of the fleet.
fn palette(app: &App) -> Vec<Item> {
    let keys_for = |line: &str| {
        app.setup
            .keymap
            .keys_for(&app.context(), &Action::Run(line.to_owned()))
            .map(written)
    };
    let views = app.setup.views.iter().map(|view| Item {
        name: view.name().to_owned(),
        about: view.about().to_owned(),
        keys: keys_for(view.name()).unwrap_or_default(),
        deed: Deed::Line(view.name().to_owned()),
    });
    let views: Vec<Item> = views.collect();
    let actions = keys(app).filter(|item| !matches!(&item.deed, Deed::Act(Action::Run(_))));
    views
        .into_iter()
        .chain(bookmarks(app))
        .chain(actions)
        .chain(operations(app))
        .chain(things(app))
        .collect()
}

/// What can be done to what is chosen, and why not.
fn operations(app: &App) -> impl Iterator<Item = Item> {
    offer::known(app).into_iter().map(|choice| {
        let name = choice.does.name();
        Item {
            name: format!("do: {}", name.replace('-', " ")),
            about: choice.why_not.unwrap_or_else(|| choice.does.about().to_owned()),
            keys: String::new(),
            deed: Deed::Line(format!("do {name}")),
        }
    })
}

/// Instances, servers, standbys and tenants, as the views list them.
fn things(app: &App) -> Vec<Item> {
    let wanted = [Kind::Instance, Kind::Server, Kind::Standby, Kind::Tenant];
    let mut things = Vec::new();
    for view in app.setup.views {
        let table = view.table(&app.world);
        let rows = table.rows.into_iter().filter(|row| wanted.contains(&row.target.kind()));
        things.extend(rows.map(|row| row.target));
    }
    things.sort();
    things.dedup();
    let item = |target: Target| Item {
        name: target.name().to_string(),
        about: target.to_string(),
        keys: String::new(),
        deed: Deed::Open(target),
    };
    things.into_iter().map(item).collect()
}

fn orders(app: &App) -> Vec<Item> {
    let Some(listing) = app.listing() else {
        return Vec::new();
    };
    let sort = listing.query.sort;
    let direction = |at| match sort {
        Some(sort) if sort.column == at && sort.reverse => "descending",
        Some(sort) if sort.column == at => "ascending",
        _ => "",
    };
    let own = Item {
        name: "worst first".to_owned(),
        about: "the view's own order".to_owned(),
        keys: if sort.is_none() { "now" } else { "" }.to_owned(),
        deed: Deed::Sort(None),
    };
    let columns = listing.query.all().iter().enumerate().map(|(at, column)| Item {
        name: column.name.to_owned(),
        about: column.about.to_owned(),
        keys: direction(at).to_owned(),
        deed: Deed::Sort(Some(at)),
    });
    std::iter::once(own).chain(columns).collect()
}

fn columns(app: &App) -> Vec<Item> {
    let Some(listing) = app.listing() else {
        return Vec::new();
    };
    let shown = listing.shown();
    let columns = listing.query.all().iter().enumerate().map(|(at, column)| Item {
        name: column.name.to_owned(),
        about: column.about.to_owned(),
        keys: if shown.contains(&at) { "shown" } else { "" }.to_owned(),
        deed: Deed::Column(at),
    });
    columns.collect()
}
