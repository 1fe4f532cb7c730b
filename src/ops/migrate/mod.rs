//! Bring schemas to a version: one first, then waves, each schema by itself, and proof at the end.

mod after;
mod ask;
mod choose;
mod file;
mod isolation;
mod pace;
mod rehearsal;
mod schema;
mod series;
mod shared;
mod survey;
mod upbringing;

pub use upbringing::{Upbringing, bring_up, track};

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    Ask, Operation, Refusal, blank,
    confirm::{Stake, tier},
    named,
    refusal::primaries,
    survey::{Inquiries, Known},
};
use crate::{
    facts::{
        migrations::{shapes::Shapes, sources::Sources, standing::Standings},
        pulse::Pulse,
        replication::Replication,
        server::Setup,
    },
    model::{Advice, Artefact, Kind, Place, Plan, Request, Step, Target, Text, Tree, Version, plural},
    store::{Fact, Snapshot},
};
use ask::Wishes;
use choose::Unit;

/// The operation.
pub struct Migrate;

impl Operation for Migrate {
    fn name(&self) -> &'static str {
        "migrate"
    }

    fn letter(&self) -> char {
        'm'
    }

    fn about(&self) -> &'static str {
        "bring schemas to a version: one first, then waves"
    }

    fn takes(&self) -> Kind {
        Kind::Schema
    }

    fn asks(&self) -> &'static [Ask] {
        ask::ALL
    }

    fn needs(&self) -> &'static [&'static str] {
        &[
            Pulse::NAME,
            Setup::NAME,
            Sources::NAME,
            Shapes::NAME,
            Replication::NAME,
            Standings::NAME,
        ]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let wishes = Wishes::of(request)?;
        let chosen = choose::units(request, world, &wishes)?;
        let mut all = survey::inquiries(&chosen.units, world);
        all.extend(rehearsal::inquiry(&chosen.units, &wishes, world)?);
        all.extend(isolation::inquiries(&chosen.units, &wishes, world));
        Ok(all)
    }

    fn changes(&self, request: &Request, world: &Snapshot) -> Result<Vec<Place>, Refusal> {
        primaries(world, &request.targets)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let wishes = Wishes::of(request)?;
        let chosen = choose::units(request, world, &wishes)?;
        let known = Known::of(world);
        survey::may(&chosen.units, known)?;
        let mut touches = chosen.left.clone();
        touches.extend(chosen.units.iter().filter_map(pool));
        touches.extend(advice(&chosen.units));
        touches.extend(survey::locks(&chosen.units, &wishes, known)?);
        touches.extend(isolation::told(&chosen.units, &wishes, world, known));
        Ok(Plan {
            title: title(&chosen.units, &wishes),
            steps: steps(&chosen.units, &wishes, world, known)?,
            artefacts: artefacts(&chosen.units),
            seen: [pace::seen(&chosen.units, world), rehearsal::seen(&chosen.units, known)?].concat(),
            lost: lost(&chosen.units),
            touches,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Final),
            ..blank(request, world)
        })
    }
}

fn title(units: &[Unit<'_>], wishes: &Wishes) -> String {
    let mut goals: Vec<&Version> = units.iter().map(|unit| &unit.goal).collect();
    goals.sort();
    goals.dedup();
    let goals: Vec<String> = goals.into_iter().map(ToString::to_string).collect();
    let targets: Vec<Target> = units.iter().map(|unit| unit.standing.target.clone()).collect();
    let schemas = named(&targets, "schema");
    let deed = if wishes.baseline { "record" } else { "migrate" };
    let to = if wishes.baseline { "as being at" } else { "to" };
    format!("{deed} {schemas} {to} version {}", goals.join(", "))
}

/// One first; then, if that went well and the servers bear it, the others in waves; then the proof.
fn steps(units: &[Unit<'_>], wishes: &Wishes, world: &Snapshot, known: Known<'_>) -> Result<Tree, Refusal> {
    let mut trees = Vec::new();
    for unit in units {
        trees.push(schema::tree(unit, wishes, world, known)?);
    }
    let rest = trees.split_off(1.min(trees.len()));
    let many = |over: Vec<Tree>, waves, gate, budget| Tree::Each {
        cap: wishes.cap,
        waves,
        gate,
        budget,
        over,
    };
    let mut all = vec![many(trees, Vec::new(), None, 0)];
    all.extend(isolation::first(units, wishes, world, known));
    if !rest.is_empty() {
        let gate = pace::gate(units, wishes, world)?;
        let name = "the servers bear more";
        all.push(Tree::step(Step::look(name, gate.ask.clone(), gate.within)));
        let (waves, budget) = (wishes.waves(rest.len()), wishes.failures(units.len()));
        all.push(many(rest, waves, Some(Box::new(gate)), budget));
    }
    all.extend(after::steps(units, world)?);
    all.extend(isolation::others(units, wishes, world, known));
    Ok(Tree::Seq(all))
}

/// Whom a change of shared tables is made for.
fn pool(unit: &Unit<'_>) -> Option<(String, String)> {
    let tenants = unit.standing.tenants.len();
    let pool = unit.standing.tenant.is_none() && tenants > 0;
    pool.then(|| {
        let words = format!("{} share its tables", plural(tenants, "tenant"));
        (unit.path(), words)
    })
}

/// What was found in the files, each file once; the worst first.
fn advice(units: &[Unit<'_>]) -> Vec<(String, String)> {
    let mut all: BTreeMap<&str, &[Advice]> = BTreeMap::new();
    for script in units.iter().flat_map(Unit::scripts) {
        all.insert(script.file.raw(), &script.advice);
    }
    let mut all: Vec<(&str, &Advice)> = all
        .into_iter()
        .flat_map(|(file, advice)| advice.iter().map(move |one| (file, one)))
        .collect();
    all.sort_by_key(|(_, advice)| Reverse(advice.severity));
    let line = |(file, advice): (&str, &Advice)| {
        let what = advice.what.raw().trim_end_matches('.');
        let help = advice.help.as_ref().map(|help| format!(". {help}")).unwrap_or_default();
        (
            format!("{}, line {}", Text::from(file), advice.line),
            format!(
                "{}: {}{help} ({})",
                advice.severity.word(),
                Text::from(what),
                advice.rule
            ),
        )
    };
    all.into_iter().map(line).collect()
}

fn artefacts(units: &[Unit<'_>]) -> Vec<Artefact> {
    let mut all: BTreeMap<&str, Artefact> = BTreeMap::new();
    for unit in units {
        for script in unit.both_ways() {
            all.entry(&script.sha256).or_insert_with(|| Artefact {
                directory: unit.standing.track.directory.clone(),
                file: script.file.clone(),
                sha256: script.sha256.clone(),
                bytes: script.bytes,
            });
        }
    }
    all.into_values().collect()
}

/// Files that nothing takes back.
fn lost(units: &[Unit<'_>]) -> Vec<String> {
    let mut files: Vec<String> = units
        .iter()
        .filter(|unit| unit.forth)
        .flat_map(|unit| &unit.migrations)
        .filter(|migration| migration.back.is_none())
        .map(|migration| format!("{}: there is no file that takes it back", migration.forth.file))
        .collect();
    files.sort();
    files.dedup();
    files
}
