//! What the deeds that are under way have said that they wait for.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    facts::runs::{Part, Wait},
    model::Deed,
};

/// The deeds that are under way: what each is about, and what it said last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Waits {
    under_way: BTreeMap<Deed, (String, Option<(Timestamp, String)>)>,
}

impl Waits {
    pub(super) fn begins(&mut self, deed: Deed, about: &str) {
        self.under_way.insert(deed, (about.to_owned(), None));
    }

    pub(super) fn ends(&mut self, deed: Deed) {
        self.under_way.remove(&deed);
    }

    /// A note tells by its words which deed it is of. Of those that fit, the longest name is meant.
    pub(super) fn hears(&mut self, note: &str, at: Timestamp) {
        let fits = self.under_way.values_mut().filter(|(about, _)| waits(note, about));
        if let Some((_, said)) = fits.max_by_key(|(about, _)| about.len()) {
            *said = Some((at, note.to_owned()));
        }
    }

    /// The newest of each part, the newest first.
    pub(super) fn newest(&self, part: impl Fn(usize) -> Option<usize>, parts: &[Part]) -> Vec<Wait> {
        let mut newest: BTreeMap<Option<usize>, &(Timestamp, String)> = BTreeMap::new();
        for (deed, (_, said)) in &self.under_way {
            let Some(said) = said else { continue };
            let of = match deed {
                // It holds up all.
                Deed::Gate(_) => None,
                Deed::Act(step) | Deed::Check(step) | Deed::Undo(step) => part(*step),
            };
            let known = newest.entry(of).or_insert(said);
            if said.0 > known.0 {
                *known = said;
            }
        }
        let wait = |(part, (at, what)): (Option<usize>, &(Timestamp, String))| Wait {
            at: *at,
            instance: part.and_then(|part| parts[part].instance.clone()),
            what: what.as_str().into(),
        };
        let mut all: Vec<Wait> = newest.into_iter().map(wait).collect();
        all.sort_by_key(|wait| std::cmp::Reverse(wait.at));
        all
    }
}

/// Whether a deed about this says in this note that it waits.
fn waits(note: &str, about: &str) -> bool {
    let rest = note
        .strip_prefix("waits for up to ")
        .and_then(|rest| rest.split_once(": "));
    match rest {
        Some((_, rest)) => after(rest, about).is_some(),
        None => after(note, about).is_some_and(|rest| rest.starts_with("try ") && rest.contains(": no lock ")),
    }
}

fn after<'a>(words: &'a str, about: &str) -> Option<&'a str> {
    words.strip_prefix(about)?.strip_prefix(": ")
}
