//! What must be so before something is done, or kept.

use crate::{
    model::{Fault, FaultKind},
    ops::scribe::Scribe,
    provider::postgres::Session,
};

/// What is said before a question whose answer lets nothing be done.
pub(super) const NOTHING_DONE: &str = "nothing was done, because this is not so";

/// What is said before a question whose answer takes everything back.
pub(super) const NOTHING_KEPT: &str = "nothing was kept, because this is not so";

/// Whether a query that yields one boolean says so.
pub(super) async fn is_so(session: &Session, question: &str, scribe: &Scribe) -> Result<bool, Fault> {
    let question = scribe.fill(question)?;
    Ok(session.column::<bool>(&question, &[]).await? == [true])
}

/// Refuses where one of these says no.
pub(super) async fn all_so(
    session: &Session,
    questions: &[String],
    otherwise: &str,
    scribe: &Scribe,
) -> Result<(), Fault> {
    for question in questions {
        if !is_so(session, question, scribe).await? {
            return Err(Fault::new(FaultKind::Refused, format!("{otherwise}: {question}")));
        }
    }
    Ok(())
}
