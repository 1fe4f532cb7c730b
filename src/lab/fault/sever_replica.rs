//! `sever-replica`: the standby has lost its primary and looks for it in the wrong place.
//!
//! To see: `receiver down` since that moment, a slot on the primary that is inactive and retains more and more; no row in
//! `pg_stat_replication`. Never a lag of zero: the standby itself believes that it has applied all there is.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use super::{Trouble, standbys};
use crate::{
    lab::{
        ground::{self, Ground},
        plan::Site,
        postgres,
        process::{self, GLANCE, Running},
    },
    model::{Fault, FaultKind, quote},
    provider::postgres::Session,
};

/// Nobody listens at port 1.
const NOWHERE: &str = "host=127.0.0.1 port=1 user=replicator connect_timeout=1";

/// See the module.
pub struct SeverReplica;

#[async_trait]
impl Trouble for SeverReplica {
    fn name(&self) -> &'static str {
        "sever-replica"
    }

    fn about(&self) -> &'static str {
        "its receiver is gone and cannot come back"
    }

    fn targets(&self) -> Vec<&'static str> {
        standbys()
    }

    async fn survey(&self, ground: &Ground, target: &str) -> Result<Json, Fault> {
        conninfo(ground, target).await
    }

    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault> {
        sever(ground, target).await?;
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, target: &str, kept: &Json) -> Result<(), Fault> {
        rejoin(ground, target, kept).await
    }

    async fn leave(&self, _: &Ground, _: &str, _: &Json) -> bool {
        true
    }
}

/// Where the standby finds its primary now.
pub async fn conninfo(ground: &Ground, standby: &str) -> Result<Json, Fault> {
    let (_, site) = ground::standby(standby)?;
    let session = ground.admin(site, "postgres").await?;
    let found: Vec<String> = session
        .column("SELECT current_setting('primary_conninfo')", &[])
        .await?;
    Ok(json!({ "primary_conninfo": found.first() }))
}

/// Points the standby nowhere and ends its receiver.
pub async fn sever(ground: &Ground, standby: &str) -> Result<(), Fault> {
    let (_, site) = ground::standby(standby)?;
    let session = ground.admin(site, "postgres").await?;
    point(&session, NOWHERE).await?;
    let end = Instant::now() + Duration::from_secs(5);
    // A standby that waits out its delay does not look at its settings, so the receiver is ended by hand.
    while let Some(receiver) = receiver(ground, site, &session).await? {
        receiver.signal(Signal::SIGTERM)?;
        // One that is stalled hears it only when it goes on.
        receiver.signal(Signal::SIGCONT)?;
        if Instant::now() > end {
            return Err(Fault::new(FaultKind::Timeout, "the receiver does not end"));
        }
        sleep(GLANCE).await;
    }
    Ok(())
}

/// Points the standby where it pointed before. RESET would not do: the setting was written there when it was copied.
pub async fn rejoin(ground: &Ground, standby: &str, kept: &Json) -> Result<(), Fault> {
    let (_, site) = ground::standby(standby)?;
    let session = ground.admin(site, "postgres").await?;
    let absent = || Fault::new(FaultKind::Malformed, "the record of the fault has no primary_conninfo");
    point(&session, kept["primary_conninfo"].as_str().ok_or_else(absent)?).await
}

async fn point(session: &Session, conninfo: &str) -> Result<(), Fault> {
    let set = format!("ALTER SYSTEM SET primary_conninfo = {}", quote::literal(conninfo));
    session.batch(&set).await?;
    session.batch("SELECT pg_reload_conf()").await
}

/// The standby's receiver, if it has one: a child of the server that the lab started.
pub async fn receiver(ground: &Ground, site: &Site, session: &Session) -> Result<Option<Running>, Fault> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walreceiver'";
    let found: Vec<i32> = session.column(sql, &[]).await?;
    let ours = |pid: &i32| postgres::pid(ground, site).is_some_and(|parent| process::children(parent).contains(pid));
    let running = |pid: i32| process::born(pid).map(|born| Running { pid, born });
    Ok(found.into_iter().find(ours).and_then(running))
}
