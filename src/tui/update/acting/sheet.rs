//! Keys while a plan is looked at.

use super::{answers, runs};
use crate::{
    config::{Chord, Key},
    model::{Confirm, Said, Severity},
    ops::{
        self,
        carry::{Errand, What},
    },
    tui::{
        app::{App, Does, Effect, Focus, Layer, Sheet, Stage},
        layout::Layout,
        update::{edit, meaning, moves},
    },
};

/// One key. Before the plan was on the screen for a moment, none is meant for it.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    let (clock, size) = (app.clock, app.size);
    let scrolls = scrolled(app, chord);
    let Some(sheet) = sheet(app) else { return Vec::new() };
    if !sheet.is_armed(clock) {
        return Vec::new();
    }
    if let Some(by) = scrolls {
        scroll(app, by);
        return Vec::new();
    }
    sheet.said = None;
    let cramped = sheet.too_small(size).is_some();
    let is = |key| chord == Chord::key(key);
    match (&sheet.confirm, sheet.focus) {
        (_, Focus::Cancel) if is(Key::Enter) => app.layer = Layer::Page,
        (_, _) if cramped => {}
        (Confirm::Yes, _) if chord.types() == Some('y') => return confirm(app),
        (Confirm::Yes, _) => {}
        (_, Focus::Confirm) if chord.types() == Some('y') => return confirm(app),
        (_, Focus::Confirm) if is(Key::Enter) => app.say(Severity::Notice, "enter does not confirm; y does"),
        _ if is(Key::Enter) => app.say(Severity::Notice, "enter does not confirm; tab goes on"),
        _ if is(Key::Tab) => sheet.step(true),
        _ if chord == Chord::new(Key::Tab, false, false, true) => sheet.step(false),
        _ => typed(app, chord),
    }
    Vec::new()
}

fn sheet(app: &mut App) -> Option<&mut Sheet> {
    app.acting_mut()?.sheet_mut()
}

/// What is typed while nothing is typed into begins the word.
fn typed(app: &mut App, chord: Chord) {
    let action = meaning(app, "prompt", chord);
    let Some(sheet) = sheet(app) else { return };
    if sheet.focus == Focus::Cancel && chord.types().is_some() {
        sheet.focus = Focus::Word;
    }
    if let Some(input) = sheet.input()
        && !action.is_some_and(|action| edit::obey(input, &action))
    {
        edit::type_key(input, chord);
    }
}

/// By how many lines this key scrolls, where it does.
fn scrolled(app: &App, chord: Chord) -> Option<isize> {
    let layout = Layout::of(app.size.0, app.size.1)?;
    let rows = app.acting()?.sheet()?.room(&layout).1.saturating_sub(1).max(1);
    let page = isize::try_from(rows).unwrap_or(1);
    moves(&meaning(app, "picker", chord)?, page)
}

/// Scrolls the plan.
pub(super) fn scroll(app: &mut App, by: isize) {
    let layout = Layout::of(app.size.0, app.size.1);
    if let (Some(layout), Some(sheet)) = (layout, sheet(app)) {
        sheet.scroll(by, &layout);
    }
}

/// Confirms what is shown, where it is still what would be done, and has it done.
fn confirm(app: &mut App) -> Vec<Effect> {
    answers::replan(app);
    let Some(said) = said(app) else { return Vec::new() };
    let Some(acting) = app.acting_mut() else {
        return Vec::new();
    };
    let (does, number, run) = (acting.does, acting.number, acting.targets.first().cloned());
    let Some(sheet) = acting.sheet_mut() else {
        return Vec::new();
    };
    let Some(shown) = &sheet.shown else {
        if let Err(mismatch) = ops::permitted(&said) {
            sheet.said = Some(mismatch.to_string());
            return Vec::new();
        }
        app.layer = Layer::Page;
        return run.map_or_else(Vec::new, |run| runs::tell(does, &run));
    };
    if let Err(mismatch) = ops::confirm(shown.plan.clone(), &shown.digest, said.clone()) {
        sheet.said = Some(mismatch.to_string());
        return Vec::new();
    }
    let digest = shown.digest.clone();
    let what = match (does, run) {
        (Does::Run(_), Some(run)) => What::Resume(runs::name(&run), Some(digest)),
        _ => What::begin(shown.plan.clone(), digest),
    };
    acting.stage = Stage::Starting;
    vec![Effect::Begin(number, Box::new(Errand { what, said }))]
}

/// Who confirms what is looked at, and what was typed.
fn said(app: &App) -> Option<Said> {
    let sheet = app.acting()?.sheet()?;
    let word = match sheet.confirm {
        Confirm::Yes => "y".to_owned(),
        _ if sheet.is_ready() => sheet.confirm.word(),
        _ => sheet.word.value().to_owned(),
    };
    let hand = app.setup.hand.clone();
    Some(Said {
        by: hand.by,
        login: hand.login,
        from: hand.from,
        word,
        reason: matches!(sheet.confirm, Confirm::Name(_)).then(|| sheet.reason.value().trim().to_owned()),
        permit: app.permit.clone(),
        at: app.clock,
    })
}
