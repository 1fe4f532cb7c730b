//! A schema that has just been made, or is to be made, brought to the last version by the same steps as any other.

use super::{
    artefacts,
    ask::Wishes,
    choose::{self, Unit},
    schema,
};
use crate::{
    facts::migrations::standing::{self, Pending, Stand, Standing},
    model::{Artefact, Isolation, Kind, Migration, Request, Target, Text, Track, Tree, Undo},
    ops::{Refusal, survey::Known},
    store::Snapshot,
};

/// A schema, and what is known of it.
pub struct Upbringing {
    /// The tenant whose it is.
    pub tenant: Target,
    /// How it lives.
    pub model: Isolation,
    /// What people call it.
    pub name: Text,
    /// The schema.
    pub schema: String,
    /// `pg_namespace.oid`, as SQL.
    pub oid: String,
    /// Who owns it.
    pub owner: String,
    /// It is made by the same plan: what is done in it goes with it.
    pub is_new: bool,
}

/// The steps, and the files that they send; no steps where it is at the last version.
///
/// # Errors
/// Where no history is followed there, or where it stands is not known.
pub fn bring_up(of: &Upbringing, world: &Snapshot) -> Result<(Option<Tree>, Vec<Artefact>), Refusal> {
    let request = Request {
        operation: "migrate".into(),
        targets: Vec::new(),
        arguments: std::collections::BTreeMap::new(),
        ..Request::default()
    };
    let wishes = Wishes::of(&request)?;
    let (instance, database) = (of.tenant.part(0), of.tenant.part(1));
    let target = Target::new(Kind::Schema, [instance, database, of.schema.as_str()]);
    let track = track(world, instance, of.model)?;
    let standing = if of.is_new {
        None
    } else {
        standing::of(world).and_then(|all| all.find(&target))
    };
    let standing = match standing {
        Some(standing) => standing.clone(),
        None if of.is_new => new(of, &target, track),
        None => return Err(Refusal::new(format!("where {target} stands was not seen yet"))),
    };
    let directory = choose::directory(&standing, world)?;
    let goal = choose::goal(directory, &wishes)?;
    if let Stand::Apart(_) = standing.stand {
        return Err(Refusal::new(format!(
            "{target} is not what its version says: see the view `migrations`"
        )));
    }
    let is_pending = |one: &&Migration| {
        of.is_new
            || standing
                .pending
                .iter()
                .any(|pending: &Pending| pending.version == one.version)
    };
    let migrations: Vec<&Migration> = directory.migrations.iter().filter(is_pending).collect();
    if migrations.is_empty() {
        return Ok((None, Vec::new()));
    }
    let unit = Unit {
        standing: &standing,
        oid: of.oid.clone(),
        owner: track.owner.clone().unwrap_or_else(|| of.owner.clone()),
        objects: 0,
        forth: true,
        migrations,
        goal,
    };
    let mut tree = schema::tree(&unit, &wishes, world, Known::of(world))?;
    if of.is_new {
        goes_along(&mut tree);
    }
    let files = artefacts(std::slice::from_ref(&unit));
    Ok((Some(tree), files))
}

/// The history that tenants of this model follow on this instance.
///
/// # Errors
/// Where there is none.
pub fn track<'a>(world: &'a Snapshot, instance: &str, model: Isolation) -> Result<&'a Track, Refusal> {
    world.fleet.track(instance, model).ok_or_else(|| {
        Refusal::new(format!(
            "no history is followed by tenants of the model {} on {instance}",
            model.word()
        ))
        .hint("[[migrations]] in the fleet file says who follows what")
    })
}

/// What is done in a schema that goes needs no way back of its own.
fn goes_along(tree: &mut Tree) {
    match tree {
        Tree::Step(step) => step.undo = Undo::Nothing,
        Tree::Seq(all) | Tree::Each { over: all, .. } => all.iter_mut().for_each(goes_along),
    }
}

/// Where a schema stands that has nothing in it.
fn new(of: &Upbringing, target: &Target, track: &Track) -> Standing {
    Standing {
        tenants: vec![of.tenant.clone()],
        tenant: Some(of.name.clone()),
        owner: Some(of.owner.as_str().into()),
        stand: Stand::Behind(0),
        ..Standing::blank(target.clone(), of.model, track)
    }
}
