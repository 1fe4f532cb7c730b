//! The process that carries a run out: in a session of its own, so that no line that is lost and no screen that is closed
//! ends it.

use std::{io, path::Path, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::{
    Confirmed, Mismatch, Outcome, Refusal, Run, anchor, confirm,
    engine::{self, Desk, Hands, Stopped},
    house::{self, Person},
    journal::{self, Lines},
    kept, orders,
};
use crate::{
    config::Policy,
    model::{Carrier, Entry, Fault, Plan, Said, Texts},
};

/// What is handed to it: what to carry out, and who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// What.
    pub what: What,
    /// Who, and what they typed.
    pub said: Said,
}

/// A plan that is begun, or a run that is taken up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A plan, the digest of what was looked at, and the rows that it sends.
    Begin(Box<Plan>, String, Texts),
    /// The run of this name, and the digest of what was looked at, where somebody looked at it.
    Resume(String, Option<String>),
}

impl What {
    /// A plan that is begun.
    pub fn begin(plan: Plan, shown: String) -> Self {
        let rows = plan.rows();
        Self::Begin(Box::new(plan), shown, rows)
    }
}

/// What it says once it is clear whether anything will be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// The run of this name is under way, and its journal is there to be read.
    Begun(String),
    /// It was not confirmed; why.
    Unconfirmed(String),
    /// Nothing is done; why.
    Refused(Fault),
    /// The policy says no; why, and what could be done.
    Forbidden(String, Option<String>),
}

/// Where it works, and what it works with.
pub struct Bench<'a> {
    /// Where the journals are.
    pub journals: &'a Path,
    /// The policy of the house.
    pub policy: &'a Policy,
    /// Who runs this process.
    pub person: &'a Person,
    /// This process.
    pub by: Carrier,
    /// What acts.
    pub hands: &'a dyn Hands,
}

/// Carries it to its end. `reply` is called once, as soon as it is clear whether anything will be done.
///
/// # Errors
/// Where the journal cannot be read or written.
pub async fn carry(errand: Errand, bench: &Bench<'_>, reply: &mut (dyn FnMut(Reply) + Send)) -> io::Result<()> {
    // What cannot be removed now can be later.
    let _ = kept::clear(bench.journals, bench.policy.keep, SystemTime::now());
    let ready = match errand.what {
        What::Begin(plan, shown, rows) => bench.begin(*plan, &shown, &rows, errand.said),
        What::Resume(id, shown) => bench.resume(&id, shown, errand.said),
    };
    let mut ready = match ready {
        Ok(ready) => ready,
        Err(Not::Said(said)) => {
            reply(said);
            return Ok(());
        }
        Err(Not::Journal(error)) => return Err(error),
    };
    let id = ready.id.clone();
    let ended = bench.drive(&mut ready, reply).await;
    if let Ok(outcome) = &ended {
        bench.anchor(&ready, outcome.word());
    }
    match ended {
        Ok(Outcome::Running | Outcome::Paused { .. } | Outcome::Awaits { .. }) => Ok(()),
        Ok(_) => {
            orders::forget(bench.journals, &id);
            Ok(())
        }
        Err(Stopped::Journal(error)) => Err(error),
        Err(Stopped::Taken(fault)) => {
            if ready.run.is_none() {
                // Nothing was begun, so there is nothing to remember.
                bench.forget(&id);
            }
            reply(Reply::Refused(fault));
            Ok(())
        }
    }
}

/// A run that may begin, or go on.
struct Ready {
    id: String,
    confirmed: Confirmed,
    lines: Lines,
    /// What was done of it before.
    run: Option<Run>,
}

/// Why nothing is done.
enum Not {
    Said(Reply),
    Journal(io::Error),
}

impl From<io::Error> for Not {
    fn from(error: io::Error) -> Self {
        Self::Journal(error)
    }
}

impl From<Refusal> for Not {
    fn from(refusal: Refusal) -> Self {
        Self::Said(Reply::Forbidden(refusal.what, refusal.hint))
    }
}

impl From<Mismatch> for Not {
    fn from(mismatch: Mismatch) -> Self {
        Self::Said(Reply::Unconfirmed(mismatch.to_string()))
    }
}

impl Bench<'_> {
    fn begin(&self, mut plan: Plan, shown: &str, rows: &Texts, said: Said) -> Result<Ready, Not> {
        plan.fill(rows);
        if plan.lacks_rows() {
            return Err(Refusal::new("rows of the plan did not come with it").into());
        }
        // What this process is handed is bound anew: who handed it over may have left the policy out.
        let plan = house::bind(plan, self.policy, self.person, self.journals)?;
        let confirmed = confirm(plan, shown, said)?;
        let id = name();
        let lines = Lines::create(self.journals, &id, self.policy.is_shared())?;
        if let Err(error) = kept::keep(self.journals, &id, rows, self.policy.is_shared()) {
            self.forget(&id);
            return Err(error.into());
        }
        Ok(Ready {
            lines,
            id,
            confirmed,
            run: None,
        })
    }

    /// Forgets what was not begun.
    fn forget(&self, id: &str) {
        let _ = std::fs::remove_file(journal::path(self.journals, id));
        kept::forget(self.journals, id);
    }

    fn resume(&self, id: &str, shown: Option<String>, said: Said) -> Result<Ready, Not> {
        let (lines, reading) = Lines::go_on(self.journals, id)?;
        let mut run = Run::replay(&reading.entries).ok_or_else(|| io::Error::other(format!("{id} was never begun")))?;
        run.fill(&kept::of_run(self.journals, id)?);
        house::lets_join(&run.plan, self.policy, self.person)?;
        if let Some(shown) = shown.filter(|shown| *shown != run.digest) {
            let now = run.digest;
            return Err(Mismatch::Drift { shown, now }.into());
        }
        Ok(Ready {
            id: id.to_owned(),
            confirmed: Confirmed::again(&run.plan, &run.digest, said)?,
            lines,
            run: Some(run),
        })
    }

    /// Whoever changes the journal from now on would have to change the system's log too.
    fn anchor(&self, ready: &Ready, word: &str) {
        if self.policy.syslog {
            anchor::tell(&ready.id, ready.lines.head(), word);
        }
    }

    async fn drive(&self, ready: &mut Ready, reply: &mut (dyn FnMut(Reply) + Send)) -> Result<Outcome, Stopped> {
        let id = ready.id.clone();
        let syslog = self.policy.syslog;
        let mut told = |entry: &Entry, run: &Run| {
            let (Entry::Opened { said, .. } | Entry::Resumed { said, .. }) = entry else {
                return;
            };
            if syslog {
                let words = format!(
                    "{} confirmed by {}, digest {}",
                    run.plan.title,
                    said.person(),
                    run.digest
                );
                anchor::tell(&id, "-", &words);
            }
            reply(Reply::Begun(id.clone()));
        };
        let desk = Desk {
            by: self.by.clone(),
            orders: orders::hear(self.journals, &ready.id),
            journal: &mut ready.lines,
            told: &mut told,
        };
        match ready.run.clone() {
            None => engine::begin(&ready.confirmed, &ready.id, desk, self.hands).await,
            Some(run) => engine::resume(run, &ready.confirmed, desk, self.hands).await,
        }
    }
}

/// A name for a run: when it began, so that names are in the order of runs, and some chance for two that begin at once.
fn name() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.6fZ");
    format!("{now}-{:04x}", fastrand::u16(..))
}
