//! What the screen is made with: the views, the look, the keys.

use std::collections::BTreeMap;

use crate::{
    config::{Keymap, Theme},
    model::{Detail, Target},
    store::Snapshot,
    views::{View, sources::Sources},
};

/// What does not change while the screen is up, but for the theme and the mouse.
pub struct Setup {
    /// Every view, in the order of the help; never empty. The first is home.
    pub views: &'static [&'static dyn View],
    /// Everything known of one thing.
    pub detail: fn(&Target, &Snapshot) -> Option<Detail>,
    /// Who answers.
    pub sources: fn(&Snapshot) -> Sources,
    /// How things look.
    pub theme: Theme,
    /// What keys do.
    pub keymap: Keymap,
    /// Nothing but ASCII is drawn, save in names from outside.
    pub ascii: bool,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// The columns that the operator wants to see, by view; all where a view is not here.
    pub columns: BTreeMap<String, Vec<String>>,
    /// Names of the themes that there are.
    pub themes: Vec<String>,
}

impl Setup {
    /// The columns of a view where its line names none, by their place in the view.
    pub fn usual_columns(&self, view: &dyn View) -> Vec<usize> {
        let all = view.columns();
        let place = |name: &String| all.iter().position(|column| column.name == name);
        let wanted = self.columns.get(view.name());
        let chosen: Vec<usize> = wanted.into_iter().flatten().filter_map(place).collect();
        if chosen.is_empty() {
            (0..all.len()).collect()
        } else {
            chosen
        }
    }
}
