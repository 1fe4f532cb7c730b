//! The verb `Transact`: statements that commit together, and only if what must be so is so.

use super::{Acting, answer, place};
use crate::{
    model::{Answer, Fault, FaultKind, Place, Transact, quote},
    ops::scribe::Scribe,
    provider::postgres::Session,
};

impl Acting {
    pub(super) async fn transact(&self, transact: &Transact, scribe: &Scribe) -> Answer {
        // A session of its own: those that the run shares among its deeds have no transaction.
        let session = match self.alone(&transact.place).await {
            Ok(session) => session,
            Err(fault) => return Answer::Refused(fault),
        };
        match prepare(&session, transact, scribe).await {
            // Without a commit the server takes everything back, whether it could still tell us or not.
            Err(fault) => Answer::Refused(fault),
            Ok(xid) => match session.execute("commit").await {
                Ok(()) => Answer::Yes,
                Err(fault) => self.came_of(&transact.place, &xid, fault).await,
            },
        }
    }

    /// A session of its own, in a database that is ours.
    async fn alone(&self, place: &Place) -> Result<Session, Fault> {
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

/// All but the commit; the id of the transaction, which is in the journal before it commits.
async fn prepare(session: &Session, transact: &Transact, scribe: &Scribe) -> Result<String, Fault> {
    session.execute("begin").await?;
    place::take_part(session, &transact.place).await?;
    if let Some(role) = &transact.role {
        session
            .execute(&format!("set local role {}", quote::ident(role)))
            .await?;
    }
    all_so(
        session,
        &transact.guards,
        scribe,
        "nothing was done, because this is not so",
    )
    .await?;
    for statement in &transact.statements {
        let statement = scribe.fill(statement)?;
        session.execute(&statement).await?;
    }
    all_so(
        session,
        &transact.proofs,
        scribe,
        "nothing was kept, because this is not so",
    )
    .await?;
    let found = session
        .column::<String>("select pg_current_xact_id()::text", &[])
        .await?;
    let none = || Fault::new(FaultKind::Malformed, "the transaction has no id");
    let xid = found.into_iter().next().ok_or_else(none)?;
    let place = &transact.place;
    scribe
        .note(format!("transaction {xid} on {} commits", place.server))
        .await?;
    Ok(xid)
}

async fn all_so(session: &Session, questions: &[String], scribe: &Scribe, otherwise: &str) -> Result<(), Fault> {
    for question in questions {
        let question = scribe.fill(question)?;
        if session.column::<bool>(&question, &[]).await? != [true] {
            return Err(Fault::new(FaultKind::Refused, format!("{otherwise}: {question}")));
        }
    }
    Ok(())
}
