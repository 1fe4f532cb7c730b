//! Every tenant of every model, joined from what the probes brought. Derived; asks nothing.

mod roll;

use jiff::Timestamp;
use regex_lite::Regex;
use serde::{Deserialize, Serialize};

pub use roll::Roll;

use super::{
    instances,
    registry::{self, Registry},
    schemas::{self, Schemas},
    settled,
};
use crate::{
    facts::{
        databases::{self, Databases},
        sizes::Sizes,
    },
    model::{Bytes, Fault, Isolation, Kind, Target, Tenancy, Text},
    store::{Derived, Fact, Known, Sealed, Snapshot},
};

/// All tenants that are known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tenants {
    /// By instance, database, id.
    pub tenants: Vec<Tenant>,
    /// Places where tenants should be found and were not, and why.
    pub unseen: Vec<(Target, Fault)>,
    /// Whether every place has answered or failed.
    pub complete: bool,
    /// Where each is to be found.
    #[serde(skip)]
    pub roll: Roll,
    /// Generations of the facts that this was made from.
    from: Vec<u64>,
}

/// One tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tenant {
    /// Instance, database, id.
    pub target: Target,
    /// What people call it.
    pub name: Text,
    /// Where it lives.
    pub model: Isolation,
    /// How much is its own.
    pub size: Size,
    /// Tables of its own.
    pub relations: Option<u64>,
    /// Estimated rows of its own.
    pub rows: Option<u64>,
    /// Since when it is shut out, where that is marked; of shared tables it is not.
    #[serde(default)]
    pub shut: Option<Timestamp>,
    /// When this was true; `None` where only the fleet file tells that it is there.
    pub at: Option<Timestamp>,
    /// Why it grows old.
    pub fault: Option<Fault>,
}

/// How large a tenant is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// As the server counts it.
    Exact(Bytes),
    /// From statistics.
    About(Bytes),
    /// Not known, and why.
    Unseen(Text),
}

impl Fact for Tenants {
    const NAME: &'static str = "tenants";
}

impl Tenant {
    /// The instance's name.
    pub fn instance(&self) -> &str {
        self.target.part(0)
    }

    /// The database's name; empty where the whole instance is the tenant's.
    pub fn database(&self) -> &str {
        self.target.part(1)
    }

    /// The id: what the tenant column holds, the schema, the database, or the instance.
    pub fn id(&self) -> &str {
        self.target.part(2)
    }
}

/// The tenants of the snapshot, where they were derived already.
pub fn of(world: &Snapshot) -> Option<&Tenants> {
    world.get::<Tenants>(&Target::fleet()).map(|seen| seen.value)
}

/// How a tenant with a schema or a database of its own lives, and what people call it, by the fleet file alone: whether it is
/// there now or not.
pub fn apart(world: &Snapshot, target: &Target) -> Option<(Isolation, Text)> {
    let (database, id) = (target.part(1), target.part(2));
    let instance = world.fleet.instance(target.part(0))?;
    instance.tenancies.iter().find_map(|tenancy| {
        let pattern = match tenancy {
            Tenancy::Schema { database: of, pattern } if of == database => pattern,
            Tenancy::Database { pattern } if id == database => pattern,
            Tenancy::Schema { .. } | Tenancy::Database { .. } | Tenancy::Shared { .. } | Tenancy::Instance { .. } => {
                return None;
            }
        };
        let name = captured(&Regex::new(pattern).ok()?, id)?;
        Some((tenancy.isolation(), name))
    })
}

const SOURCES: [&str; 5] = [
    super::pulse::Pulse::NAME,
    Registry::NAME,
    Schemas::NAME,
    Databases::NAME,
    Sizes::NAME,
];

/// How it follows.
pub const DERIVED: Derived = Derived {
    name: Tenants::NAME,
    from: &SOURCES,
    make: derive,
};

/// Joins anew when something that it is made from has changed.
fn derive(world: &mut Snapshot) {
    // The pulse changes with every beat; only whether it leaves a place in doubt matters here.
    let doubt = instances(world)
        .iter()
        .filter(|instance| !settled(world, instance))
        .count() as u64;
    let from: Vec<u64> = SOURCES[1..]
        .iter()
        .map(|fact| world.generation(fact))
        .chain([doubt])
        .collect();
    let fleet = Target::fleet();
    if world.get::<Tenants>(&fleet).is_some_and(|seen| seen.value.from == from) {
        return;
    }
    let mut tenants = join(world);
    tenants.complete = doubt == 0 && world.complete(&SOURCES[1..4]);
    tenants.from = from;
    world.take(Tenants::NAME, &fleet, world.taken, Ok(Sealed::of(tenants)));
}

fn join(world: &Snapshot) -> Tenants {
    let mut all = Tenants::default();
    for instance in &world.fleet.instances {
        for tenancy in &instance.tenancies {
            match tenancy {
                Tenancy::Shared { database, .. } => all.shared(world, &Target::database(&instance.name, database)),
                Tenancy::Schema { database, .. } => all.schemas(world, &Target::database(&instance.name, database)),
                Tenancy::Database { pattern } => all.databases(world, &Target::instance(&instance.name), pattern),
                Tenancy::Instance { tenant } => all.instance(world, &Target::instance(&instance.name), tenant),
            }
        }
    }
    all.tenants.sort_by(|a, b| a.target.cmp(&b.target));
    all.roll = Roll::of(&all.tenants);
    all
}

