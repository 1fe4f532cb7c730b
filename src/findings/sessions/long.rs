//! Transactions that have been at work for very long.

use jiff::{SignedDuration, Timestamp};

use super::{everywhere, hurt, moment, name, place, roots};
use crate::{
    facts::sessions::{Session, Sessions, Whose},
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Longer than a request or a batch; a dump may take as long.
const WARNING: SignedDuration = SignedDuration::from_hours(1);
/// Everything that was deleted in half a day is still there.
const CRITICAL: SignedDuration = SignedDuration::from_hours(12);

/// How bad the length of this session's transaction is, where it does something in it.
pub fn severity(session: &Session, now: Timestamp) -> Severity {
    let counts = session.kind == "client backend" && session.holds() && !session.idle_in_transaction();
    let since = session.transaction.filter(|_| counts);
    since.map_or(Severity::Ok, |since| {
        Severity::of(&now.duration_since(since), &WARNING, &CRITICAL)
    })
}

/// One finding for each such session that does not block others already.
pub struct LongTransaction;

impl Check for LongTransaction {
    fn id(&self) -> &'static str {
        "long-transaction"
    }

    fn about(&self) -> &'static str {
        "transactions at work for more than an hour that hold a snapshot or locks"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Sessions::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let whose = Whose::of(world);
        let of = |(server, seen)| self.of(&whose, server, seen);
        everywhere(world).flat_map(of).collect()
    }
}

impl LongTransaction {
    fn of(&self, whose: &Whose<'_>, server: &Target, seen: &Sessions) -> Vec<Finding> {
        let roots = roots(&seen.sessions);
        let free = seen.sessions.iter().filter(|session| !roots.contains(&session.pid));
        free.filter_map(|session| self.finding(whose, server, session, seen.now))
            .collect()
    }

    fn finding(&self, whose: &Whose<'_>, server: &Target, session: &Session, now: Timestamp) -> Option<Finding> {
        let severity = Some(severity(session, now)).filter(|severity| *severity > Severity::Ok)?;
        let what = format!("{} has been in one transaction for very long", name(session));
        let finding = Finding::new(self, &session.target(server), severity, what)
            .hurts(hurt(whose, server, std::iter::once(session)))
            .evidence("its transaction began", moment(session.transaction));
        let finding = match &session.query {
            Some(query) => finding.evidence("its statement", query.text()),
            None => finding,
        };
        let remedy = format!(
            "vacuum keeps everything that it could still see; if nobody needs it: select pg_cancel_backend({})",
            session.pid
        );
        Some(finding.remedy(remedy, place(server)))
    }
}
