//! How it is told where a schema stands: its history against the files, its shape against those of its peers.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use super::{
    history::{History, How, Record},
    shapes::Shapes,
    sources::Sources,
    standing::{Drift, Misfit, Pending, Reason, Stand, Standing},
    units::{self, Unit},
};
use crate::{
    facts::tenants::{self, Tenant},
    model::{Directory, Fault, FaultKind, Isolation, Target, Text, Version},
    store::{Known, Snapshot},
};

/// Schemas that must be of one shape: they follow one history, are at one version of it, on servers of one major version.
type Peers<'a> = (&'a Path, u32, String);

pub fn all(world: &Snapshot) -> Vec<Standing> {
    let lodgers = Lodgers::of(world);
    let units = units::units(world);
    let mut all: Vec<(Standing, u32)> = units.iter().map(|unit| one(world, unit, &lodgers)).collect();
    compare(&mut all);
    all.into_iter().map(|(standing, _)| standing).collect()
}

/// One schema by itself, and the major version of its server.
fn one(world: &Snapshot, unit: &Unit<'_>, lodgers: &Lodgers<'_>) -> (Standing, u32) {
    let mut standing = blank(unit, lodgers);
    let database = Target::database(unit.target.part(0), unit.target.part(1));
    let seen = match world.known::<Shapes>(&database) {
        Known::Waiting => return (unknown(standing, unheard("not asked yet")), 0),
        Known::Silent(fault) => return (unknown(standing, fault.clone()), 0),
        Known::Seen(seen) => seen,
    };
    standing.at = Some(seen.at);
    standing.fault = seen.fault.cloned();
    let major = seen.value.major;
    let Some(shape) = seen.value.find(unit.target.part(2)) else {
        let what = format!("{} has no schema {}", database.name(), unit.target.name());
        return (unknown(standing, Fault::new(FaultKind::Refused, what)), major);
    };
    standing.owner = Some(shape.owner.clone());
    standing.shape = shape.form.as_ref().ok().map(|form| form.digest.clone());
    let records = match &shape.history {
        History::Unseen(fault) => return (unknown(standing, fault.clone()), major),
        History::Absent => {
            standing.unrecorded = shape.form.as_ref().is_ok_and(|form| form.objects > 0);
            &[]
        }
        History::Kept(kept) => {
            standing.history = Some(kept.clone());
            match seen.value.records(shape) {
                Some(records) => records,
                None => {
                    return (
                        unknown(standing, unheard("its history changed while it was read")),
                        major,
                    );
                }
            }
        }
    };
    standing.version = reached(records);
    let directory = match directory(world, &unit.track.directory) {
        Ok(directory) => directory,
        Err(fault) => return (unknown(standing, fault), major),
    };
    against(&mut standing, records, directory);
    standing.stand = match (&shape.form, reasons(&standing)) {
        (_, reasons) if !reasons.is_empty() => Stand::Apart(reasons),
        (Err(fault), _) => Stand::Unknown(fault.clone()),
        (Ok(_), _) if standing.pending.is_empty() => Stand::Current,
        (Ok(_), _) => Stand::Behind(standing.pending.len() as u64),
    };
    (standing, major)
}

/// What is known of a schema that nobody has looked at.
fn blank(unit: &Unit<'_>, lodgers: &Lodgers<'_>) -> Standing {
    let tenants = lodgers.of_unit(unit);
    Standing {
        tenant: match (unit.model, &tenants[..]) {
            (Isolation::Schema | Isolation::Database | Isolation::Instance, [one]) => Some(one.name.clone()),
            _ => None,
        },
        tenants: tenants.iter().map(|tenant| tenant.target.clone()).collect(),
        ..Standing::blank(unit.target.clone(), unit.model, unit.track)
    }
}

fn unknown(mut standing: Standing, fault: Fault) -> Standing {
    standing.stand = Stand::Unknown(fault);
    standing
}

fn unheard(what: &str) -> Fault {
    Fault::new(FaultKind::Timeout, what)
}

fn directory<'a>(world: &'a Snapshot, path: &Path) -> Result<&'a Directory, Fault> {
    match world.known::<Sources>(&Target::fleet()) {
        Known::Waiting => Err(unheard("its files were not read yet")),
        Known::Silent(fault) => Err(fault.clone()),
        Known::Seen(seen) => match seen.value.directories.get(path) {
            Some(held) => held.as_ref().map_err(Clone::clone),
            None => Err(unheard("its files were not read yet")),
        },
    }
}

/// The highest version that is complete.
fn reached(records: &[Record]) -> Option<Version> {
    let complete = records.iter().filter(|record| record.complete);
    complete.filter_map(Record::version).max()
}

