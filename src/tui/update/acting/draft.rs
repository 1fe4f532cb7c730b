//! The plan that is made while its form is filled in: when it is begun, and what becomes of its answer.

use crate::{
    model::Request,
    ops::Refusal,
    tui::app::{Acting, App, Draft, Effect, Prepared, Stage, outlined},
};

/// Begins it, where keys have rested for a moment and no other is being made.
pub(in crate::tui::update) fn rested(app: &mut App) -> Vec<Effect> {
    if app.drafts_at().is_none_or(|at| at > app.clock) {
        return Vec::new();
    }
    let Some(request) = app.acting().map(Acting::request) else {
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

/// Whose an answer is.
pub(super) enum Whose {
    /// A dialog's that has asked for it, if it is still there.
    Dialog,
    /// The form's that is being filled in, where it still is of this.
    Form(Request),
    /// Nobody's any more, and now it is the turn of the dialog that has waited.
    Next,
}

/// Whose the plan of this number is that was made, or was not.
pub(super) fn answered(app: &mut App, number: u64) -> Whose {
    app.surveys.remove(&number);
    let Some((_, of)) = app.drafting.take_if(|(draft, _)| *draft == number) else {
        return Whose::Dialog;
    };
    match app.acting() {
        Some(acting) if matches!(acting.stage, Stage::Asks) => Whose::Form(of),
        Some(acting) if acting.queued => Whose::Next,
        _ => Whose::Dialog,
    }
}

/// The form shows it.
pub(super) fn keep(app: &mut App, of: Request, made: Result<Prepared, Refusal>) {
    if let Some(acting) = app.acting_mut() {
        let made = made.map(|prepared| outlined(&prepared.plan));
        acting.draft = Some(Draft { of, made });
    }
}
