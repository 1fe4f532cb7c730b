//! What is wrong, for cron: one line each, and an exit code by the worst.

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};

use super::{Exit, Form, show};
use crate::{
    config::mutes::{self, Mute},
    findings::Report,
    model::{Severity, Target},
    provider::Doors,
    store::Snapshot,
    views::{
        self,
        query::{Noun, Query},
    },
};

/// From which severity on the ending is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Warnings and worse.
    Warning,
    /// Critical findings only.
    Critical,
}

/// Writes the view `findings` and ends by the worst that is not muted.
///
/// # Errors
/// Where the other end is gone.
pub fn findings(
    form: Form,
    bound: Bound,
    world: &Snapshot,
    out: &mut dyn Write,
    told: &mut dyn Write,
) -> io::Result<Exit> {
    let Some(view) = views::find("findings") else {
        return Ok(Exit::Failed);
    };
    let shown = show(view, &Query::plain(Noun::of(view)), form, world, out, told)?;
    let Some(report) = world.get::<Report>(&Target::fleet()).map(|seen| seen.value) else {
        return Ok(shown);
    };
    let worst = report.heard().map(|finding| finding.severity).max().unwrap_or_default();
    Ok(match (worst, bound) {
        (Severity::Critical, _) => Exit::Critical,
        (Severity::Warning, Bound::Warning) => Exit::Warning,
        _ if !report.unseen.is_empty() || !world.complete(view.needs()) => Exit::Partly,
        _ => Exit::Done,
    })
}

/// Mutes a finding by its id.
///
/// # Errors
/// Where the file cannot be written.
pub fn mute(
    doors: &Doors,
    finding: &str,
    reason: &str,
    span: SignedDuration,
    by: &str,
    told: &mut dyn Write,
) -> io::Result<Exit> {
    let since = Timestamp::now();
    let mute = Mute {
        finding: finding.into(),
        reason: reason.into(),
        by: by.into(),
        since,
        until: since + span,
    };
    let until = mute.until;
    mutes::add(&doors.mutes, mute)?;
    writeln!(told, "muted until {until}")?;
    Ok(Exit::Done)
}

/// Takes a mute back.
///
/// # Errors
/// Where the file cannot be written.
pub fn unmute(doors: &Doors, finding: &str, told: &mut dyn Write) -> io::Result<Exit> {
    if mutes::remove(&doors.mutes, finding)? {
        writeln!(told, "it is heard again")?;
        return Ok(Exit::Done);
    }
    writeln!(told, "no finding {finding:?} is muted")?;
    Ok(Exit::Failed)
}
