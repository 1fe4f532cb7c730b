//! Who uses an instance: time, WAL and temporary files by role and database, from `pg_stat_statements`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{asked, instances, pulse::Pulse, settled};
use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Where the extension lives in the maintenance database, quoted by the server itself.
const HOME: &str = "\
select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements'";

/// Without the texts, which would have to be read from a file. Columns as in `pg_stat_statements` 1.8 (PostgreSQL 13).
const SUMS: &str = "\
select coalesce(json_agg(json_build_object('role', pg_get_userbyid(s.userid), 'database', d.datname,
    'calls', s.calls, 'milliseconds', s.ms, 'wal', s.wal, 'temp', s.temp)), '[]')
from (
  select userid, dbid, sum(calls) as calls, sum(total_exec_time) as ms, sum(wal_bytes) as wal,
    sum(temp_blks_written) * current_setting('block_size')::bigint as temp
  from {home}.pg_stat_statements(false) group by userid, dbid
) s join pg_database d on d.oid = s.dbid";

/// The load of an instance since its statistics were reset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Load {
    /// By role and database.
    pub shares: Vec<Share>,
}

/// What one role did in one database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The role; `unknown (OID=…)` where it was dropped.
    pub role: Text,
    /// The database.
    pub database: Text,
    /// Statements executed.
    pub calls: f64,
    /// Time in execution.
    pub milliseconds: f64,
    /// Bytes of WAL.
    pub wal: f64,
    /// Bytes of temporary files.
    pub temp: f64,
}

/// A sum of shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Time in execution.
    pub milliseconds: f64,
    /// Bytes of WAL.
    pub wal: f64,
    /// Bytes of temporary files.
    pub temp: f64,
}

impl Fact for Load {
    const NAME: &'static str = "load";
}

impl Load {
    /// By database, and under the empty name the whole instance.
    pub fn by_database(&self) -> BTreeMap<Text, Work> {
        let mut sums: BTreeMap<Text, Work> = BTreeMap::new();
        for share in &self.shares {
            for name in [share.database.clone(), Text::from("")] {
                let sum = sums.entry(name).or_default();
                sum.milliseconds += share.milliseconds;
                sum.wal += share.wal;
                sum.temp += share.temp;
            }
        }
        sums
    }
}

/// Asks every instance.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Load::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(30, 120)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        instances(world)
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        settled(world, target)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let server = asked(world, target)?;
        let homes: Vec<String> = doors.servers.column(&server, None, HOME, &[]).await?;
        let home = homes.first().ok_or_else(|| {
            Fault::new(
                FaultKind::Unsupported,
                "pg_stat_statements is not installed in the maintenance database",
            )
            .hint("create extension pg_stat_statements, and load it with shared_preload_libraries")
        })?;
        let sql = SUMS.replace("{home}", home);
        Ok(Sealed::of(
            doors.servers.json::<Load>(&server, None, &sql, &[]).await?.value,
        ))
    }
}
