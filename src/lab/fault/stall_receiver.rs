//! `stall-receiver`: the standby's receiver hangs, as it would on a stuck disk or a frozen machine.
//!
//! To see: the primary still says `streaming`, but flush and replay fall behind in bytes and `reply_time` ages, until the
//! primary gives up after `wal_sender_timeout` (a minute) and the standby has no row at all.

use async_trait::async_trait;
use nix::sys::signal::Signal;
use serde_json::Value as Json;

use super::{Trouble, sever_replica, standbys};
use crate::{
    lab::{
        ground::{self, Ground},
        process::Running,
    },
    model::{Fault, FaultKind},
};

/// See the module.
pub struct StallReceiver;

#[async_trait]
impl Trouble for StallReceiver {
    fn name(&self) -> &'static str {
        "stall-receiver"
    }

    fn about(&self) -> &'static str {
        "its receiver hangs; the primary still says streaming"
    }

    fn targets(&self) -> Vec<&'static str> {
        standbys()
    }

    async fn survey(&self, ground: &Ground, target: &str) -> Result<Json, Fault> {
        let (_, site) = ground::standby(target)?;
        let session = ground.admin(site, "postgres").await?;
        let absent = || Fault::new(FaultKind::Refused, format!("{target} has no receiver to stall"));
        let receiver = sever_replica::receiver(ground, site, &session)
            .await?
            .ok_or_else(absent)?;
        serde_json::to_value(receiver).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))
    }

    async fn make(&self, _: &Ground, _: &str, kept: Json) -> Result<Json, Fault> {
        receiver(&kept)?.signal(Signal::SIGSTOP)?;
        Ok(kept)
    }

    async fn heal(&self, _: &Ground, _: &str, kept: &Json) -> Result<(), Fault> {
        receiver(kept)?.signal(Signal::SIGCONT)
    }

    async fn leave(&self, ground: &Ground, target: &str, kept: &Json) -> bool {
        // A server whose receiver hangs does not stop.
        self.heal(ground, target, kept).await.is_err()
    }
}

fn receiver(kept: &Json) -> Result<Running, Fault> {
    serde_json::from_value(kept.clone()).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))
}
