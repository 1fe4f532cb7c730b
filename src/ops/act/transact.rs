//! The verbs `Transact` and `Pour`: statements that commit together, and only if what must be so is so.

use tokio::time::{Duration, Instant};

use super::{
    Acting, answer,
    manner::{Scope, assume, limit},
    phases::Phases,
    place,
    so::{NOTHING_DONE, NOTHING_KEPT, all_so, is_so},
    tries::{Tries, USED_UP, pid},
    witness,
    words::told,
};
use crate::{
    model::{Answer, Fault, FaultKind, Place, Process, Transact, Words, quote},
    ops::scribe::Scribe,
    provider::postgres::Session,
};

fn begin(transact: &Transact) -> &'static str {
    if transact.frozen {
        "begin isolation level repeatable read"
    } else {
        "begin"
    }
}

/// How a try ended.
enum Try {
    /// The server took everything back, whether it could still tell us or not.
    Nothing(Fault),
    /// It has an answer.
    Ended(Answer),
}

impl Acting {
    /// The transaction, with what a process says poured into it where one is given.
    pub(super) async fn transact(&self, transact: &Transact, from: Option<&Process>, scribe: &Scribe) -> Answer {
        let mut tries = Tries::of(transact.limits.as_ref());
        loop {
            let began = Instant::now();
            let fault = match self.try_once((transact, from), &mut tries, scribe).await {
                Try::Ended(answer) => return answer,
                Try::Nothing(fault) => fault,
            };
            match tries.again(began, &fault, scribe).await {
                Ok(true) => {}
                Ok(false) => return Answer::Refused(tries.told(fault)),
                Err(lost) => return Answer::Refused(lost),
            }
        }
    }

    async fn try_once(
        &self,
        (transact, from): (&Transact, Option<&Process>),
        tries: &mut Tries<'_>,
        scribe: &Scribe,
    ) -> Try {
        // A session of its own: those that the run shares among its deeds have no transaction.
        let session = match self.alone(&transact.place).await {
            Ok(session) => session,
            Err(fault) => return Try::Nothing(fault),
        };
        // What reads all that was poured takes as long as the whole may.
        let session = match tries.left().filter(|_| from.is_some()) {
            Some(left) => session.patient(left),
            None => session,
        };
        let deed = Deed {
            transact,
            from,
            session: &session,
            hands: self,
            scribe,
        };
        let Some(left) = tries.left() else {
            return self.prepared(&deed, deed.prepare(tries, None).await).await;
        };
        let prepared = tokio::time::timeout(left, deed.prepare(tries, Some(left))).await;
        let Ok(prepared) = prepared else {
            session.cancel().await;
            return Try::Nothing(Fault::new(FaultKind::Refused, USED_UP));
        };
        self.prepared(&deed, prepared).await
    }

    async fn prepared(&self, deed: &Deed<'_>, prepared: Result<String, Not>) -> Try {
        match prepared {
            Err(Not::Done(fault)) => Try::Nothing(fault),
            Err(Not::Needed) => Try::Ended(Answer::Yes),
            Err(Not::Known(fault)) => Try::Ended(Answer::Silence(fault)),
            Ok(xid) => Try::Ended(match deed.session.execute("commit").await {
                Ok(()) => Answer::Yes,
                Err(fault) => self.came_of(&deed.transact.place, &xid, fault).await,
            }),
        }
    }

    /// A session of its own, in a database that is ours.
    pub(super) async fn alone(&self, place: &Place) -> Result<Session, Fault> {
        self.session(place).await?;
        self.open(place).await
    }

