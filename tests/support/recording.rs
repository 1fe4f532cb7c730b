//! A world as it was seen, kept as JSON: real answers of real servers for tests of what is made of them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tenantry::{
    facts::{
        self,
        backups::Catalogue,
        credentials::Credentials,
        databases::Databases,
        engine::{connections::Connections, roles::DynamicRoles, statics::StaticRoles},
        leases::Leases,
        load::Load,
        migrations::{outlines::Outlines, shapes::Shapes, sources::Sources, standing::Standings},
        mutes::Mutes,
        policies::Policies,
        pulse::Pulse,
        registry::Registry,
        replication::Replication,
        roles::Roles,
        runs::Runs,
        schemas::Schemas,
        server::Setup,
        sessions::Sessions,
        sizes::Sizes,
        tenants::Tenants,
        token::Token,
        upkeep::Upkeep,
        vault::VaultState,
    },
    findings::{Report, rls::Isolation},
    model::{Fault, Fleet, Target},
    store::{Fact, Sealed, Snapshot},
};

/// Everything that was known at one moment.
#[derive(Serialize, Deserialize)]
pub struct Recording {
    fleet: Fleet,
    taken: Timestamp,
    facts: Vec<Heard>,
}

/// One fact about one thing.
#[derive(Serialize, Deserialize)]
struct Heard {
    fact: String,
    target: Target,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<(Timestamp, Json)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
}

/// Does the same with every type of fact: the snapshot itself does not know them.
macro_rules! each_fact {
    ($do:ident($($with:expr),*)) => {
        each_fact!(@ $do ($($with),*) Mutes Pulse Setup Catalogue Sessions Load Sizes Databases Roles Registry Schemas Upkeep
            Policies VaultState Token Connections DynamicRoles StaticRoles Leases Sources Shapes Outlines Tenants Standings Replication Credentials
            Isolation Report Runs)
    };
    (@ $do:ident $with:tt $($fact:ident)*) => { $(each_fact!(= $do $with $fact);)* };
    (= $do:ident ($($with:expr),*) $fact:ident) => { $do::<$fact>($($with),*) };
}

#[allow(dead_code, reason = "one test program records, another plays")]
impl Recording {
    pub fn of(world: &Snapshot) -> Self {
        let mut facts = Vec::new();
        each_fact!(record(world, &mut facts));
        Self {
            fleet: (*world.fleet).clone(),
            taken: world.taken,
            facts,
        }
    }

    pub fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap()
    }

    /// When it was recorded.
    pub fn taken(&self) -> Timestamp {
        self.taken
    }

    /// What every fact is about, asked for and not yet heard.
    pub fn silence(&self) -> Snapshot {
        let mut world = Snapshot::of(Arc::new(self.fleet.clone()));
        world.taken = self.taken;
        for heard in &self.facts {
            world.expect(name(&heard.fact), &heard.target);
        }
        world
    }

    /// The world as it was.
    pub fn world(&self) -> Snapshot {
        let mut world = self.silence();
        for heard in &self.facts {
            each_fact!(play(heard, &mut world));
        }
        // Where sessions find their tenants is not written down.
        let tenants = facts::DERIVED
            .iter()
            .find(|derived| derived.name == Tenants::NAME)
            .unwrap();
        (tenants.make)(&mut world);
        world
    }

    /// Every question is answered with this.
    pub fn fail(&self, world: &mut Snapshot, fault: &Fault) {
        // What follows from others has no questions of its own.
        let asked = self
            .facts
            .iter()
            .filter(|heard| facts::names().contains(&heard.fact.as_str()));
        for heard in asked {
            world.take(name(&heard.fact), &heard.target, world.taken, Err(fault.clone()));
        }
    }
}

fn record<T: Fact>(world: &Snapshot, facts: &mut Vec<Heard>) {
    let faults: Vec<(&Target, &Fault)> = world.faults(T::NAME).collect();
    let fault = |target: &Target| {
        faults
            .iter()
            .find(|(of, _)| *of == target)
            .map(|(_, fault)| (*fault).clone())
    };
    for (target, seen) in world.all::<T>() {
        facts.push(Heard {
            fact: T::NAME.into(),
            target: target.clone(),
            seen: Some((seen.at, serde_json::to_value(seen.value).unwrap())),
            fault: fault(target),
        });
    }
    let silent = faults.iter().filter(|(target, _)| world.get::<T>(target).is_none());
    facts.extend(silent.map(|(target, fault)| Heard {
        fact: T::NAME.into(),
        target: (*target).clone(),
        seen: None,
        fault: Some((*fault).clone()),
    }));
}

fn play<T: Fact>(heard: &Heard, world: &mut Snapshot) {
    if heard.fact != T::NAME || T::NAME == Tenants::NAME {
        return;
    }
    if let Some((at, value)) = &heard.seen {
        let value: T = serde_json::from_value(value.clone()).unwrap();
        world.take(T::NAME, &heard.target, *at, Ok(Sealed::of(value)));
    }
    if let Some(fault) = &heard.fault {
        world.take(T::NAME, &heard.target, world.taken, Err(fault.clone()));
    }
}

/// The fact's own name.
fn name(fact: &str) -> &'static str {
    let mut found = None;
    each_fact!(same(fact, &mut found));
    found.unwrap_or_else(|| panic!("{fact} is no fact"))
}

fn same<T: Fact>(fact: &str, found: &mut Option<&'static str>) {
    if fact == T::NAME {
        *found = Some(T::NAME);
    }
}
