//! End leases, with proof: no role, no session, no login. What would not end is said before it is tried.

pub(super) mod owned;
mod statement;
mod trial;

use super::{
    Ask, Operation, Refusal,
    confirm::Stake,
    lease,
    refusal::{fresh, primary},
    rotate::{engine_login, engine_role, instance_of, mount},
    survey::Inquiries,
    tier,
};
use crate::{
    facts::{
        credentials::{Credentials, Holding, User, Users},
        engine::{Connections, DynamicRoles},
        leases::{self, Leases},
        pulse::Pulse,
        roles::Roles,
        server::Setup,
        sessions::Sessions,
    },
    model::{Kind, Place, Plan, Request, Target, Text, Tree, plural},
    store::{Fact, Snapshot},
};

/// The operation.
pub struct Revoke;

impl Operation for Revoke {
    fn name(&self) -> &'static str {
        "revoke"
    }

    fn about(&self) -> &'static str {
        "end leases now, and prove that nobody logs in with them"
    }

    fn takes(&self) -> Kind {
        Kind::Lease
    }

    fn asks(&self) -> &'static [Ask] {
        &[
            Ask {
                name: "first",
                words: &["nothing", "issue"],
                about: "issue: prove first that another login of the role can be had, as in a rotation",
            },
            Ask {
                name: "reassign",
                words: &[],
                about: "the role that gets what the leases' roles own",
            },
        ]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[
            Pulse::NAME,
            Setup::NAME,
            Sessions::NAME,
            Roles::NAME,
            Connections::NAME,
            DynamicRoles::NAME,
            Leases::NAME,
        ]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let mut inquiries = Inquiries::new();
        for held in held(world, request)? {
            inquiries.extend([engine_login(&held.mount, &held.connection), trial::definition(&held)]);
            inquiries.extend(owned::inquiries(world, &held.place, &[&held.user])?);
            inquiries.extend(trial::inquiry(world, &held)?);
        }
        Ok(inquiries)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let held = held(world, request)?;
        for held in &held {
            trial::passed(world, held)?;
        }
        let heir = request.arguments.get("reassign").map(String::as_str);
        let issue = request.arguments.get("first").is_some_and(|first| first == "issue");
        let over: Result<Vec<Tree>, Refusal> = held.iter().map(|held| held.steps(world, heir)).collect();
        let mut steps = Vec::new();
        if issue {
            steps.extend(proofs(&held));
        }
        steps.push(Tree::Each {
            cap: 4,
            waves: vec![1, 4, 16],
            gate: None,
            budget: 0,
            over: over?,
        });
        let role = held.first().map_or("", |held| held.role.as_str());
        let users = Users::of(world);
        let whose = |held: &Held| {
            let words = format!("{} on {}; {}", held.role, held.instance, trial::told(world, held));
            (Text::from(held.user.as_str()).to_string(), words)
        };
        Ok(Plan {
            fleet: world.fleet.name.clone(),
            environment: world.fleet.environment,
            request: request.clone(),
            title: format!("revoke {}", plural(held.len(), "lease")),
            steps: Tree::Seq(steps),
            touches: held.iter().map(whose).collect(),
            seen: held.iter().map(|held| held.sessions(&users)).collect(),
            evidence: None,
            approval: None,
            lost: held
                .iter()
                .map(|held| {
                    format!(
                        "{} and its sessions: who uses them must fetch another login",
                        Text::from(held.user.as_str())
                    )
                })
                .collect(),
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(role)),
        })
    }
}

/// Another login of each role is had, and given back.
fn proofs(held: &[Held]) -> Vec<Tree> {
    let mut roles: Vec<&Held> = Vec::new();
    for one in held {
        if roles.iter().all(|known| known.role != one.role) {
            roles.push(one);
        }
    }
    let proof = |(at, held): (usize, &&Held)| {
        let name = format!("another{at}");
        let issue = lease::issue(&held.mount, &held.role, &held.place, &name);
        Tree::seq([issue, lease::give_back(&held.role, &name)])
    };
    roles.iter().enumerate().map(proof).collect()
}

