//! `lose-slot`: the standby was away while the primary wrote more than a slot may keep.
//!
//! To see: `slot lost` with the reason, on the primary `wal_status = lost` and no `restart_lsn`; the standby asks again
//! and again and is refused. Only a new copy helps, and that is how it is healed.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::Value as Json;
use tokio::time::sleep;

use super::{Trouble, sever_replica, standbys};
use crate::{
    lab::{
        files,
        ground::{self, Ground},
        plan::Site,
        postgres::{self, SLOT_KEEPS_MB},
        process::GLANCE,
    },
    model::{Fault, FaultKind},
    provider::postgres::{Param, Session},
};

/// A segment of the log, by default.
const SEGMENT_MB: u32 = 16;

/// See the module.
pub struct LoseSlot;

#[async_trait]
impl Trouble for LoseSlot {
    fn name(&self) -> &'static str {
        "lose-slot"
    }

    fn about(&self) -> &'static str {
        "its slot is lost; only a new copy helps"
    }

    fn targets(&self) -> Vec<&'static str> {
        standbys()
    }

    async fn survey(&self, ground: &Ground, target: &str) -> Result<Json, Fault> {
        sever_replica::conninfo(ground, target).await
    }

    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault> {
        let (cluster, site) = ground::standby(target)?;
        sever_replica::sever(ground, target).await?;
        let primary = ground.admin(&cluster.primary, "postgres").await?;
        let end = Instant::now() + Duration::from_secs(20);
        let wanted = wanted(&primary, site).await?;
        while !lost(&primary, site, wanted.as_deref()).await? {
            if Instant::now() > end {
                return Err(Fault::new(
                    FaultKind::Timeout,
                    format!("the slot of {target} is still there"),
                ));
            }
            write(&primary).await?;
            others_follow(&primary, site).await?;
            primary.batch("CHECKPOINT").await?;
        }
        // It looks in the right place again, and hears why that is of no use.
        sever_replica::rejoin(ground, target, &kept).await?;
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, target: &str, _: &Json) -> Result<(), Fault> {
        let (cluster, site) = ground::standby(target)?;
        postgres::stop(ground, site).await?;
        files::remove(&ground.data(site))?;
        let primary = ground.admin(&cluster.primary, "postgres").await?;
        drop_slot(&primary, site).await?;
        postgres::build_standby(ground, cluster, site).await
    }

    async fn leave(&self, _: &Ground, _: &str, _: &Json) -> bool {
        true
    }
}

/// Drops the slot, once the primary has noticed that nobody is at the other end.
async fn drop_slot(primary: &Session, site: &Site) -> Result<(), Fault> {
    let slot = || [Param::Text(site.slot())];
    let leave = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
        WHERE slot_name = $1::text::name AND active";
    let drop = "SELECT pg_drop_replication_slot(slot_name)::text FROM pg_replication_slots
        WHERE slot_name = $1::text::name";
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let _: Vec<bool> = primary.column(leave, &slot()).await?;
        let dropped: Result<Vec<String>, Fault> = primary.column(drop, &slot()).await;
        match dropped {
            Err(fault) if Instant::now() > end => return Err(fault),
            Err(_) => sleep(GLANCE).await,
            Ok(_) => return Ok(()),
        }
    }
}

/// The file of the log that the standby will ask for.
async fn wanted(primary: &Session, site: &Site) -> Result<Option<String>, Fault> {
    let sql = "SELECT pg_walfile_name(restart_lsn) FROM pg_replication_slots
        WHERE slot_name = $1::text::name AND restart_lsn IS NOT NULL";
    let found: Vec<String> = primary.column(sql, &[Param::Text(site.slot())]).await?;
    Ok(found.into_iter().next())
}

/// Whether it is lost for good: up to version 15 a slot that was invalidated is taken up again as long as the file is there.
async fn lost(primary: &Session, site: &Site, wanted: Option<&str>) -> Result<bool, Fault> {
    let sql = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1::text::name AND wal_status = 'lost'
        AND restart_lsn IS NULL AND NOT EXISTS (SELECT FROM pg_ls_waldir() WHERE name = $2)";
    let file = Param::Text(wanted.unwrap_or_default().to_owned());
    let found: Vec<String> = primary.column(sql, &[Param::Text(site.slot()), file]).await?;
    Ok(!found.is_empty())
}

/// Moves the log on by more than a slot may keep. A switch where nothing was written would do nothing.
async fn write(primary: &Session) -> Result<(), Fault> {
    for _ in 0..=(SLOT_KEEPS_MB / SEGMENT_MB + 1) {
        primary
            .batch("SELECT pg_logical_emit_message(false, 'lab', 'lose-slot')")
            .await?;
        primary.batch("SELECT pg_switch_wal()").await?;
    }
    Ok(())
}

/// Waits until the other slots have followed: they must not be lost as well.
async fn others_follow(primary: &Session, site: &Site) -> Result<(), Fault> {
    let sql = "SELECT slot_name::text FROM pg_replication_slots
        WHERE slot_name <> $1::text::name AND active AND pg_current_wal_lsn() - restart_lsn > 16 * 1024 * 1024";
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        let behind: Vec<String> = primary.column(sql, &[Param::Text(site.slot())]).await?;
        if behind.is_empty() {
            break;
        }
        sleep(GLANCE).await;
    }
    Ok(())
}
