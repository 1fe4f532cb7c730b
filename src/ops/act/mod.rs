//! The verbs, one file each. What is here, and nothing else in the house, changes anything outside it.

mod place;
mod sql;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use async_trait::async_trait;

use super::engine::Hands;
use crate::{
    model::{Act, Answer, Check, Fault, Place, Plan, Sql},
    provider::postgres::{Operators, Session},
};

/// The hands of one run: the sessions it acts with, each on a server that was found to be the one of the plan.
pub struct Acting {
    operators: Operators,
    label: std::sync::Mutex<String>,
    held: tokio::sync::Mutex<HashMap<Key, Arc<Session>>>,
}

/// A server and a database.
type Key = (String, Option<String>);

impl Acting {
    /// Nothing is opened yet.
    pub fn new(operators: Operators) -> Self {
        Self {
            operators,
            label: std::sync::Mutex::default(),
            held: tokio::sync::Mutex::default(),
        }
    }

    /// The session for this place: the one there is, or a new one on a server that is still the same and is ours.
    async fn session(&self, place: &Place) -> Result<Arc<Session>, Fault> {
        let key = (place.server.to_string(), place.database.clone());
        let mut held = self.held.lock().await;
        if let Some(session) = held.get(&key).filter(|session| !session.is_closed()) {
            return Ok(session.clone());
        }
        let label = self.label.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let session = self.operators.open(&place.server, place.database.as_deref()).await?;
        place::is_the_same(&session, place).await?;
        if place.database.is_none() {
            place::take(&session, place, &label).await?;
        }
        let session = Arc::new(session);
        held.insert(key, session.clone());
        Ok(session)
    }

    /// A session that did not answer is not used again.
    async fn drop_session(&self, sql: &Sql) {
        let key = (sql.place.server.to_string(), sql.place.database.clone());
        self.held.lock().await.remove(&key);
    }
}

#[async_trait]
impl Hands for Acting {
    async fn take(&self, id: &str, plan: &Plan) -> Result<(), Fault> {
        let label = format!("tenantry/{}/{id}", plan.request.operation);
        *self.label.lock().unwrap_or_else(PoisonError::into_inner) = label;
        for place in place::all(plan) {
            self.session(&Place {
                database: None,
                ..place
            })
            .await?;
        }
        Ok(())
    }

    async fn act(&self, act: &Act) -> Answer {
        match act {
            Act::Sql(sql) => self.statement(sql).await,
        }
    }

    async fn check(&self, check: &Check) -> Answer {
        self.ask(check).await
    }
}
