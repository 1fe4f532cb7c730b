//! The verbs, one file each. What is here, and nothing else in the house, changes anything outside it.

mod attempts;
mod login;
mod manner;
mod phases;
mod place;
mod pour;
mod process;
mod question;
mod rehearse;
mod series;
mod so;
mod sql;
mod survey;
mod transact;
mod tries;
mod vault;
mod witness;
mod words;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use async_trait::async_trait;

use super::{
    engine::{Hands, TOKEN},
    scribe::Scribe,
};
use crate::{
    model::{Act, Answer, Check, Entry, Fault, FaultKind, Place, Plan, Text},
    provider::postgres::{Login, Operators, Session},
};

/// So many sessions in databases of tenants are kept for the deeds to come.
const KEPT: usize = 16;

/// The hands of one run: the sessions it acts with, each on a server that was found to be the one of the plan.
pub struct Acting {
    operators: Operators,
    label: Mutex<String>,
    sessions: tokio::sync::Mutex<Sessions>,
    /// The files of its plan.
    texts: OnceLock<words::Texts>,
    /// Logins that steps hold for those that follow. They end with this process.
    logins: Mutex<HashMap<String, Login>>,
}

/// A server and a database.
type Key = (String, String);

/// Sessions that deeds share.
#[derive(Default)]
struct Sessions {
    open: HashMap<Key, Arc<Session>>,
    /// Databases of tenants where nobody else was at work when we came. The server is ours by its maintenance database, whose
    /// session is kept.
    ours: HashSet<Key>,
}

impl Sessions {
    /// Closes one in a database of a tenant where there are too many. Whoever works with it keeps it until then.
    fn make_room(&mut self) {
        let surplus = self.open.keys().filter(|key| self.ours.contains(*key)).nth(KEPT);
        if let Some(key) = surplus.cloned() {
            self.open.remove(&key);
        }
    }
}

impl Acting {
    /// Nothing is opened yet.
    pub fn new(operators: Operators) -> Self {
        Self {
            operators,
            label: Mutex::new("tenantry/survey".into()),
            sessions: tokio::sync::Mutex::default(),
            texts: OnceLock::new(),
            logins: Mutex::default(),
        }
    }

    /// The session for this place: the one there is, or a new one on a server that is still the same and is ours.
    async fn session(&self, place: &Place) -> Result<Arc<Session>, Fault> {
        let key = self.key(place);
        let mut sessions = self.sessions.lock().await;
        if let Some(session) = sessions.open.get(&key).filter(|session| !session.is_closed()) {
            return Ok(session.clone());
        }
        let session = self.open(place).await?;
        let whole = self.operators.is_maintenance(place);
        // A copy only reads: there is nothing to be kept apart.
        if !place.is_copy() && (whole || !sessions.ours.contains(&key)) {
            place::take(&session, place, &self.label()).await?;
        }
        let session = Arc::new(session);
        if !whole {
            sessions.make_room();
            sessions.ours.insert(key.clone());
        }
        sessions.open.insert(key, session.clone());
        Ok(session)
    }

    /// A new session, on a server that is still the same.
    async fn open(&self, place: &Place) -> Result<Session, Fault> {
        let session = self.operators.open(place).await?;
        place::is_the_same(&session, place).await?;
        place::label(&session, &self.label()).await?;
        Ok(session)
    }

    /// What a place is called one way or another is one place.
    fn key(&self, place: &Place) -> Key {
        let database = self.operators.database(place).unwrap_or_default();
        (place.server.to_string(), database.to_owned())
    }

    fn label(&self) -> String {
        self.label.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A session that did not answer is not used again.
    async fn drop_session(&self, place: &Place) {
        self.sessions.lock().await.open.remove(&self.key(place));
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

#[async_trait]
impl Hands for Acting {
    async fn take(&self, id: &str, plan: &Plan) -> Result<(), Fault> {
        let label = place::name(&plan.request.operation, id);
        *self.label.lock().unwrap_or_else(PoisonError::into_inner) = label;
        let _ = self.texts.set(words::texts(&plan.artefacts)?);
        for place in place::all(plan) {
            self.session(&place).await?;
        }
        Ok(())
    }

    async fn introduce(&self, before: Option<&str>) -> Vec<Entry> {
        let Some(vault) = self.operators.vault() else {
            return Vec::new();
        };
        let mut entries = match vault.myself().await {
            Ok((name, accessor)) => vec![
                Entry::Note(format!(
                    "on the secrets server it is {}, with the token of accessor {}",
                    Text::from(name),
                    Text::from(accessor.as_str())
                )),
                Entry::Kept(TOKEN.into(), accessor),
            ],
            Err(fault) => vec![Entry::Note(format!("on the secrets server it is nobody: {fault}"))],
        };
        if let Some(before) = before {
            let words = match vault.end(before).await {
                Ok(()) => "the token of the process that carried it out before is revoked".to_owned(),
                Err(fault) => format!("the token of the process that carried it out before was not revoked: {fault}"),
            };
            entries.push(Entry::Note(words));
        }
        entries
    }

    async fn let_go(&self) {
        if let Some(vault) = self.operators.vault() {
            vault.leave().await;
        }
    }

    async fn act(&self, act: &Act, scribe: &Scribe) -> Answer {
        match act {
            Act::Look => Answer::Yes,
            Act::Sql(sql) => self.statement(sql, scribe).await,
            Act::Transact(transact) => self.transact(transact, None, scribe).await,
            Act::Pour(pour) => self.transact(&pour.into, Some(&pour.from), scribe).await,
            Act::Series(series) => self.series(series, scribe).await,
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
        | FaultKind::Locked
        | FaultKind::Refused => Answer::Refused(fault),
    }
}
