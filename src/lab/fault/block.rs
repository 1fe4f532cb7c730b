//! `block`: a session holds a row that two others wait for.
//!
//! To see: in the sessions view a tree with the batch job at its root, which is busy and waits for nobody, and two sessions
//! under it that wait for its transaction; whose they are; since when.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::Value as Json;
use tokio::time::sleep;

use super::{
    Trouble,
    hold::{self, Held},
    instances,
};
use crate::{
    lab::{ground::Ground, process::GLANCE},
    model::{Fault, FaultKind},
};

/// What the fault is called.
pub const NAME: &str = "block";
const WAITING: usize = 2;
/// Takes a lock on one customer.
const LOCK: &str = "UPDATE customer SET name = name WHERE id = (SELECT min(id) FROM customer)";

/// See the module.
pub struct Block;

#[async_trait]
impl Trouble for Block {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "a batch job holds a row that two sessions wait for"
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

/// The sessions; the last one only looks.
pub async fn sessions(ground: &Ground, instance: &str) -> Result<Held, Fault> {
    let mut held = Held::default();
    let root = hold::session(ground, instance).await?;
    held.count(&root).await?;
    root.batch("BEGIN").await?;
    root.batch(LOCK).await?;
    // Busy, not idle: what holds the lock is a job that takes long.
    tokio::spawn(async move { root.batch("SELECT pg_sleep(86400)").await });
    for _ in 0..WAITING {
        let waiting = hold::session(ground, instance).await?;
        held.count(&waiting).await?;
        tokio::spawn(async move { waiting.batch(LOCK).await });
    }
    let watch = hold::session(ground, instance).await?;
    let sql =
        "SELECT pid FROM pg_stat_activity WHERE usename = current_user AND cardinality(pg_blocking_pids(pid)) > 0";
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let blocked: Vec<i32> = watch.column(sql, &[]).await?;
        if blocked.len() >= WAITING {
            held.keep(watch).await?;
            return Ok(held);
        }
        if Instant::now() > end {
            return Err(Fault::new(FaultKind::Timeout, "nobody waits for the lock"));
        }
        sleep(GLANCE).await;
    }
}
