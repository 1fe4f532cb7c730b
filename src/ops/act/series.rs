//! The verb `Series`: statements that cannot stand in one transaction, one after the other in one session.

use tokio::time::{Duration, Instant};

use super::{
    Acting, answer,
    manner::{Scope, assume, limit},
    place,
    so::{NOTHING_DONE, all_so, is_so},
    tries::{Tries, USED_UP, pid},
    words::told,
};
use crate::{
    model::{Answer, Fault, FaultKind, Series},
    ops::scribe::Scribe,
    provider::postgres::Session,
};

impl Acting {
    pub(super) async fn series(&self, series: &Series, scribe: &Scribe) -> Answer {
        let session = match self.set_up(series).await {
            Ok(session) => session,
            Err(fault) => return Answer::Refused(fault),
        };
        let left = Duration::from_millis(series.limits.budget);
        if let Some(unless) = &series.unless {
            match is_so(&session, unless, scribe).await {
                Ok(false) => {}
                Ok(true) => return Answer::Yes,
                Err(fault) => return Answer::Refused(fault),
            }
        }
        if let Err(fault) = all_so(&session, &series.guards, NOTHING_DONE, scribe).await {
            return Answer::Refused(fault);
        }
        let sent = tokio::time::timeout(left, self.send(series, &session, scribe)).await;
        let answer = sent.unwrap_or_else(|_| Answer::Silence(Fault::new(FaultKind::Timeout, USED_UP)));
        match (answer, &series.untouched) {
            // What cannot be asked may have been touched.
            (Answer::Halfway(fault), Some(untouched)) if is_so(&session, untouched, scribe).await == Ok(true) => {
                Answer::Refused(fault)
            }
            (answer, _) => answer,
        }
    }

    async fn set_up(&self, series: &Series) -> Result<Session, Fault> {
        let session = self.alone(&series.place).await?;
        place::take_part(&session, &series.place, false).await?;
        assume(&session, Scope::Session, series.role.as_deref(), &series.settings).await?;
        let left = Duration::from_millis(series.limits.budget);
        limit(&session, Scope::Session, series.limits.lock, left).await?;
        Ok(session)
    }

    async fn send(&self, series: &Series, session: &Session, scribe: &Scribe) -> Answer {
        let pid = match pid(session).await {
            Ok(pid) => pid,
            Err(fault) => return Answer::Refused(fault),
        };
        let mut sent_any = false;
        for words in &series.statements {
            let mut tries = Tries::of(Some(&series.limits));
            loop {
                let began = Instant::now();
                let text = match self.text(words, scribe) {
                    Ok(text) => text,
                    Err(fault) => return refused(sent_any, &tries, fault),
                };
                sent_any = true;
                let sent = tries.watched(self, &series.place, pid, session.batch(&text)).await;
                let Err(fault) = sent else { break };
                let fault = told(words, fault);
                match tries.again(began, &fault, scribe).await {
                    Ok(true) => {}
                    Ok(false) => return refused(sent_any, &tries, fault),
                    Err(lost) => return refused(sent_any, &tries, lost),
                }
            }
        }
        Answer::Yes
    }
}

/// Where nothing was sent before, a no is a no. Where something was, only reading back tells what stands now; and an index
/// that could not be built stays behind.
fn refused(begun: bool, tries: &Tries<'_>, fault: Fault) -> Answer {
    match answer(tries.told(fault)) {
        Answer::Refused(fault) if begun => Answer::Halfway(fault),
        other => other,
    }
}
