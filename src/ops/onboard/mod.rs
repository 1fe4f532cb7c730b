//! Bring in a new tenant: a schema and roles of its own, roles of the secrets server, every migration; and in the end the
//! proof that its logins do their work and break in nowhere.

mod ask;
mod database;
mod fence;
mod home;
mod names;
mod prove;
mod roles;
mod rows;
mod scene;
mod schema;
mod taken;
mod told;
mod vault;

use std::collections::BTreeSet;

use super::{
    Ask, Operation, Refusal,
    actor::Attribute,
    backup::{self, Made},
    blank,
    confirm::{Stake, tier},
    migrate, rotate,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{
    facts::{
        backups::Catalogue,
        databases::Databases,
        engine::{Connections, DynamicRoles},
        migrations::{shapes::Shapes, sources::Sources, standing::Standings},
        policies::Policies,
        pulse::Pulse,
        replication::Replication,
        roles::Roles,
        server::Setup,
        sizes::Sizes,
        tenants::Tenants,
        upkeep::Upkeep,
    },
    findings::{Report, rls::Isolation},
    model::{Artefact, Kind, Plan, Request, Step, Target, Text, Tree, Trial, quote},
    store::{Fact, Snapshot},
};
pub(super) use ask::{BACKUP, TIER};
use home::There;
pub(super) use home::content;
pub(super) use names::{leased, roles as home_roles};
pub(super) use roles::WRITES;
use scene::Lives;
pub(super) use scene::Scene;
pub(super) use told::{lines as told, seen as told_now};

/// The operation.
pub struct Onboard;

impl Operation for Onboard {
    fn name(&self) -> &'static str {
        "onboard"
    }

    fn letter(&self) -> char {
        'j'
    }

    fn about(&self) -> &'static str {
        "bring in a new tenant, and prove where it cannot get in"
    }

    fn takes(&self) -> Kind {
        Kind::NewTenant
    }

    fn asks(&self) -> &'static [Ask] {
        ask::ALL
    }

    fn needs(&self) -> &'static [&'static str] {
        &[
            Pulse::NAME,
            Setup::NAME,
            Databases::NAME,
            Sizes::NAME,
            Upkeep::NAME,
            Roles::NAME,
            Replication::NAME,
            Connections::NAME,
            DynamicRoles::NAME,
            Sources::NAME,
            Shapes::NAME,
            Tenants::NAME,
            Standings::NAME,
            Catalogue::NAME,
            Policies::NAME,
            Isolation::NAME,
            Report::NAME,
        ]
    }

    fn sketch(&self, request: &Request, world: &Snapshot) -> Result<Vec<(String, String)>, Refusal> {
        let scenes = Scene::all(request, world)?;
        Ok([told::lines(&scenes), told::seen(&scenes)].concat())
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        asks(&Scene::all(request, world)?, Known::of(world))
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let known = Known::of(world);
        let scenes = Scene::all(request, world)?;
        fit(&scenes, known)?;
        let (mut over, mut artefacts, mut touches) = (Vec::new(), Vec::new(), told::lines(&scenes));
        for scene in &scenes {
            let made = steps(scene, known)?;
            touches.extend(made.there);
            artefacts.extend(made.artefacts);
            over.push(made.tree);
        }
        let many = Tree::Each {
            cap: CAP,
            waves: waves(over.len()),
            gate: None,
            budget: 0,
            over,
        };
        let backups = backups(request, &scenes, known)?;
        touches.extend(backups.iter().map(|made| ("backup".to_owned(), made.touches.clone())));
        let steps = std::iter::once(many).chain(backups.into_iter().map(|made| Tree::step(made.step)));
        artefacts.sort_by(|a: &Artefact, b: &Artefact| a.sha256.cmp(&b.sha256));
        artefacts.dedup();
        Ok(Plan {
            title: format!("bring in {}", super::named(&request.targets, "new tenant")),
            steps: Tree::Seq(steps.collect()),
            touches,
            seen: told::seen(&scenes),
            artefacts,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
            ..blank(request, world)
        })
    }
}

