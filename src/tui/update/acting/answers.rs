//! What is heard while a dialog is open: plans, snapshots, and whether a run was begun.

use jiff::Timestamp;

use super::{
    draft::{self, Whose},
    form, prepare, runs,
};
use crate::{
    model::{Fault, Kind, Plan, Severity, Target},
    ops::{self, Refusal, Turn, carry::Reply, survey::Evidence},
    store::{Fact, Sealed, Snapshot},
    tui::{
        app::{Acting, App, Choosing, Does, Effect, Layer, Page, Prepared, Sheet, Shown, Sight, Stage, lines},
        layout::Layout,
        update::travel,
    },
    views::query::Query,
};

/// A plan was made, or was not.
pub(in crate::tui::update) fn prepared(app: &mut App, number: u64, made: Result<Prepared, Refusal>) -> Vec<Effect> {
    match draft::answered(app, number) {
        Whose::Dialog => {}
        Whose::Next => return prepare(app),
        Whose::Form(of) => {
            draft::keep(app, of, made);
            return Vec::new();
        }
    }
    let reason = app
        .permit
        .as_ref()
        .map(|permit| permit.ticket.clone())
        .unwrap_or_default();
    let waits = |acting: &Acting| match acting.stage {
        Stage::Planning(sight) if acting.number == number => Some((acting.does, sight)),
        _ => None,
    };
    let Some((does, sight)) = app.acting().and_then(waits) else {
        return Vec::new();
    };
    let sheet = made.and_then(|prepared| match does {
        Does::Operation(_) => {
            let words = lines(&prepared.plan);
            Ok(Sheet::new(prepared, words, &reason))
        }
        Does::Run(turn) => runs::sheet(app, turn, prepared, &reason),
    });
    if let Some(acting) = app.acting_mut() {
        acting.stage = match sheet {
            Ok(sheet) => Stage::Plan(Box::new(sheet)),
            Err(Refusal {
                choose: Some(choose), ..
            }) => Stage::Choose(Choosing::new(*choose)),
            Err(refusal) => Stage::Refused(refusal, sight),
        };
    }
    look_again(app)
}

/// Has the plan made anew that was refused before all was seen that it follows from, once that is seen.
fn look_again(app: &mut App) -> Vec<Effect> {
    let early = |acting: &&Acting| matches!(acting.stage, Stage::Refused(_, Sight::Part));
    match app.acting().filter(early) {
        Some(acting) if Sight::of(acting.does, app.latest()) == Sight::Whole => {
            app.dirty = true;
            prepare(app)
        }
        _ => Vec::new(),
    }
}

/// A frame was painted.
pub(in crate::tui::update) fn painted(app: &mut App, now: Timestamp) {
    let drawn = Layout::of(app.size.0, app.size.1).is_some();
    let sheet = app.acting_mut().and_then(Acting::sheet_mut);
    if let Some(sheet) = sheet.filter(|sheet| drawn && sheet.painted.is_none()) {
        sheet.painted = Some(now);
    }
}

/// The fleet was seen: the open plan still holds, or it is void; one that was refused too early is made anew; and the run that was begun may have its page.
pub(in crate::tui::update) fn seen(app: &mut App) -> Vec<Effect> {
    let clock = app.clock;
    let due = |acting: &mut Acting| acting.sheet_mut().is_some_and(|sheet| sheet.is_due(clock));
    if app.acting_mut().is_some_and(due) {
        replan(app);
    }
    resketch(app);
    let known = |target: &Target| (app.setup.detail)(target, &app.world).is_some();
    if app.held.is_none()
        && app.awaited.as_ref().is_some_and(known)
        && let Some(run) = app.awaited.take()
    {
        app.dirty = true;
        travel::open_target(app, run);
    }
    look_again(app)
}

/// Tells anew what is clear of what is asked, where that has changed with the fleet.
fn resketch(app: &mut App) {
    let of = |app: &App| app.acting().map(|acting| acting.sketch.clone());
    let before = of(app);
    form::sketch(app);
    app.dirty |= of(app) != before;
}

/// Makes the open plan anew, from what is seen now. Where it is another one it is void.
pub(super) fn replan(app: &mut App) {
    let Some((does, sheet)) = app.acting().and_then(|acting| Some((acting.does, acting.sheet()?))) else {
        return;
    };
    let changed = match does {
        Does::Operation(_) => sheet.shown.as_ref().and_then(|shown| anew(sheet, shown, app.latest())),
        Does::Run(turn) => runs::changed(app, turn),
    };
    if let (Some(changed), Some(acting)) = (changed, app.acting_mut()) {
        acting.stage = Stage::Void(changed);
        app.dirty = true;
    }
}

