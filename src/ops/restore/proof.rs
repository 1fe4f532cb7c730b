//! What must be so before rows are written, and before they are kept.

use super::{
    form::{Reference, Table},
    write::{Work, sweeping},
};
use crate::{
    model::quote,
    ops::{Refusal, tenant::Home},
};

/// Rows written in this transaction, by table; those of partitions count with their whole.
const WRITTEN: &str = "select coalesce(pg_partition_root(relid)::oid, relid) as relid, sum(n_tup_ins) as ins, sum(n_tup_upd) as upd, \
    sum(n_tup_del) as del from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0 group by 1";

/// What the rows of each table are, and what they should be.
pub(super) struct Rows<'a> {
    tables: &'a [Table],
    /// How it is asked of each table.
    digests: Vec<String>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(tables: &'a [Table], digests: Vec<String>) -> Self {
        Self { tables, digests }
    }

    /// One question for each table: whether its rows are those.
    fn each(&self, those: &[String], whose: &str) -> Vec<String> {
        let all = self.tables.iter().zip(self.digests.iter().zip(those));
        all.map(|(table, (digest, value))| {
            let path = table.path().replace("*/", "* /");
            format!(
                "select /* the rows of {path} are {whose} */ {digest} = {}",
                quote::literal(value)
            )
        })
        .collect()
    }

    /// Whether the rows of all of them are those.
    pub(super) fn are(&self, those: &[String]) -> String {
        let all = self.digests.iter().zip(those);
        let all: Vec<String> = all
            .map(|(digest, value)| format!("{digest} = {}", quote::literal(value)))
            .collect();
        format!("select {}", all.join(" and "))
    }

    /// Whether those of any are others.
    pub(super) fn are_not(&self, those: &[String]) -> String {
        format!("select not ({})", self.are(those))
    }

    /// Nothing was written yet; who writes obeys row-level security, where tenants share tables; and the rows are those that
    /// were seen.
    pub(super) fn guards(&self, home: &Home<'_>, before: Option<&[String]>) -> Vec<String> {
        let mut all = vec![format!("select not exists ({WRITTEN})")];
        if home.shared.is_some() {
            all.push("select not (rolsuper or rolbypassrls) from pg_roles where rolname = current_user".into());
            let active = self.tables.iter();
            let active = active.map(|table| format!("row_security_active({})", quote::literal(&table.sql())));
            all.push(format!("select {}", active.collect::<Vec<_>>().join(" and ")));
        }
        all.extend(
            before
                .into_iter()
                .flat_map(|before| self.each(before, "those that the plan has seen")),
        );
        all
    }

    /// Nothing else was written than what was planned and what was swept; and the rows are those.
    pub(super) fn proofs(&self, work: &[Work<'_>], after: Option<&[String]>) -> Vec<String> {
        let after = after
            .into_iter()
            .flat_map(|after| self.each(after, "what they should be"));
        std::iter::once(written(work)).chain(after).collect()
    }
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
            difference.changed.len(),
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

/// Refuses where rows that go, or may go, could be referred to by rows that nobody here sees: those of other tenants, and of
/// tables that are not the tenant's. The server itself does not ask row-level security about them.
pub(super) fn across(work: &[Work<'_>], references: &[Reference], home: &Home<'_>) -> Result<(), Refusal> {
    let Some(shared) = &home.shared else { return Ok(()) };
    for one in work.iter().filter(|one| !one.difference.deleted.is_empty()) {
        let path = one.table.path();
        let apart = |reference: &&Reference| {
            let pairs = reference.columns.iter().zip(&reference.others);
            !pairs
                .into_iter()
                .any(|(from, to)| from == shared.column && to == shared.column)
        };
        let open = references.iter().filter(|reference| reference.to == path).find(apart);
        if let Some(reference) = open {
            let what = format!(
                "rows of {path} would go, and {} of {} may refer to them from other tenants' rows: it does not carry {}",
                reference.name, reference.from, shared.column
            );
            return Err(Refusal::new(what).hint("leave the table out: tables=schema.name,schema.name; or rows=missing"));
        }
    }
    Ok(())
}
