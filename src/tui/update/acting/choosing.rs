//! Keys while a moment is chosen.

use tui_input::Input;

use super::prepare;
use crate::{
    config::{Chord, Key},
    tui::{
        app::{App, Choosing, Effect, Says, Stage},
        layout::Layout,
        update::{meaning, moves},
    },
};

/// One key: enter says the moment, and the plan is made.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    if chord == Chord::key(Key::Enter) {
        return choose(app);
    }
    if let Some(by) = steps(app, chord)
        && let Some(choosing) = choosing(app)
    {
        choosing.step(by);
    }
    Vec::new()
}

fn choosing(app: &mut App) -> Option<&mut Choosing> {
    match &mut app.acting_mut()?.stage {
        Stage::Choose(choosing) => Some(choosing),
        _ => None,
    }
}

/// By how many events this key moves, where it does.
fn steps(app: &mut App, chord: Chord) -> Option<isize> {
    let layout = Layout::of(app.size.0, app.size.1)?;
    let page = choosing(app)?.room(&layout).1.saturating_sub(1).max(1);
    let page = isize::try_from(page).unwrap_or(1);
    moves(&meaning(app, "global", chord)?, page)
}

fn choose(app: &mut App) -> Vec<Effect> {
    let said = choosing(app).and_then(|choosing| {
        let moment = choosing.event()?.moment.to_string();
        Some((choosing.choose.ask, moment))
    });
    let (Some((ask, moment)), Some(acting)) = (said, app.acting_mut()) else {
        return Vec::new();
    };
    let field = acting.form.fields.iter_mut().find(|field| field.name() == ask);
    if let Some(field) = field {
        field.says = Says::Text(Input::new(moment));
    }
    prepare(app)
}
