//! End leases, with proof: no role, no session, no login. What would not end is said before it is tried.

pub(super) mod owned;
mod statement;
mod trial;

use super::{
    Ask, Operation, Refusal, blank,
    confirm::Stake,
    lease::{self, Opens},
    refusal::{fresh, primary},
    rotate::{engine_login, engine_role, instance_of, mount},
    sessions_now,
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

    fn letter(&self) -> char {
        'v'
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
            let users: Vec<&str> = held.users().collect();
            inquiries.extend(owned::inquiries(world, &held.opens.place, &users)?);
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
        let numbered = held.iter().enumerate();
        let over: Result<Vec<Tree>, Refusal> = numbered.map(|(at, held)| held.steps(world, heir, at)).collect();
        // Where several may stand for the same roles, who is gone is told by how many are left.
        let certain = held.iter().all(|held| held.opens.roles.len() == 1);
        let mut steps = Vec::new();
        if issue {
            steps.extend(proofs(&held));
        }
        steps.push(Tree::Each {
            cap: if certain { 4 } else { 1 },
            waves: vec![1, 4, 16],
            gate: None,
            budget: 0,
            over: over?,
        });
        let role = held.first().map_or("", |held| held.role.as_str());
        let users = Users::of(world);
        let whose = |held: &Held| {
            let words = format!(
                "{}, {} on {}; {}",
                held.shown(),
                held.role,
                held.instance,
                trial::told(world, held)
            );
            (held.opens.shown().to_string(), words)
        };
        Ok(Plan {
            title: match held.as_slice() {
                [one] => format!("revoke {} of {}", one.opens.shown(), one.role),
                many => format!("revoke {}", plural(many.len(), "lease")),
            },
            steps: Tree::Seq(steps),
            touches: held.iter().map(whose).collect(),
            seen: held.iter().map(|held| held.sessions(&users)).collect(),
            lost: vec![format!(
                "{}: the sessions end, and whoever works with it must fetch another",
                plural(held.len(), "login")
            )],
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(role)),
            ..blank(request, world)
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
        let issue = lease::issue(&held.mount, &held.role, &held.opens.place, &name);
        Tree::seq([issue, lease::give_back(&held.role, &held.opens.place, &name)])
    };
    roles.iter().enumerate().map(proof).collect()
}

/// A lease, and all that is known of what it opens.
struct Held {
    /// In the database in which the engine's statements run.
    opens: Opens,
    role: String,
    mount: String,
    connection: String,
    instance: String,
}

fn held(world: &Snapshot, request: &Request) -> Result<Vec<Held>, Refusal> {
    request.targets.iter().map(|target| Held::of(world, target)).collect()
}

impl Held {
    fn of(world: &Snapshot, target: &Target) -> Result<Self, Refusal> {
        let holding = holding(world, target)?;
        let users = match &holding.user {
            User::Certain(user) => vec![user],
            User::Ambiguous(users) => users.iter().collect(),
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
        let opens = Opens {
            lease: holding.id.raw().to_owned(),
            roles: oids(world, &instance, &users)?,
            place: engine_place(world, &instance, &connection)?,
        };
        Ok(Self {
            opens,
            role: holding.role.raw().to_owned(),
            mount: mount(world)?,
            connection,
            instance,
        })
    }

    fn users(&self) -> impl Iterator<Item = &str> {
        self.opens.roles.iter().map(|(user, _)| user.as_str())
    }

    /// The roles that it may stand for.
    fn shown(&self) -> String {
        let users: Vec<String> = self.users().map(|user| Text::from(user).to_string()).collect();
        match users.as_slice() {
            [user] => user.clone(),
            many => format!("one of {}", many.join(", ")),
        }
    }

    fn steps(&self, world: &Snapshot, heir: Option<&str>, at: usize) -> Result<Tree, Refusal> {
        let engine = engine_role(world, &self.connection)?;
        let mut steps = Vec::new();
        for user in self.users() {
            steps.extend(owned::hand_over(world, &self.opens.place, &engine, user, heir)?);
        }
        steps.extend(self.opens.revoke(&format!("roles{at}")));
        Ok(Tree::seq(steps))
    }

    fn sessions(&self, users: &Users) -> (String, String) {
        (
            self.opens.shown().to_string(),
            sessions_now(users, &self.instance, self.users()),
        )
    }
}

/// The roles by their oids, which no other role gets.
fn oids(world: &Snapshot, instance: &str, users: &[&Text]) -> Result<Vec<(String, u32)>, Refusal> {
    let known = fresh::<Roles>(world, &Target::instance(instance))?.value;
    let oid = |user: &&Text| {
        let role = known.roles.iter().find(|role| role.name == **user);
        let gone = || Refusal::new(format!("role {user} is not there any more"));
        Ok((user.raw().to_owned(), role.ok_or_else(gone)?.oid))
    };
    users.iter().map(oid).collect()
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
