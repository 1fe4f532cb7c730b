//! A moment that is chosen on a line of what happened.

use ratatui::layout::Rect;

use crate::{
    model::{Event, Timeline},
    ops::Choose,
    tui::layout::Layout,
};

/// Lines besides the events: fleet, target, the span with its ends, where the moment is, the keys, and what is between.
const BESIDES: usize = 10;
/// Lines of what is not seen, and one that tells how many more there are.
const UNSEEN: usize = 2;

/// A choice that is being made.
pub struct Choosing {
    /// Of what.
    pub choose: Choose,
    /// The event that the operator is on.
    pub at: usize,
}

impl Choosing {
    /// Begins with the latest.
    pub fn new(choose: Choose) -> Self {
        Self { choose, at: 0 }
    }

    /// What happened.
    pub fn line(&self) -> &Timeline {
        &self.choose.among
    }

    /// What is not seen, in few lines.
    pub fn unseen(&self) -> Vec<String> {
        let all = &self.line().unseen;
        let mut told: Vec<String> = all.iter().take(UNSEEN).map(|why| format!("not seen: {why}")).collect();
        if all.len() > UNSEEN {
            told.push(format!("not seen: {} more; tenantry moments tells", all.len() - UNSEEN));
        }
        told
    }

    /// The event that the operator is on; none where nothing happened.
    pub fn event(&self) -> Option<&Event> {
        self.line().events.get(self.at)
    }

    /// The whole of it, and for how many events there is room.
    pub fn room(&self, layout: &Layout) -> (Rect, usize) {
        let unseen = self.unseen().len();
        let area = layout.dialog(self.line().events.len().max(1) + unseen + BESIDES);
        (area, usize::from(area.height).saturating_sub(BESIDES + 2 + unseen))
    }

    /// Goes to an older one, or with less than nothing to a younger one, and not beyond the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.line().events.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }

    /// The first event that is shown where so many are: the one that the operator is on is kept from the edges.
    pub fn top(&self, rows: usize) -> usize {
        let most = self.line().events.len().saturating_sub(rows);
        self.at.saturating_sub(rows / 2).min(most)
    }
}
