//! Bring in a new tenant: a schema and roles of its own, roles of the secrets server, every migration; and in the end the
//! proof that its logins do their work and break in nowhere.

mod ask;
mod database;
mod home;
mod names;
mod prove;
mod roles;
mod scene;
mod schema;
mod taken;
mod vault;

use super::{
    Ask, Operation, Refusal,
    actor::Attribute,
    blank,
    confirm::{Stake, tier},
    migrate::{self, Upbringing},
    rotate,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{
    facts::{
        databases::Databases,
        engine::{Connections, DynamicRoles},
        migrations::{shapes::Shapes, sources::Sources, standing::Standings},
        pulse::Pulse,
        replication::Replication,
        roles::Roles,
        server::Setup,
        sizes::Sizes,
        tenants::Tenants,
        upkeep::Upkeep,
    },
    findings::Report,
    model::{Kind, Plan, Request, Step, Tree, Trial, plural, quote},
    store::{Fact, Snapshot},
};
use home::There;
use scene::Scene;

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
        "bring in a new tenant, and prove that it breaks in nowhere"
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
            Report::NAME,
        ]
    }

    fn sketch(&self, request: &Request, world: &Snapshot) -> Result<Vec<(String, String)>, Refusal> {
        let mut all = Vec::new();
        for target in &request.targets {
            let scene = Scene::of(request, target, world)?;
            taken::check(&scene)?;
            all.extend(told(&scene));
        }
        Ok(all)
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let known = Known::of(world);
        let mut all = Inquiries::new();
        for target in &request.targets {
            let scene = Scene::of(request, target, world)?;
            taken::check(&scene)?;
            all.extend(Attribute::CreateRole.inquiry(&scene.server));
            all.extend([rotate::engine_login(&scene.mount, scene.connection)]);
            all.extend(scene.asked());
            all.extend([scene.asks_state()]);
            all.extend(scene.asks_tables());
            let (name, sql) = taken::open(&scene);
            all.insert(name, Inquiry::Rows(scene.server.sql(sql)));
            if let Some(there) = scene.found(known)? {
                let (name, trial) = trial(&scene, there)?;
                all.insert(name, Inquiry::Trial(trial));
            }
        }
        Ok(all)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let (mut over, mut touches, mut artefacts) = (Vec::new(), Vec::new(), Vec::new());
        for target in &request.targets {
            let scene = Scene::of(request, target, world)?;
            taken::check(&scene)?;
            taken::shut(&scene, Known::of(world))?;
            let made = steps(&scene)?;
            touches.extend(told(&scene));
            touches.extend(made.there);
            artefacts.extend(made.artefacts);
            over.push(made.tree);
        }
        artefacts.dedup();
        Ok(Plan {
            title: format!("bring in {}", super::named(&request.targets, "new tenant")),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: 0,
                over,
            },
            touches,
            artefacts,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
            ..blank(request, world)
        })
    }
}

/// All that is done for one.
struct Made {
    tree: Tree,
    artefacts: Vec<crate::model::Artefact>,
    /// What is there already and stays as it is.
    there: Vec<(String, String)>,
}

fn steps(scene: &Scene<'_>) -> Result<Made, Refusal> {
    let known = Known::of(scene.world);
    let unseen = || Refusal::new("nothing was found out yet");
    let found = scene.found(known)?.ok_or_else(unseen)?;
    let (name, _) = trial(scene, found)?;
    if let Some((statement, why)) = known.tried(&name)?.ok_or_else(unseen)? {
        let what = format!("what is to be done was tried, and fails: {why}: {}", crate::model::Text::from(statement.as_str()));
        return Err(Refusal::new(what));
    }
    let mut there = Vec::new();
    let mut say = |what: String| there.push((scene.names.slug.clone(), format!("{what} is there already, and stays")));
    let mut all: Vec<Tree> = Vec::new();
    let place = |step: Step| Tree::step(step);
    match found {
        There::Nothing => all.extend(scene.made()?.into_iter().map(place)),
        There::All => {
            say(format!("{}, with its roles,", scene.names.home));
            all.push(place(scene.stands()));
        }
    }
    let grown = Upbringing {
        tenant: scene.tenant(),
        model: scene.wishes.model,
        name: scene.called().into(),
        schema: scene.schema.clone(),
        oid: format!(":'{}'::oid", scene.names.kept("oid")),
        owner: scene.names.owner.clone(),
        is_new: found == There::Nothing,
    };
    let (grown, artefacts) = migrate::bring_up(&grown, scene.world)?;
    match grown {
        Some(tree) => all.push(tree),
        None => say("every migration".into()),
    }
    if found == There::Nothing {
        all.push(place(scene.keep()));
    }
    for leased in &scene.leased() {
        if scene.is_written(leased, known)?.ok_or_else(unseen)? {
            say(format!("the role {} of the secrets server", leased.name));
        } else {
            all.extend(scene.write(leased).map(place));
        }
    }
    all.extend(scene.proofs(known)?.into_iter().map(place));
    Ok(Made {
        tree: Tree::Seq(all),
        artefacts,
        there,
    })
}

/// What is told of one before it is confirmed.
fn told(scene: &Scene<'_>) -> Vec<(String, String)> {
    let slug = scene.names.slug.clone();
    let (tier, limits) = scene.wishes.tier;
    let where_to = format!("{} {}: {}", scene.wishes.model.word(), scene.tenant(), scene.why);
    let limits = format!(
        "{} for each login, statements up to {} s, {} of temporary files",
        plural(usize::try_from(limits.connections).unwrap_or(usize::MAX), "connection"),
        limits.statement_timeout.as_secs(),
        limits.temp_file_limit
    );
    let mut all = vec![(slug.clone(), where_to), (format!("tier {tier}"), limits)];
    all.extend(scene.paths());
    all
}

/// All that makes it and its logins, in a transaction that is rolled back.
fn trial(scene: &Scene<'_>, there: There) -> Result<(String, Trial), Refusal> {
    let (maker, engine) = (scene.maker()?, scene.engine()?);
    let mut statements = match there {
        There::Nothing => scene.tried_before(&maker, &engine),
        There::All => Vec::new(),
    };
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
