//! The tables of a tenant: which they are, whether a copy has them in the same form, and reading every row of theirs.

use serde::Deserialize;

use crate::{
    model::quote,
    ops::tenant::{Home, sum},
};

/// A table, as the live server has it.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    schema: String,
    name: String,
    /// Its columns with their types, in order.
    columns: String,
}

/// The columns of a relation with their types, as one text, which is the same whatever is searched for names.
const COLUMNS: &str = "(select string_agg(concat_ws(' ', a.attname, tn.nspname, t.typname, nullif(a.atttypmod, -1)), ', ' \
    order by a.attnum) from pg_attribute a join pg_type t on t.oid = a.atttypid join pg_namespace tn on tn.oid = t.typnamespace \
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)";

/// The tables of the tenant, one JSON object each.
pub(super) fn list(home: &Home<'_>) -> String {
    format!(
        "select json_build_object('schema', n.nspname, 'name', c.relname, 'columns', {COLUMNS})::text \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace where {} order by n.nspname, c.relname",
        home.tables()
    )
}

/// A row for each table that a copy does not have in this form: its name.
pub(super) fn otherwise(tables: &[Table]) -> String {
    let values: Vec<String> = tables
        .iter()
        .map(|table| {
            format!(
                "({}, {}, {})",
                quote::literal(&table.schema),
                quote::literal(&table.name),
                quote::literal(&table.columns)
            )
        })
        .collect();
    format!(
        "select v.schema || '.' || v.name from (values {}) v (schema, name, columns) \
         where not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = v.schema and c.relname = v.name and {COLUMNS} = v.columns)",
        values.join(", ")
    )
}

/// Reads every row of the tenant: `N rows in M tables, digest D`. The digest is equal where the rows are, in whatever order.
pub(super) fn rows(tables: &[Table], home: &Home<'_>) -> String {
    let own = home.rows();
    let one = |table: &Table| {
        let name = quote::literal(&format!("{}.{}", table.schema, table.name));
        format!(
            "select count(*) as n, {} as h from {} x{own}",
            sum(&format!("{name} || x::text")),
            quote::qualified(&table.schema, &table.name)
        )
    };
    let all: Vec<String> = tables.iter().map(one).collect();
    format!(
        "select sum(n) || ' rows in ' || count(*) || ' tables, digest ' || md5(sum(h)::text) from ({}) t",
        all.join(" union all ")
    )
}
