//! Findings that the operator does not want to hear of for a while.

use jiff::SignedDuration;

use crate::{
    findings::{Finding, Report},
    model::{Severity, Target},
    tui::app::{App, Effect, Page},
    views::findings,
};

/// `TIME REASON`: for how long, and why.
pub(super) fn mute(app: &mut App, words: &str) -> Vec<Effect> {
    let (time, reason) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let span = time.parse::<SignedDuration>().ok().filter(SignedDuration::is_positive);
    match (chosen(app), span, reason.trim()) {
        (None, ..) => app.say(Severity::Warning, "no finding is under the cursor"),
        (_, None, _) => app.say(
            Severity::Warning,
            format!("no time {time:?}: write one such as 30m, 24h or 72h"),
        ),
        (.., "") => app.say(Severity::Warning, "a reason is wanted, for whoever asks later"),
        (Some(finding), Some(span), reason) => return vec![Effect::Mute(finding, span, reason.to_owned())],
    }
    Vec::new()
}

/// Takes the mute back.
pub(super) fn unmute(app: &mut App) -> Vec<Effect> {
    let finding = chosen(app);
    if finding.is_none() {
        app.say(Severity::Warning, "no finding is under the cursor");
    }
    finding.map(Effect::Unmute).into_iter().collect()
}

/// The id of the finding under the cursor, or of the one that is open.
fn chosen(app: &App) -> Option<String> {
    let target = match app.trail.page() {
        Page::List(listing) => &listing.row()?.target,
        Page::Thing(reading) => &reading.target,
    };
    let report = app.world.get::<Report>(&Target::fleet())?;
    let found = report
        .value
        .findings
        .iter()
        .find(|finding| findings::target(finding) == *target);
    found.map(Finding::id)
}
