//! Something that can be done to what is chosen.

use crate::{model::Target, ops::Operation};

/// An operation for the row under the cursor, or for the marked rows.
#[derive(Clone)]
pub struct Choice {
    /// The key that chooses it.
    pub letter: char,
    /// What would be done.
    pub operation: &'static dyn Operation,
    /// To what; empty where what is chosen is nothing for it.
    pub targets: Vec<Target>,
    /// Why it cannot be done now.
    pub why_not: Option<String>,
}