/// Holds a history against the files. What stands before a baseline counts as done.
fn against(standing: &mut Standing, records: &[Record], directory: &Directory) {
    let known: BTreeMap<Version, &Record> = records
        .iter()
        .filter_map(|record| Some((record.version()?, record)))
        .collect();
    let baseline = known
        .iter()
        .filter(|(_, record)| record.how == How::Baseline)
        .map(|(version, _)| version)
        .max();
    let open = directory.migrations.iter().map(|migration| &migration.version);
    let open =
        open.filter(|version| !known.contains_key(version) && baseline.is_none_or(|baseline| *version > baseline));
    standing.pending = open
        .map(|version| Pending {
            version: version.clone(),
            late: standing.version.as_ref().is_some_and(|reached| version < reached),
        })
        .collect();
    standing.drift = records.iter().filter_map(|record| drift(record, directory)).collect();
    standing
        .drift
        .sort_by_key(|drift| drift.version.raw().parse::<Version>().ok());
    standing.incomplete = known
        .iter()
        .find(|(_, record)| !record.complete)
        .map(|(version, record)| (version.clone(), record.statements));
}

fn drift(record: &Record, directory: &Directory) -> Option<Drift> {
    let what = match record.version() {
        None => Misfit::Unreadable,
        Some(version) => match directory.migration(&version) {
            None => Misfit::Missing,
            Some(migration) if migration.forth.sha256 == record.sha256.raw() => return None,
            Some(migration) => Misfit::Changed(record.sha256.clone(), migration.forth.sha256.as_str().into()),
        },
    };
    Some(Drift {
        version: record.version.clone(),
        what,
    })
}

fn reasons(standing: &Standing) -> Vec<Reason> {
    let all = [
        (!standing.drift.is_empty(), Reason::Drift),
        (standing.incomplete.is_some(), Reason::Incomplete),
        (standing.unrecorded, Reason::Unrecorded),
    ];
    all.into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, reason)| reason)
        .collect()
}

/// Holds the shapes of peers against each other. A schema in the middle of a file has the shape of no version.
fn compare(all: &mut [(Standing, u32)]) {
    let mut groups: HashMap<Peers<'_>, Vec<usize>> = HashMap::new();
    for (at, (standing, major)) in all.iter().enumerate() {
        let compared = standing.shape.is_some() && standing.incomplete.is_none();
        if let (true, Some(version)) = (compared, &standing.version) {
            let peers = (standing.track.directory.as_path(), *major, version.to_string());
            groups.entry(peers).or_default().push(at);
        }
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    for group in groups {
        let mut shapes: BTreeMap<Text, Vec<usize>> = BTreeMap::new();
        for at in &group {
            shapes
                .entry(all[*at].0.shape.clone().unwrap_or_default())
                .or_default()
                .push(*at);
        }
        let Some(first) = shapes
            .values()
            .max_by_key(|alike| (alike.len(), std::cmp::Reverse(alike[0])))
            .cloned()
        else {
            continue;
        };
        let usual = (first.len() * 2 > group.len())
            .then(|| all[first[0]].0.shape.clone())
            .flatten();
        let like = all[first[0]].0.target.clone();
        for (shape, members) in &shapes {
            for at in members {
                let standing = &mut all[*at].0;
                standing.alike = members.len() as u64;
                standing.peers = group.len() as u64;
                let reason = match &usual {
                    Some(usual) if usual == shape => continue,
                    Some(usual) => Reason::Shape {
                        usual: usual.clone(),
                        like: like.clone(),
                    },
                    None => Reason::NoMajority {
                        shapes: shapes.len() as u64,
                        like: like.clone(),
                    },
                };
                set_apart(&mut standing.stand, reason);
            }
        }
    }
}

fn set_apart(stand: &mut Stand, reason: Reason) {
    match stand {
        Stand::Apart(reasons) => reasons.push(reason),
        Stand::Current | Stand::Behind(_) => *stand = Stand::Apart(vec![reason]),
        Stand::Unknown(_) => {}
    }
}

/// Who lives where.
struct Lodgers<'a>(HashMap<(&'a str, &'a str, &'a str), Vec<&'a Tenant>>);

impl<'a> Lodgers<'a> {
    fn of(world: &'a Snapshot) -> Self {
        let mut all: HashMap<_, Vec<&Tenant>> = HashMap::new();
        for tenant in tenants::of(world).into_iter().flat_map(|all| &all.tenants) {
            let schema = if tenant.model == Isolation::Schema {
                tenant.id()
            } else {
                ""
            };
            all.entry((tenant.instance(), tenant.database(), schema))
                .or_default()
                .push(tenant);
        }
        Self(all)
    }

    fn of_unit(&self, unit: &Unit<'_>) -> Vec<&'a Tenant> {
        let (instance, database, schema) = (unit.target.part(0), unit.target.part(1), unit.target.part(2));
        let key = match unit.model {
            Isolation::Schema => (instance, database, schema),
            Isolation::Shared | Isolation::Database => (instance, database, ""),
            Isolation::Instance => (instance, "", ""),
        };
        let here = self.0.get(&key).into_iter().flatten().copied();
        here.filter(|tenant| tenant.model == unit.model).collect()
    }
}
