//! Which schemas are migrated, by which files, in which order; and which are left out, and why.

use std::collections::BTreeMap;

use super::ask::Wishes;
use crate::{
    facts::migrations::{
        shapes::Shapes,
        sources::Sources,
        standing::{self, Reason, Stand, Standing},
    },
    model::{Directory, Kind, Migration, Request, Script, Target, Text, Version},
    ops::Refusal,
    store::Snapshot,
};

/// A schema, and its way.
pub(super) struct Unit<'a> {
    pub(super) standing: &'a Standing,
    /// `pg_namespace.oid`, as SQL: of a schema that is still to be made nobody knows it before.
    pub(super) oid: String,
    /// Whose everything is.
    pub(super) owner: String,
    /// How many objects it has.
    pub(super) objects: u64,
    /// Forth, or back.
    pub(super) forth: bool,
    /// In the order in which they are done.
    pub(super) migrations: Vec<&'a Migration>,
    /// Where it will be.
    pub(super) goal: Version,
}

/// What was chosen.
pub(super) struct Chosen<'a> {
    /// The first goes first.
    pub(super) units: Vec<Unit<'a>>,
    /// What was asked for and is left out: path, and why.
    pub(super) left: Vec<(String, String)>,
}

impl<'a> Unit<'a> {
    /// Its path, for people.
    pub(super) fn path(&self) -> String {
        let path = self.standing.target.path().iter().map(ToString::to_string);
        path.collect::<Vec<_>>().join("/")
    }

    pub(super) fn instance(&self) -> &'a str {
        self.standing.target.part(0)
    }

    pub(super) fn database(&self) -> &'a str {
        self.standing.target.part(1)
    }

    pub(super) fn schema(&self) -> &'a str {
        self.standing.target.part(2)
    }

    /// The file of a migration that is sent.
    pub(super) fn script<'m>(&self, migration: &'m Migration) -> Option<&'m Script> {
        if self.forth {
            Some(&migration.forth)
        } else {
            migration.back.as_ref()
        }
    }

    /// The files that are sent.
    pub(super) fn scripts(&self) -> impl Iterator<Item = &'a Script> {
        self.migrations.iter().filter_map(|migration| self.script(migration))
    }

    /// The files that are sent, and those that would take back what is done.
    pub(super) fn both_ways(&self) -> impl Iterator<Item = &'a Script> {
        let both = |migration: &&'a Migration| std::iter::once(&migration.forth).chain(&migration.back);
        self.migrations.iter().flat_map(both)
    }
}

pub(super) fn units<'a>(request: &Request, world: &'a Snapshot, wishes: &Wishes) -> Result<Chosen<'a>, Refusal> {
    let none = || Refusal::new("where the schemas stand was not seen yet");
    let standings = &standing::of(world).ok_or_else(none)?.standings;
    let by_target: BTreeMap<&Target, &Standing> = standings.iter().map(|one| (&one.target, one)).collect();
    let mut chosen = Chosen {
        units: Vec::new(),
        left: Vec::new(),
    };
    for target in &request.targets {
        let standing = by_target.get(target);
        let unknown = || {
            Refusal::new(format!("there is no {target} that follows migrations"))
                .hint("the view `migrations` lists them; [[migrations]] in the fleet file says who follows what")
        };
        match unit(standing.ok_or_else(unknown)?, world, wishes)? {
            Ok(unit) => chosen.units.push(unit),
            Err(why) => chosen.left.push((target.to_string(), format!("is left out: {why}"))),
        }
    }
    if chosen.units.is_empty() {
        return Err(nothing(&chosen.left));
    }
    chosen.units = in_turn(chosen.units);
    first(&mut chosen.units, wishes)?;
    Ok(chosen)
}

fn nothing(left: &[(String, String)]) -> Refusal {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, why) in left {
        *reasons.entry(why).or_default() += 1;
    }
    let words: Vec<String> = reasons.into_iter().map(|(why, n)| format!("{n} {why}")).collect();
    Refusal::new(format!("there is nothing to migrate: {}", words.join("; ")))
}

/// A schema and its way, or why it is left out.
fn unit<'a>(standing: &'a Standing, world: &'a Snapshot, wishes: &Wishes) -> Result<Result<Unit<'a>, String>, Refusal> {
    let target = &standing.target;
    match &standing.stand {
        Stand::Unknown(fault) => return Err(Refusal::new(format!("{target} was not seen: {fault}"))),
        Stand::Apart(reasons) => {
            if let Some(why) = apart(reasons, wishes) {
                return Ok(Err(why));
            }
        }
        Stand::Current | Stand::Behind(_) => {}
    }
    if let Some(fault) = &standing.fault {
        return Err(Refusal::new(format!("{target} was last seen a while ago: {fault}")));
    }
    let directory = directory(standing, world)?;
    let goal = goal(directory, wishes)?;
    let (forth, migrations) = way(standing, directory, &goal)?;
    if migrations.is_empty() {
        return Ok(Err(format!("it is at version {goal}")));
    }
    if wishes.baseline && !forth {
        return Ok(Err("it is past that version".into()));
    }
    let shapes = world.get::<Shapes>(&Target::database(target.part(0), target.part(1)));
    let shape = shapes.and_then(|seen| seen.value.find(target.part(2)));
    let shape = shape.ok_or_else(|| Refusal::new(format!("{target} was not seen")))?;
    let owner = standing
        .track
        .owner
        .clone()
        .unwrap_or_else(|| shape.owner.raw().to_owned());
    Ok(Ok(Unit {
        standing,
        oid: shape.oid.to_string(),
        owner,
        objects: shape.form.as_ref().map_or(0, |form| form.objects),
        forth,
        migrations,
        goal,
    }))
}

