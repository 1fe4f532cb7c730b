//! Tries of statements that may have to wait for a lock: how often, how long others may have to wait because of them, and
//! who was in the way.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::Acting;
use crate::{
    model::{Fault, FaultKind, Limits, Place, Text},
    ops::scribe::Scribe,
    provider::postgres::{Param, Session},
};

/// After the first try; it doubles with each, up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// What is said where the whole time is used up.
pub(super) const USED_UP: &str = "others may not have to wait for it any longer: its whole time is used up";
/// The mode of a lock `l` of `pg_locks` in words, as people write it.
pub(super) const MODE: &str = r"lower(regexp_replace(l.mode, '([a-z])([A-Z])', '\1 \2', 'g'))";
/// Who keeps a session waiting, and for what.
const BLOCKERS: &str = "\
select json_build_object(
  'lock', (select {mode} || coalesce(' on ' || l.relation::regclass, '')
           from pg_locks l where l.pid = $1::bigint::int4 and not l.granted limit 1),
  'by', coalesce((select json_agg(concat_ws(', ', 'pid ' || a.pid, a.usename || ' in ' || a.datname,
             nullif(a.application_name, ''), a.state, 'its transaction open for '
             || extract(epoch from clock_timestamp() - a.xact_start)::int || ' s'))
           from unnest(pg_blocking_pids($1::bigint::int4)) b (pid) join pg_stat_activity a using (pid)), '[]'))";

#[derive(Deserialize)]
struct Blockers {
    lock: Option<Text>,
    by: Vec<Text>,
}

/// How much of the limits is left.
pub(super) struct Tries<'a> {
    limits: Option<&'a Limits>,
    made: u32,
    spent: Duration,
    /// Who was last seen in the way.
    blockers: Option<String>,
}

impl<'a> Tries<'a> {
    pub(super) fn of(limits: Option<&'a Limits>) -> Self {
        Self {
            limits,
            made: 0,
            spent: Duration::ZERO,
            blockers: None,
        }
    }

    /// How long the next try may take at most; none where nothing limits it but the session itself.
    pub(super) fn left(&self) -> Option<Duration> {
        let budget = Duration::from_millis(self.limits?.budget);
        Some(budget.saturating_sub(self.spent))
    }

    /// Counts a try, and tells and waits where there is to be another.
    pub(super) async fn again(&mut self, began: Instant, fault: &Fault, scribe: &Scribe) -> Result<bool, Fault> {
        self.made += 1;
        self.spent += began.elapsed();
        let Some(limits) = self.limits.filter(|_| fault.kind == FaultKind::Locked) else {
            return Ok(false);
        };
        if self.made > limits.retries || self.left().is_none_or(|left| left.is_zero()) {
            return Ok(false);
        }
        let pause = self.pause();
        let (made, of) = (self.made, limits.retries + 1);
        let who = self.blockers.as_deref().unwrap_or("nobody who could be seen");
        let words = format!(
            "{}: try {made} of {of}: no lock in {} ms, kept by {who}; again in {} ms",
            scribe.about(),
            limits.lock,
            pause.as_millis()
        );
        scribe.note(words).await?;
        sleep(pause).await;
        Ok(true)
    }

    /// What was said, with who was in the way.
    pub(super) fn told(&self, fault: Fault) -> Fault {
        let who = self.blockers.as_ref().filter(|_| fault.kind == FaultKind::Locked);
        match who {
            Some(who) => Fault {
                what: format!("{}; {} in vain, kept by {who}", fault.what.raw(), tries(self.made)).into(),
                ..fault
            },
            None => fault,
        }
    }

    /// Between half and all of a time that doubles: tries of many do not come at once.
    fn pause(&self) -> Duration {
        let full = PAUSE
            .saturating_mul(1 << self.made.saturating_sub(1).min(6))
            .min(LONGEST);
        full.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Does it, and looks meanwhile who is in the way, once it has waited for most of its time.
    pub(super) async fn watched<T>(
        &mut self,
        hands: &Acting,
        place: &Place,
        pid: i64,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let Some(limits) = self.limits else {
            return work.await;
        };
        tokio::pin!(work);
        let look = Duration::from_millis(limits.lock.saturating_mul(2) / 5);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = sleep(look) => {
                    if let Some(who) = hands.blockers(place, pid).await {
                        self.blockers = Some(who);
                    }
                }
            }
        }
    }
}

impl Acting {
    /// Who keeps this session waiting now; none where nobody does, or it cannot be seen.
    async fn blockers(&self, place: &Place, pid: i64) -> Option<String> {
        let session = self.session(place).await.ok()?;
        let found: Blockers = session
            .json(&BLOCKERS.replace("{mode}", MODE), &[Param::Int(pid)])
            .await
            .ok()?;
        if found.by.is_empty() {
            return None;
        }
        let by: Vec<String> = found.by.iter().map(ToString::to_string).collect();
        let lock = found.lock.map(|lock| format!(" ({lock})")).unwrap_or_default();
        Some(format!("{}{lock}", by.join("; ")))
    }
}

/// The server's number of a session.
pub(super) async fn pid(session: &Session) -> Result<i64, Fault> {
    let found = session.column::<i32>("select pg_backend_pid()", &[]).await?;
    let none = || Fault::new(FaultKind::Malformed, "the session has no number");
    found.first().map(|pid| i64::from(*pid)).ok_or_else(none)
}

fn tries(n: u32) -> String {
    if n == 1 { "1 try".into() } else { format!("{n} tries") }
}
