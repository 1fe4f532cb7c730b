//! Lines typed after `:`: views, bookmarks, operations, and a few commands.

use super::{act, copy, offer, quiet, travel, write};
use crate::{
    config::Action,
    model::{Kind, Severity, Target},
    ops,
    tui::app::{App, Effect, Memory},
    views::query::Query,
};

/// A command that is not a view.
pub struct Command {
    /// The word that it begins with.
    pub name: &'static str,
    /// What follows it; empty where nothing does.
    pub takes: &'static str,
    /// What it does, one line.
    pub about: &'static str,
    run: fn(&mut App, &str) -> Vec<Effect>,
}

/// Every command that is not a view.
pub static COMMANDS: &[Command] = &[
    Command {
        name: "bookmark",
        takes: "NAME",
        about: "keep this view, filter and order under a name",
        run: bookmark,
    },
    Command {
        name: "forget",
        takes: "NAME",
        about: "drop a bookmark",
        run: forget,
    },
    Command {
        name: "describe",
        takes: "KIND PATH",
        about: "everything known of one thing",
        run: describe,
    },
    Command {
        name: "do",
        takes: "OPERATION",
        about: "plan an operation for the row or the marked rows, such as `do end-sessions how=terminate`; its name alone does too",
        run: offer::run,
    },
    Command {
        name: "write",
        takes: "TIME TICKET",
        about: "leave to write for a while, such as `write 15m OPS-1`; `write off` ends it",
        run: write::write,
    },
    Command {
        name: "help",
        takes: "",
        about: "the keys of this page",
        run: |app, _| act::act(app, &Action::Help),
    },
    Command {
        name: "columns",
        takes: "",
        about: "choose columns",
        run: |app, _| act::act(app, &Action::Columns),
    },
    Command {
        name: "sort",
        takes: "",
        about: "choose the order",
        run: |app, _| act::act(app, &Action::Sort),
    },
    Command {
        name: "mute",
        takes: "TIME REASON",
        about: "keep quiet about the finding under the cursor, such as `mute 24h known`",
        run: quiet::mute,
    },
    Command {
        name: "unmute",
        takes: "",
        about: "speak of the finding under the cursor again",
        run: |app, _| quiet::unmute(app),
    },
    Command {
        name: "theme",
        takes: "NAME",
        about: "dress the screen in another theme",
        run: |_, name| vec![Effect::Dress(name.to_owned())],
    },
    Command {
        name: "mouse",
        takes: "",
        about: "take the mouse, or leave it",
        run: |app, _| act::act(app, &Action::Mouse),
    },
    Command {
        name: "select",
        takes: "",
        about: "bare words for the terminal's own selection",
        run: |app, _| copy::bare(app),
    },
    Command {
        name: "quit",
        takes: "",
        about: "leave",
        run: |_, _| vec![Effect::Quit],
    },
    Command {
        name: "q",
        takes: "",
        about: "leave",
        run: |_, _| vec![Effect::Quit],
    },
];

/// Does what the line says, and remembers it.
pub(super) fn run(app: &mut App, line: &str) -> Vec<Effect> {
    let line = line.trim().trim_start_matches(':').trim();
    if line.is_empty() {
        return act::act(app, &Action::Palette);
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let command = COMMANDS.iter().find(|command| command.name == word);
    if let Some(command) = command {
        Memory::keep(&mut app.memory.history, line);
        return (command.run)(app, rest.trim());
    }
    // Views and bookmarks go first: they were there before an operation of that name.
    let is_view = app
        .nouns()
        .iter()
        .any(|noun| noun.name == word || noun.aliases.contains(&word));
    if !is_view && !app.memory.bookmarks.contains_key(line) && ops::names().contains(&word) {
        Memory::keep(&mut app.memory.history, line);
        return offer::run(app, line);
    }
    let line = app
        .memory
        .bookmarks
        .get(line)
        .cloned()
        .unwrap_or_else(|| line.to_owned());
    match Query::parse(&line, &app.nouns()) {
        Ok(query) => {
            Memory::keep(&mut app.memory.history, &query.to_string());
            travel::go(app, query);
        }
        Err(wrong) => app.say(Severity::Warning, wrong.to_string()),
    }
    Vec::new()
}

fn bookmark(app: &mut App, name: &str) -> Vec<Effect> {
    let Some(line) = app.listing().map(|listing| listing.query.to_string()) else {
        app.say(Severity::Warning, "only a view can be kept");
        return Vec::new();
    };
    let taken = app
        .nouns()
        .iter()
        .any(|noun| noun.name == name || noun.aliases.contains(&name));
    if name.is_empty() || name.contains(char::is_whitespace) {
        app.say(Severity::Warning, "a bookmark wants a name without blanks");
    } else if taken || COMMANDS.iter().any(|command| command.name == name) || ops::names().contains(&name) {
        app.say(Severity::Warning, format!("{name} is the name of a view or command"));
    } else {
        app.say(Severity::Notice, format!(":{name} now opens {line}"));
        app.memory.bookmarks.insert(name.to_owned(), line);
        return vec![Effect::Save];
    }
    Vec::new()
}

fn forget(app: &mut App, name: &str) -> Vec<Effect> {
    if app.memory.bookmarks.remove(name).is_none() {
        app.say(Severity::Warning, format!("no bookmark {name:?}"));
        return Vec::new();
    }
    app.say(Severity::Notice, format!("{name} is forgotten"));
    vec![Effect::Save]
}

fn describe(app: &mut App, words: &str) -> Vec<Effect> {
    let (kind, path) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    match kind.parse::<Kind>() {
        Ok(kind) => {
            let path = path.trim().split('/').filter(|part| !part.is_empty());
            travel::open_target(app, Target::new(kind, path));
        }
        Err(wrong) => app.say(Severity::Warning, wrong),
    }
    Vec::new()
}
