//! What a server's directories and configuration files say, where we may ask.

use serde::{Deserialize, Serialize};

use super::Access;
use crate::{
    model::{Bytes, Fault, FaultKind, Target, Text},
    provider::Doors,
};

const WAL: &str = "\
select json_build_object(
  'files', (select count(*) from pg_ls_waldir()),
  'size', (select coalesce(sum(size), 0)::bigint from pg_ls_waldir()),
  'ready', (select count(*) from pg_ls_archive_statusdir() where name like '%.ready'))";

/// The number of an HBA rule changed its meaning in 16; file and line are the same from then on.
const MISTAKES: &str = "\
select coalesce(json_agg(json_build_object('file', m.file, 'line', m.line, 'setting', m.name, 'error', m.error)), '[]')
from (
  select sourcefile as file, sourceline as line, name, error from pg_show_all_file_settings() where error is not null
  union all
  select file_name, line_number, null, error from pg_hba_file_rules() where error is not null --@16
  select current_setting('hba_file', true), line_number, null, error from pg_hba_file_rules() where error is not null --@<16
) m";

/// The log's directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wal {
    /// Files in it.
    pub files: u64,
    /// All together.
    pub size: Bytes,
    /// Finished files that wait for the archiver.
    pub ready: u64,
}

/// A line that the server would refuse, or has refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMistake {
    /// The file, where we may know it.
    pub file: Option<Text>,
    /// The line in it.
    pub line: Option<u32>,
    /// The setting; none in a file of access rules.
    pub setting: Option<Text>,
    /// What the server says.
    pub error: Text,
}

pub async fn wal(doors: &Doors, server: &Target, access: &Access) -> Result<Wal, Fault> {
    may(access.wal, access, "pg_ls_waldir(), pg_ls_archive_statusdir()")?;
    Ok(doors.servers.json(server, None, WAL, &[]).await?.value)
}

pub async fn mistakes(doors: &Doors, server: &Target, access: &Access) -> Result<Vec<FileMistake>, Fault> {
    may(access.files, access, "pg_show_all_file_settings(), pg_hba_file_rules()")?;
    Ok(doors.servers.json(server, None, MISTAKES, &[]).await?.value)
}

/// A function that we may not call fails a whole statement, even where no row would need it: it is not asked.
fn may(allowed: bool, access: &Access, functions: &str) -> Result<(), Fault> {
    let role = &access.role;
    let fault = || {
        Fault::new(FaultKind::Denied, format!("{role} may not call {functions}"))
            .hint(format!("grant execute on function {functions} to {role}"))
    };
    allowed.then_some(()).ok_or_else(fault)
}
