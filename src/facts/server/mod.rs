//! What a server is and how it is set: version, settings that matter, our privileges, work under way, its log's size.

mod files;
mod progress;
mod settings;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use files::{FileMistake, Wal};
pub use progress::Progress;
pub use settings::Settings;

use super::servers;
use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Columns as in PostgreSQL 13 to 18. `primary_conninfo` is never asked for: it may hold a password.
const SQL: &str = "\
with g as (select jsonb_object_agg(name, setting) as o,
  jsonb_agg(name order by name) filter (where pending_restart) as pending from pg_settings)
select json_build_object(
  'system', (select system_identifier::text from pg_control_system()),
  'version', current_setting('server_version'),
  'number', current_setting('server_version_num')::int,
  'pending', coalesce(g.pending, '[]'),
  'settings', json_build_object(
    'max_connections', (o->>'max_connections')::bigint,
    'superuser_reserved', (o->>'superuser_reserved_connections')::bigint,
    'reserved', (o->>'reserved_connections')::bigint,
    'max_prepared', (o->>'max_prepared_transactions')::bigint,
    'max_locks', (o->>'max_locks_per_transaction')::bigint,
    'slot_keep_mb', (o->>'max_slot_wal_keep_size')::bigint,
    'apply_delay_ms', (o->>'recovery_min_apply_delay')::bigint,
    'primary_slot', nullif(o->>'primary_slot_name', ''),
    'hot_standby', o->>'hot_standby' = 'on',
    'hot_standby_feedback', o->>'hot_standby_feedback' = 'on',
    'synchronous_standbys', o->>'synchronous_standby_names',
    'synchronous_commit', o->>'synchronous_commit',
    'wal_level', o->>'wal_level',
    'archive_mode', o->>'archive_mode',
    'data_checksums', o->>'data_checksums' = 'on',
    'freeze_max_age', (o->>'autovacuum_freeze_max_age')::bigint,
    'multixact_freeze_max_age', (o->>'autovacuum_multixact_freeze_max_age')::bigint,
    'track_commit_timestamp', o->>'track_commit_timestamp' = 'on',
    'restore_command', o->>'restore_command' <> ''),
  'access', json_build_object('role', current_user,
    'superuser', (select r.rolsuper from pg_roles r where r.rolname = current_user),
    'monitor', pg_has_role('pg_monitor', 'usage'),
    'read_all_stats', pg_has_role('pg_read_all_stats', 'usage'),
    'read_all_settings', pg_has_role('pg_read_all_settings', 'usage'),
    'wal', has_function_privilege('pg_ls_waldir()', 'execute')
      and has_function_privilege('pg_ls_archive_statusdir()', 'execute'),
    'files', has_function_privilege('pg_show_all_file_settings()', 'execute')
      and has_function_privilege('pg_hba_file_rules()', 'execute')),
  'statements', json_build_object('loaded', o ? 'pg_stat_statements.max',
    'version', (select e.extversion from pg_extension e where e.extname = 'pg_stat_statements')),
  'progress', (select coalesce(json_agg(json_build_object('kind', p.kind, 'pid', p.pid, 'database', p.datname,
      'relation', (select c.relname from pg_class c where c.oid = p.relid and p.datname = current_database()),
      'relid', nullif(p.relid::bigint, 0), 'phase', p.phase, 'done', p.done, 'total', nullif(p.total, 0),
      'began', (select a.query_start from pg_stat_get_activity(p.pid) a))), '[]') from (
    select 'vacuum' as kind, pid, datname, relid, phase, heap_blks_scanned as done, heap_blks_total as total
      from pg_stat_progress_vacuum
    union all select 'analyze', pid, datname, relid, phase, sample_blks_scanned, sample_blks_total
      from pg_stat_progress_analyze
    union all select 'create index', pid, datname, relid, phase,
      case when blocks_total > 0 then blocks_done else tuples_done end,
      case when blocks_total > 0 then blocks_total else tuples_total end from pg_stat_progress_create_index
    union all select 'cluster', pid, datname, relid, phase, heap_blks_scanned, heap_blks_total
      from pg_stat_progress_cluster
    union all select 'copy', pid, datname, relid, command, bytes_processed, bytes_total from pg_stat_progress_copy --@14
    union all select 'base backup', pid, null, null, phase, backup_streamed, backup_total
      from pg_stat_progress_basebackup) p)
) from g";

/// What changes rarely about a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// `system_identifier`: the same on a primary and its standbys, different on everything else.
    pub system: String,
    /// `server_version`, such as `15.18 (Debian 15.18-0+deb12u1)`.
    pub version: Text,
    /// `server_version_num`, such as 150018.
    pub number: u32,
    /// Settings that were changed in a file and wait for a restart.
    pub pending: Vec<Text>,
    /// The settings that matter to the console.
    pub settings: Settings,
    /// What we may ask here.
    pub access: Access,
    /// `pg_stat_statements`, as seen from the maintenance database.
    pub statements: Statements,
    /// Maintenance under way, in all databases.
    pub progress: Vec<Progress>,
    /// The log's directory. Free disk is not to be had through SQL: nothing here says it.
    #[serde(default = "unasked")]
    pub wal: Result<Wal, Fault>,
    /// Mistakes in the server's configuration files.
    #[serde(default = "unasked")]
    pub files: Result<Vec<FileMistake>, Fault>,
}

/// What the role we watch with may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a privilege of its own")]
pub struct Access {
    /// Its name.
    pub role: Text,
    /// It may do everything, which is more than watching needs.
    pub superuser: bool,
    /// It has the privileges of `pg_monitor`.
    pub monitor: bool,
    /// It sees what others' sessions do.
    pub read_all_stats: bool,
    /// It sees settings that are for superusers.
    pub read_all_settings: bool,
    /// It may list the log's directory.
    pub wal: bool,
    /// It may read mistakes in configuration files.
    pub files: bool,
}

/// Whether statements are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statements {
    /// The library is loaded.
    pub loaded: bool,
    /// The extension's version in the maintenance database, where it was created there.
    pub version: Option<Text>,
}

impl Setup {
    /// The major version.
    pub fn major(&self) -> u32 {
        self.number / 10_000
    }

    /// The minor version within it.
    pub fn minor(&self) -> u32 {
        self.number % 10_000
    }
}

impl Fact for Setup {
    const NAME: &'static str = "server";

    fn samples(&self) -> Vec<(&'static str, f64)> {
        let wal = self.wal.as_ref().ok();
        wal.map(|wal| ("wal_directory", wal.size.0 as f64))
            .into_iter()
            .collect()
    }
}

/// Asks every server.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Setup::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(15, 60)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        servers(world)
    }

    async fn ask(&self, doors: &Doors, target: &Target, _world: &Snapshot) -> Result<Sealed, Fault> {
        let mut setup = doors.servers.json::<Setup>(target, None, SQL, &[]).await?.value;
        setup.wal = files::wal(doors, target, &setup.access).await;
        setup.files = files::mistakes(doors, target, &setup.access).await;
        Ok(Sealed::of(setup))
    }
}

fn unasked<T>() -> Result<T, Fault> {
    Err(Fault::new(FaultKind::Unsupported, "not asked"))
}
