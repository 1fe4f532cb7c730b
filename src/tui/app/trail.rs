//! Where the operator is, how they came there, and where they were before.

use super::{Listing, Reading};
use crate::model::Target;

/// What fills the screen.
pub enum Page {
    /// A view.
    List(Box<Listing>),
    /// One thing.
    Thing(Reading),
}

/// A page, as far as it is worth remembering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A view by its line, and the row that the cursor was on.
    List(String, Option<Target>),
    /// One thing.
    Thing(Target),
}

/// The pages from the outermost to the one on screen.
pub type Place = Vec<Step>;

/// How many places are remembered.
const REMEMBERED: usize = 100;

/// The open pages, and the places seen before and after.
pub struct Trail {
    pages: Vec<Page>,
    visited: Vec<Place>,
    at: usize,
    last: usize,
}

impl Page {
    /// What to remember of it.
    pub fn step(&self) -> Step {
        match self {
            Self::List(listing) => Step::List(listing.query.to_string(), listing.cursor.clone()),
            Self::Thing(reading) => Step::Thing(reading.target.clone()),
        }
    }

    /// Facts that are kept fresh for it. A detail lives on those of the list that it was opened from.
    pub fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::List(listing) => listing.view.watches(),
            Self::Thing(_) => &[],
        }
    }
}

impl Trail {
    /// One page, nowhere else been.
    pub fn new(page: Page) -> Self {
        Self {
            visited: vec![vec![page.step()]],
            pages: vec![page],
            at: 0,
            last: 0,
        }
    }

    /// From the outermost to the one on screen; never empty.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The page on screen.
    pub fn page(&self) -> &Page {
        &self.pages[self.pages.len() - 1]
    }

    /// The page on screen, to change it.
    pub fn page_mut(&mut self) -> &mut Page {
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// Goes deeper.
    pub fn push(&mut self, page: Page) {
        self.leave();
        self.pages.push(page);
        self.arrive();
    }

    /// Goes back to the page that this one was opened from; false at the outermost.
    pub fn pop(&mut self) -> bool {
        if self.pages.len() < 2 {
            return false;
        }
        self.leave();
        self.pages.pop();
        self.arrive();
        true
    }

    /// Goes to a view of its own.
    pub fn reset(&mut self, page: Page) {
        self.leave();
        self.pages = vec![page];
        self.arrive();
    }

    /// The place `by` steps back or forth in time, where there is one.
    pub fn visited(&self, by: isize) -> Option<(usize, &Place)> {
        let at = self.at.checked_add_signed(by)?;
        Some((at, self.visited.get(at)?))
    }

    /// The place before this one in time, whichever way the operator came.
    pub fn before(&self) -> Option<(usize, &Place)> {
        (self.last != self.at).then_some(())?;
        Some((self.last, self.visited.get(self.last)?))
    }

    /// Shows a place that was visited; `pages` are its pages, opened again.
    pub fn revisit(&mut self, at: usize, pages: Vec<Page>) {
        if pages.is_empty() {
            return;
        }
        self.leave();
        self.last = self.at;
        self.at = at;
        self.pages = pages;
    }

    fn leave(&mut self) {
        self.visited[self.at] = self.pages.iter().map(Page::step).collect();
    }

    fn arrive(&mut self) {
        self.visited.truncate(self.at + 1);
        self.visited.push(self.pages.iter().map(Page::step).collect());
        if self.visited.len() > REMEMBERED {
            self.visited.remove(0);
        }
        self.at = self.visited.len() - 1;
        self.last = self.at.saturating_sub(1);
    }
}
