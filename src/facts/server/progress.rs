//! Maintenance that reports how far it is (`pg_stat_progress_*`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Text;

/// One command under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// `vacuum`, `analyze`, `create index`, `cluster`, `copy` (since 14) or `base backup`.
    pub kind: String,
    /// Who does it.
    pub pid: i32,
    /// Where; none for a base backup, or where we may not know.
    pub database: Option<Text>,
    /// On what, where that is in the maintenance database.
    pub relation: Option<Text>,
    /// Its oid, in any database.
    pub relid: Option<u32>,
    /// What it is doing. Of a copy, its direction.
    pub phase: Option<Text>,
    /// In units of `total`: blocks, tuples or bytes.
    pub done: Option<i64>,
    /// None where it is not known.
    pub total: Option<i64>,
    /// When the command began.
    pub began: Option<Timestamp>,
}

impl Progress {
    /// How much of the present phase is done, between 0 and 1.
    pub fn share(&self) -> Option<f64> {
        let (done, total) = (self.done?, self.total.filter(|total| *total > 0)?);
        Some((done as f64 / total as f64).clamp(0.0, 1.0))
    }
}
