//! Who looks on while a transaction writes: another role, before and after, which sees what the one that writes does not.

use super::{
    manner::{Scope, assume},
    so::{NOTHING_DONE, NOTHING_KEPT, all_so},
};
use crate::{
    model::{Fault, FaultKind, Transact, Witness, quote},
    ops::scribe::Scribe,
    provider::postgres::Session,
};

/// What stands in the later question for the answer to the earlier one.
const BEFORE: &str = ":'before'";

/// What each of them sees before anything is done.
pub(super) async fn before(session: &Session, transact: &Transact, scribe: &Scribe) -> Result<Vec<String>, Fault> {
    let mut seen = Vec::new();
    for witness in &transact.witnesses {
        become_one(session, witness).await?;
        seen.push(if let Some(question) = &witness.before {
            text(session, question, scribe).await?
        } else {
            all_so(session, std::slice::from_ref(&witness.after), NOTHING_DONE, scribe).await?;
            String::new()
        });
    }
    step_back(session, transact).await?;
    Ok(seen)
}

async fn text(session: &Session, question: &str, scribe: &Scribe) -> Result<String, Fault> {
    let rows = session.column::<String>(&scribe.fill(question)?, &[]).await?;
    let [answer] = rows.try_into().map_err(|_| {
        let words = format!("{question} was to yield one row");
        Fault::new(FaultKind::Malformed, words)
    })?;
    Ok(answer)
}

/// Refuses where one of them does not see what it should.
pub(super) async fn after(
    session: &Session,
    transact: &Transact,
    seen: &[String],
    scribe: &Scribe,
) -> Result<(), Fault> {
    for (witness, before) in transact.witnesses.iter().zip(seen) {
        become_one(session, witness).await?;
        let question = witness.after.replace(BEFORE, &quote::literal(before));
        all_so(session, &[question], NOTHING_KEPT, scribe).await?;
    }
    step_back(session, transact).await
}

/// Without row security a role that policies bind is refused rather than shown less.
async fn become_one(session: &Session, witness: &Witness) -> Result<(), Fault> {
    let sees_all = [("row_security".to_owned(), "off".to_owned())];
    assume(session, Scope::Transaction, Some(&witness.role), &sees_all).await
}

async fn step_back(session: &Session, transact: &Transact) -> Result<(), Fault> {
    if transact.witnesses.is_empty() {
        return Ok(());
    }
    session.execute("set local row_security = on").await?;
    match &transact.role {
        Some(role) => assume(session, Scope::Transaction, Some(role), &[]).await,
        None => session.execute("set local role none").await,
    }
}
