//! Finds out what a survey asks for. Nothing is changed: what is tried is rolled back.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    Acting,
    manner::{Scope, assume},
    process,
};
use crate::{
    model::{Fault, FaultKind, Look, Request, Sql, Target, Trial},
    ops::{
        self, Refusal, journal,
        record::Record,
        survey::{Evidence, Found, Inquiries, Inquiry},
    },
    provider::{
        postgres::{Readable, Session},
        vault::Method,
    },
    store::{Fact, Sealed, Snapshot},
};

impl Acting {
    /// Finds out what a plan of this request needs to know, into the world that it is made on. What runs did stands in these
    /// journals.
    ///
    /// # Errors
    /// Where it is clear already that there will be no plan.
    pub async fn survey(&self, request: &Request, world: &mut Snapshot, journals: &Path) -> Result<(), Refusal> {
        self.learn(|world| ops::survey(request, world), world, journals).await
    }

    /// Finds out what is asked for, until nothing new is.
    ///
    /// # Errors
    /// Where nothing can be asked.
    pub async fn learn(
        &self,
        mut ask: impl FnMut(&Snapshot) -> Result<Inquiries, Refusal>,
        world: &mut Snapshot,
        journals: &Path,
    ) -> Result<(), Refusal> {
        let mut evidence = Evidence::default();
        // Each round asks what the one before made it possible to ask.
        loop {
            let inquiries = ask(world)?;
            if inquiries.is_empty() {
                return Ok(());
            }
            for (name, inquiry) in inquiries {
                let found = self.find_out(&inquiry, journals).await;
                evidence.0.insert(name, found);
            }
            let found = Ok(Sealed::of(evidence.clone()));
            world.take(Evidence::NAME, &Target::fleet(), Timestamp::now(), found);
        }
    }

    /// What comes of an inquiry.
    async fn find_out(&self, inquiry: &Inquiry, journals: &Path) -> Found {
        let found = match inquiry {
            Inquiry::Rows(sql) => self.read(sql).await.map(Found::Rows),
            Inquiry::Look(look) => self.look(look).await.map(Found::Rows),
            Inquiry::Trial(trial) => self
                .attempt(trial)
                .await
                .map(|failed| Found::Tried(failed.map(|(statement, fault)| (statement, fault.to_string())))),
            Inquiry::Rehearsal(transact, artefacts) => self.rehearse(transact, artefacts).await,
            Inquiry::Process(process) => process::lines(process).await.map(Found::Rows),
            Inquiry::Vault { path, at } => self.read_vault(path, at).await,
            Inquiry::Says(say) => self.says(say, None).await.map(|so| Found::Rows(vec![so.to_string()])),
            Inquiry::Past(run) => past(journals, run),
        };
        found.unwrap_or_else(Found::Nothing)
    }

    async fn read(&self, sql: &Sql) -> Result<Vec<String>, Fault> {
        self.open(&sql.place).await?.column(&sql.text, &[]).await
    }

    /// The transaction ends with its session.
    pub(super) async fn look<T: Readable>(&self, look: &Look) -> Result<Vec<T>, Fault> {
        let session = self.open(&look.sql.place).await?;
        session.execute("begin").await?;
        assume(&session, Scope::Transaction, look.role.as_deref(), &look.settings).await?;
        session.column(&look.sql.text, &[]).await
    }

    async fn read_vault(&self, path: &str, at: &[&'static str]) -> Result<Found, Fault> {
        let answer = match self.vault()?.call(Method::Get, path, None).await {
            // Where nothing stands there is nothing to list.
            Err(fault) if fault.kind == FaultKind::Unsupported && path.ends_with("?list=true") => Json::Null,
            answer => answer?,
        };
        let stood = at.iter().map(|at| answer.pointer(at).cloned().unwrap_or_default());
        Ok(Found::Said(stood.collect()))
    }

    /// The first statement that failed, and why.
    pub(super) async fn attempt(&self, trial: &Trial) -> Result<Option<(String, Fault)>, Fault> {
        let session = self.open(&trial.place).await?;
        session.execute("begin").await?;
        assume(&session, Scope::Transaction, Some(&trial.role), &[]).await?;
        let failed = first_failing(&session, &trial.statements).await;
        // Where this fails too the session ends, which rolls back as well.
        let _ = session.execute("rollback").await;
        Ok(failed)
    }
}

/// What the journal of a run tells.
fn past(journals: &Path, run: &str) -> Result<Found, Fault> {
    let refused = |why: String| Fault::new(FaultKind::Refused, why);
    let record = Record::read(run.to_owned(), &journal::path(journals, run));
    let past = record.map_err(|error| refused(error.to_string()))?.past();
    past.map(|past| Found::Past(Box::new(past)))
        .map_err(|refusal| refused(refusal.what))
}

async fn first_failing(session: &Session, statements: &[String]) -> Option<(String, Fault)> {
    for statement in statements {
        if let Err(fault) = session.execute(statement).await {
            return Some((statement.clone(), fault));
        }
    }
    None
}
