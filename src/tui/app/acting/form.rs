//! What an operation asks before there is a plan.

use std::collections::BTreeMap;

use tui_input::Input;

use crate::ops::Ask;

/// One line for each thing that is asked.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The lines.
    pub fields: Vec<Field>,
    /// The line that the operator is on.
    pub at: usize,
}

/// One thing that is asked.
#[derive(Clone, Debug)]
pub struct Field {
    /// What.
    pub ask: &'static Ask,
    /// The answer so far.
    pub says: Says,
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
    pub fn of(asks: &'static [Ask], said: &BTreeMap<String, String>) -> Self {
        let field = |ask: &'static Ask| {
            let said = said.get(ask.name).cloned().unwrap_or_default();
            let says = if ask.words.is_empty() {
                Says::Text(Input::new(said))
            } else {
                Says::Word(ask.words.iter().position(|word| *word == said).unwrap_or(0))
            };
            Field { ask, says }
        };
        Self {
            fields: asks.iter().map(field).collect(),
            at: 0,
        }
    }

    /// The answers, by name. An empty one is none.
    pub fn arguments(&self) -> BTreeMap<String, String> {
        let said = |field: &Field| (field.ask.name.to_owned(), field.words().trim().to_owned());
        let all = self.fields.iter().map(said);
        all.filter(|(_, words)| !words.is_empty()).collect()
    }

    /// Goes to the next line or to the one before, round the end.
    pub fn step(&mut self, forth: bool) {
        let count = self.fields.len().max(1);
        self.at = (self.at + if forth { 1 } else { count - 1 }) % count;
    }
}

impl Field {
    /// The answer.
    pub fn words(&self) -> &str {
        match &self.says {
            Says::Word(at) => self.ask.words.get(*at).copied().unwrap_or_default(),
            Says::Text(input) => input.value(),
        }
    }

    /// Takes the next word or the one before; false where any text may be said.
    pub fn turn(&mut self, forth: bool) -> bool {
        let Says::Word(at) = &mut self.says else { return false };
        let count = self.ask.words.len();
        *at = (*at + if forth { 1 } else { count - 1 }) % count;
        true
    }
}
