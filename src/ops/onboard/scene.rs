//! Where a new tenant will be, and who does what there: all that its plan is made from.

use std::collections::BTreeMap;

use super::{ask::Wishes, names::Names, rows::Rows, taken};
use crate::{
    facts::tenants,
    findings::placement::{Candidate, Verdict, Wish, candidates},
    model::{Instance, Isolation, Kind, Onboarding, Place, Request, Step, Target, Tenancy, Text, slug},
    ops::{Refusal, actor::Attribute, migrate, refusal::primary, rotate},
    store::Snapshot,
};

/// One new tenant and its place.
pub(in crate::ops) struct Scene<'a> {
    pub(super) world: &'a Snapshot,
    pub(super) wishes: Wishes<'a>,
    pub(super) instance: &'a Instance,
    /// The primary, in its maintenance database.
    pub(in crate::ops) server: Place,
    /// How it will live.
    pub(super) lives: Lives<'a>,
    /// The database that its tables will be in: one that it shares with others, or its own.
    pub(super) database: String,
    /// The schema that they will be in; of shared tables, that of the registry.
    pub(in crate::ops) schema: String,
    pub(in crate::ops) names: Names,
    /// Where the database engine of the secrets server is mounted.
    pub(super) mount: String,
    /// Its connection to the instance.
    pub(super) connection: &'a str,
    /// Why it is placed there.
    pub(super) why: String,
    /// Where it is now, if it moves.
    pub(in crate::ops) moved: Option<Moved<'a>>,
}

/// One that is somewhere else now.
pub(in crate::ops) struct Moved<'a> {
    pub(in crate::ops) from: &'a Target,
    /// What fills its new place, instead of migrations.
    pub(in crate::ops) filled: Vec<Step>,
    /// What is in it then, as [`Scene::content`] tells it.
    pub(in crate::ops) content: Option<String>,
}

