//! The tables of a tenant as two servers have them, and the order in which rows can be written to them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::{
    model::{plural, quote},
    ops::{Refusal, tenant::Home},
};

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) owner: String,
    /// In order.
    pub(super) columns: Vec<Column>,
    /// The columns of its primary key, in order; empty where it has none.
    pub(super) key: Vec<String>,
    /// Row-level security holds for everybody, its owner among them.
    pub(super) forced: bool,
    /// Its own triggers that fire, with the words that made them.
    pub(super) triggers: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type as SQL, whatever is searched for names.
    pub(super) kind: String,
    /// The server computes it.
    pub(super) generated: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Reference {
    pub(super) name: String,
    /// The table that refers, `schema.name`.
    pub(super) from: String,
    /// The table that is referred to.
    pub(super) to: String,
    pub(super) columns: Vec<String>,
    pub(super) others: Vec<String>,
    pub(super) deferrable: bool,
}

impl Table {
    /// `schema.name`, for people and to find it by.
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// Its name in SQL.
    pub(super) fn sql(&self) -> String {
        quote::qualified(&self.schema, &self.name)
    }
}

/// The tables of the tenant, one JSON object each.
pub(super) fn tables(home: &Home<'_>) -> String {
    format!(
        "select json_build_object('schema', n.nspname, 'name', c.relname, 'owner', pg_get_userbyid(c.relowner), \
         'columns', (select json_agg(json_build_object('name', a.attname, 'kind', quote_ident(tn.nspname) || '.' || \
           quote_ident(t.typname), 'generated', a.attgenerated <> '') order by a.attnum) from pg_attribute a \
           join pg_type t on t.oid = a.atttypid join pg_namespace tn on tn.oid = t.typnamespace \
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), \
         'key', coalesce((select json_agg(a.attname order by k.n) from pg_index i, unnest(i.indkey) with ordinality k (attnum, n), \
           pg_attribute a where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.attnum), '[]'), \
         'forced', c.relrowsecurity and c.relforcerowsecurity, \
         'triggers', coalesce((select json_agg(pg_get_triggerdef(g.oid) order by g.tgname) from pg_trigger g \
           where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled in ('O', 'A')), '[]'))::text \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace where {} order by n.nspname, c.relname",
        home.tables()
    )
}

/// Foreign keys that lead to tables of the tenant, from wherever, one JSON object each.
pub(super) fn references(home: &Home<'_>) -> String {
    let name = |oid: &str| {
        format!(
            "(select fn.nspname || '.' || f.relname from pg_class f join pg_namespace fn on fn.oid = f.relnamespace where f.oid = {oid})"
        )
    };
    let columns = |of: &str, keys: &str| {
        format!(
            "(select json_agg(a.attname order by o.n) from unnest({keys}) with ordinality o (attnum, n) \
             join pg_attribute a on a.attrelid = {of} and a.attnum = o.attnum)"
        )
    };
    format!(
        "select json_build_object('name', k.conname, 'from', {}, 'to', n.nspname || '.' || c.relname, 'columns', {}, \
         'others', {}, 'deferrable', k.condeferrable)::text from pg_constraint k join pg_class c on c.oid = k.confrelid \
         join pg_namespace n on n.oid = c.relnamespace where k.contype = 'f' and k.conparentid = 0 and {} order by k.conname, k.oid",
        name("k.conrelid"),
        columns("k.conrelid", "k.conkey"),
        columns("k.confrelid", "k.confkey"),
        home.tables()
    )
}

/// What [`tables`] and [`references`] said.
pub(super) fn read<T: for<'de> Deserialize<'de>>(rows: &[String]) -> Result<Vec<T>, Refusal> {
    let one = |row: &String| {
        serde_json::from_str(row).map_err(|wrong| Refusal::new(format!("the catalog was not understood: {wrong}")))
    };
    rows.iter().map(one).collect()
}

/// The tables of both sides in the form that they have on both, those that are asked for.
pub(super) fn alike(live: Vec<Table>, copy: &[Table], wanted: &BTreeSet<&str>) -> Result<Vec<Table>, Refusal> {
    let there: BTreeMap<String, &Table> = copy.iter().map(|table| (table.path(), table)).collect();
    for name in wanted {
        if live.iter().all(|table| table.path() != *name) {
            return Err(Refusal::new(format!("the tenant has no table {name}")));
        }
    }
    let mut alike = Vec::new();
    let mut other = Vec::new();
    let here: BTreeSet<String> = live.iter().map(Table::path).collect();
    let is_wanted = |path: &str| wanted.is_empty() || wanted.contains(path);
    for table in live.into_iter().filter(|table| is_wanted(&table.path())) {
        match there.get(&table.path()) {
            None => other.push(format!("{} is only live", table.path())),
            Some(copy) if copy.columns != table.columns => other.push(columns(&table, copy)),
            Some(_) => alike.push(table),
        }
    }
    let gone = there.keys().filter(|path| !here.contains(*path) && is_wanted(path));
    other.extend(gone.map(|path| format!("{path} is only in the copy")));
    if other.is_empty() {
        return Ok(alike);
    }
    let what = format!("tables have another form now than then: {}", other.join("; "));
    Err(Refusal::new(what).hint("restore the others: tables=schema.name,schema.name"))
}

fn columns(live: &Table, copy: &Table) -> String {
    let only = |a: &Table, b: &Table| {
        let all = a.columns.iter().filter(|column| !b.columns.contains(column));
        all.map(|column| format!("{} {}", column.name, column.kind))
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!(
        "{} has [{}] only live and [{}] only in the copy",
        live.path(),
        only(live, copy),
        only(copy, live)
    )
}

/// The tables, each after those that it refers to. A key that can be deferred holds up nothing.
pub(super) fn in_order(tables: Vec<Table>, references: &[Reference]) -> Result<Vec<Table>, Refusal> {
    let mut left: BTreeMap<String, Table> = tables.into_iter().map(|table| (table.path(), table)).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |path: &str| {
            references
                .iter()
                .any(|one| one.from == path && one.to != path && !one.deferrable && left.contains_key(&one.to))
        };
        let free: Vec<String> = left.keys().filter(|path| !waits(path)).cloned().collect();
        if free.is_empty() {
            let names: Vec<&str> = left.keys().map(String::as_str).collect();
            let what = format!(
                "{} refer to each other by keys that cannot be deferred: {}",
                plural(names.len(), "table"),
                names.join(", ")
            );
            return Err(Refusal::new(what).hint("leave one of them out: tables=schema.name,schema.name"));
        }
        order.extend(free.iter().filter_map(|path| left.remove(path)));
    }
    Ok(order)
}
