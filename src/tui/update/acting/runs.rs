//! What is done to a run that there is: it is told something, or its plan is confirmed anew.

use crate::{
    model::{Confirm, Target, Text},
    ops::{Refusal, Turn, digest},
    tui::{
        app::{App, Does, Effect, Prepared, Sheet, Sight, Stage, abort, taken_up},
        update::offer,
    },
};

/// The name of a run.
pub(super) fn name(run: &Target) -> String {
    run.part(0).to_owned()
}

/// Tells it, where it is something that a run is told.
pub(super) fn tell(does: Does, run: &Target) -> Vec<Effect> {
    let command = match does {
        Does::Run(turn) => turn.command(),
        Does::Operation(_) => None,
    };
    let effect = command.map(|command| Effect::Tell(name(run), command));
    effect.into_iter().collect()
}

/// The run that the open dialog is about.
fn about(app: &App) -> Option<Target> {
    app.acting()?.targets.first().cloned()
}

/// Shows what an abort would do, or has the plan read from the journal.
pub(super) fn prepare(app: &mut App, number: u64, turn: Turn) -> Vec<Effect> {
    let Some(target) = about(app) else { return Vec::new() };
    if turn != Turn::Abort {
        return vec![Effect::Recall(number, name(&target))];
    }
    let sheet = match (offer::stands(app, turn, &target), app.run(&target)) {
        (None, Some(run)) => {
            let title = format!("{}: {}", turn.name(), run.title);
            Ok(Sheet::bare(title, Confirm::Yes, abort(run)))
        }
        (why, _) => Err(Refusal::new(format!("{target} {}", why.unwrap_or_default()))),
    };
    if let Some(acting) = app.acting_mut() {
        acting.stage = match sheet {
            Ok(sheet) => Stage::Plan(Box::new(sheet)),
            Err(refusal) => Stage::Refused(refusal, Sight::Whole),
        };
    }
    Vec::new()
}

/// The plan of a run, where it is the one that was seen.
pub(super) fn sheet(app: &App, turn: Turn, read: Prepared, reason: &str) -> Result<Sheet, Refusal> {
    let run = about(app).and_then(|target| app.run(&target));
    let Some(run) = run else {
        return Err(Refusal::new("the run is not listed any more"));
    };
    let now = digest(&read.plan);
    if now != run.digest {
        let hint = format!("digest {} was seen, and {now} is in the journal", run.digest);
        return Err(
            Refusal::new("the journal of the run was changed: its plan is not the one that was seen").hint(hint),
        );
    }
    let lines = taken_up(&read.plan, run);
    let mut sheet = Sheet::new(read, lines, reason);
    sheet.title = format!("{}: {}", turn.name(), sheet.title);
    Ok(sheet)
}

/// Why what is looked at holds no more. What an abort would do changes as the run goes on, and is shown as it is now.
pub(super) fn changed(app: &mut App, turn: Turn) -> Option<Vec<String>> {
    let target = about(app)?;
    if let Some(why) = offer::stands(app, turn, &target) {
        return Some(vec![format!("now: {target} {why}")]);
    }
    let run = app.run(&target)?;
    let (digest, lines) = (run.digest.clone(), abort(run));
    let sheet = app.acting_mut()?.sheet_mut()?;
    let Some(shown) = &sheet.shown else {
        let same = *sheet.lines() == lines;
        sheet.says(lines);
        app.dirty |= !same;
        return None;
    };
    (shown.digest != digest).then(|| {
        vec![
            format!("was: digest {}", shown.digest),
            format!("now: digest {}: the journal was changed", Text::from(digest)),
        ]
    })
}
