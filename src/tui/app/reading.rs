//! An open detail: everything known of one thing, line by line.

use jiff::Timestamp;

use crate::{
    model::{Detail, Line, Target, Value},
    store::Snapshot,
    tui::setup::Setup,
};

/// A detail on screen.
pub struct Reading {
    /// Of what.
    pub target: Target,
    /// As last laid out; `None` where nothing is known of it now.
    pub detail: Option<Detail>,
    /// The line that the operator stands on, headings not counted.
    pub at: usize,
    /// The first line in sight, headings counted.
    pub top: usize,
    /// What is searched for, in any case.
    pub find: String,
}

/// A line of the page: a heading, a line of a section, or the room between sections.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// Between sections.
    Gap,
    /// Of a section.
    Heading(&'static str),
    /// The n-th line of all.
    Line(usize, &'a Line),
}

impl Reading {
    /// Opens what is known of this thing.
    pub fn of(setup: &Setup, target: Target, world: &Snapshot) -> Self {
        let detail = (setup.detail)(&target, world);
        Self {
            target,
            detail,
            at: 0,
            top: 0,
            find: String::new(),
        }
    }

    /// Lays it out anew; says whether it has become another.
    pub fn refresh(&mut self, setup: &Setup, world: &Snapshot) -> bool {
        let before = std::mem::replace(&mut self.detail, (setup.detail)(&self.target, world));
        self.at = self.at.min(self.lines().count().saturating_sub(1));
        before != self.detail
    }

    /// Every line of every section.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.detail
            .iter()
            .flat_map(|detail| &detail.sections)
            .flat_map(|section| &section.lines)
    }

    /// The page from top to bottom.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        let mut count = 0;
        for section in self.detail.iter().flat_map(|detail| &detail.sections) {
            if !parts.is_empty() {
                parts.push(Part::Gap);
            }
            parts.push(Part::Heading(section.title));
            for line in &section.lines {
                parts.push(Part::Line(count, line));
                count += 1;
            }
        }
        parts
    }

    /// Goes to the next line that holds what is searched for, or to the one before; round the end.
    pub fn seek(&mut self, now: Timestamp, forth: bool, from_next: bool) -> bool {
        let wanted = self.find.to_lowercase();
        let holds = |line: &Line| {
            let words = format!("{} {}", line.label, line.cell.value.words(now));
            words.to_lowercase().contains(&wanted)
        };
        let all: Vec<bool> = self.lines().map(holds).collect();
        let count = all.len();
        let nth = |by: usize| {
            if forth {
                (self.at + by) % count
            } else {
                (self.at + count - by) % count
            }
        };
        let found = (usize::from(from_next)..=count).map(nth).find(|at| all[*at]);
        self.at = found.unwrap_or(self.at);
        found.is_some()
    }

    /// The line under the cursor.
    pub fn line(&self) -> Option<&Line> {
        self.lines().nth(self.at)
    }

    /// Scrolls so that the cursor is in sight, and its heading where it is the first line of it.
    pub fn settle(&mut self, height: usize) {
        let height = height.max(1);
        let parts = self.parts();
        let place = parts
            .iter()
            .position(|part| matches!(part, Part::Line(n, _) if *n == self.at));
        let place = place.unwrap_or(0);
        let above = usize::from(matches!(parts.get(place.saturating_sub(1)), Some(Part::Heading(_))));
        let top = self
            .top
            .min(parts.len().saturating_sub(height))
            .min(place.saturating_sub(above));
        self.top = top.max((place + 1).saturating_sub(height));
    }

    /// Whether a line changes with the clock.
    pub fn ticks(&self) -> bool {
        self.lines()
            .any(|line| matches!(line.cell.value, Value::Began(_) | Value::Ends(_)))
    }
}
