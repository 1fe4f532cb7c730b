//! Shared tables: one that carries the tenant column and is not closed to other tenants does not come to be.

use super::choose::Unit;
use crate::{
    model::{Isolation, quote},
    ops::{Refusal, survey::Known},
    store::Snapshot,
};

/// Under which what was found out is known.
pub(super) fn name(unit: &Unit<'_>) -> String {
    format!("open tables of {}", unit.standing.target)
}

/// The tables that carry the tenant column without row-level security that is enabled, forced, and has a policy.
pub(super) fn flawed(unit: &Unit<'_>, world: &Snapshot) -> Option<String> {
    let column = column(unit, world)?;
    Some(format!("select c.oid::text from {}", open(unit, column)))
}

fn open(unit: &Unit<'_>, column: &str) -> String {
    format!(
        "pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = {} and not a.attisdropped \
         where c.relnamespace = {} and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity \
         and exists (select from pg_policy p where p.polrelid = c.oid)) order by c.oid",
        quote::literal(column),
        unit.oid
    )
}

fn column<'a>(unit: &Unit<'_>, world: &'a Snapshot) -> Option<&'a str> {
    let shared = unit.standing.model == Isolation::Shared;
    let instance = world.fleet.instance(unit.instance()).filter(|_| shared)?;
    Some(instance.sharing(unit.database())?.column)
}

/// No table is open to other tenants but those that were before.
pub(super) fn proof(unit: &Unit<'_>, world: &Snapshot, known: Known<'_>) -> Result<Option<String>, Refusal> {
    let Some(column) = column(unit, world) else {
        return Ok(None);
    };
    let before = known.rows(&name(unit))?.unwrap_or_default();
    let before: Vec<u32> = before.iter().filter_map(|oid| oid.parse().ok()).collect();
    let before: Vec<String> = before.iter().map(ToString::to_string).collect();
    Ok(Some(format!(
        "select not exists (select from (select c.oid, c.relname from {}) open where open.oid <> all ('{{{}}}'::oid[])) \
         /* no table with {column} without a forced policy */",
        open(unit, column),
        before.join(",")
    )))
}
