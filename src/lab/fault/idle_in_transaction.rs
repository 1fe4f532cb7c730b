//! `idle-in-transaction`: somebody began, changed a row, and went to lunch.
//!
//! To see: a session that is idle in transaction and holds locks; since when; that its snapshot is the oldest of the
//! instance, so that vacuum can remove nothing that died since.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{
    Trouble,
    hold::{self, Held},
    instances,
};
use crate::{lab::ground::Ground, model::Fault};

/// What the fault is called.
pub const NAME: &str = "idle-in-transaction";

/// See the module.
pub struct IdleInTransaction;

#[async_trait]
impl Trouble for IdleInTransaction {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "a session is idle in a transaction that holds a row and an old snapshot"
    }

    fn targets(&self) -> Vec<&'static str> {
        instances()
    }

    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault> {
        hold::start(ground, NAME, target).await?;
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, target: &str, _: &Json) -> Result<(), Fault> {
        hold::stop(ground, NAME, target).await
    }

    async fn leave(&self, ground: &Ground, target: &str, _: &Json) -> bool {
        hold::stop(ground, NAME, target).await.is_err()
    }
}

/// The session.
pub async fn sessions(ground: &Ground, instance: &str) -> Result<Held, Fault> {
    let session = hold::session(ground, instance).await?;
    session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
    session
        .batch("UPDATE product SET name = name WHERE sku = 'P-1'")
        .await?;
    let mut held = Held::default();
    held.keep(session).await?;
    Ok(held)
}
