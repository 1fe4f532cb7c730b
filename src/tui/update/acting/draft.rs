//! The plan that is made while its form is filled in: when it is begun, and what becomes of its answer.

use super::prepare;
use crate::{
    model::Request,
    ops::{Refusal, paper},
    tui::app::{App, Draft, Effect, Prepared, Stage},
};

/// Begins it, where keys have rested for a moment and no other is being made.
pub(in crate::tui::update) fn rested(app: &mut App) -> Vec<Effect> {
    if app.drafts_at().is_none_or(|at| at > app.clock) {
        return Vec::new();
    }
    let Some(request) = app.acting().map(|acting| acting.request()) else {
        return Vec::new();
    };
    app.acted += 1;
    let number = app.acted;
    app.drafting = Some((number, request.clone()));
    app.dirty = true;
    vec![ask(app, number, request)]
}

/// Has a plan made, for the dialog of this number.
pub(super) fn ask(app: &mut App, number: u64, request: Request) -> Effect {
    app.surveys.insert(number);
    Effect::Prepare(number, request)
}

/// The dialog asks for its plan while one is being made that nobody has asked for: it takes that one, where it is of the same,
/// and else it waits for its turn. True where it does either.
pub(super) fn joins(app: &mut App) -> bool {
    let Some((number, of)) = app.drafting.clone() else {
        return false;
    };
    let Some(acting) = app.acting_mut() else { return false };
    if acting.request() == of {
        acting.number = number;
    } else {
        acting.queued = true;
    }
    true
}

/// A plan was made, or was not. What nobody has asked for is kept by the form; one that had to wait has its turn. Given back is
/// what is left for a dialog that has asked.
pub(super) fn answered(
    app: &mut App,
    number: u64,
    made: Result<Prepared, Refusal>,
) -> Result<Vec<Effect>, Result<Prepared, Refusal>> {
    app.surveys.remove(&number);
    let Some((_, of)) = app.drafting.take_if(|(draft, _)| *draft == number) else {
        return Err(made);
    };
    match app.acting_mut() {
        Some(acting) if matches!(acting.stage, Stage::Asks) => {
            let made = made.map(|prepared| paper::lines(&prepared.plan));
            acting.draft = Some(Draft { of, made });
            Ok(Vec::new())
        }
        Some(acting) if acting.queued => Ok(prepare(app)),
        _ => Err(made),
    }
}
