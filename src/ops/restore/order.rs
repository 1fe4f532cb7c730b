//! The order in which rows can be written, and what breaks a circle of tables.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{Reference, Table};
use crate::{model::plural, ops::Refusal};

/// An order.
#[derive(Debug)]
pub(super) struct Ordered {
    /// Each after those that it refers to.
    pub(super) tables: Vec<Table>,
    /// By the path of a table: columns that are null at first, and are filled in when all rows are there.
    pub(super) later: BTreeMap<String, BTreeSet<String>>,
}

/// The tables, each after those that it refers to. A key that can be deferred holds up nothing; where the others make a
/// circle, it is broken at one that may be null.
pub(super) fn in_order(tables: Vec<Table>, references: &[Reference]) -> Result<Ordered, Refusal> {
    let mut left: BTreeMap<String, Table> = tables.into_iter().map(|table| (table.path(), table)).collect();
    let holds_up = |one: &&Reference| one.from != one.to && !one.deferrable;
    let mut holding: Vec<&Reference> = references.iter().filter(holds_up).collect();
    let mut ordered = Ordered {
        tables: Vec::new(),
        later: BTreeMap::new(),
    };
    while !left.is_empty() {
        holding.retain(|one| left.contains_key(&one.from) && left.contains_key(&one.to));
        let waits = |path: &str| holding.iter().any(|one| one.from == path);
        let free: Vec<String> = left.keys().filter(|path| !waits(path)).cloned().collect();
        if free.is_empty() {
            let at = breaking(&holding).ok_or_else(|| circle(&left))?;
            let broken = holding.remove(at);
            let later = ordered.later.entry(broken.from.clone()).or_default();
            later.extend(broken.loose.iter().cloned());
        }
        ordered.tables.extend(free.iter().filter_map(|path| left.remove(path)));
    }
    Ok(ordered)
}

/// A key of a circle that may be null.
fn breaking(holding: &[&Reference]) -> Option<usize> {
    holding
        .iter()
        .position(|one| !one.loose.is_empty() && leads(holding, &one.to, &one.from))
}

/// Whether keys lead from one table to another.
fn leads(holding: &[&Reference], from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = next.pop() {
        if at == to {
            return true;
        }
        let there = holding.iter().filter(|one| one.from == at);
        next.extend(there.map(|one| one.to.as_str()).filter(|path| seen.insert(path)));
    }
    false
}

fn circle(left: &BTreeMap<String, Table>) -> Refusal {
    let names: Vec<&str> = left.keys().map(String::as_str).collect();
    let what = format!(
        "{} refer to each other by keys that cannot be deferred and may not be null: {}",
        plural(names.len(), "table"),
        names.join(", ")
    );
    Refusal::new(what).hint("leave one of them out: tables=schema.name,schema.name")
}
