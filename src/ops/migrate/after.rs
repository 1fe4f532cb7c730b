//! What must be so when all is done: every schema at its version, database by database.

use std::{collections::BTreeMap, path::Path};

use super::{choose::Unit, file};
use crate::{
    facts::migrations::{alike, standing::Stand},
    model::{Question, Step, Text, Tree, plural, quote},
    ops::{Refusal, refusal::primary},
    store::Snapshot,
};

/// Schemas whose histories are asked for in one statement: each takes its place in the server's table of locks.
const CHUNK: usize = 200;
/// Schemas whose shapes are compared in one statement.
const SHAPES: usize = 500;
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
        let histories = units.chunks(CHUNK).flat_map(|units| {
            let missing = missing(units);
            let list = format!("select schema || ' is not at ' || version from ({missing}) s (schema, version)");
            let none = format!("select not exists ({missing})");
            [
                Question::List("exception".into(), place.sql(list)),
                Question::Sql(place.sql(none)),
            ]
        });
        let shapes = same_shape(&units)
            .into_iter()
            .map(|alike| Question::Sql(place.sql(alike)));
        let name = format!(
            "{}/{}: all of {} at the version of the plan, those of one history of one shape",
            Text::from(instance),
            Text::from(database),
            plural(units.len(), "schema")
        );
        let asks = histories.chain(shapes).collect();
        steps.push(Tree::step(Step::look(name, Question::All(asks), WITHIN)));
    }
    Ok(steps)
}

/// Schemas that were alike before are so after. Each part holds the first of all, so that all parts are of its shape.
fn same_shape(units: &[&Unit<'_>]) -> Vec<String> {
    let mut kinds: BTreeMap<(&Path, String), Vec<String>> = BTreeMap::new();
    for unit in units
        .iter()
        .filter(|unit| !matches!(unit.standing.stand, Stand::Apart(_)))
    {
        let key = (unit.standing.track.directory.as_path(), unit.goal.to_string());
        kinds.entry(key).or_default().push(unit.oid.clone());
    }
    let several = kinds.into_values().filter(|oids| oids.len() > 1);
    let parts = |oids: Vec<String>| {
        let part = |part: &[String]| alike(&[&oids[..1], part].concat());
        oids.chunks(SHAPES).map(part).collect::<Vec<_>>()
    };
    several.flat_map(parts).collect()
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
