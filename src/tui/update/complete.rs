//! How a line could go on.

use std::collections::BTreeSet;

use super::{command::COMMANDS, offer};
use crate::{
    model::{Column, Kind, Value},
    ops,
    tui::app::{App, Asks, Layer},
    views::query::Filter,
};

/// Most values of a column that are offered.
const VALUES: usize = 50;

/// Whole lines that complete the one being typed, likeliest first.
pub(super) fn offers(app: &App) -> Vec<String> {
    let Layer::Prompt(prompt) = &app.layer else {
        return Vec::new();
    };
    let line = prompt.input.value();
    let (before, word) = line
        .rfind(char::is_whitespace)
        .map_or(("", line), |at| line.split_at(at + 1));
    let words = match (&prompt.asks, before.split_whitespace().next()) {
        (Asks::Find, _) => Vec::new(),
        (Asks::Filter(_), _) => terms(app, word, columns(app, None)),
        (Asks::Command, None) => first(app),
        (Asks::Command, Some("describe")) => Kind::ALL.iter().map(|(_, word)| format!("{word} ")).collect(),
        (Asks::Command, Some("do")) => match before.split_whitespace().nth(1) {
            Some(name) => asks(app, name),
            None => operations(app),
        },
        (Asks::Command, Some("theme")) => app.setup.themes.clone(),
        (Asks::Command, Some("forget")) => app.memory.bookmarks.keys().cloned().collect(),
        (Asks::Command, Some(name)) if ops::names().contains(&name) => asks(app, name),
        (Asks::Command, Some(name)) => terms(app, word, columns(app, Some(name))),
    };
    let fits = words
        .into_iter()
        .filter(|offer| offer.starts_with(word) && offer != word);
    fits.map(|offer| format!("{before}{offer}")).collect()
}

/// Views, bookmarks, commands, operations.
fn first(app: &App) -> Vec<String> {
    let views = app.setup.views.iter().map(|view| format!("{} ", view.name()));
    let bookmarks = app.memory.bookmarks.keys().cloned();
    let commands = COMMANDS.iter().map(|command| match command.takes {
        "" => command.name.to_owned(),
        _ => format!("{} ", command.name),
    });
    views.chain(bookmarks).chain(commands).chain(operations(app)).collect()
}

/// The operations that are offered here, and those that are offered anywhere.
fn operations(app: &App) -> Vec<String> {
    let all = offer::known(app);
    all.iter().map(|choice| format!("{} ", choice.does.name())).collect()
}

/// What the operation of this name asks.
fn asks(app: &App, name: &str) -> Vec<String> {
    let choices = offer::known(app);
    let asks = choices.iter().filter(|choice| choice.does.name() == name);
    let asks = asks.flat_map(|choice| choice.does.asks());
    asks.flat_map(|ask| match ask.words {
        [] => vec![format!("{}=", ask.name)],
        words => words.iter().map(|word| format!("{}={word}", ask.name)).collect(),
    })
    .collect()
}

/// The columns of the view that is named, or of the open one.
fn columns(app: &App, name: Option<&str>) -> &'static [Column] {
    let called = |name: &str| {
        app.nouns()
            .into_iter()
            .find(|noun| noun.name == name || noun.aliases.contains(&name))
    };
    match name {
        Some(name) => called(name).map_or(&[], |noun| noun.columns),
        None => app.listing().map_or(&[], |listing| listing.query.all()),
    }
}

fn terms(app: &App, word: &str, columns: &'static [Column]) -> Vec<String> {
    let lead = word.len() - word.trim_start_matches(['/', '!']).len();
    let (lead, bare) = word.split_at(lead);
    let names = || columns.iter().map(|column| column.name);
    let offers: Vec<String> = if bare.starts_with("is:") {
        Filter::STATES.iter().map(|state| format!("is:{state}")).collect()
    } else if bare.starts_with("sort:") {
        names()
            .flat_map(|name| [format!("sort:{name}"), format!("sort:{name}:desc")])
            .collect()
    } else if let Some(list) = bare.strip_prefix("cols:") {
        let done = list.rfind(',').map_or("", |at| &list[..=at]);
        names().map(|name| format!("cols:{done}{name}")).collect()
    } else if let Some((name, _)) = bare.split_once('=') {
        values(app, name)
            .into_iter()
            .map(|value| format!("{name}={value}"))
            .collect()
    } else {
        let marks = ["is:", "sort:", "cols:"].map(String::from);
        names().map(|name| format!("{name}=")).chain(marks).collect()
    };
    offers.into_iter().map(|offer| format!("{lead}{offer}")).collect()
}

/// The words that a column of the open view holds.
fn values(app: &App, name: &str) -> BTreeSet<String> {
    let Some(listing) = app.listing() else {
        return BTreeSet::new();
    };
    let column = listing.query.all().iter().position(|column| column.name == name);
    let cells = listing.table.rows.iter().filter_map(|row| row.cells.get(column?));
    let words = cells.filter_map(|cell| match &cell.value {
        Value::Word(_) | Value::Text(_) | Value::Flag(_) => Some(cell.value.words(app.now)),
        _ => None,
    });
    let quoted = words.map(|words| {
        if words.contains(' ') {
            format!("\"{words}\"")
        } else {
            words
        }
    });
    quoted
        .take(VALUES * 20)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .take(VALUES)
        .collect()
}
