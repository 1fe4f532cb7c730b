//! What moves from second to second on a server: role, log positions, standbys, slots, counters. One statement.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::servers;
use crate::{
    model::{Fault, LoginSource, Lsn, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Columns as in PostgreSQL 13 to 18; what a version lacks is absent from its answer.
const SQL: &str = "\
select json_build_object(
  'now', clock_timestamp(),
  'started', pg_postmaster_start_time(),
  'recovery', pg_is_in_recovery(),
  'timeline', (select timeline_id from pg_control_checkpoint()),
  'lsn', case when not pg_is_in_recovery() then pg_current_wal_lsn() end,
  'received', pg_last_wal_receive_lsn(),
  'replayed', pg_last_wal_replay_lsn(),
  'replayed_at', pg_last_xact_replay_timestamp(),
  'replay', case when pg_is_in_recovery() then
     pg_get_wal_replay_pause_state() --@14
     case when pg_is_wal_replay_paused() then 'paused' else 'not paused' end --@<14
     end,
  'delay', extract(epoch from current_setting('recovery_min_apply_delay')::interval),
  'reply_every', extract(epoch from current_setting('wal_receiver_status_interval')::interval),
  'restores', current_setting('restore_command') <> '',
  'receiver', (select json_build_object('status', r.status, 'slot', r.slot_name, 'sender_host', r.sender_host,
      'sender_port', r.sender_port, 'written', r.written_lsn, 'flushed', r.flushed_lsn,
      'last_message', r.last_msg_receipt_time) from pg_stat_wal_receiver r),
  'standbys', (select coalesce(json_agg(json_build_object('pid', s.pid, 'name', s.application_name, 'state', s.state,
      'address', host(s.client_addr), 'sync', s.sync_state, 'sent', s.sent_lsn, 'write', s.write_lsn,
      'flush', s.flush_lsn, 'replay', s.replay_lsn, 'write_lag', extract(epoch from s.write_lag),
      'flush_lag', extract(epoch from s.flush_lag), 'replay_lag', extract(epoch from s.replay_lag),
      'replied', s.reply_time, 'xmin', age(s.backend_xmin))), '[]') from pg_stat_replication s),
  'slots', (select coalesce(json_agg(json_build_object('name', l.slot_name, 'kind', l.slot_type, 'active', l.active,
      'active_pid', l.active_pid, 'restart', l.restart_lsn, 'status', l.wal_status, 'safe', l.safe_wal_size,
      'conflicting', l.conflicting, --@16
      'invalidation', l.invalidation_reason, 'inactive_since', l.inactive_since, --@17
      'database', l.database, 'xmin', age(l.xmin), 'catalog_xmin', age(l.catalog_xmin))), '[]')
      from pg_replication_slots l),
  'archiver', (select json_build_object('archived', a.archived_count, 'archived_at', a.last_archived_time,
      'archived_wal', a.last_archived_wal,
      'failed', a.failed_count, 'failed_at', a.last_failed_time, 'failed_wal', a.last_failed_wal)
      from pg_stat_archiver a),
  'counters', (select json_build_object('backends', sum(d.numbackends), 'commits', sum(d.xact_commit),
      'rollbacks', sum(d.xact_rollback), 'hits', sum(d.blks_hit), 'reads', sum(d.blks_read),
      'temp', sum(d.temp_bytes), 'deadlocks', sum(d.deadlocks), 'conflicts', sum(d.conflicts))
      from pg_stat_database d)
)";

/// What a server said of itself a moment ago.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pulse {
    /// The server's clock.
    pub now: Timestamp,
    /// When the postmaster started.
    pub started: Timestamp,
    /// Whether it replays somebody's log.
    pub recovery: bool,
    /// Timeline of the last checkpoint.
    pub timeline: u32,
    /// Where a primary writes.
    pub lsn: Option<Lsn>,
    /// What a standby has received by streaming and flushed.
    pub received: Option<Lsn>,
    /// What a standby has replayed.
    pub replayed: Option<Lsn>,
    /// Commit time of the last transaction that a standby replayed.
    pub replayed_at: Option<Timestamp>,
    /// `not paused`, `pause requested` or `paused`; none on a primary.
    pub replay: Option<String>,
    /// `recovery_min_apply_delay`, seconds.
    pub delay: f64,
    /// `wal_receiver_status_interval`, seconds; 0 where a standby never reports by itself.
    pub reply_every: f64,
    /// Whether a `restore_command` is set; its text may hold a secret and is not asked for.
    pub restores: bool,
    /// A standby's receiver.
    pub receiver: Option<Receiver>,
    /// Who streams from this server.
    pub standbys: Vec<Standby>,
    /// The slots of this server.
    pub slots: Vec<Slot>,
    /// What the archiver did.
    pub archiver: Archiver,
    /// Sums over all databases since their statistics were reset.
    pub counters: Counters,
    /// Where the login came from. Not the server's word.
    #[serde(default)]
    pub source: Option<LoginSource>,
    /// How far the server's clock is ahead of ours, in seconds. Not the server's word.
    #[serde(default)]
    pub skew: f64,
}

