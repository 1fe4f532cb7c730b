//! Leave to write: taken for a while, for a ticket, and given back.

use jiff::{SignedDuration, Timestamp};

use crate::{
    model::{Permit, Severity},
    tui::app::{App, Effect},
};

/// Longest leave.
const LONGEST: SignedDuration = SignedDuration::from_hours(8);

/// `TIME TICKET`, or `off`.
pub(super) fn write(app: &mut App, words: &str) -> Vec<Effect> {
    let (time, ticket) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let span = time.parse::<SignedDuration>().ok().filter(SignedDuration::is_positive);
    match (span, ticket.trim()) {
        (None, "") if time == "off" => {
            app.permit = None;
            app.say(Severity::Notice, "read-only");
        }
        (None, _) => app.say(
            Severity::Warning,
            format!("no time {time:?}: write 15m TICKET, or write off"),
        ),
        (Some(span), _) if span > LONGEST => app.say(Severity::Warning, "leave to write lasts 8h at most"),
        (Some(_), "") => app.say(Severity::Warning, "a ticket is wanted, for whoever asks later"),
        (Some(span), ticket) => {
            let until = app.clock.saturating_add(span).unwrap_or(app.clock);
            let ticket = ticket.to_owned();
            app.permit = Some(Permit { ticket, until });
            app.say(Severity::Notice, "what is done from now on is done for this ticket");
        }
    }
    Vec::new()
}

/// Reading is the rule again once the time is over.
pub(super) fn lapse(app: &mut App, now: Timestamp) {
    if app.permit.as_ref().is_some_and(|permit| permit.until <= now) {
        app.permit = None;
        app.dirty = true;
        app.say(Severity::Notice, "read-only again: the time to write is over");
    }
}
