//! A list to choose from by typing: palette, help, and the pickers of order and columns.

use nucleo_matcher::{
    Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::Input;

use crate::{config::Action, model::Target};

/// What choosing an item does.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Nothing: it is there to be read.
    Read,
    /// What a key would do.
    Act(Action),
    /// What this line would do after `:`.
    Line(String),
    /// Opens this thing.
    Open(Target),
    /// Sorts by this column; by the view's own order where there is none.
    Sort(Option<usize>),
    /// Shows or hides this column.
    Column(usize),
}

/// What the list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Views, actions, bookmarks, things.
    Palette,
    /// Keys and what they do.
    Help,
    /// Views that were kept.
    Bookmarks,
    /// The column to sort by.
    Sort,
    /// The columns to show; choosing does not close it.
    Columns,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What is searched.
    pub name: String,
    /// What else there is to say.
    pub about: String,
    /// The keys that do the same.
    pub keys: String,
    /// What choosing does.
    pub deed: Deed,
}

/// A list to choose from.
pub struct Menu {
    /// What it is for.
    pub purpose: Purpose,
    /// Everything.
    pub items: Vec<Item>,
    /// Places among `items` that match, best first.
    pub shown: Vec<usize>,
    /// Which of `shown` is chosen.
    pub at: usize,
    /// The first of `shown` in sight.
    pub top: usize,
    /// What is searched for.
    pub input: Input,
}

/// Longest list that is shown before anything is typed.
const UNTYPED: usize = 300;

impl Menu {
    /// A list, all of it.
    pub fn new(purpose: Purpose, items: Vec<Item>) -> Self {
        let mut menu = Self {
            purpose,
            items,
            shown: Vec::new(),
            at: 0,
            top: 0,
            input: Input::default(),
        };
        menu.search();
        menu
    }

    /// Shows what matches the input; best first, and in the order of the list among equals.
    pub fn search(&mut self) {
        let words = self.input.value();
        self.at = 0;
        if words.trim().is_empty() {
            self.shown = (0..self.items.len().min(UNTYPED)).collect();
            return;
        }
        let pattern = Pattern::parse(words, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(nucleo_matcher::Config::DEFAULT);
        let mut room = Vec::new();
        let mut score = |words: &str| pattern.score(Utf32Str::new(words, &mut room), &mut matcher);
        let mut found: Vec<(u32, usize)> = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            // A name is worth more than what is said about it.
            let best = score(&item.name).map(|score| score * 2).max(score(&item.about));
            found.extend(best.map(|score| (score, at)));
        }
        found.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.shown = found.into_iter().map(|(_, at)| at).collect();
    }

    /// The chosen item.
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(*self.shown.get(self.at)?)
    }

    /// Goes up or down, and scrolls so that the choice is among `height` lines.
    pub fn step(&mut self, by: isize, height: usize) {
        let last = self.shown.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
        self.settle(height);
    }

    /// Scrolls so that the choice is among `height` lines.
    pub fn settle(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self.top.min(self.at).max((self.at + 1).saturating_sub(height));
    }
}
