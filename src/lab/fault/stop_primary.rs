//! `stop-primary`: the primary dies without a word.
//!
//! To see: the server is down and since when; which standby is most advanced, and what would be lost by promoting it;
//! the standbys' receivers down. Nothing that was known of the instance disappears, it grows old.

use std::time::Duration;

use async_trait::async_trait;
use nix::sys::signal::Signal;
use serde_json::Value as Json;

use super::{Trouble, instances};
use crate::{
    lab::{
        ground::{self, Ground},
        postgres,
    },
    model::Fault,
};

/// What the fault is called.
pub const NAME: &str = "stop-primary";

/// See the module.
pub struct StopPrimary;

#[async_trait]
impl Trouble for StopPrimary {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "its primary is dead"
    }

    fn targets(&self) -> Vec<&'static str> {
        instances()
    }

    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault> {
        let site = &ground::cluster(target)?.primary;
        // SIGQUIT: no farewell, no checkpoint, recovery at the next start.
        ground
            .record(site.name)
            .stop(Signal::SIGQUIT, Duration::from_secs(5))
            .await?;
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, target: &str, _: &Json) -> Result<(), Fault> {
        let site = &ground::cluster(target)?.primary;
        postgres::start_unless_running(ground, site)?;
        postgres::wait_ready(ground, site).await
    }
}
