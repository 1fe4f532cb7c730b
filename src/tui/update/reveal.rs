//! The statement of a session with its literals, for whoever asks for it by name.

use crate::{
    facts::sessions::{Masked, Sessions},
    model::{Kind, Severity, Target},
    tui::app::{App, Effect, Page},
};

/// Asks for the statement of the session under the cursor, or of the one that is open.
pub(super) fn reveal(app: &mut App) -> Vec<Effect> {
    let found = chosen(app);
    if found.is_none() {
        app.say(Severity::Notice, "no session with a statement is under the cursor");
    }
    found
        .map(|(session, seen)| Effect::Reveal(session, seen))
        .into_iter()
        .collect()
}

fn chosen(app: &App) -> Option<(Target, Masked)> {
    let target = match app.trail.page() {
        Page::List(listing) => &listing.row()?.target,
        Page::Thing(reading) => &reading.target,
    };
    if target.kind() != Kind::Session {
        return None;
    }
    let server = Target::server(target.part(0), target.part(1));
    let sessions = app.world.get::<Sessions>(&server)?;
    let own = sessions
        .value
        .sessions
        .iter()
        .find(|session| session.pid.to_string() == target.part(2))?;
    Some((target.clone(), own.query.clone()?))
}