/// Why a schema that is set apart is left out; none where it was asked for in spite of that.
fn apart(reasons: &[Reason], wishes: &Wishes) -> Option<String> {
    let why = |reason: &Reason| match reason {
        Reason::Drift => Some("its history does not fit the files".to_owned()),
        Reason::Incomplete => Some("a file was begun in it and not finished".into()),
        Reason::Unrecorded => (!wishes.baseline)
            .then(|| "it has objects and no history: record where it stands with how=baseline first".into()),
        Reason::Shape { like, .. } => {
            (!wishes.apart).then(|| format!("its shape is not that of others at its version, such as {like}"))
        }
        Reason::NoMajority { shapes, .. } => {
            (!wishes.apart).then(|| format!("schemas at its version have {shapes} shapes and none is usual"))
        }
    };
    reasons.iter().find_map(why)
}

pub(super) fn directory<'a>(standing: &Standing, world: &'a Snapshot) -> Result<&'a Directory, Refusal> {
    let path = &standing.track.directory;
    let sources = world.get::<Sources>(&Target::fleet());
    let found = sources.and_then(|seen| seen.value.directories.get(path));
    match found {
        Some(Ok(directory)) => Ok(directory),
        Some(Err(fault)) => Err(Refusal::new(fault.to_string())),
        None => Err(Refusal::new(format!("{} was not read yet", path.display()))),
    }
}

pub(super) fn goal(directory: &Directory, wishes: &Wishes) -> Result<Version, Refusal> {
    let Some(to) = &wishes.to else {
        let none = || Refusal::new(format!("there are no migrations in {}", directory.path.display()));
        return directory.last().cloned().ok_or_else(none);
    };
    if let Some(migration) = directory.migration(to) {
        return Ok(migration.version.clone());
    }
    let known: Vec<String> = directory.migrations.iter().map(|one| one.version.to_string()).collect();
    let refusal = Refusal::new(format!(
        "there is no migration to version {to} in {}",
        directory.path.display()
    ));
    Err(refusal.hint(format!("there are {}", known.join(", "))))
}

/// The way of a schema to its goal: forth by what is pending up to it, or back by what is beyond it.
fn way<'a>(
    standing: &Standing,
    directory: &'a Directory,
    goal: &Version,
) -> Result<(bool, Vec<&'a Migration>), Refusal> {
    let beyond = standing.version.as_ref().filter(|version| *version > goal);
    let Some(version) = beyond else {
        let pending = |migration: &&Migration| {
            migration.version <= *goal
                && standing
                    .pending
                    .iter()
                    .any(|pending| pending.version == migration.version)
        };
        return Ok((true, directory.migrations.iter().filter(pending).collect()));
    };
    let is_pending = |version: &Version| standing.pending.iter().any(|pending| pending.version == *version);
    let applied = directory
        .migrations
        .iter()
        .filter(|one| one.version > *goal && one.version <= *version && !is_pending(&one.version));
    let back: Vec<&Migration> = applied.rev().collect();
    match back.iter().find(|migration| migration.back.is_none()) {
        None => Ok((false, back)),
        Some(migration) => Err(Refusal::new(format!(
            "{} is at version {version}, and there is no file that takes {} back",
            standing.target, migration.forth.file
        ))),
    }
}

/// In turn over the servers, so that each wave works on all of them.
fn in_turn(units: Vec<Unit<'_>>) -> Vec<Unit<'_>> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut placed: Vec<(usize, Unit<'_>)> = units
        .into_iter()
        .map(|unit| {
            let place = places.entry(unit.instance()).or_default();
            *place += 1;
            (*place, unit)
        })
        .collect();
    placed.sort_by(|a, b| (a.0, &a.1.standing.target).cmp(&(b.0, &b.1.standing.target)));
    placed.into_iter().map(|(_, unit)| unit).collect()
}

/// Puts the schema that goes first in front: the one that is named, or the smallest that is one tenant's only.
fn first(units: &mut Vec<Unit<'_>>, wishes: &Wishes) -> Result<(), Refusal> {
    let at = if let Some(path) = &wishes.canary {
        let named = Target::new(Kind::Schema, path.split('/'));
        let named = |unit: &Unit<'_>| unit.standing.target == named;
        let none = || Refusal::new(format!("{} is not among what is migrated", Text::from(path.as_str())));
        units.iter().position(named).ok_or_else(none)?
    } else {
        let key = |unit: &Unit<'_>| (unit.standing.tenant.is_none(), unit.objects);
        let smallest = units.iter().enumerate().min_by_key(|(_, unit)| key(unit));
        smallest.map_or(0, |(at, _)| at)
    };
    let canary = units.remove(at);
    units.insert(0, canary);
    Ok(())
}
