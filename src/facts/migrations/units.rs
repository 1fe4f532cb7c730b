//! What is migrated as one: a pool of shared tables, or the schema of one tenant.

use regex_lite::Regex;

use super::shapes::Shapes;
use crate::{
    facts::databases::Databases,
    model::{Fleet, Instance, Isolation, Target, Tenancy, Track},
    store::Snapshot,
};

/// A schema that follows a history, as the fleet file and the servers tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit<'a> {
    /// The schema.
    pub target: Target,
    /// How the tenants in it live.
    pub model: Isolation,
    /// What it follows.
    pub track: &'a Track,
}

/// Which schemas of a database are meant.
#[derive(Clone, Debug)]
pub enum Meant {
    /// This one.
    Named(String),
    /// Those whose name matches.
    Matching(Regex),
}

/// The schemas of a database, by way of one tenancy.
#[derive(Clone, Debug)]
pub struct Ground<'a> {
    /// The database.
    pub database: Target,
    /// Which of its schemas.
    pub meant: Meant,
    /// How the tenants in them live.
    pub model: Isolation,
    /// What they follow.
    pub track: &'a Track,
}

impl Meant {
    /// Whether this schema is one of them.
    pub fn includes(&self, schema: &str) -> bool {
        match self {
            Self::Named(name) => name == schema,
            Self::Matching(pattern) => pattern
                .captures(schema)
                .is_some_and(|found| found.name("tenant").is_some()),
        }
    }
}

/// Every place where schemas follow a history.
pub fn grounds(world: &Snapshot) -> Vec<Ground<'_>> {
    let fleet: &Fleet = &world.fleet;
    let of = |instance| instance_grounds(world, fleet, instance);
    fleet.instances.iter().flat_map(of).collect()
}

fn instance_grounds<'a>(world: &'a Snapshot, fleet: &'a Fleet, instance: &'a Instance) -> Vec<Ground<'a>> {
    let mut all = Vec::new();
    for tenancy in &instance.tenancies {
        let model = tenancy.isolation();
        let Some(track) = fleet.track(&instance.name, model) else {
            continue;
        };
        let mut add = |database: &str, meant: Meant| {
            all.push(Ground {
                database: Target::database(&instance.name, database),
                meant,
                model,
                track,
            });
        };
        let named = || Meant::Named(track.schema.clone());
        match tenancy {
            Tenancy::Shared { database, .. } => add(database, named()),
            Tenancy::Schema { database, pattern } => {
                if let Ok(pattern) = Regex::new(pattern) {
                    add(database, Meant::Matching(pattern));
                }
            }
            Tenancy::Database { pattern } => {
                for database in databases(world, &instance.name, pattern) {
                    add(&database, named());
                }
            }
            Tenancy::Instance { .. } => add(track.database.as_ref().unwrap_or(&instance.database), named()),
        }
    }
    all
}

/// The databases of an instance that are a tenant each and can be looked into.
fn databases(world: &Snapshot, instance: &str, pattern: &str) -> Vec<String> {
    let (Ok(pattern), Some(seen)) = (Regex::new(pattern), world.get::<Databases>(&Target::instance(instance))) else {
        return Vec::new();
    };
    let tenant = |name: &str| {
        pattern
            .captures(name)
            .is_some_and(|found| found.name("tenant").is_some())
    };
    let open = seen.value.databases.iter().filter(|database| !database.template);
    let names = open.map(|database| database.name.raw()).filter(|name| tenant(name));
    names.map(ToOwned::to_owned).collect()
}

/// Every schema that follows a history: those that are named, and those that were seen and match. Each once: the first
/// tenancy that means it counts.
pub fn units(world: &Snapshot) -> Vec<Unit<'_>> {
    let mut all: Vec<Unit<'_>> = Vec::new();
    for ground in grounds(world) {
        let (instance, database) = (ground.database.part(0), ground.database.part(1));
        let names: Vec<String> = match (&ground.meant, world.get::<Shapes>(&ground.database)) {
            (Meant::Named(name), _) => vec![name.clone()],
            (Meant::Matching(_), None) => Vec::new(),
            (meant, Some(seen)) => {
                let names = seen.value.schemas.iter().map(|shape| shape.name.raw());
                names
                    .filter(|name| meant.includes(name))
                    .map(ToOwned::to_owned)
                    .collect()
            }
        };
        all.extend(names.iter().map(|name| Unit {
            target: Target::schema(instance, database, name),
            model: ground.model,
            track: ground.track,
        }));
    }
    // The sort keeps the order of those that are the same.
    all.sort_by(|a, b| a.target.cmp(&b.target));
    all.dedup_by(|b, a| a.target == b.target);
    all
}
