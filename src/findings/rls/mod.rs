//! Row-level security: whether the tenants of shared tables can reach each other.
//!
//! The rules are pure functions of the catalogs and the role graph. What a rule finds is a [`Hole`]; holes decide the
//! [`Verdict`] of each relation, and each cause becomes one finding.

mod definer;
mod ground;
mod judge;
mod keys;
mod policy;
mod reach;
mod roles;
mod rule;
mod runtime;
mod table;
mod verdict;

pub use rule::Rule;
pub use verdict::{Hole, Isolation, Judged, Verdict};

use crate::{
    facts::{policies::Policies, registry, roles::Roles},
    findings::{Check, Finding},
    model::{Fault, FaultKind, Kind, Severity, Target, Tenancy},
    store::{Fact, Known, Sealed, Snapshot},
};
use ground::Ground;

/// Every rule of [`Rule::ALL`]; its findings carry the word of the rule as their check.
pub struct Rls;

impl Check for Rls {
    fn id(&self) -> &'static str {
        "rls"
    }

    fn about(&self) -> &'static str {
        "shared tables whose tenants can reach each other, and what row-level security costs them"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Policies::NAME, Roles::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for (_, isolation) in world.all::<Isolation>() {
            // A role of an instance may open several databases: it is told once.
            let told = |one: &Finding| {
                findings
                    .iter()
                    .any(|known| known.check == one.check && known.target == one.target)
            };
            let fresh = isolation
                .value
                .findings
                .iter()
                .filter(|one| one.target.kind() != Kind::Role || !told(one));
            let fresh: Vec<Finding> = fresh.cloned().collect();
            findings.extend(fresh);
        }
        findings
    }

    fn blind(&self, world: &Snapshot) -> Vec<(Target, Fault)> {
        let all = world.all::<Policies>();
        all.flat_map(|(database, seen)| {
            let policies = seen.value;
            policies.unseen.iter().filter_map(move |(oid, why)| {
                let relation = policies
                    .catalog
                    .relations
                    .iter()
                    .find(|relation| relation.oid == *oid)?;
                let schema = policies
                    .catalog
                    .schemas
                    .iter()
                    .find(|schema| schema.oid == relation.schema)?;
                let path = [
                    database.part(0),
                    database.part(1),
                    schema.name.raw(),
                    relation.name.raw(),
                ];
                Some((
                    Target::new(Kind::Relation, path),
                    Fault::new(FaultKind::Timeout, why.clone()),
                ))
            })
        })
        .collect()
    }
}

/// Judges every database whose catalogs or roles have changed.
pub fn derive(world: &mut Snapshot) {
    let fresh: Vec<(Target, Isolation)> = registry::databases(world)
        .into_iter()
        .filter_map(|database| Some((database.clone(), judged(world, &database)?)))
        .collect();
    for (database, isolation) in fresh {
        world.take(Isolation::NAME, &database, world.taken, Ok(Sealed::of(isolation)));
    }
}

/// None where nothing is known, or nothing has changed.
fn judged(world: &Snapshot, database: &Target) -> Option<Isolation> {
    let policies = world.get::<Policies>(database)?.value;
    let roles = world.get::<Roles>(&Target::instance(database.part(0)))?.value;
    let from = (policies.stamp.clone(), roles.digest.clone());
    let before = world.get::<Isolation>(database);
    if before.is_some_and(|before| before.value.from == from) {
        return None;
    }
    let Some(Tenancy::Shared {
        tenant_column,
        setting,
        runtime_roles,
        ..
    }) = registry::shared(world, database)
    else {
        return None;
    };
    let names = (tenant_column.as_str(), setting.as_str());
    let ground = Ground::new(database, policies.major, names, &policies.catalog, roles, runtime_roles);
    Some(judge::judge(&ground, from))
}

/// The worst that is to be said of a database with shared tables: the word for its verdict, and how bad that is.
pub fn verdict(world: &Snapshot, database: &Target) -> (&'static str, Severity) {
    let Some(isolation) = world.get::<Isolation>(database) else {
        return match world.known::<Policies>(database) {
            Known::Waiting => ("not asked yet", Severity::Unseen),
            Known::Silent(_) | Known::Seen(_) => ("not seen", Severity::Unseen),
        };
    };
    let roles = isolation
        .value
        .findings
        .iter()
        .filter(|finding| finding.target.kind() == Kind::Role);
    let roles = roles.map(|finding| finding.severity).max().unwrap_or_default();
    let relations = isolation
        .value
        .judged
        .iter()
        .map(Judged::severity)
        .max()
        .unwrap_or_default();
    let worst = roles.max(relations);
    let all = &isolation.value.judged;
    if worst >= Severity::Warning {
        ("leaks", worst)
    } else if all.iter().any(|one| one.verdict == Verdict::Trusting) {
        (Verdict::Trusting.word(), worst)
    } else if all.iter().any(|one| matches!(one.verdict, Verdict::NotProved(_))) {
        ("not proved", worst)
    } else {
        ("isolated", worst)
    }
}