/// `pg_stat_wal_receiver`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Receiver {
    /// Such as `streaming`.
    pub status: String,
    /// The slot it uses.
    pub slot: Option<Text>,
    /// Where it receives from.
    pub sender_host: Option<Text>,
    /// Where it receives from.
    pub sender_port: Option<u16>,
    /// Written, not yet flushed.
    pub written: Option<Lsn>,
    /// Written and flushed.
    pub flushed: Option<Lsn>,
    /// When the sender was last heard.
    pub last_message: Option<Timestamp>,
}

/// A row of `pg_stat_replication`. Lags are in seconds, as the standby reported them: null while nothing moves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standby {
    /// Process id of the sender.
    pub pid: i32,
    /// `application_name`: the name of the standby.
    pub name: Text,
    /// Such as `streaming` or `catchup`.
    pub state: Option<String>,
    /// Where it is.
    pub address: Option<Text>,
    /// `async`, `sync`, `potential`, `quorum`.
    pub sync: Option<String>,
    /// Sent.
    pub sent: Option<Lsn>,
    /// Written.
    pub write: Option<Lsn>,
    /// Flushed.
    pub flush: Option<Lsn>,
    /// Replayed.
    pub replay: Option<Lsn>,
    /// Seconds.
    pub write_lag: Option<f64>,
    /// Seconds.
    pub flush_lag: Option<f64>,
    /// Seconds.
    pub replay_lag: Option<f64>,
    /// When it last replied.
    pub replied: Option<Timestamp>,
    /// Age, in transactions, of the snapshot that it holds back.
    pub xmin: Option<i64>,
}

/// A row of `pg_replication_slots`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// Unique on its server.
    pub name: Text,
    /// `physical` or `logical`.
    pub kind: String,
    /// Whether somebody streams from it.
    pub active: bool,
    /// The sender.
    pub active_pid: Option<i32>,
    /// The oldest position it keeps.
    pub restart: Option<Lsn>,
    /// `reserved`, `extended`, `unreserved` or `lost`.
    pub status: Option<String>,
    /// Bytes that may still be written before it is lost; none where nothing limits it, or all is lost.
    pub safe: Option<i64>,
    /// Since 16: a logical slot that a standby's replay invalidated.
    pub conflicting: Option<bool>,
    /// Since 17: why it is of no use any more.
    pub invalidation: Option<String>,
    /// Since 17.
    pub inactive_since: Option<Timestamp>,
    /// Of a logical slot.
    pub database: Option<Text>,
    /// Age in transactions.
    pub xmin: Option<i64>,
    /// Age in transactions.
    pub catalog_xmin: Option<i64>,
}

/// `pg_stat_archiver`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Archiver {
    /// Files.
    pub archived: i64,
    /// The last success.
    pub archived_at: Option<Timestamp>,
    /// What was archived then.
    #[serde(default)]
    pub archived_wal: Option<Text>,
    /// Attempts.
    pub failed: i64,
    /// The last failure.
    pub failed_at: Option<Timestamp>,
    /// What could not be archived.
    pub failed_wal: Option<Text>,
}

/// Sums over `pg_stat_database`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Sessions now.
    pub backends: i64,
    /// Transactions.
    pub commits: i64,
    /// Transactions.
    pub rollbacks: i64,
    /// Blocks.
    pub hits: i64,
    /// Blocks.
    pub reads: i64,
    /// Bytes.
    pub temp: i64,
    /// Number.
    pub deadlocks: i64,
    /// Queries cancelled by replay.
    pub conflicts: i64,
}

impl Fact for Pulse {
    const NAME: &'static str = "pulse";

    fn samples(&self) -> Vec<(&'static str, f64)> {
        let position = self.lsn.or(self.replayed).unwrap_or_default();
        let transactions = self.counters.commits + self.counters.rollbacks;
        vec![("lsn", position.0 as f64), ("transactions", transactions as f64)]
    }
}

/// Asks every server.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Pulse::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(2, 4)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        servers(world)
    }

    async fn ask(&self, doors: &Doors, target: &Target, _world: &Snapshot) -> Result<Sealed, Fault> {
        let asked = Timestamp::now();
        let answer = doors.servers.json::<Pulse>(target, None, SQL, &[]).await?;
        let skew = skew(asked, answer.value.now, Timestamp::now());
        Ok(Sealed::of(Pulse {
            source: Some(answer.source),
            skew,
            ..answer.value
        }))
    }
}

/// How fast a series of a server grew over the last half minute, per second; none before two samples.
pub fn rate(world: &Snapshot, server: &Target, series: &str) -> Option<f64> {
    const SAMPLES: usize = 16;
    let samples = world.trend::<Pulse>(server, series);
    let recent = &samples[samples.len().saturating_sub(SAMPLES)..];
    let (first, last) = recent.first().zip(recent.last())?;
    // A counter that fell was reset in between.
    let grew = (last.value - first.value).max(0.0);
    (last.at > first.at).then(|| grew / last.at.duration_since(first.at).as_secs_f64())
}

/// How far the server's clock is certainly ahead of ours, in seconds: nothing where it lies between question and answer.
fn skew(asked: Timestamp, theirs: Timestamp, answered: Timestamp) -> f64 {
    let nearest = theirs.clamp(asked, answered.max(asked));
    theirs.duration_since(nearest).as_secs_f64()
}