/// What it will have of its own, and what else is known by that.
pub(super) enum Lives<'a> {
    /// Rows of shared tables.
    Rows(Box<Rows<'a>>),
    /// A schema.
    Schema,
    /// A database, which this role must be let in to: it watches.
    Database(&'a str),
}

pub(super) fn settings(world: &Snapshot) -> Result<&Onboarding, Refusal> {
    world.fleet.onboarding.as_ref().ok_or_else(|| {
        Refusal::new("the fleet file does not say how tenants are brought in")
            .hint("give it an [onboarding] with tiers")
    })
}

impl<'a> Scene<'a> {
    /// Of everyone in a request, each placed as if those before it were there already.
    pub(super) fn all(request: &'a Request, world: &'a Snapshot) -> Result<Vec<Self>, Refusal> {
        let mut before: BTreeMap<Isolation, BTreeMap<String, u64>> = BTreeMap::new();
        let mut all: Vec<Self> = Vec::new();
        for target in &request.targets {
            let wishes = Wishes::of(request, target, settings(world)?)?;
            let before = before.entry(wishes.model).or_default();
            let scene = Self::of(target, wishes, before, world)?;
            *before.entry(scene.instance.name.clone()).or_default() += 1;
            all.push(scene);
        }
        taken::check(&all, world)?;
        Ok(all)
    }

    /// Of one that is somewhere else now.
    pub(in crate::ops) fn moving(request: &'a Request, from: &'a Target, world: &'a Snapshot) -> Result<Self, Refusal> {
        let [target] = request.targets.as_slice() else {
            return Err(Refusal::new("one tenant moves at a time"));
        };
        // Whom it looks like it has looked like before.
        let wishes = Wishes {
            alike: true,
            ..Wishes::of(request, target, settings(world)?)?
        };
        let mut scene = Self::of(target, wishes, &BTreeMap::new(), world)?;
        scene.moved = Some(Moved {
            from,
            filled: Vec::new(),
            content: None,
        });
        taken::check(std::slice::from_ref(&scene), world)?;
        Ok(scene)
    }

    fn of(
        target: &Target,
        wishes: Wishes<'a>,
        before: &BTreeMap<String, u64>,
        world: &'a Snapshot,
    ) -> Result<Self, Refusal> {
        let slug = target.part(0);
        slug::slug(slug).map_err(Refusal::new)?;
        wishes.name.map_or(Ok(()), slug::name).map_err(Refusal::new)?;
        let (instance, why) = placed(slug, &wishes, before, world)?;
        let Room {
            lives,
            database,
            schema,
            names,
        } = room(slug, &wishes, instance, world)?;
        let connection = instance.vault_connection.as_deref().ok_or_else(|| {
            Refusal::new(format!(
                "the fleet file names no vault_connection for {}",
                instance.name
            ))
        })?;
        Ok(Self {
            lives,
            database,
            schema,
            names,
            server: primary(world, &instance.name)?,
            mount: rotate::mount(world)?,
            world,
            wishes,
            instance,
            connection,
            why,
            moved: None,
        })
    }

    /// Who watches, and must be let in to a database of its own; none where it will have none.
    pub(in crate::ops) fn watcher(&self) -> Option<&'a str> {
        match self.lives {
            Lives::Database(watcher) => Some(watcher),
            Lives::Rows(_) | Lives::Schema => None,
        }
    }

    /// The tenant's database.
    pub(in crate::ops) fn place(&self) -> Place {
        self.server.database(self.database.as_str())
    }

    /// A database that is there before it is: the one that it shares, or the maintenance database.
    pub(super) fn shared_place(&self) -> Place {
        match self.lives {
            Lives::Rows(_) | Lives::Schema => self.place(),
            Lives::Database(_) => self.server.clone(),
        }
    }

    /// The tenant, once it is there; none as long as its id is not known.
    pub(super) fn tenant(&self) -> Option<Target> {
        let id = match &self.lives {
            Lives::Rows(rows) => rows.id?,
            Lives::Schema | Lives::Database(_) => &self.names.home,
        };
        Some(Target::new(
            Kind::Tenant,
            [self.instance.name.as_str(), &self.database, id],
        ))
    }

    /// The same in words.
    pub(in crate::ops) fn shown(&self) -> String {
        let unknown = || {
            format!(
                "new tenant {} of {}/{}",
                self.names.slug, self.instance.name, self.database
            )
        };
        self.tenant().map_or_else(unknown, |tenant| tenant.to_string())
    }

    /// Who makes roles.
    pub(super) fn maker(&self) -> Result<String, Refusal> {
        Attribute::CreateRole.actor(self.world, &self.server)
    }

    /// Who the engine of the secrets server logs in as.
    pub(super) fn engine(&self) -> Result<String, Refusal> {
        rotate::engine_role(self.world, self.connection)
    }

    /// Schemas or databases of all tenants in the same place, its own among them where it is there.
    pub(super) fn lodgers(&self) -> impl Iterator<Item = &'a str> {
        let all = tenants::of(self.world)
            .map(|all| all.tenants.as_slice())
            .unwrap_or_default();
        let here = all.iter().filter(|tenant| {
            tenant.model == self.wishes.model
                && tenant.instance() == self.instance.name
                && tenant.database() == self.database
        });
        here.map(tenants::Tenant::id)
    }

    /// What people call it.
    pub(super) fn called(&self) -> &str {
        self.wishes.called(&self.names.slug)
    }

    /// Connections to a database of its own.
    pub(super) fn most(&self) -> u32 {
        self.wishes.tier.1.connections + BESIDES
    }
}

/// Connections to a tenant's own database besides those of its application: whoever migrates, watches and proves.
const BESIDES: u32 = 5;

/// Where exactly on its instance.
struct Room<'a> {
    lives: Lives<'a>,
    database: String,
    schema: String,
    names: Names,
}

fn room<'a>(slug: &str, wishes: &Wishes<'a>, instance: &'a Instance, world: &'a Snapshot) -> Result<Room<'a>, Refusal> {
    let found = instance
        .tenancies
        .iter()
        .find(|tenancy| tenancy.isolation() == wishes.model);
    let apart = |pattern| Names::apart(slug, &instance.name, pattern);
    match found {
        Some(Tenancy::Schema { database, pattern }) => {
            let names = apart(pattern)?;
            Ok(Room {
                lives: Lives::Schema,
                database: database.clone(),
                schema: names.home.clone(),
                names,
            })
        }
        Some(Tenancy::Database { pattern }) => {
            let (names, track) = (apart(pattern)?, migrate::track(world, &instance.name, wishes.model)?);
            Ok(Room {
                lives: Lives::Database(&track.readers),
                database: names.home.clone(),
                schema: track.schema.clone(),
                names,
            })
        }
        Some(Tenancy::Shared { database, .. }) => {
            let rows = Rows::of(instance, database, wishes.called(slug), wishes, world)?;
            Ok(Room {
                database: database.clone(),
                schema: rows.schema.to_owned(),
                names: Names::among(slug, &instance.name, wishes.called(slug), rows.roles()?),
                lives: Lives::Rows(Box::new(rows)),
            })
        }
        Some(Tenancy::Instance { .. }) | None => Err(nowhere(&instance.name, wishes.model)),
    }
}

