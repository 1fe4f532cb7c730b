//! Something that can be done to what is chosen.

use std::collections::BTreeMap;

use crate::{
    facts::runs::Runs,
    model::{Kind, Target},
    ops::{Ask, Operation, Turn},
    store::Fact,
};

/// What is done to it.
#[derive(Clone, Copy)]
pub enum Does {
    /// An operation, by a run of its own.
    Operation(&'static dyn Operation),
    /// Something to a run that there is.
    Run(Turn),
}

/// Something for the row under the cursor, or for the marked rows.
#[derive(Clone)]
pub struct Choice {
    /// What would be done.
    pub does: Does,
    /// To what; empty where what is chosen is nothing for it.
    pub targets: Vec<Target>,
    /// What is said to what it asks, where that is clear already.
    pub said: BTreeMap<String, String>,
    /// Why it cannot be done now.
    pub why_not: Option<String>,
}

impl Does {
    /// The letter that chooses it.
    pub fn letter(self) -> char {
        match self {
            Self::Operation(operation) => operation.letter(),
            Self::Run(turn) => turn.letter(),
        }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.name(),
            Self::Run(turn) => turn.name(),
        }
    }

    /// What it does, one line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.about(),
            Self::Run(turn) => turn.about(),
        }
    }

    /// What it asks besides.
    pub fn asks(self) -> &'static [Ask] {
        match self {
            Self::Operation(operation) => operation.asks(),
            Self::Run(_) => &[],
        }
    }

    /// The kind of what it makes, where it makes what it is done to.
    pub fn makes(self) -> Option<Kind> {
        match self {
            Self::Operation(operation) => Some(operation.takes()).filter(|kind| kind.is_made()),
            Self::Run(_) => None,
        }
    }

    /// Facts that what is looked at follows from.
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Operation(operation) => operation.needs(),
            Self::Run(_) => &[Runs::NAME],
        }
    }
}
