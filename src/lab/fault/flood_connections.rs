//! `flood-connections`: an application without a pool has taken nearly every connection of the primary.
//!
//! To see: connections against their limit in red, whose they are, and all of them idle. A few are left, so that those who
//! watch and those who mend can still come in.

use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::Value as Json;

use super::{
    Trouble,
    hold::{self, Held},
    instances,
};
use crate::{
    lab::ground::{self, Ground},
    model::{Fault, FaultKind},
};

/// What the fault is called.
pub const NAME: &str = "flood-connections";
/// Connections that are left to others.
const LEFT: i32 = 3;
/// Connections that are opened at the same time.
const AT_ONCE: i32 = 8;

/// See the module.
pub struct FloodConnections;

#[async_trait]
impl Trouble for FloodConnections {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "idle sessions have taken nearly every connection of its primary"
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

/// As many sessions as there is room for, but a few.
pub async fn sessions(ground: &Ground, instance: &str) -> Result<Held, Fault> {
    let primary = &ground::cluster(instance)?.primary;
    // Only who may see everybody can count everybody.
    let first = ground.admin(primary, "postgres").await?;
    let sql = "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend')";
    let mut held = Held::default();
    loop {
        let room: Vec<i32> = first.column(sql, &[]).await?;
        let absent = || Fault::new(FaultKind::Malformed, "the server does not count its connections");
        let room = *room.first().ok_or_else(absent)?;
        if room <= LEFT {
            return Ok(held);
        }
        // A few at a time: logging in costs both sides some work, and has a deadline.
        let more = (LEFT..room.min(LEFT + AT_ONCE)).map(|_| hold::session(ground, instance));
        for session in join_all(more).await.into_iter().flatten() {
            held.keep(session).await?;
        }
    }
}
