//! What an operation asks before there is a plan.

use std::collections::BTreeMap;

use tui_input::Input;

use super::Does;
use crate::{
    model::{Kind, Target},
    ops::Ask,
};

/// One line for each thing that is asked, and first of all one for the name of what is made, where something is.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The lines.
    pub fields: Vec<Field>,
    /// The line that the operator is on.
    pub at: usize,
    /// Something was answered: before that nothing is wrong with it.
    pub touched: bool,
}

/// One thing that is asked.
#[derive(Clone, Debug)]
pub struct Field {
    /// What.
    pub about: About,
    /// The answer so far.
    pub says: Says,
}

/// What a line of a form is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// What is made: its name.
    Made(Kind),
    /// Something that is asked besides.
    Ask(&'static Ask),
}

/// What an operation makes, by the name that was typed for it.
pub fn made(kind: Kind, name: &str) -> Target {
    Target::new(kind, name.split('/'))
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Says {
    /// One of the words, by its place.
    Word(usize),
    /// Any text.
    Text(Input),
}

impl Form {
    /// Every question, answered with what was said already, or with what is meant where nothing is said.
    pub fn of(does: Does, targets: &[Target], said: &BTreeMap<String, String>) -> Self {
        let called = targets.first().map(|target| target.part(0).to_owned());
        let made = does.makes().map(|kind| Field {
            about: About::Made(kind),
            says: Says::Text(Input::new(called.clone().unwrap_or_default())),
        });
        let field = |ask: &'static Ask| {
            let said = said.get(ask.name).cloned().unwrap_or_default();
            let says = if ask.words.is_empty() {
                Says::Text(Input::new(said))
            } else {
                Says::Word(ask.words.iter().position(|word| *word == said).unwrap_or(0))
            };
            let about = About::Ask(ask);
            Field { about, says }
        };
        Self {
            touched: made.is_some() && called.is_some(),
            fields: made.into_iter().chain(does.asks().iter().map(field)).collect(),
            at: 0,
        }
    }

    /// What is made, where something is: none in it where it has no name yet.
    pub fn made(&self) -> Option<Option<Target>> {
        let field = self.fields.first()?;
        let About::Made(kind) = field.about else { return None };
        let name = field.words().trim();
        Some((!name.is_empty()).then(|| made(kind, name)))
    }

    /// The answers, by name. An empty one is none.
    pub fn arguments(&self) -> BTreeMap<String, String> {
        let said = |field: &Field| match field.about {
            About::Made(_) => None,
            About::Ask(ask) => Some((ask.name.to_owned(), field.words().trim().to_owned())),
        };
        let all = self.fields.iter().filter_map(said);
        all.filter(|(_, words)| !words.is_empty()).collect()
    }

    /// Goes to the next line or to the one before, round the end.
    pub fn step(&mut self, forth: bool) {
        let count = self.fields.len().max(1);
        self.at = (self.at + if forth { 1 } else { count - 1 }) % count;
    }
}

impl Field {
    /// What it is about, in a word.
    pub fn name(&self) -> &'static str {
        match self.about {
            About::Made(kind) => kind.word(),
            About::Ask(ask) => ask.name,
        }
    }

    /// What it means.
    pub fn means(&self) -> &'static str {
        match self.about {
            About::Made(_) => "its short name",
            About::Ask(ask) => ask.about,
        }
    }

    /// The words to choose from; none where any text may be said.
    fn among(&self) -> &'static [&'static str] {
        match self.about {
            About::Made(_) => &[],
            About::Ask(ask) => ask.words,
        }
    }

    /// The answer.
    pub fn words(&self) -> &str {
        match &self.says {
            Says::Word(at) => self.among().get(*at).copied().unwrap_or_default(),
            Says::Text(input) => input.value(),
        }
    }

    /// Takes the next word or the one before; false where any text may be said.
    pub fn turn(&mut self, forth: bool) -> bool {
        let count = self.among().len();
        let Says::Word(at) = &mut self.says else { return false };
        *at = (*at + if forth { 1 } else { count - 1 }) % count;
        true
    }
}
