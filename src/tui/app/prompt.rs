//! A line that is being typed.

use tui_input::Input;

use crate::views::query::{Filter, Wrong};

/// What the line is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asks {
    /// A view or a command.
    Command,
    /// Which rows stay. Holds the filter that was there before, to go back to.
    Filter(Filter),
    /// A line of a detail.
    Find,
}

/// A line that is being typed.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What it is for.
    pub asks: Asks,
    /// The line and the place in it.
    pub input: Input,
    /// What is wrong with it so far.
    pub wrong: Option<Wrong>,
    /// Lines that complete it, and which of them is in it now.
    pub offers: Vec<String>,
    /// Which of the offers was taken.
    pub taken: Option<usize>,
    /// How far back in history the line is from.
    pub back: Option<usize>,
}

impl Prompt {
    /// A line that begins with `text`.
    pub fn new(asks: Asks, text: &str) -> Self {
        Self {
            asks,
            input: Input::new(text.to_owned()),
            wrong: None,
            offers: Vec::new(),
            taken: None,
            back: None,
        }
    }

    /// The character that stands before the line.
    pub fn sign(&self) -> &'static str {
        match self.asks {
            Asks::Command => ":",
            Asks::Filter(_) | Asks::Find => "/",
        }
    }
}
