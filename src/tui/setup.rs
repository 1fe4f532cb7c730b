//! What the screen is made with: the views, the look, the keys.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::{Keymap, Theme},
    model::{Detail, Permit, Target},
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
    /// Who may act, and on what.
    pub hand: Hand,
}

/// Who sits at the screen, and what they could act on.
#[derive(Clone, Debug, Default)]
pub struct Hand {
    /// The Unix user, by the system's word.
    pub by: String,
    /// Who logged in, where the system keeps that.
    pub login: Option<String>,
    /// Where from, where the session came over a line.
    pub from: Option<String>,
    /// Instances for which there is a login to act with.
    pub instances: BTreeSet<String>,
    /// Whether there is one for the secrets server.
    pub vault: bool,
    /// What leave to write was taken for when the program was started.
    pub ticket: Option<String>,
}

/// How long leave to write holds that was taken when the program was started.
const LEAVE: SignedDuration = SignedDuration::from_mins(15);

impl Hand {
    /// Whose word it is, where more than one person must confirm.
    pub fn person(&self) -> &str {
        self.login.as_deref().unwrap_or(&self.by)
    }

    /// Leave to write from the start, where it was taken then.
    pub fn permit(&self, now: Timestamp) -> Option<Permit> {
        let ticket = self.ticket.clone()?;
        let until = now.saturating_add(LEAVE).unwrap_or(now);
        Some(Permit { ticket, until })
    }

    /// Why nothing can be done to this, where nobody logs in there to act.
    pub fn lacks(&self, target: &Target) -> Option<String> {
        match target.instance_name() {
            Some(instance) if self.instances.contains(instance) => None,
            Some(_) => Some(format!("no login to act with on {}", target.path()[0])),
            None if self.vault => None,
            None => Some("no login to act with on the secrets server".into()),
        }
    }
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
