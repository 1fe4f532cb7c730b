//! What must be so when all is done: every schema at its version, database by database.

use std::collections::BTreeMap;

use super::{choose::Unit, file};
use crate::{
    model::{Question, Step, Text, Tree, plural, quote},
    ops::{Refusal, refusal::primary},
    store::Snapshot,
};

/// Schemas whose histories are asked for in one statement: each takes its place in the server's table of locks.
const CHUNK: usize = 200;
const WITHIN: u64 = 10;

pub(super) fn steps(units: &[Unit<'_>], world: &Snapshot) -> Result<Vec<Tree>, Refusal> {
    let mut databases: BTreeMap<(&str, &str), Vec<&Unit<'_>>> = BTreeMap::new();
    for unit in units {
        databases
            .entry((unit.instance(), unit.database()))
            .or_default()
            .push(unit);
    }
    let mut steps = Vec::new();
    for ((instance, database), units) in databases {
        let place = primary(world, instance)?.database(database);
        let asks = units.chunks(CHUNK).flat_map(|units| {
            let list = format!(
                "select {} || ' is not at ' || v from ({}) s (n, v)",
                "n",
                missing(units)
            );
            let none = format!("select not exists ({})", missing(units));
            [
                Question::List("exception".into(), place.sql(list)),
                Question::Sql(place.sql(none)),
            ]
        });
        let name = format!(
            "{}/{}: all of {} at the version of the plan",
            Text::from(instance),
            Text::from(database),
            plural(units.len(), "schema")
        );
        steps.push(Tree::step(Step::look(name, Question::All(asks.collect()), WITHIN)));
    }
    Ok(steps)
}

/// A row for each schema that is not where it should be: its name, and where it should be.
fn missing(units: &[&Unit<'_>]) -> String {
    let one = |unit: &&Unit<'_>| {
        let so = if unit.forth {
            file::all_of(unit, &unit.migrations)
        } else {
            file::none_of(unit, &unit.migrations)
        };
        format!(
            "select {}, {} where not ({so})",
            quote::literal(unit.schema()),
            quote::literal(&unit.goal.to_string())
        )
    };
    units.iter().map(one).collect::<Vec<_>>().join(" union all ")
}
