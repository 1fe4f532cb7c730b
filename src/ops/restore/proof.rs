//! What must be so before rows are written, and before they are kept.

use super::{
    form::Table,
    write::{Work, sweeping},
};
use crate::{model::quote, ops::tenant::Home};

/// Rows written in this transaction, by table; those of partitions count with their whole.
const WRITTEN: &str = "select coalesce(pg_partition_root(relid)::oid, relid) as relid, sum(n_tup_ins) as ins, sum(n_tup_upd) as upd, \
    sum(n_tup_del) as del from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0 group by 1";

/// What empties a table, or makes it anew, is counted nowhere; but nobody else may look into it until the end.
const NOT_EMPTIED: &str = "select /* no table was emptied or changed */ not exists (select from pg_locks l \
    join pg_database d on d.oid = l.database and d.datname = current_database() join pg_class c on c.oid = l.relation \
    where l.locktype = 'relation' and l.pid = pg_backend_pid() and l.mode = 'AccessExclusiveLock' and c.relpersistence <> 't')";

/// What the rows of each table are on one side.
pub(super) struct State<'a> {
    tables: &'a [Table],
    /// How it is asked of each table.
    digests: Vec<String>,
    /// What was answered.
    values: &'a [String],
}

impl<'a> State<'a> {
    pub(super) fn of(tables: &'a [Table], digests: Vec<String>, values: &'a [String]) -> Self {
        Self {
            tables,
            digests,
            values,
        }
    }

    /// One question for each table: whether its rows are those.
    fn each(&self, whose: &str) -> Vec<String> {
        let all = self.tables.iter().zip(self.digests.iter().zip(self.values));
        all.map(|(table, (digest, value))| {
            format!(
                "select /* the rows of {} are {whose} */ {digest} = {}",
                quote::comment(&table.path()),
                quote::literal(value)
            )
        })
        .collect()
    }

    /// Whether the rows of all of them are those.
    pub(super) fn is(&self) -> String {
        let all = self.digests.iter().zip(self.values);
        let all: Vec<String> = all
            .map(|(digest, value)| format!("{digest} = {}", quote::literal(value)))
            .collect();
        format!("select {}", all.join(" and "))
    }

    /// Whether those of any are others.
    pub(super) fn is_not(&self) -> String {
        format!("select not ({})", self.is())
    }
}

/// Nothing was written yet; who writes obeys row-level security, where tenants share tables; and the rows are those that
/// were seen.
pub(super) fn guards(tables: &[Table], home: &Home<'_>, before: Option<&State<'_>>) -> Vec<String> {
    let mut all = vec![format!("select not exists ({WRITTEN})")];
    if home.shared.is_some() {
        all.push("select not (rolsuper or rolbypassrls) from pg_roles where rolname = current_user".into());
        let active = tables.iter();
        let active = active.map(|table| format!("row_security_active({})", quote::literal(&table.sql())));
        all.push(format!("select {}", active.collect::<Vec<_>>().join(" and ")));
    }
    all.extend(
        before
            .map(|before| before.each("those that the plan has seen"))
            .unwrap_or_default(),
    );
    all
}

/// Nothing else was written than what was planned and what was swept, no table was emptied, and the rows are those.
pub(super) fn proofs(work: &[Work<'_>], after: Option<&State<'_>>) -> Vec<String> {
    let after = after.map(|after| after.each("what they should be")).unwrap_or_default();
    let own = [written(work), NOT_EMPTIED.to_owned()];
    own.into_iter().chain(after).collect()
}

/// Nothing else was written than what was planned and what was swept, in whatever table of the database.
fn written(work: &[Work<'_>]) -> String {
    let swept = |at: usize| {
        format!(
            "coalesce(nullif(current_setting('{}', true), ''), '0')::bigint",
            sweeping(at)
        )
    };
    let row = |(at, one): (usize, &Work<'_>)| {
        let (table, difference) = (quote::literal(&one.table.sql()), &one.difference);
        format!(
            "({table}::regclass::oid, {} + {swept}, {}, {} + {swept})",
            difference.inserted.len(),
            one.updates(),
            difference.deleted.len(),
            swept = swept(at)
        )
    };
    let planned: Vec<String> = work.iter().enumerate().map(row).collect();
    format!(
        "select /* no row was written but those of the plan */ not exists (select from ({WRITTEN}) w \
         full join (values {}) p (relid, ins, upd, del) using (relid) \
         where (coalesce(w.ins, 0), coalesce(w.upd, 0), coalesce(w.del, 0)) \
         is distinct from (coalesce(p.ins, 0), coalesce(p.upd, 0), coalesce(p.del, 0)))",
        planned.join(", ")
    )
}