/// What is asked before they can be brought in.
pub(super) fn asks(scenes: &[Scene<'_>], known: Known<'_>) -> Result<Inquiries, Refusal> {
    let mut all = home::asks(scenes);
    for scene in scenes {
        all.extend(Attribute::CreateRole.inquiry(&scene.server));
        all.extend([rotate::engine_login(&scene.mount, scene.connection)]);
        all.extend(scene.asked(known)?);
        all.extend(scene.asks_tables());
        if let Lives::Rows(rows) = &scene.lives {
            all.extend([rows::asks(scene, rows)]);
        }
        let (name, sql) = taken::open(scene);
        all.insert(name, Inquiry::Rows(scene.server.sql(sql)));
    }
    for scene in tried(scenes, known)? {
        let (name, trial) = trial(scene, known)?;
        all.insert(name, Inquiry::Trial(trial));
    }
    Ok(all)
}

/// What is to be done for them was tried, and nobody else's is open to them.
pub(super) fn fit(scenes: &[Scene<'_>], known: Known<'_>) -> Result<(), Refusal> {
    for scene in tried(scenes, known)? {
        fits(scene, known)?;
    }
    scenes.iter().try_for_each(|scene| taken::shut(scene, known))
}

/// A backup of each instance where somebody new is, and where there are backups.
pub(super) fn backups(request: &Request, scenes: &[Scene<'_>], known: Known<'_>) -> Result<Vec<Made>, Refusal> {
    if request.said("backup") == Some("later") {
        return Ok(Vec::new());
    }
    let mut instances = BTreeSet::new();
    for scene in scenes {
        if scene.found(known)? == Some(There::Nothing) && scene.instance.backups.is_some() {
            instances.insert(Target::instance(&scene.instance.name));
        }
    }
    let world = scenes.first().map(|scene| scene.world);
    let made = |instance: &Target| world.map(|world| backup::step(instance, "incr", world));
    instances.iter().filter_map(made).collect()
}

/// So many are brought in at once on each server.
const CAP: usize = 4;

/// One first, then a tenth, then the rest.
fn waves(many: usize) -> Vec<usize> {
    let sizes = [1, many.div_ceil(10)];
    let rest = many.saturating_sub(sizes.iter().sum());
    sizes.into_iter().chain((rest > 0).then_some(rest)).collect()
}

/// Of those that are to be made the first of each kind: what goes for it goes for all of them.
fn tried<'s, 'a>(scenes: &'s [Scene<'a>], known: Known<'_>) -> Result<Vec<&'s Scene<'a>>, Refusal> {
    let mut kinds = BTreeSet::new();
    let mut first = Vec::new();
    for scene in scenes {
        let is_new = scene.found(known)? == Some(There::Nothing);
        if is_new && kinds.insert((&scene.instance.name, scene.wishes.model, scene.wishes.tier.0)) {
            first.push(scene);
        }
    }
    Ok(first)
}

/// What is to be done was tried, and went through.
fn fits(scene: &Scene<'_>, known: Known<'_>) -> Result<(), Refusal> {
    let (name, _) = trial(scene, known)?;
    match known.tried(&name)? {
        None => Err(Refusal::new("nothing was found out yet")),
        Some(None) => Ok(()),
        Some(Some((statement, why))) => {
            let statement = Text::from(statement.as_str());
            Err(Refusal::new(format!(
                "what is to be done was tried, and fails: {why}: {statement}"
            )))
        }
    }
}

/// All that is done for one.
pub(super) struct Grown {
    pub(super) tree: Tree,
    pub(super) artefacts: Vec<Artefact>,
    /// What is there already and stays as it is.
    pub(super) there: Vec<(String, String)>,
}

pub(super) fn steps(scene: &Scene<'_>, known: Known<'_>) -> Result<Grown, Refusal> {
    let unseen = || Refusal::new("nothing was found out yet");
    let found = scene.found(known)?.ok_or_else(unseen)?;
    let mut there = Vec::new();
    let mut say = |what: String| there.push((scene.names.slug.clone(), format!("{what} is there already, and stays")));
    let mut all: Vec<Tree> = Vec::new();
    let place = |step: Step| Tree::step(step);
    match found {
        There::Nothing => all.extend(scene.made(known)?.into_iter().map(place)),
        There::All => {
            say(scene.home_shown());
            all.push(place(scene.stands()));
        }
    }
    let mut artefacts = Vec::new();
    if let Some(moved) = &scene.moved {
        all.extend(moved.filled.iter().cloned().map(place));
    } else if let Some(schema) = scene.upbringing(found) {
        let (grown, files) = migrate::bring_up(&schema, scene.world)?;
        match grown {
            Some(tree) => all.push(tree),
            None => say("every migration".into()),
        }
        artefacts = files;
    }
    let mut unwritten = Vec::new();
    for leased in scene.leased() {
        if leased.is_written(known)?.ok_or_else(unseen)? {
            say(format!("the role {} of the secrets server", leased.name));
        } else {
            unwritten.push(leased);
        }
    }
    all.extend(unwritten.iter().map(|leased| place(scene.free(leased))));
    let is_apart = !matches!(scene.lives, Lives::Rows(_));
    if found == There::Nothing && is_apart {
        all.push(place(scene.keep(unwritten.iter().map(|leased| scene.lacks(leased)))));
    }
    all.extend(unwritten.iter().flat_map(|leased| scene.write(leased)).map(place));
    all.extend(scene.proofs(known)?.into_iter().map(place));
    Ok(Grown {
        tree: Tree::Seq(all),
        artefacts,
        there,
    })
}

/// All that makes it and its logins, in a transaction that is rolled back.
fn trial(scene: &Scene<'_>, known: Known<'_>) -> Result<(String, Trial), Refusal> {
    let (maker, engine) = (scene.maker()?, scene.engine()?);
    let mut statements = scene.tried_before(&maker, &engine, known)?;
    statements.push(format!("set local role {}", quote::ident(&engine)));
    statements.extend(scene.tried(&scratch(scene)));
    let trial = Trial {
        place: scene.shared_place(),
        role: maker,
        statements,
    };
    Ok((format!("what is to be done for {}", scene.names.slug), trial))
}

/// The login that is tried: of that name there is none, because the secrets server's own have a number in the end.
fn scratch(scene: &Scene<'_>) -> String {
    format!("tenantry-scratch-{}", scene.names.slug)
}
