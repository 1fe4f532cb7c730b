//! Where a new tenant will be, and who does what there: all that its plan is made from.

use super::{
    ask::Wishes,
    names::{self, Names},
};
use crate::{
    facts::tenants,
    findings::placement::{Candidate, Verdict, Wish, candidates},
    model::{Instance, Isolation, Kind, Onboarding, Place, Request, Target, Tenancy, Text, slug},
    ops::{Refusal, actor::Attribute, refusal::primary, rotate},
    store::Snapshot,
};

/// One new tenant and its place.
pub(super) struct Scene<'a> {
    pub(super) world: &'a Snapshot,
    pub(super) wishes: Wishes<'a>,
    pub(super) instance: &'a Instance,
    /// The primary, in its maintenance database.
    pub(super) server: Place,
    /// The database that it shares with others.
    pub(super) database: &'a str,
    pub(super) names: Names,
    /// Where the database engine of the secrets server is mounted.
    pub(super) mount: String,
    /// Its connection to the instance.
    pub(super) connection: &'a str,
    /// Why it is placed there.
    pub(super) why: String,
}

pub(super) fn settings(world: &Snapshot) -> Result<&Onboarding, Refusal> {
    world.fleet.onboarding.as_ref().ok_or_else(|| {
        Refusal::new("the fleet file does not say how tenants are brought in").hint("give it an [onboarding] with tiers")
    })
}

impl<'a> Scene<'a> {
    pub(super) fn of(request: &'a Request, target: &Target, world: &'a Snapshot) -> Result<Self, Refusal> {
        let slug = target.part(0);
        let wishes = Wishes::of(request, settings(world)?)?;
        slug::slug(slug).map_err(Refusal::new)?;
        wishes.name.map_or(Ok(()), slug::name).map_err(Refusal::new)?;
        if wishes.model != Isolation::Schema {
            return Err(Refusal::new(format!(
                "a tenant of the model {} is not brought in yet",
                wishes.model.word()
            )));
        }
        let (instance, why) = placed(slug, &wishes, world)?;
        let tenancy = instance.tenancies.iter().find_map(|tenancy| match tenancy {
            Tenancy::Schema { database, pattern } => Some((database, pattern)),
            Tenancy::Shared { .. } | Tenancy::Database { .. } | Tenancy::Instance { .. } => None,
        });
        let (database, pattern) = tenancy.ok_or_else(|| nowhere(&instance.name, wishes.model))?;
        let connection = instance.vault_connection.as_deref().ok_or_else(|| {
            Refusal::new(format!("the fleet file names no vault_connection for {}", instance.name))
        })?;
        Ok(Self {
            names: Names::of(slug, &instance.name, pattern)?,
            server: primary(world, &instance.name)?,
            mount: rotate::mount(world)?,
            world,
            wishes,
            instance,
            database,
            connection,
            why,
        })
    }

    /// The tenant's database.
    pub(super) fn place(&self) -> Place {
        self.server.database(self.database)
    }

    /// The tenant, once it is there.
    pub(super) fn tenant(&self) -> Target {
        names::tenant(&self.instance.name, self.database, &self.names)
    }

    /// Who makes roles.
    pub(super) fn maker(&self) -> Result<String, Refusal> {
        Attribute::CreateRole.actor(self.world, &self.server)
    }

    /// Who the engine of the secrets server logs in as.
    pub(super) fn engine(&self) -> Result<String, Refusal> {
        rotate::engine_role(self.world, self.connection)
    }

    /// Schemas of other tenants in the same database.
    pub(super) fn neighbours(&self) -> Vec<&'a str> {
        let all = tenants::of(self.world).map(|all| all.tenants.as_slice()).unwrap_or_default();
        let here = all.iter().filter(|tenant| {
            tenant.model == Isolation::Schema
                && tenant.instance() == self.instance.name
                && tenant.database() == self.database
        });
        here.map(tenants::Tenant::id)
            .filter(|id| *id != self.names.schema)
            .collect()
    }
}

fn nowhere(instance: &str, model: Isolation) -> Refusal {
    let what = format!("the fleet file has no place on {instance} for tenants of the model {}", model.word());
    Refusal::new(what).hint("[[instances.tenants]] says where they live")
}

/// The instance, and why: the one that was asked for, where the tenant is already, or the one with most room.
fn placed<'a>(slug: &str, wishes: &Wishes<'_>, world: &'a Snapshot) -> Result<(&'a Instance, String), Refusal> {
    let wish = Wish {
        model: wishes.model,
        connections: Some(u64::from(wishes.tier.1.connections)),
    };
    let all = candidates(world, wish);
    let of = |name: &str| all.iter().find(|candidate| candidate.instance.part(0) == name);
    let instance = |name: &str| {
        let none = || Refusal::new(format!("there is no instance {}", Text::from(name)));
        world.fleet.instance(name).ok_or_else(none)
    };
    if let Some(name) = wishes.instance {
        let found = instance(name)?;
        let candidate = of(name).ok_or_else(|| nowhere(name, wishes.model))?;
        return match candidate.verdict() {
            Verdict::Fits(_) => Ok((found, format!("it was asked for; {}", reason(candidate)))),
            Verdict::Never | Verdict::Unseen => Err(full(candidate)),
        };
    }
    // Where it is already, it stays.
    if let Some(there) = at_home(slug, wishes.model, world) {
        return Ok((instance(&there)?, "it is there already".into()));
    }
    let Some(best) = all.first() else {
        return Err(nowhere("any instance", wishes.model));
    };
    match best.verdict() {
        Verdict::Fits(_) => Ok((instance(best.instance.part(0))?, format!("it has most room; {}", reason(best)))),
        Verdict::Never | Verdict::Unseen => Err(full(best)),
    }
}

fn reason(candidate: &Candidate) -> String {
    let left = match candidate.verdict() {
        Verdict::Fits(share) => format!("{:.0} % left of what is scarcest", share * 100.0),
        Verdict::Never | Verdict::Unseen => "no room".to_owned(),
    };
    let words = candidate.decides().map(|reason| format!(": {} ({})", reason.of, reason.words));
    format!("{left}{}", words.unwrap_or_default())
}

fn full(candidate: &Candidate) -> Refusal {
    let words = candidate.decides().map(|reason| format!(": {}: {}", reason.of, reason.words));
    let verdict = match candidate.verdict() {
        Verdict::Unseen => "it is not known whether there is room on",
        Verdict::Never | Verdict::Fits(_) => "there is no room on",
    };
    let what = format!("{verdict} {}{}", candidate.instance.part(0), words.unwrap_or_default());
    Refusal::new(what).hint("the view `placement` tells why, for every instance")
}

/// The instance where a tenant of this model is called so.
fn at_home(slug: &str, model: Isolation, world: &Snapshot) -> Option<String> {
    let all = &tenants::of(world)?.tenants;
    let found = all.iter().find(|tenant| {
        tenant.model == model
            && tenant.target.kind() == Kind::Tenant
            && tenants::apart(world, &tenant.target).is_some_and(|(_, name)| name.raw() == slug)
    });
    found.map(|tenant| tenant.instance().to_owned())
}
