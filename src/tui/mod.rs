//! The terminal: keys in, frames out. `update` and `draw` are plain functions; only the loop waits.

pub mod app;
mod clipboard;
pub mod draw;
pub mod grid;
pub mod input;
pub mod keys;
pub mod layout;
mod pace;
pub mod screen;
mod serve;
pub mod setup;
pub mod signals;
pub mod terminal;
pub mod update;

pub use serve::{Begin, Calls, Ended, Prepare, Recall, Reveal, Surroundings, Tell, serve};

use crate::{
    config::{ViewWords, Vocabulary},
    views::View,
};

/// The words that keymaps may use: the views, their columns, and what can be typed after `:`.
pub fn vocabulary(views: &[&dyn View]) -> Vocabulary {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    let view = |view: &&dyn View| {
        let words = ViewWords {
            aliases: names(view.aliases()),
            about: view.about().to_owned(),
            columns: view.columns().iter().map(|column| column.name.to_owned()).collect(),
        };
        (view.name().to_owned(), words)
    };
    let commands = update::COMMANDS
        .iter()
        .map(|command| (command.name.to_owned(), command.about.to_owned()));
    Vocabulary {
        views: views.iter().map(view).collect(),
        commands: commands.collect(),
    }
}
