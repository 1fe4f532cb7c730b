//! The databases of an instance: identity, limits, age of transaction ids, collations, counters and load.

mod load;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use load::Load;

use super::{asked, instances, pulse::Pulse, settled};
use crate::{
    model::{Fault, Target, Text, shut},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// The actual version of a collation is computed once for each locale, not for each database.
/// Its columns exist since 15; the locale's own column is another one in 17. A limit of -2 marks a broken database. Of the
/// comment comes as much as a mark has ([`shut::LENGTH`]).
const SQL: &str = "\
with v as materialized ( --@15
  select datlocprovider as provider, datcollate as collate, --@15
    coalesce(daticulocale, '') as locale, --@15<17
    coalesce(datlocale, '') as locale, --@17
    pg_database_collation_actual_version(min(oid)) as actual --@15
  from pg_database group by 1, 2, 3 --@15
) --@15
select json_build_object('now', clock_timestamp(),
  'limits', (select coalesce(json_agg(json_build_object('role', r.rolname, 'oid', r.oid::bigint,
      'limit', r.rolconnlimit)), '[]') from pg_roles r where r.rolcanlogin and r.rolconnlimit >= 0),
  'shared_checksum_failures', (select s.checksum_failures from pg_stat_database s where s.datid = 0),
  'databases', (select coalesce(json_agg(json_build_object('name', d.datname, 'oid', d.oid::bigint,
    'owner', pg_get_userbyid(d.datdba), 'template', d.datistemplate, 'connectable', d.datallowconn,
    'limit', d.datconnlimit, 'granted', has_database_privilege(d.oid, 'connect'),
    'note', right(shobj_description(d.oid, 'pg_database'), 46), 'xid_age', age(d.datfrozenxid), 'multixact_age', mxid_age(d.datminmxid),
    'collation', json_build_object('recorded', d.datcollversion, 'actual', v.actual), --@15
    'counters', json_build_object('backends', s.numbackends, 'commits', s.xact_commit, 'rollbacks', s.xact_rollback,
      'hits', s.blks_hit, 'reads', s.blks_read, 'temp_files', s.temp_files, 'temp_bytes', s.temp_bytes,
      'written', s.tup_inserted + s.tup_updated + s.tup_deleted, 'deadlocks', s.deadlocks,
      'conflicts', s.conflicts, 'checksum_failures', s.checksum_failures,
      'sessions', s.sessions, 'active_ms', s.active_time, 'idle_in_transaction_ms', s.idle_in_transaction_time, --@14
      'reset', s.stats_reset)) order by d.datname), '[]')
    from pg_database d
    join pg_stat_database s on s.datid = d.oid
    join v on v.provider = d.datlocprovider and v.collate = d.datcollate --@15
      and v.locale = coalesce(d.daticulocale, '') --@15<17
      and v.locale = coalesce(d.datlocale, '') --@17
    )
)";

/// The databases of one instance, as one of its servers sees them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Databases {
    /// The server's clock.
    pub now: Timestamp,
    /// Who said so. The counters are this server's own.
    #[serde(default)]
    pub server: Option<Target>,
    /// Roles that can log in and whose connections are limited.
    pub limits: Vec<RoleLimit>,
    /// Pages outside all databases that failed their checksum; none where pages carry none.
    pub shared_checksum_failures: Option<i64>,
    /// By name.
    pub databases: Vec<Database>,
}

/// A role's own limit of connections, on each server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleLimit {
    /// Its name.
    pub role: Text,
    /// Its oid.
    pub oid: u32,
    /// Connections.
    pub limit: u64,
}

/// One database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// Its name.
    pub name: Text,
    /// Its oid, the same on all servers of the instance.
    pub oid: u32,
    /// Its owner.
    pub owner: Text,
    /// Whether it is a template.
    pub template: bool,
    /// Whether anybody may connect.
    pub connectable: bool,
    /// Connections to it; -1 where nothing limits them, -2 where a `DROP DATABASE` was interrupted.
    pub limit: i64,
    /// Whether we may connect.
    pub granted: bool,
    /// The end of its comment.
    #[serde(default)]
    pub note: Option<Text>,
    /// Transactions since its oldest unfrozen id; the end is near 2^31.
    pub xid_age: i64,
    /// The same for multixacts.
    pub multixact_age: i64,
    /// Since 15.
    #[serde(default)]
    pub collation: Option<Collation>,
    /// Since `counters.reset`.
    pub counters: Counters,
    /// Compared with the answer before. Not the server's word.
    #[serde(default)]
    pub load: Option<Load>,
}

/// Versions of the default collation; none where its provider has no versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collation {
    /// With which the database was made.
    pub recorded: Option<Text>,
    /// Which the server would use today.
    pub actual: Option<Text>,
}

/// `pg_stat_database`
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Sessions now.
    pub backends: i64,
    /// Transactions.
    pub commits: i64,
    /// Transactions.
    pub rollbacks: i64,
    /// Blocks found in memory.
    pub hits: i64,
    /// Blocks asked of the system.
    pub reads: i64,
    /// Files.
    pub temp_files: i64,
    /// Bytes.
    pub temp_bytes: i64,
    /// Rows inserted, updated, deleted.
    pub written: i64,
    /// Number.
    pub deadlocks: i64,
    /// Queries cancelled by replay.
    pub conflicts: i64,
    /// Pages; none where they carry no checksums.
    pub checksum_failures: Option<i64>,
    /// Sessions ever. Since 14.
    pub sessions: Option<i64>,
    /// Milliseconds that sessions were active. Since 14.
    pub active_ms: Option<f64>,
    /// Milliseconds that sessions were idle in a transaction. Since 14.
    pub idle_in_transaction_ms: Option<f64>,
    /// When counting began.
    pub reset: Option<Timestamp>,
}

impl Databases {
    /// The database of this name.
    pub fn find(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|database| database.name.raw() == name)
    }
}

impl Database {
    /// Since when it is shut, where it is marked so.
    pub fn shut(&self) -> Option<Timestamp> {
        shut::since(self.note.as_ref()?.raw())
    }

    /// Whether a probe of ours can go and look inside.
    pub fn open_to_us(&self) -> bool {
        self.connectable && self.granted && !self.template && self.limit != -2
    }
}

impl Fact for Databases {
    const NAME: &'static str = "databases";
}

/// Every database of the fleet that probes can look into. A probe that uses this needs [`Databases`].
pub fn open(world: &Snapshot) -> Vec<Target> {
    let of = |instance: Target| {
        let seen = world.get::<Databases>(&instance);
        let databases = seen.map_or(&[][..], |seen| &seen.value.databases);
        let open = databases.iter().filter(|database| database.open_to_us());
        open.map(|database| Target::database(instance.part(0), database.name.raw()))
            .collect::<Vec<_>>()
    };
    instances(world).into_iter().flat_map(of).collect()
}

/// Asks one server of every instance.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Databases::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(15, 60)
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
        let mut now = doors.servers.json::<Databases>(&server, None, SQL, &[]).await?.value;
        now.server = Some(server);
        if let Some(before) = world.get::<Databases>(target) {
            load::compare(before.value, &mut now);
        }
        Ok(Sealed::of(now))
    }
}
