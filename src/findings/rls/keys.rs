//! Keys and indexes: what crosses tenants although no row is shown, and what all pay for. Rules 3.16, 3.17, 3.18, 3.30.

use super::{Rule, ground::Ground, verdict::Hole};
use crate::{
    facts::policies::{Index, Relation},
    model::{Severity, quote},
};

/// The keys of a table that carries the tenant column.
pub fn judge(ground: &Ground, table: &Relation) -> Vec<Hole> {
    let found = [
        foreign(ground, table),
        unique(ground, table),
        nullable(ground, table),
        leading(ground, table),
    ];
    found.into_iter().flatten().collect()
}

/// Foreign keys are checked without row-level security.
fn foreign(ground: &Ground, table: &Relation) -> Option<Hole> {
    let mut keys = ground.catalog.keys.iter();
    let key = keys.find(|key| key.relation == table.oid && !key.carries)?;
    let target = ground
        .relation(key.target)
        .map(|target| target.name.clone())
        .unwrap_or_default();
    let what = format!(
        "foreign key {} does not carry the tenant: a row may refer to another tenant's {target}",
        key.name
    );
    let remedy = format!(
        "replace {} with a foreign key ({}, …) to a unique key of {target} that begins with the tenant",
        key.name,
        ground.shown_column()
    );
    Some(
        Hole::new(Rule::ForeignKey, Severity::Warning, what, remedy)
            .evidence("foreign key", &key.name)
            .evidence("refers to", target),
    )
}

/// Whoever inserts learns what others have, and can take it first.
fn unique(ground: &Ground, table: &Relation) -> Option<Hole> {
    let own = ground
        .catalog
        .indexes
        .iter()
        .filter(|index| index.relation == table.oid);
    let mut over_all: Vec<&Index> = own.filter(|index| index.unique && !index.carries).collect();
    over_all.sort_by_key(|index| index.opaque);
    let index = over_all.first()?;
    let names: Vec<String> = over_all.iter().map(|index| index.name.to_string()).collect();
    let severity = if index.opaque {
        Severity::Notice
    } else {
        Severity::Warning
    };
    let what = format!(
        "key {} is unique over all tenants: it tells what others have, and denies it",
        index.name
    );
    let remedy = format!("make it unique by ({}, …)", ground.shown_column());
    Some(Hole::new(Rule::UniqueKey, severity, what, remedy).evidence("keys", names.join(", ")))
}

fn nullable(ground: &Ground, table: &Relation) -> Option<Hole> {
    if table.tenant.as_ref().is_none_or(|column| column.not_null) {
        return None;
    }
    let what = format!(
        "{} may be null: such a row is nobody's, and no policy shows it",
        ground.shown_column()
    );
    let column = quote::ident(ground.column);
    let remedy = format!("ALTER TABLE {} ALTER COLUMN {column} SET NOT NULL;", ground.sql(table));
    Some(Hole::new(Rule::Nullable, Severity::Notice, what, remedy))
}

fn leading(ground: &Ground, table: &Relation) -> Option<Hole> {
    let mut own = ground
        .catalog
        .indexes
        .iter()
        .filter(|index| index.relation == table.oid);
    if own.any(|index| index.leads) {
        return None;
    }
    let what = format!(
        "no index begins with {}: every query reads every tenant's rows",
        ground.shown_column()
    );
    let column = quote::ident(ground.column);
    let remedy = format!("CREATE INDEX CONCURRENTLY ON {} ({column});", ground.sql(table));
    Some(Hole::new(Rule::Index, Severity::Notice, what, remedy))
}
