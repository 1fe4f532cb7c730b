//! Rows of others, and of tables that are nobody's, that refer to rows of the tenant that would go: the server itself does not
//! ask row-level security about them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{form::Reference, rows::Row, write::Work};
use crate::{
    model::{Text, plural, quote},
    ops::{Refusal, survey::parsed, tenant::Home},
};

/// Rows that refer to some that would go.
#[derive(Debug, Deserialize)]
struct Found {
    at: usize,
    rows: usize,
    /// The keys that they refer to, the first of them.
    keys: Vec<String>,
}

/// The foreign keys that may lead from somebody else to rows that would go.
pub(super) struct Across<'a> {
    open: Vec<(&'a Reference, &'a Work<'a>)>,
    own: Option<String>,
}

impl<'a> Across<'a> {
    pub(super) fn of(work: &'a [Work<'a>], references: &'a [Reference], home: &Home<'_>) -> Self {
        let shared = home.shared.is_some();
        let gone = work.iter().filter(|one| shared && !one.difference.deleted.is_empty());
        let open = gone.flat_map(|one| {
            let path = one.table.path();
            let open = references.iter().filter(move |key| key.to == path);
            open.filter(|key| !key.is_closed(home)).map(move |key| (key, one))
        });
        Self {
            open: open.collect(),
            own: home.own(),
        }
    }

    /// Asked as who sees the rows of all: who refers to them. Nothing to ask where nobody can.
    pub(super) fn ask(&self) -> Option<String> {
        let one = |(at, (key, work)): (usize, &(&Reference, &Work<'_>))| {
            let columns: Vec<String> = key
                .columns
                .iter()
                .map(|name| format!("x.{}", quote::ident(name)))
                .collect();
            let columns = columns.join(", ");
            let others = self.own.as_ref().filter(|_| key.from_shared);
            let others = others
                .map(|own| format!(" and ({own}) is not true"))
                .unwrap_or_default();
            format!(
                "select {at} as at, count(*) as rows, coalesce((array_agg(distinct concat_ws(', ', {columns})))[1:3], '{{}}') as keys \
                 from {} x where (row({columns})::text) in (select row({})::text from (values {}) v ({})){others}",
                key.from_sql,
                typed(key, work).join(", "),
                keys(key, work),
                numbered(key).join(", ")
            )
        };
        let all: Vec<String> = self.open.iter().enumerate().map(one).collect();
        (!all.is_empty()).then(|| {
            format!(
                "select to_json(f)::text from ({}) f where rows > 0",
                all.join(" union all ")
            )
        })
    }

    /// Refuses where somebody refers to them, or where nobody could be asked and somebody may.
    pub(super) fn refuse(&self, found: Option<&[String]>) -> Result<(), Refusal> {
        let (Some((key, _)), None) = (self.open.first(), found) else {
            return self.refused(found.unwrap_or_default());
        };
        let what = format!(
            "rows of {} would go, and {} of {} may refer to them from other tenants' rows: it does not carry the tenant's column, \
             and nobody who sees them could be asked",
            key.to, key.name, key.from
        );
        Err(Refusal::new(what).hint(
            "give the tenancy a `reader` in the fleet file; or leave the table out: tables=schema.name; or rows=missing",
        ))
    }

    fn refused(&self, found: &[String]) -> Result<(), Refusal> {
        let found: Vec<Found> = parsed(found)?;
        let Some((first, (key, _))) = found.first().and_then(|one| Some((one, self.open.get(one.at)?))) else {
            return Ok(());
        };
        let keys: Vec<String> = first
            .keys
            .iter()
            .map(|key| Text::from(key.as_str()).to_string())
            .collect();
        let what = format!(
            "{} of {} that are not the tenant's refer by {} to rows of {} that would go ({}), and {}",
            plural(first.rows, "row"),
            key.from,
            key.name,
            key.to,
            keys.join("; "),
            consequence(key)
        );
        Err(Refusal::new(what).hint("leave the table out: tables=schema.name,schema.name; or rows=missing"))
    }

    /// That nobody refers to what goes, where that was asked.
    pub(super) fn told(&self) -> Option<String> {
        let names: BTreeSet<String> = self
            .open
            .iter()
            .map(|(key, _)| format!("{} of {}", key.name, key.from))
            .collect();
        (!names.is_empty()).then(|| {
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            format!("no row that is not the tenant's refers to what goes, by {names}")
        })
    }
}

/// What becomes of a row that refers to one that goes.
fn consequence(key: &Reference) -> &'static str {
    match key.on_delete.as_str() {
        "c" => "would go with them (cascade)",
        "n" => "would refer to nothing any more (set null)",
        "d" => "would refer to a default (set default)",
        _ => "the server would refuse it",
    }
}

fn numbered(key: &Reference) -> Vec<String> {
    (1..=key.others.len()).map(|at| format!("c{at}")).collect()
}

/// The values with the types of the columns that are referred to.
fn typed(key: &Reference, work: &Work<'_>) -> Vec<String> {
    let kind = |name: &String| work.table.columns.iter().find(|column| column.name == *name);
    let all = key.others.iter().zip(numbered(key));
    all.map(|(name, number)| format!("{number}::{}", kind(name).map_or("text", |column| column.kind.as_str())))
        .collect()
}

fn keys(key: &Reference, work: &Work<'_>) -> String {
    let at: Vec<Option<usize>> = key.others.iter().map(|name| work.table.place(name)).collect();
    let row = |row: &&Row| {
        let value = |at: &Option<usize>| {
            let value = at.and_then(|at| row.get(at)?.as_deref());
            value.map_or_else(|| "null".into(), quote::literal)
        };
        format!("({})", at.iter().map(value).collect::<Vec<_>>().join(", "))
    };
    work.difference.deleted.iter().map(row).collect::<Vec<_>>().join(", ")
}