fn nowhere(instance: &str, model: Isolation) -> Refusal {
    let what = format!(
        "the fleet file has no place on {instance} for tenants of the model {}",
        model.word()
    );
    Refusal::new(what).hint("[[instances.tenants]] says where they live")
}

/// The instance, and why: the one that was asked for, where the tenant is already, or the one with most room.
fn placed<'a>(
    slug: &str,
    wishes: &Wishes<'_>,
    before: &BTreeMap<String, u64>,
    world: &'a Snapshot,
) -> Result<(&'a Instance, String), Refusal> {
    let wish = Wish {
        model: wishes.model,
        connections: Some(u64::from(wishes.tier.1.connections)),
        before,
    };
    let all = candidates(world, wish);
    let of = |name: &str| all.iter().find(|candidate| candidate.instance.part(0) == name);
    let instance = |name: &str| {
        let none = || Refusal::new(format!("there is no instance {}", Text::from(name)));
        world.fleet.instance(name).ok_or_else(none)
    };
    // Where it is already, it stays, however full it is there.
    let there = at_home(slug, wishes, world);
    let wanted = wishes.instance.map(ToOwned::to_owned).or_else(|| there.clone());
    if let Some(name) = &wanted {
        let found = instance(name)?;
        if there == wanted {
            return Ok((found, "it is there already".into()));
        }
        let candidate = of(name).ok_or_else(|| nowhere(name, wishes.model))?;
        return match candidate.verdict() {
            Verdict::Fits(_) => Ok((found, format!("it was asked for; {}", reason(candidate)))),
            Verdict::Never | Verdict::Unseen => Err(full(candidate)),
        };
    }
    let Some(best) = all.first() else {
        return Err(nowhere("any instance", wishes.model));
    };
    match best.verdict() {
        Verdict::Fits(_) => Ok((
            instance(best.instance.part(0))?,
            format!("it has most room; {}", reason(best)),
        )),
        Verdict::Never | Verdict::Unseen => Err(full(best)),
    }
}

fn reason(candidate: &Candidate) -> String {
    let left = match candidate.verdict() {
        Verdict::Fits(share) => format!("{:.0} % left of what is scarcest", share * 100.0),
        Verdict::Never | Verdict::Unseen => "no room".to_owned(),
    };
    let words = candidate
        .decides()
        .map(|reason| format!(": {} ({})", reason.of, reason.words));
    format!("{left}{}", words.unwrap_or_default())
}

fn full(candidate: &Candidate) -> Refusal {
    let words = candidate
        .decides()
        .map(|reason| format!(": {}: {}", reason.of, reason.words));
    let verdict = match candidate.verdict() {
        Verdict::Unseen => "it is not known whether there is room on",
        Verdict::Never | Verdict::Fits(_) => "there is no room on",
    };
    let what = format!("{verdict} {}{}", candidate.instance.part(0), words.unwrap_or_default());
    Refusal::new(what).hint("the view `placement` tells why, for every instance")
}

/// The instance where a tenant of this model is called so.
fn at_home(slug: &str, wishes: &Wishes<'_>, world: &Snapshot) -> Option<String> {
    let all = &tenants::of(world)?.tenants;
    let is_called = |tenant: &tenants::Tenant| match wishes.model {
        Isolation::Shared => tenant.name.raw() == wishes.called(slug),
        _ => tenants::apart(world, &tenant.target).is_some_and(|(_, name)| name.raw() == slug),
    };
    let found = all
        .iter()
        .find(|tenant| tenant.model == wishes.model && tenant.target.kind() == Kind::Tenant && is_called(tenant));
    found.map(|tenant| tenant.instance().to_owned())
}