/// What changed of a plan that is made anew, where something did.
fn anew(sheet: &Sheet, shown: &Shown, world: &Snapshot) -> Option<Vec<String>> {
    let mut world = world.clone();
    if let Some(evidence) = &shown.evidence {
        let at = world.taken;
        world.take(Evidence::NAME, &Target::fleet(), at, Ok(Sealed::of(evidence.clone())));
    }
    let approval = shown.plan.approval;
    match ops::plan(&shown.plan.request, &world).map(|plan| Plan { approval, ..plan }) {
        Ok(plan) if ops::digest(&plan) == shown.digest => None,
        Ok(plan) => Some(difference(sheet, &shown.plan, &plan)),
        Err(refusal) => {
            let now = format!("now: {}", refusal.what);
            Some(std::iter::once(now).chain(refusal.hint).collect())
        }
    }
}

/// The first line that reads differently.
fn difference(sheet: &Sheet, before: &Plan, plan: &Plan) -> Vec<String> {
    let fresh = lines(plan);
    // What was only seen beside the plan changes all the time, and voids nothing.
    let part = |all: &[ops::paper::Line], seen: &[(String, String)]| -> Vec<String> {
        let seen: Vec<String> = seen.iter().map(|(what, words)| format!("{what}: {words}")).collect();
        let told = all.iter().map(|line| line.words.clone());
        told.filter(|words| words != "seen now" && !seen.contains(words))
            .collect()
    };
    let (was, is) = (part(sheet.lines(), &before.seen), part(&fresh, &plan.seen));
    let titles = (before.title != plan.title).then(|| (before.title.clone(), plan.title.clone()));
    let blank = || "nothing".to_owned();
    let at = (0..was.len().max(is.len())).find(|at| was.get(*at) != is.get(*at));
    let lines = at.map(|at| {
        let line = |of: &[String]| of.get(at).cloned().unwrap_or_else(blank);
        (line(&was), line(&is))
    });
    match titles.or(lines) {
        Some((was, is)) => vec![format!("was: {was}"), format!("now: {is}")],
        None => vec!["it reads the same, and a server that it would be done on is not the one that it was".into()],
    }
}

/// A run was begun, or was not.
pub(in crate::tui::update) fn begun(app: &mut App, number: u64, told: Result<Reply, Fault>) {
    let waits = app
        .acting()
        .is_some_and(|acting| acting.number == number && matches!(acting.stage, Stage::Starting));
    let (what, hint) = match told {
        Ok(Reply::Begun(run)) => return arrive(app, &run, waits),
        Ok(Reply::Unconfirmed(why)) => (why, None),
        Ok(Reply::Forbidden(why, hint)) => (why, hint),
        Ok(Reply::Refused(fault)) | Err(fault) => (fault.what.to_string(), fault.hint),
    };
    match app.acting_mut().filter(|_| waits) {
        Some(acting) => acting.stage = Stage::Told(what, hint),
        None => app.say(Severity::Warning, format!("nothing was begun: {what}")),
    }
}

/// Goes to the page of a run, unless the operator has gone elsewhere.
fn arrive(app: &mut App, run: &str, waits: bool) {
    let target = Target::new(Kind::Run, [run]);
    let before = app.acting().filter(|_| waits).map(|acting| acting.does);
    let word = match before {
        Some(Does::Run(Turn::Confirm)) => "is confirmed",
        Some(Does::Run(_)) => "is taken up",
        Some(Does::Operation(_)) | None => "is under way",
    };
    app.say(Severity::Notice, format!("{target} {word}"));
    if !waits {
        return;
    }
    app.layer = Layer::Page;
    if matches!(app.trail.page(), Page::Thing(reading) if reading.target == target) {
        return;
    }
    // A run that there was is gone to from where the operator is.
    if let (Some(Does::Operation(_)), Ok(runs)) = (before, Query::parse("runs", &app.nouns())) {
        travel::go(app, runs);
    }
    if (app.setup.detail)(&target, &app.world).is_some() {
        travel::open_target(app, target);
    } else {
        app.awaited = Some(target);
    }
}
