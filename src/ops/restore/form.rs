//! The tables of a tenant as a server has them, and the keys that lead from one to another.

use serde::Deserialize;

use crate::{model::quote, ops::tenant::Home};

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Table {
    /// Its number on its server; a copy has the same, unless the table was made anew.
    #[serde(default)]
    pub(super) oid: u32,
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) owner: String,
    /// Those that both sides have, in order; before the two were compared, all.
    pub(super) columns: Vec<Column>,
    /// Those that only the live server has: rows that are written again get their defaults.
    #[serde(default)]
    pub(super) more: Vec<Column>,
    /// The columns of its primary key, in order; empty where it has none.
    pub(super) key: Vec<String>,
    /// Row-level security holds for everybody, its owner among them.
    pub(super) forced: bool,
    /// Its own triggers that fire, with the words that made them.
    pub(super) triggers: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its number in the table, which it keeps under whatever name.
    #[serde(default)]
    pub(super) number: i16,
    /// Its type as SQL, whatever is searched for names.
    pub(super) kind: String,
    /// The server computes it.
    pub(super) generated: bool,
    /// The server numbers it (`GENERATED … AS IDENTITY`).
    #[serde(default)]
    pub(super) identity: bool,
    /// A row cannot be without it, and nothing fills it in.
    #[serde(default)]
    pub(super) required: bool,
}

/// A foreign key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Reference {
    pub(super) name: String,
    /// The table that refers, `schema.name`.
    pub(super) from: String,
    /// The same in SQL.
    pub(super) from_sql: String,
    /// The columns of its primary key; empty where it has none.
    pub(super) from_key: Vec<String>,
    /// Whether it has the tenant's column.
    pub(super) from_shared: bool,
    /// The table that is referred to.
    pub(super) to: String,
    pub(super) to_sql: String,
    pub(super) to_shared: bool,
    pub(super) columns: Vec<String>,
    pub(super) others: Vec<String>,
    /// Those of the columns that may be null, and then nothing is referred to.
    pub(super) loose: Vec<String>,
    pub(super) deferrable: bool,
    /// What becomes of rows that refer to one that goes: `a` and `r` refuse, `c` cascades, `n` and `d` set null or default.
    pub(super) on_delete: String,
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

    /// All that the live server has, those of both sides first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Column> + Clone {
        self.columns.iter().chain(&self.more)
    }

    /// Where the values of a column stand in its rows.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.all().position(|column| column.name == name)
    }
}

impl Reference {
    /// It carries the tenant: it cannot lead from one to another.
    pub(super) fn is_closed(&self, home: &Home<'_>) -> bool {
        let Some(shared) = &home.shared else { return false };
        let mut pairs = self.columns.iter().zip(&self.others);
        pairs.any(|(from, to)| from == shared.column && to == shared.column)
    }
}

/// The tables of the tenant, one JSON object each.
pub(super) fn tables(home: &Home<'_>) -> String {
    format!(
        "select json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'owner', pg_get_userbyid(c.relowner), \
         'columns', (select json_agg(json_build_object('name', a.attname, 'number', a.attnum, 'kind', quote_ident(tn.nspname) || '.' || \
           quote_ident(t.typname), 'generated', a.attgenerated <> '', 'identity', a.attidentity <> '', \
           'required', a.attnotnull and not a.atthasdef and a.attidentity = '' and t.typdefault is null) order by a.attnum) \
           from pg_attribute a join pg_type t on t.oid = a.atttypid join pg_namespace tn on tn.oid = t.typnamespace \
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

/// Foreign keys that lead to tables of the tenant, from wherever, or from them, to wherever; one JSON object each.
pub(super) fn references(home: &Home<'_>) -> String {
    let columns = |of: &str, keys: &str, which: &str| {
        format!(
            "coalesce((select json_agg(a.attname order by o.n) from unnest({keys}) with ordinality o (attnum, n) \
             join pg_attribute a on a.attrelid = {of} and a.attnum = o.attnum{which}), '[]')"
        )
    };
    let shared = |of: &str| {
        home.shared.as_ref().map_or_else(
            || "false".into(),
            |shared| {
                let column = quote::literal(shared.column);
                format!("exists (select from pg_attribute t where t.attrelid = {of} and t.attname = {column} and not t.attisdropped)")
            },
        )
    };
    let own = home.tables();
    format!(
        "select json_build_object('name', k.conname, 'from', fn.nspname || '.' || f.relname, \
         'from_sql', quote_ident(fn.nspname) || '.' || quote_ident(f.relname), 'from_shared', {}, \
         'from_key', coalesce((select json_agg(a.attname order by a.attnum) from pg_index i join pg_attribute a \
           on a.attrelid = i.indrelid and a.attnum = any (i.indkey) where i.indrelid = f.oid and i.indisprimary), '[]'), \
         'to', tn.nspname || '.' || t.relname, 'to_sql', quote_ident(tn.nspname) || '.' || quote_ident(t.relname), \
         'to_shared', {}, 'columns', {}, 'others', {}, 'loose', {}, 'deferrable', k.condeferrable, 'on_delete', k.confdeltype)::text \
         from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_namespace fn on fn.oid = f.relnamespace \
         join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace \
         where k.contype = 'f' and k.conparentid = 0 and exists (select from pg_class c join pg_namespace n \
           on n.oid = c.relnamespace where c.oid in (k.conrelid, k.confrelid) and {own}) order by k.conname, k.oid",
        shared("k.conrelid"),
        shared("k.confrelid"),
        columns("k.conrelid", "k.conkey", ""),
        columns("k.confrelid", "k.confkey", ""),
        columns(
            "k.conrelid",
            "k.conkey",
            " and not a.attnotnull and a.attgenerated = '' and k.confmatchtype = 's'"
        ),
    )
}
