//! What the screen is made with: the views, the look, the keys.

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
    /// Names of the themes that there are.
    pub themes: Vec<String>,
}