    /// Asks the server what became of a transaction whose commit was not answered.
    async fn came_of(&self, place: &Place, xid: &str, lost: Fault) -> Answer {
        let heard = answer(lost);
        if matches!(heard, Answer::Refused(_)) {
            return heard;
        }
        self.drop_session(place).await;
        let status = async {
            let session = self.open(place).await?;
            let sql = format!("select coalesce(pg_xact_status({}::xid8), '')", quote::literal(xid));
            session.column::<String>(&sql, &[]).await
        };
        match status.await.as_deref() {
            Ok([status]) if status == "committed" => Answer::Yes,
            Ok([status]) if status == "aborted" => {
                let fault = format!("transaction {xid} was rolled back");
                Answer::Refused(Fault::new(FaultKind::Refused, fault))
            }
            _ => heard,
        }
    }
}

/// Why there is nothing to commit.
enum Not {
    /// Nothing was done.
    Done(Fault),
    /// It is done already.
    Needed,
    /// It is not known what was done.
    Known(Fault),
}

impl From<Fault> for Not {
    fn from(fault: Fault) -> Self {
        Self::Done(fault)
    }
}

/// One try.
pub(super) struct Deed<'a> {
    transact: &'a Transact,
    from: Option<&'a Process>,
    pub(super) session: &'a Session,
    hands: &'a Acting,
    pub(super) scribe: &'a Scribe,
}

impl Deed<'_> {
    /// All but the commit; the id of the transaction, which is in the journal before it commits.
    async fn prepare(&self, tries: &mut Tries<'_>, left: Option<Duration>) -> Result<String, Not> {
        let (session, place) = (self.session, &self.transact.place);
        session.execute(begin(self.transact)).await?;
        place::take_part(session, place, true).await?;
        self.set(left).await?;
        if let Some(unless) = &self.transact.unless
            && is_so(session, unless, self.scribe).await?
        {
            return Err(Not::Needed);
        }
        let mut phases = Phases::start();
        all_so(session, &self.transact.guards, NOTHING_DONE, self.scribe).await?;
        let seen = witness::before(session, self.transact, self.scribe).await?;
        phases.end("look");
        let pid = match self.transact.limits {
            Some(_) => pid(session).await?,
            None => 0,
        };
        let files = self
            .transact
            .statements
            .iter()
            .any(|words| matches!(words, Words::File(_)));
        let begun = if files || self.from.is_some() {
            Some(self.xid().await?)
        } else {
            None
        };
        for words in &self.transact.statements {
            let text = self.hands.text(words, self.scribe)?;
            let sent = async {
                match left {
                    Some(_) => session.batch(&text).await,
                    None => session.execute(&text).await,
                }
            };
            tries
                .watched(self.hands, place, pid, sent)
                .await
                .map_err(|fault| told(words, fault))?;
        }
        if let Some(from) = self.from {
            tries.watched(self.hands, place, pid, self.pour(from)).await?;
            // What it has set for itself is not how the proofs are asked.
            self.set(left).await?;
        }
        let xid = self.xid().await?;
        if begun.is_some_and(|begun| begun != xid) {
            let words = "a file ended the transaction that it ran in: what stands before its COMMIT is kept";
            return Err(Not::Known(Fault::new(FaultKind::Malformed, words)));
        }
        phases.end("write");
        all_so(session, &self.transact.proofs, NOTHING_KEPT, self.scribe).await?;
        witness::after(session, self.transact, &seen, self.scribe).await?;
        phases.end("prove");
        let words = format!("transaction {xid} on {} commits: {phases}", place.server);
        self.scribe.note(words).await?;
        Ok(xid)
    }

    async fn set(&self, left: Option<Duration>) -> Result<(), Fault> {
        let Transact { role, settings, .. } = self.transact;
        assume(self.session, Scope::Transaction, role.as_deref(), settings).await?;
        if let Some((limits, left)) = self.transact.limits.as_ref().zip(left) {
            limit(self.session, Scope::Transaction, limits.lock, left).await?;
        }
        Ok(())
    }

    async fn xid(&self) -> Result<String, Fault> {
        let asked = self.session.column::<String>("select pg_current_xact_id()::text", &[]);
        let none = || Fault::new(FaultKind::Malformed, "the transaction has no id");
        asked.await?.into_iter().next().ok_or_else(none)
    }
}
