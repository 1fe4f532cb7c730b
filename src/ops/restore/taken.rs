//! Unique values that rows had and that rows of others have taken since: who writes does not see those, and only the server
//! refuses to write the same value again.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    form::Column,
    rows::Row,
    write::{Work, different, names, values},
};
use crate::{
    model::{Text, plural, quote},
    ops::{Refusal, survey::parsed, tenant::Home},
};

/// A unique index that does not hold for each tenant by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Unique {
    pub(super) name: String,
    /// The table, `schema.name`.
    pub(super) table: String,
    /// Columns and expressions, in SQL.
    pub(super) keys: Vec<String>,
    /// Which rows it holds for, in SQL; all where it does not say.
    pub(super) only: Option<String>,
    /// The columns that stand in all that.
    pub(super) columns: BTreeSet<String>,
}

/// Rows of others that have such a value.
#[derive(Debug, Deserialize)]
struct Found {
    at: usize,
    rows: usize,
    /// The values, the first of them.
    values: Vec<String>,
}

/// Unique indexes of the tenants' tables in which the tenant's column is none of the keys; one JSON object each.
pub(super) fn all(home: &Home<'_>) -> String {
    let Some(column) = home.shared.as_ref().map(|shared| shared.column) else {
        return "select '' where false".into();
    };
    format!(
        "select json_build_object('name', ic.relname, 'table', n.nspname || '.' || c.relname, \
         'keys', (select json_agg(pg_get_indexdef(i.indexrelid, k, false) order by k) from generate_series(1, i.indnkeyatts::int) k), \
         'only', pg_get_expr(i.indpred, i.indrelid), \
         'columns', (select json_agg(distinct a.attname) from pg_attribute a where a.attrelid = c.oid and (a.attnum = any (i.indkey) \
           or exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid \
             and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = a.attnum))))::text \
         from pg_index i join pg_class ic on ic.oid = i.indexrelid join pg_class c on c.oid = i.indrelid \
         join pg_namespace n on n.oid = c.relnamespace where i.indisunique and not exists (select from pg_attribute t \
           where t.attrelid = c.oid and t.attname = {} and t.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])) \
         and {} order by n.nspname, c.relname, ic.relname",
        quote::literal(column),
        home.tables()
    )
}

/// The unique indexes in which rows that are written get values, and those rows.
pub(super) struct Taken<'a> {
    all: Vec<(&'a Unique, &'a Work<'a>, Vec<&'a Row>)>,
    own: Option<String>,
}

impl<'a> Taken<'a> {
    pub(super) fn of(work: &'a [Work<'a>], uniques: &'a [Unique], home: &Home<'_>) -> Self {
        let of = |unique: &'a Unique| {
            let one = work.iter().find(|one| one.table.path() == unique.table)?;
            let known = |name: &String| one.table.columns.iter().any(|column| column.name == *name);
            let rows = unique.given(one);
            // Of what only the live server has, the server alone says what it will be.
            (!rows.is_empty() && unique.columns.iter().all(known)).then_some((unique, one, rows))
        };
        Self {
            all: uniques.iter().filter_map(of).collect(),
            own: home.own(),
        }
    }

    /// Asked as who sees the rows of all: who has such values. Nothing to ask where nobody can.
    pub(super) fn ask(&self) -> Option<String> {
        let own = self.own.as_ref()?;
        let one = |(at, (unique, work, rows)): (usize, &(&Unique, &Work<'_>, Vec<&Row>))| {
            let columns: Vec<&Column> = unique.columns(work);
            let numbered = |of: &str| {
                let all = (1..=unique.keys.len()).map(|at| format!("{of}.k{at}"));
                all.collect::<Vec<_>>().join(", ")
            };
            let only = unique
                .only
                .as_ref()
                .map(|only| format!(" and ({only})"))
                .unwrap_or_default();
            let keys = (1..).zip(&unique.keys).map(|(at, key)| format!("{key} as k{at}"));
            let keys = keys.collect::<Vec<_>>().join(", ");
            format!(
                "select {at} as at, count(*) as rows, coalesce((array_agg(distinct concat_ws(', ', {})))[1:3], '{{}}') as values \
                 from (select {keys} from {} x where ({own}) is not true{only}) o join (select {keys} from (values {}) v ({}) \
                 where true{only}) r on row({}) = row({})",
                numbered("r"),
                work.table.sql(),
                values(work.table, &columns, rows),
                names(&columns),
                numbered("o"),
                numbered("r")
            )
        };
        let all: Vec<String> = self.all.iter().enumerate().map(one).collect();
        (!all.is_empty()).then(|| {
            format!(
                "select to_json(f)::text from ({}) f where rows > 0",
                all.join(" union all ")
            )
        })
    }

    /// Refuses where somebody has one of them.
    pub(super) fn refuse(&self, found: &[String]) -> Result<(), Refusal> {
        let found: Vec<Found> = parsed(found)?;
        let Some((first, (unique, ..))) = found.first().and_then(|one| Some((one, self.all.get(one.at)?))) else {
            return Ok(());
        };
        let shown: Vec<String> = first
            .values
            .iter()
            .map(|value| Text::from(value.as_str()).to_string())
            .collect();
        let what = format!(
            "{} of {} that are not the tenant's have values by now that rows of the tenant would get again, and {} lets nobody \
             else have them: {}",
            plural(first.rows, "row"),
            Text::from(unique.table.as_str()),
            Text::from(unique.name.as_str()),
            shown.join("; ")
        );
        Err(Refusal::new(what)
            .hint("leave the table out: tables=schema.name,schema.name; or let those have other values first"))
    }

    /// That nobody has them, where that was asked.
    pub(super) fn told(&self) -> Option<String> {
        let names: BTreeSet<String> = self
            .all
            .iter()
            .map(|(unique, ..)| {
                format!(
                    "{} of {}",
                    Text::from(unique.name.as_str()),
                    Text::from(unique.table.as_str())
                )
            })
            .collect();
        (!names.is_empty()).then(|| {
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            format!("no row that is not the tenant's has a value that comes back, by {names}")
        })
    }
}

impl Unique {
    fn columns<'w>(&self, work: &Work<'w>) -> Vec<&'w Column> {
        let columns = work.table.columns.iter();
        columns.filter(|column| self.columns.contains(&column.name)).collect()
    }

    /// The rows that get a value by it which they do not have now.
    fn given<'w>(&self, work: &Work<'w>) -> Vec<&'w Row> {
        let changes = |now: &Row, then: &Row| {
            let all = different(work.table, now, then);
            all.iter().any(|name| self.columns.contains(name))
        };
        let changed = work.difference.changed.iter();
        let changed = changed.filter(|(now, then)| changes(now, then)).map(|(_, then)| *then);
        work.difference.inserted.iter().copied().chain(changed).collect()
    }
}
