//! Sessions that do nothing with a transaction open.

use jiff::{SignedDuration, Timestamp};

use super::{everywhere, hurt, moment, name, place, roots};
use crate::{
    facts::sessions::{Session, Sessions, Whose},
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// It holds row locks or a snapshot: an application that thinks this long between two statements is worth knowing.
const HOLDING: SignedDuration = SignedDuration::from_secs(3);
/// Who holds something for this long has forgotten it.
const HOLDING_WARNING: SignedDuration = SignedDuration::from_mins(1);
/// Vacuum and schema changes have been waiting for it all this time.
const CRITICAL: SignedDuration = SignedDuration::from_mins(30);
/// It holds no more than light locks on what it has read (research: red beyond 5 minutes).
const WARNING: SignedDuration = SignedDuration::from_mins(5);

/// How bad it is that this session idles in its transaction.
pub fn severity(session: &Session, now: Timestamp) -> Severity {
    let Some(since) = session.changed.filter(|_| session.idle_in_transaction()) else {
        return Severity::Ok;
    };
    let idle = now.duration_since(since);
    match session.holds() {
        true if idle >= CRITICAL => Severity::Critical,
        true if idle >= HOLDING_WARNING => Severity::Warning,
        true if idle >= HOLDING => Severity::Notice,
        false if idle >= WARNING => Severity::Warning,
        _ => Severity::Ok,
    }
}

/// One finding for each such session that does not block others already.
pub struct IdleInTransaction;

impl Check for IdleInTransaction {
    fn id(&self) -> &'static str {
        "idle-in-transaction"
    }

    fn about(&self) -> &'static str {
        "sessions that idle in a transaction: for 3 s with locks or a snapshot, for 5 min without"
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

impl IdleInTransaction {
    fn of(&self, whose: &Whose<'_>, server: &Target, seen: &Sessions) -> Vec<Finding> {
        let roots = roots(&seen.sessions);
        let free = seen.sessions.iter().filter(|session| !roots.contains(&session.pid));
        free.filter_map(|session| self.finding(whose, server, session, seen.now))
            .collect()
    }

    fn finding(&self, whose: &Whose<'_>, server: &Target, session: &Session, now: Timestamp) -> Option<Finding> {
        let severity = Some(severity(session, now)).filter(|severity| *severity > Severity::Ok)?;
        let holds = match (session.xid_age, session.xmin_age) {
            (Some(_), _) => " and holds what it has written locked",
            (None, Some(_)) => " and holds a snapshot",
            (None, None) => "",
        };
        let what = format!("{} idles in a transaction{holds}", name(session));
        let finding = Finding::new(self, &session.target(server), severity, what)
            .hurts(hurt(whose, server, std::iter::once(session)))
            .evidence("idle since", moment(session.changed))
            .evidence("its transaction began", moment(session.transaction));
        let finding = match &session.query {
            Some(query) => finding.evidence("its last statement", query.text()),
            None => finding,
        };
        let remedy = format!(
            "let the application commit or roll back, or end it: select pg_terminate_backend({}); \
             idle_in_transaction_session_timeout prevents it",
            session.pid
        );
        Some(finding.remedy(remedy, place(server)))
    }
}
