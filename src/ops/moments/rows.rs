//! The tables of the tenant, and what their rows tell of who wrote them last (`pg_xact_commit_timestamp`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::Asked;
use crate::{
    model::{Look, Sql, quote},
    ops::{
        Refusal,
        survey::{Inquiries, Inquiry, Known, parsed},
    },
};

const SERVER: &str = "what the server keeps of commits";
const TABLES: &str = "the files of its tables";
/// Commits that rows are asked for: the newest.
const MOST: usize = 1000;

/// What the server keeps.
#[derive(Debug, Deserialize)]
pub struct Server {
    /// When each transaction was committed.
    pub tracks: bool,
    /// How large a file of its log is, in bytes.
    pub segment: u64,
}

/// A table.
#[derive(Debug, Deserialize)]
pub struct Table {
    schema: String,
    name: String,
    owner: String,
    /// Its files, those of its partitions among them: `tablespace/database/file`.
    pub files: Vec<String>,
}

/// What rows tell of one commit and one table.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// When.
    pub at: Timestamp,
    /// The number of the transaction, or of a savepoint in it.
    pub xid: u32,
    /// The table.
    pub table: String,
    /// How many rows are as it wrote them.
    pub rows: u64,
}

impl Table {
    /// `schema.name`, for people and to find it by.
    pub fn path(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

impl Asked<'_> {
    /// What the tables are.
    pub(super) fn ask_tables(&self) -> Inquiries {
        let server = "select json_build_object('tracks', current_setting('track_commit_timestamp') = 'on', \
                      'segment', pg_size_bytes(current_setting('wal_segment_size')))::text";
        let tables = format!(
            "select json_build_object('schema', n.nspname, 'name', c.relname, 'owner', pg_get_userbyid(c.relowner), \
             'files', (select coalesce(json_agg(concat_ws('/', case l.reltablespace when 0 then d.dattablespace \
               else l.reltablespace end, d.oid, pg_relation_filenode(l.oid))), '[]') from pg_class l, pg_database d \
               where d.datname = current_database() and l.relkind = 'r' \
               and (l.oid = c.oid or l.oid in (select relid from pg_partition_tree(c.oid)))))::text \
             from pg_class c join pg_namespace n on n.oid = c.relnamespace where {} order by n.nspname, c.relname",
            self.home.tables()
        );
        let rows = |sql: String| Inquiry::Rows(self.live.sql(sql));
        Inquiries::from([
            (SERVER.to_owned(), rows(server.to_owned())),
            (TABLES.to_owned(), rows(tables)),
        ])
    }

    /// The same once it is known.
    pub(super) fn tables(&self, known: Known<'_>) -> Result<Option<(Server, Vec<Table>)>, Refusal> {
        let (Some(server), Some(tables)) = (known.rows(SERVER)?, known.rows(TABLES)?) else {
            return Ok(None);
        };
        let server = parsed(server)?
            .pop()
            .ok_or_else(|| Refusal::new("the server told nothing of itself"))?;
        let tables: Vec<Table> = parsed(tables)?;
        if tables.is_empty() {
            return Err(Refusal::new(format!("{} has no tables", self.name())));
        }
        Ok(Some((server, tables)))
    }

    /// Who reads which of the tables: who the fleet file says where tenants share them, or else who owns them.
    fn readers<'t>(&self, tables: &'t [Table]) -> BTreeMap<String, Vec<&'t Table>> {
        let role = self.home.shared.as_ref().and_then(|shared| shared.roles.first());
        let mut readers: BTreeMap<String, Vec<&Table>> = BTreeMap::new();
        for table in tables {
            readers
                .entry(role.unwrap_or(&table.owner).clone())
                .or_default()
                .push(table);
        }
        readers
    }

    /// Each table is read once, whole.
    pub(super) fn ask_rows(&self, tables: &[Table]) -> Inquiries {
        let inquiry = |(role, tables): (String, Vec<&Table>)| {
            let look = Look {
                sql: self.newest(&tables),
                role: Some(role.clone()),
                settings: self.home.setting().into_iter().collect(),
            };
            (name(&role), Inquiry::Look(look))
        };
        self.readers(tables).into_iter().map(inquiry).collect()
    }

    fn newest(&self, tables: &[&Table]) -> Sql {
        let one = |table: &&Table| {
            format!(
                "select {} as t, x.xmin as x, pg_xact_commit_timestamp(x.xmin) as at, count(*) as n from {} x{} group by x.xmin",
                quote::literal(&table.path()),
                quote::qualified(&table.schema, &table.name),
                self.home.rows()
            )
        };
        let all: Vec<String> = tables.iter().map(one).collect();
        let time = |time: Timestamp| quote::literal(&time.to_string());
        self.live.sql(format!(
            "select json_build_object('at', to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
             'xid', x::text::bigint, 'table', t, 'rows', n)::text from (select *, dense_rank() over (order by at desc, \
             x::text::bigint desc) as r from ({}) w where at between {}::timestamptz and {}::timestamptz) v \
             where r <= {} order by r",
            all.join(" union all "),
            time(self.from),
            time(self.to),
            MOST + 1
        ))
    }

    /// What rows tell; none where they tell nothing, which is noted.
    pub(super) fn rows(
        &self,
        known: Known<'_>,
        server: &Server,
        tables: &[Table],
        notes: &mut Vec<String>,
    ) -> Result<Option<Vec<Standing>>, Refusal> {
        if !server.tracks {
            notes.push(format!(
                "rows tell nothing: track_commit_timestamp is off on {}, and what is committed while it is off is never known",
                self.live.server.name()
            ));
            return Ok(None);
        }
        let mut all = Vec::new();
        let mut any = false;
        for role in self.readers(tables).keys() {
            match known.rows(&name(role)) {
                Ok(rows) => {
                    any = true;
                    all.extend(parsed::<Standing>(rows.unwrap_or_default())?);
                }
                Err(refusal) => notes.push(refusal.what),
            }
        }
        let mut commits: Vec<(Timestamp, u32)> = all.iter().map(|one| (one.at, one.xid)).collect();
        commits.sort_unstable();
        commits.dedup();
        if commits.len() > MOST {
            let oldest = commits[commits.len() - MOST];
            all.retain(|one| (one.at, one.xid) >= oldest);
            notes.push(format!(
                "rows were asked for the newest {MOST} commits only, back to {}",
                oldest.0
            ));
        }
        Ok(any.then_some(all))
    }
}

fn name(role: &str) -> String {
    format!("who wrote its rows, read as {role}")
}
