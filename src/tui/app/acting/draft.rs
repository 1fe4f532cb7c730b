//! A plan that is made while its form is filled in, so that it is seen to grow.

use jiff::{SignedDuration, Timestamp};

use super::{Acting, Sight, Sketch, Stage};
use crate::{
    model::{Plan, Request},
    ops::{
        Refusal,
        paper::{self, DOES, Line, Mark},
    },
    tui::app::App,
};

/// Keys have rested once there was none for so long.
const RESTED: SignedDuration = SignedDuration::from_millis(500);

/// What came of it.
pub struct Draft {
    /// What was asked for: of anything else it tells nothing.
    pub of: Request,
    /// The plan in few words, or why there is none.
    pub made: Result<Vec<Line>, Refusal>,
}

/// The plan in few words: what is lost, each of its steps by its name, and then all that was clear of it before. The dialog has
/// every statement.
pub fn outlined(plan: &Plan) -> Vec<Line> {
    let mut parts: Vec<Vec<Line>> = Vec::new();
    for line in paper::lines(plan) {
        match parts.last_mut() {
            Some(part) if line.mark != Mark::Heading => part.push(line),
            _ => parts.push(vec![line]),
        }
    }
    // Each begins with its heading.
    parts.sort_by_key(|part| match part.first() {
        Some(heading) if heading.words == DOES => 1,
        _ if part.iter().any(|line| line.mark == Mark::Loss) => 0,
        _ => 2,
    });
    let mut lines = parts.concat();
    lines.retain(|line| line.mark == Mark::Loss || (line.mark != Mark::Exact && line.depth < 2));
    let mut headings = lines.iter_mut().filter(|line| line.mark == Mark::Heading);
    if let Some(heading) = headings.find(|line| line.words == DOES) {
        heading.words = "the plan, as it would be now".into();
    }
    lines
}

impl Acting {
    /// What is clear of it while it asks, in words: the plan, where it was made of just this.
    pub fn outcome(&self, looking: bool) -> Vec<Line> {
        let drafted = self.draft.as_ref().filter(|draft| draft.of == self.request());
        match (&self.sketch, drafted.map(|draft| &draft.made)) {
            (Sketch::Clear(_), Some(Ok(plan))) => plan.clone(),
            (Sketch::Clear(_), Some(Err(refusal))) => Sketch::Refused(refusal.clone(), Sight::Whole).lines(false),
            (sketch, _) => sketch.lines(looking),
        }
    }
}

impl App {
    /// When the plan of what is filled in is to be made, where it is: for something that is made by it only. To find out what a
    /// plan needs may read rows of tenants and try locks, which waits for enter where there is something already.
    pub fn drafts_at(&self) -> Option<Timestamp> {
        let acting = self.acting()?;
        let asks = matches!((&acting.stage, &acting.sketch), (Stage::Asks, Sketch::Clear(_)));
        let idle = self.surveys.is_empty() && self.permit.is_some();
        let drafted = || acting.draft.as_ref().is_some_and(|draft| draft.of == acting.request());
        // What is refused for something that was not seen yet would be refused for good.
        let seen = || Sight::of(acting.does, self.latest()) == Sight::Whole;
        if acting.does.makes().is_none() || !asks || !idle || drafted() || !seen() {
            return None;
        }
        acting.typed.checked_add(RESTED).ok()
    }

    /// Whether the plan of what is filled in is being made.
    pub fn is_drafting(&self) -> bool {
        let of = |acting: &Acting| self.drafting.as_ref().is_some_and(|(_, of)| *of == acting.request());
        self.acting().is_some_and(of)
    }
}