impl Tenants {
    fn shared(&mut self, world: &Snapshot, place: &Target) {
        let Some((registry, at, fault)) = self.see(world.known::<Registry>(place), place) else {
            return;
        };
        let why =
            "row-level security hides the statistics; let the registry tell (size = \"column\" in the fleet file)";
        let tenant = |entry: &registry::Entry| Tenant {
            target: inside(place, entry.id.raw()),
            name: entry.name.clone(),
            model: Isolation::Shared,
            size: entry.size.map_or_else(|| Size::Unseen(why.into()), Size::About),
            relations: None,
            rows: None,
            shut: None,
            at: Some(at),
            fault: fault.cloned(),
        };
        self.tenants.extend(registry.entries.iter().map(tenant));
    }

    fn schemas(&mut self, world: &Snapshot, place: &Target) {
        let Some((found, at, fault)) = self.see(world.known::<Schemas>(place), place) else {
            return;
        };
        let Some(pattern) = schemas::pattern(world, place).and_then(|pattern| Regex::new(pattern).ok()) else {
            return;
        };
        let tenant = |schema: &schemas::Schema| {
            Some(Tenant {
                target: inside(place, schema.name.raw()),
                name: captured(&pattern, schema.name.raw())?,
                model: Isolation::Schema,
                size: Size::About(schema.size),
                relations: Some(schema.relations),
                rows: Some(schema.rows),
                shut: schema.shut(),
                at: Some(at),
                fault: fault.cloned(),
            })
        };
        self.tenants.extend(found.schemas.iter().filter_map(tenant));
    }

    fn databases(&mut self, world: &Snapshot, place: &Target, pattern: &str) {
        let Some((found, at, fault)) = self.see(world.known::<Databases>(place), place) else {
            return;
        };
        let Ok(pattern) = Regex::new(pattern) else { return };
        let sizes = world.known::<Sizes>(place);
        let tenant = |database: &databases::Database| {
            let name = &database.name;
            Some(Tenant {
                target: inside(&Target::database(place.part(0), name.raw()), name.raw()),
                name: captured(&pattern, name.raw())?,
                model: Isolation::Database,
                size: size(sizes, |sizes| sizes.of(name.raw())),
                relations: None,
                rows: None,
                shut: database.shut(),
                at: Some(at),
                fault: fault.cloned(),
            })
        };
        let databases = found.databases.iter().filter(|database| !database.template);
        self.tenants.extend(databases.filter_map(tenant));
    }

    fn instance(&mut self, world: &Snapshot, place: &Target, name: &str) {
        let sizes = world.known::<Sizes>(place);
        // That it exists is known from the fleet file; whether it answers is asked more often than how large it is.
        let instance = world.known::<Databases>(place);
        self.tenants.push(Tenant {
            target: Target::new(Kind::Tenant, [place.part(0), "", name]),
            name: name.into(),
            model: Isolation::Instance,
            size: match sizes {
                Known::Seen(seen) if seen.value.total().1 == 0 => Size::Exact(seen.value.total().0),
                Known::Seen(seen) => {
                    Size::Unseen(format!("{} databases were not measured", seen.value.total().1).into())
                }
                Known::Silent(fault) => Size::Unseen(fault.what.clone()),
                Known::Waiting => Size::Unseen("not asked yet".into()),
            },
            relations: None,
            rows: None,
            shut: instance
                .seen()
                .and_then(|seen| seen.value.databases.iter().find_map(databases::Database::shut)),
            at: instance.seen().map(|seen| seen.at),
            fault: instance.fault().cloned(),
        });
    }

    fn see<'a, T>(&mut self, known: Known<'a, T>, place: &Target) -> Option<(&'a T, Timestamp, Option<&'a Fault>)> {
        match known {
            Known::Waiting => None,
            Known::Silent(fault) => {
                self.unseen.push((place.clone(), fault.clone()));
                None
            }
            Known::Seen(seen) => Some((seen.value, seen.at, seen.fault)),
        }
    }
}

fn inside(place: &Target, id: &str) -> Target {
    Target::new(Kind::Tenant, [place.part(0), place.part(1), id])
}

fn captured(pattern: &Regex, name: &str) -> Option<Text> {
    Some(pattern.captures(name)?.name("tenant")?.as_str().into())
}

fn size<'a>(known: Known<'a, Sizes>, of: impl Fn(&'a Sizes) -> Option<&'a Result<Bytes, Fault>>) -> Size {
    match known {
        Known::Waiting => Size::Unseen("not asked yet".into()),
        Known::Silent(fault) => Size::Unseen(fault.what.clone()),
        Known::Seen(seen) => match of(seen.value) {
            Some(Ok(size)) => Size::Exact(*size),
            Some(Err(fault)) => Size::Unseen(fault.what.clone()),
            None => Size::Unseen("not asked yet".into()),
        },
    }
}