/// A lease, and all that is known of what it opens.
struct Held {
    /// The lease's id.
    id: String,
    role: String,
    user: String,
    oid: u32,
    mount: String,
    connection: String,
    instance: String,
    /// In the database in which the engine's statements run.
    place: Place,
}

fn held(world: &Snapshot, request: &Request) -> Result<Vec<Held>, Refusal> {
    request.targets.iter().map(|target| Held::of(world, target)).collect()
}

impl Held {
    fn of(world: &Snapshot, target: &Target) -> Result<Self, Refusal> {
        let holding = holding(world, target)?;
        let user = match &holding.user {
            User::Certain(user) => user.raw().to_owned(),
            User::Ambiguous(users) => {
                let users: Vec<String> = users.iter().map(ToString::to_string).collect();
                let what = format!(
                    "{target} stands for one of {}, and it is not certain for which",
                    users.join(", ")
                );
                return Err(Refusal::new(what).hint("lock-out ends a role by its name"));
            }
            User::Missing => {
                return Err(
                    Refusal::new(format!("the role that {target} stood for is gone already"))
                        .hint("the secrets server forgets the lease when it ends"),
                );
            }
            User::Unseen(why) => return Err(Refusal::new(format!("the role of {target} is not seen: {why}"))),
        };
        let roles = fresh::<DynamicRoles>(world, &Target::vault())?.value;
        let connection = roles
            .0
            .get(&holding.role)
            .and_then(|read| read.value.connection.clone());
        let unknown = || {
            Refusal::new(format!(
                "the engine does not tell which connection {} uses",
                holding.role
            ))
        };
        let connection = connection.ok_or_else(unknown)?.raw().to_owned();
        let instance = instance_of(world, &connection)?.name.clone();
        let known = fresh::<Roles>(world, &Target::instance(&instance))?.value;
        let role = known.roles.iter().find(|role| role.name.raw() == user);
        let role =
            role.ok_or_else(|| Refusal::new(format!("role {} is not there any more", Text::from(user.as_str()))))?;
        Ok(Self {
            id: holding.id.raw().to_owned(),
            role: holding.role.raw().to_owned(),
            oid: role.oid,
            mount: mount(world)?,
            place: engine_place(world, &instance, &connection)?,
            user,
            connection,
            instance,
        })
    }

    fn steps(&self, world: &Snapshot, heir: Option<&str>) -> Result<Tree, Refusal> {
        let engine = engine_role(world, &self.connection)?;
        let mut steps = owned::hand_over(world, &self.place, &engine, &self.user, heir)?;
        steps.push(lease::revoke(&self.id, &self.user, self.oid, &self.place));
        Ok(Tree::seq(steps))
    }

    fn sessions(&self, users: &Users) -> (String, String) {
        let (instance, user) = (Text::from(self.instance.as_str()), Text::from(self.user.as_str()));
        let words = match users.sessions(&instance, &user) {
            Some(n) => format!("{} now", plural(usize::try_from(n).unwrap_or(usize::MAX), "session")),
            None => "its sessions are not seen".into(),
        };
        (user.to_string(), words)
    }
}

/// Where the engine's statements run: on the primary, in the one database of its connection.
fn engine_place(world: &Snapshot, instance: &str, connection: &str) -> Result<Place, Refusal> {
    let connections = fresh::<Connections>(world, &Target::vault())?.value;
    let known = connections.0.get(&Text::from(connection));
    let database = known.and_then(|read| read.value.database.clone());
    let unknown = || {
        Refusal::new(format!(
            "the engine does not tell the database of connection {}",
            Text::from(connection)
        ))
    };
    Ok(primary(world, instance)?.database(database.ok_or_else(unknown)?.raw()))
}

fn holding<'a>(world: &'a Snapshot, target: &Target) -> Result<&'a Holding, Refusal> {
    fresh::<Leases>(world, &Target::vault())?;
    let seen = fresh::<Credentials>(world, &Target::vault())?.value;
    let found = seen
        .leases
        .iter()
        .find(|holding| leases::target(&holding.id) == *target);
    found.ok_or_else(|| Refusal::new(format!("there is no {target}")).hint("tenantry show credentials lists them"))
}
