//! Settings of a server that findings and views judge by.

use serde::{Deserialize, Serialize};

use crate::model::{Bytes, Text};

/// Values in force, from `pg_settings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Settings {
    /// Sessions.
    pub max_connections: u64,
    /// Kept back for superusers.
    pub superuser_reserved: u64,
    /// Kept back for members of `pg_use_reserved_connections`; none before 16.
    pub reserved: Option<u64>,
    /// Prepared transactions.
    pub max_prepared: u64,
    /// Locks for each transaction, on average.
    pub max_locks: u64,
    /// `max_slot_wal_keep_size` in MB; -1 where nothing limits what a slot retains.
    pub slot_keep_mb: i64,
    /// `recovery_min_apply_delay`, in milliseconds.
    pub apply_delay_ms: i64,
    /// The slot that a standby uses.
    pub primary_slot: Option<Text>,
    /// Whether a standby takes queries.
    pub hot_standby: bool,
    /// Whether a standby holds back the primary's vacuum.
    pub hot_standby_feedback: bool,
    /// `synchronous_standby_names`; empty where nobody waits for a standby.
    pub synchronous_standbys: Text,
    /// What a commit waits for.
    pub synchronous_commit: String,
    /// `minimal`, `replica` or `logical`.
    pub wal_level: String,
    /// `off`, `on` or `always`.
    pub archive_mode: String,
    /// Whether pages carry checksums.
    pub data_checksums: bool,
    /// Age at which vacuum freezes come what may.
    pub freeze_max_age: i64,
    /// The same for multixacts.
    pub multixact_freeze_max_age: i64,
    /// Whether commits remember their time.
    pub track_commit_timestamp: bool,
    /// Whether a standby can fetch the log from an archive. The command itself may hold secrets and is not asked for.
    pub restore_command: bool,
}

impl Settings {
    /// Connections that an ordinary role can use.
    pub fn usable_connections(&self) -> u64 {
        let kept_back = self.superuser_reserved + self.reserved.unwrap_or(0);
        self.max_connections.saturating_sub(kept_back)
    }

    /// How much log a slot may retain; none where nothing limits it.
    pub fn slot_keep(&self) -> Option<Bytes> {
        u64::try_from(self.slot_keep_mb).ok().map(|mb| Bytes(mb << 20))
    }

    /// Locks that fit into the shared lock table (PostgreSQL documentation 20.12, `max_locks_per_transaction`).
    pub fn lock_table(&self) -> u64 {
        self.max_locks * (self.max_connections + self.max_prepared)
    }
}
