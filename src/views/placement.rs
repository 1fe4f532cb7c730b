//! Where another tenant would have room: every instance, how much is left of what is scarcest there, and why.

use std::collections::BTreeMap;

use super::{View, sources, worst_first};
use crate::{
    facts::{
        databases::Databases, leader, pulse::Pulse, server::Setup, sizes::Sizes, tenants::Tenants, upkeep::Upkeep,
    },
    findings::{
        Report,
        placement::{Candidate, Verdict, Wish, candidates},
    },
    model::{Cell, Column, Isolation, Row, Severity, Table, Target, Value},
    store::{Fact, Known, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("instance", "INSTANCE", 0, 16, "instance"),
    Column::number(
        "shared",
        "SHARED",
        0,
        8,
        "what is left of what is scarcest, once one more shares tables",
    ),
    Column::number("schema", "SCHEMA", 0, 8, "the same, once one more has a schema"),
    Column::number("database", "DATABASE", 0, 8, "the same, once one more has a database"),
    Column::words(
        "decides",
        "DECIDES",
        0,
        60,
        "what is scarcest, not known, or in the way",
    ),
    Column::number("tenants", "TENANTS", 1, 8, "tenants of these models now"),
    Column::words(
        "connections",
        "CONNECTIONS",
        2,
        30,
        "connections that are promised, and in use",
    ),
    Column::words(
        "relations",
        "RELATIONS",
        3,
        36,
        "relations against the lock table, for the model that has least room",
    ),
    Column::words("log", "LOG", 4, 24, "log written per second, over the last samples"),
    Column::words("size", "SIZE", 4, 40, "all databases of the instance"),
    Column::words("zones", "ZONES", 5, 24, "failure zones"),
];

const MODELS: [Isolation; 3] = [Isolation::Shared, Isolation::Schema, Isolation::Database];

/// The view.
pub struct Placement;

impl View for Placement {
    fn name(&self) -> &'static str {
        "placement"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["place", "room"]
    }

    fn about(&self) -> &'static str {
        "where another tenant would have room, and why"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[
            Pulse::NAME,
            Setup::NAME,
            Databases::NAME,
            Sizes::NAME,
            Upkeep::NAME,
            Tenants::NAME,
            Report::NAME,
        ]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["onboard", "rotate-root", "beside", "verify-backups", "backup"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let of_model = |model| {
            let wish = Wish {
                model,
                connections: None,
                before: &BTreeMap::new(),
            };
            candidates(world, wish)
        };
        let by_model = MODELS.map(of_model);
        let instances = world.fleet.instances.iter();
        let mut rows: Vec<Row> = instances
            .map(|instance| row(world, &Target::instance(&instance.name), &by_model))
            .collect();
        worst_first(&mut rows);
        let faults = world.faults(Pulse::NAME);
        Table {
            columns: COLUMNS,
            rows,
            headline: vec![sources::headline(world)],
            unseen: faults.map(|(target, fault)| (target.clone(), fault.clone())).collect(),
            complete: world.complete(&[Pulse::NAME, Setup::NAME, Databases::NAME]),
        }
    }
}

fn row(world: &Snapshot, target: &Target, by_model: &[Vec<Candidate>; 3]) -> Row {
    let here: Vec<Option<&Candidate>> = by_model
        .iter()
        .map(|all| all.iter().find(|candidate| candidate.instance == *target))
        .collect();
    let some = || here.iter().flatten().copied();
    let scarcest = some().min_by(|a, b| {
        a.verdict()
            .partial_cmp(&b.verdict())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let words = |of: &str| {
        let reason = scarcest.and_then(|candidate| candidate.reasons.iter().find(|reason| reason.of == of));
        reason.map_or_else(Cell::blank, |reason| Cell::new(reason.words.clone()))
    };
    let mut cells = vec![Cell::new(Value::Text(target.part(0).into()))];
    cells.extend(here.iter().map(|candidate| candidate.map_or_else(Cell::blank, verdict)));
    cells.push(scarcest.and_then(Candidate::decides).map_or_else(
        || Cell::new("the fleet file has no place for tenants there"),
        |reason| Cell::new(format!("{}: {}", reason.of, reason.words)),
    ));
    cells.push(Cell::new(some().map(|candidate| candidate.tenants as u64).sum::<u64>()));
    cells.extend(["connections", "relations", "log", "size", "zones"].map(words));
    let primary = leader(world, target.part(0));
    let known = primary.as_ref().map(|primary| world.known::<Pulse>(primary));
    let fault = known.and_then(Known::fault).cloned();
    let seen = known.and_then(Known::seen);
    let own = scarcest.map_or(Severity::Ok, |candidate| severity(candidate.verdict()));
    let blind = if fault.is_some() || seen.is_none() {
        Severity::Unseen
    } else {
        Severity::Ok
    };
    Row {
        target: target.clone(),
        cells,
        severity: own.max(blind),
        seen: seen.map(|seen| seen.at),
        fault,
    }
}

fn verdict(candidate: &Candidate) -> Cell {
    let verdict = candidate.verdict();
    match verdict {
        Verdict::Never => Cell::new("never"),
        Verdict::Unseen => {
            let why = candidate.decides().map(|reason| reason.words.clone());
            return Cell::unseen(why.unwrap_or_default());
        }
        Verdict::Fits(share) => Cell::new(Value::Share(share)),
    }
    .at(severity(verdict))
}

/// Little room is no trouble yet.
fn severity(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Never => Severity::Warning,
        Verdict::Unseen => Severity::Unseen,
        Verdict::Fits(share) => Severity::of(&(1.0 - share), &0.9, &2.0),
    }
}
