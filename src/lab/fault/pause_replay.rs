//! `pause-replay`: the standby receives the log and does not apply it.
//!
//! To see: `replay paused` in the replicas view, bytes and seconds behind that grow with every write, write and flush
//! that do not lag; the primary's own `replay_lag` stays at its last value. Queries on the standby answer from the past.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{Trouble, standbys};
use crate::{
    lab::ground::{self, Ground},
    model::Fault,
};

/// See the module.
pub struct PauseReplay;

#[async_trait]
impl Trouble for PauseReplay {
    fn name(&self) -> &'static str {
        "pause-replay"
    }

    fn about(&self) -> &'static str {
        "receives the log and no longer applies it"
    }

    fn targets(&self) -> Vec<&'static str> {
        standbys()
    }

    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault> {
        say_to(ground, target, "SELECT pg_wal_replay_pause()").await?;
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, target: &str, _: &Json) -> Result<(), Fault> {
        say_to(ground, target, "SELECT pg_wal_replay_resume()").await
    }
}

async fn say_to(ground: &Ground, standby: &str, sql: &str) -> Result<(), Fault> {
    let (_, site) = ground::standby(standby)?;
    ground.admin(site, "postgres").await?.batch(sql).await
}
