//! Marks on rows. They stay on their rows, also where the filter hides them.

use crate::{config::Action, tui::app::Listing};

/// Sets or takes away marks.
pub(super) fn mark(listing: &mut Listing, action: &Action) {
    match action {
        Action::Mark => one(listing),
        Action::MarkRange => range(listing),
        Action::MarkAll => {
            let shown = (0..listing.rows.len()).filter_map(|at| listing.row_at(at));
            let shown: Vec<_> = shown.map(|row| row.target.clone()).collect();
            listing.marks.extend(shown);
        }
        _ => listing.marks.clear(),
    }
}

/// Marks the row or takes its mark away, and goes to the next.
fn one(listing: &mut Listing) {
    let Some(here) = listing.cursor.clone() else { return };
    if !listing.marks.remove(&here) {
        listing.marks.insert(here.clone());
    }
    listing.anchor = Some(here);
    listing.step_to(listing.at + 1);
}

/// Marks from the row that was marked last to the cursor.
fn range(listing: &mut Listing) {
    let is_anchor = |at: &usize| listing.row_at(*at).map(|row| &row.target) == listing.anchor.as_ref();
    let anchor = listing
        .anchor
        .as_ref()
        .and_then(|_| (0..listing.rows.len()).find(is_anchor));
    let from = anchor.unwrap_or(listing.at);
    let range = from.min(listing.at)..=from.max(listing.at);
    let targets: Vec<_> = range
        .filter_map(|at| listing.row_at(at))
        .map(|row| row.target.clone())
        .collect();
    listing.marks.extend(targets);
    listing.anchor = listing.cursor.clone();
}
