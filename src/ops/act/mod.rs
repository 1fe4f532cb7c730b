//! The verbs, one file each. What is here, and nothing else in the house, changes anything outside it.

mod login;
mod place;
mod process;
mod question;
mod sql;
mod survey;
mod transact;
mod vault;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{engine::Hands, scribe::Scribe};
use crate::{
    model::{Act, Answer, Check, Fault, FaultKind, Place, Plan},
    provider::postgres::{Login, Operators, Session},
};

/// The hands of one run: the sessions it acts with, each on a server that was found to be the one of the plan.
pub struct Acting {
    operators: Operators,
    label: Mutex<String>,
    sessions: tokio::sync::Mutex<HashMap<Key, Arc<Session>>>,
    /// Logins that steps hold for those that follow. They end with this process.
    logins: Mutex<HashMap<String, Login>>,
}

/// A server and a database.
type Key = (String, Option<String>);

impl Acting {
    /// Nothing is opened yet.
    pub fn new(operators: Operators) -> Self {
        Self {
            operators,
            label: Mutex::default(),
            sessions: tokio::sync::Mutex::default(),
            logins: Mutex::default(),
        }
    }

    /// The session for this place: the one there is, or a new one on a server that is still the same and is ours.
    async fn session(&self, place: &Place) -> Result<Arc<Session>, Fault> {
        let mut sessions = self.sessions.lock().await;
        if let Some(session) = sessions.get(&key(place)).filter(|session| !session.is_closed()) {
            return Ok(session.clone());
        }
        let session = self.open(place).await?;
        place::take(&session, place).await?;
        let session = Arc::new(session);
        sessions.insert(key(place), session.clone());
        Ok(session)
    }

    /// A new session, on a server that is still the same.
    async fn open(&self, place: &Place) -> Result<Session, Fault> {
        let session = self.operators.open(&place.server, place.database.as_deref()).await?;
        place::is_the_same(&session, place).await?;
        let label = self.label.lock().unwrap_or_else(PoisonError::into_inner).clone();
        place::label(&session, &label).await?;
        Ok(session)
    }

    /// A session that did not answer is not used again.
    async fn drop_session(&self, place: &Place) {
        self.sessions.lock().await.remove(&key(place));
    }

    fn hold(&self, name: &str, login: Login) {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        logins.insert(name.to_owned(), login);
    }

    fn held(&self, name: &str) -> Option<Login> {
        let logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        logins.get(name).cloned()
    }
}

fn key(place: &Place) -> Key {
    (place.server.to_string(), place.database.clone())
}

#[async_trait]
impl Hands for Acting {
    async fn take(&self, id: &str, plan: &Plan) -> Result<(), Fault> {
        let label = format!("tenantry/{}/{id}", plan.request.operation);
        *self.label.lock().unwrap_or_else(PoisonError::into_inner) = label;
        for place in place::all(plan) {
            self.session(&place).await?;
        }
        Ok(())
    }

    async fn act(&self, act: &Act, scribe: &Scribe) -> Answer {
        match act {
            Act::Look => Answer::Yes,
            Act::Sql(sql) => self.statement(sql, scribe).await,
            Act::Transact(transact) => self.transact(transact, scribe).await,
            Act::Vault(call) => self.call(call, scribe).await,
            Act::Process(process) => process::run(process, scribe).await,
        }
    }

    async fn check(&self, check: &Check, scribe: &Scribe) -> Answer {
        self.ask(check, scribe).await
    }
}

/// Whether the other side said no, or nobody said anything.
fn answer(fault: Fault) -> Answer {
    match fault.kind {
        FaultKind::Unreachable | FaultKind::Timeout | FaultKind::Malformed => Answer::Silence(fault),
        FaultKind::Denied
        | FaultKind::Credential
        | FaultKind::Sealed
        | FaultKind::Keyless
        | FaultKind::Unsupported
        | FaultKind::Refused => Answer::Refused(fault),
    }
}
