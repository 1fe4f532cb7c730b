//! Give static roles of the database engine another password, with evidence: the old one logs in before, the new one
//! after, the old one no more, and whoever still runs on it is told.

pub mod root;

use super::{
    Ask, Operation, Refusal, blank, lease, named,
    refusal::{fresh, primary},
    sessions_now,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{
    facts::{
        credentials::Users,
        engine::{StaticRole, StaticRoles},
        pulse::Pulse,
        server::Setup,
        sessions::Sessions,
    },
    model::{
        Act, Call, Check, Instance, Is, Kind, Place, Plan, Question, Request, Say, Step, Target, Text, Tree, Undo,
        With, quote,
    },
    store::{Fact, Snapshot},
};

/// The operation.
pub struct Rotate;

/// How long sessions of before are given to end by themselves before they are listed, in seconds.
const PATIENCE: u64 = 5;

impl Operation for Rotate {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn letter(&self) -> char {
        'o'
    }

    fn about(&self) -> &'static str {
        "give static roles another password, and prove it"
    }

    fn takes(&self) -> Kind {
        Kind::StaticRole
    }

    fn asks(&self) -> &'static [Ask] {
        &[Ask {
            name: "sessions",
            words: &["list", "end"],
            about: "what becomes of sessions that began with the old password",
        }]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Sessions::NAME, StaticRoles::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let fixed: Result<Vec<Fixed>, Refusal> =
            request.targets.iter().map(|target| Fixed::of(world, target)).collect();
        Ok(fixed?
            .iter()
            .map(|fixed| engine_login(&fixed.mount, &fixed.connection))
            .collect())
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let fixed: Result<Vec<Fixed>, Refusal> =
            request.targets.iter().map(|target| Fixed::of(world, target)).collect();
        let fixed = fixed?;
        let end = request.arguments.get("sessions").is_some_and(|what| what == "end");
        let over: Result<Vec<Tree>, Refusal> = fixed.iter().map(|fixed| fixed.steps(world, end)).collect();
        let touches = fixed.iter().map(|fixed| fixed.touches(world));
        let lost = fixed.iter().map(|fixed| {
            format!(
                "the password of {} in force now: whoever keeps it must read the new one",
                fixed.user
            )
        });
        let users = Users::of(world);
        Ok(Plan {
            title: format!("rotate {}", named(&request.targets, "static role")),
            steps: Tree::Each {
                cap: 1,
                waves: vec![1],
                gate: None,
                budget: 0,
                over: over?,
            },
            touches: touches.chain(account(world, request)).collect(),
            seen: fixed.iter().map(|fixed| fixed.sessions(&users)).collect(),
            lost: lost.collect(),
            ..blank(request, world)
        })
    }
}

/// Who the engine logs in as: the name of the inquiry, and what to ask.
pub(super) fn engine_login(mount: &str, connection: &str) -> (String, Inquiry) {
    let inquiry = Inquiry::Vault {
        path: format!("{mount}/config/{connection}"),
        at: vec!["/data/connection_details/username"],
    };
    (engine_name(connection), inquiry)
}

fn engine_name(connection: &str) -> String {
    format!("the login of connection {connection}")
}

/// The role that the engine logs in as.
pub(super) fn engine_role(world: &Snapshot, connection: &str) -> Result<String, Refusal> {
    let found = Known::of(world).said(&engine_name(connection))?;
    let name = found.and_then(|said| said.first()?.as_str()).map(ToOwned::to_owned);
    name.ok_or_else(|| Refusal::new(format!("it is not known who connection {connection} logs in as")))
}

const ROLES: &str = "the roles of the secrets server";

/// Which dynamic roles there are is asked before there is a plan.
pub(super) fn roles(mount: &str) -> (String, Inquiry) {
    let list = Inquiry::Vault {
        path: format!("{mount}/roles?list=true"),
        at: vec!["/data/keys"],
    };
    (ROLES.to_owned(), list)
}

/// Whether there is a dynamic role of this name; none where nobody has looked yet.
pub(super) fn is_role(name: &str, known: Known<'_>) -> Result<Option<bool>, Refusal> {
    let Some(said) = known.said(ROLES)? else {
        return Ok(None);
    };
    let names = said.first().and_then(serde_json::Value::as_array).into_iter().flatten();
    Ok(Some(
        names.filter_map(serde_json::Value::as_str).any(|listed| listed == name),
    ))
}

/// Where the database engine is mounted.
pub(super) fn mount(world: &Snapshot) -> Result<String, Refusal> {
    let none = || Refusal::new("no secrets server is configured");
    world.fleet.vault.clone().ok_or_else(none)
}

/// The instance that a connection of the engine leads to.
pub(super) fn instance_of<'a>(world: &'a Snapshot, connection: &str) -> Result<&'a Instance, Refusal> {
    let mut instances = world.fleet.instances.iter();
    let found = instances.find(|instance| instance.is_reached_by(connection));
    found.ok_or_else(|| {
        Refusal::new(format!(
            "no instance of the fleet file uses the connection {}",
            Text::from(connection)
        ))
    })
}

/// Whether this role may log in: it is, and its password has not ended.
pub(super) fn may_log_in(place: &Place, role: &str) -> Question {
    Question::Sql(place.sql(format!(
        "select exists (select from pg_roles where rolname = {} and rolcanlogin and (rolvaliduntil is null or rolvaliduntil > now()))",
        quote::literal(role)
    )))
}

/// A static role as it is now.
struct Fixed {
    name: String,
    user: String,
    mount: String,
    connection: String,
    instance: String,
    role: StaticRole,
}

impl Fixed {
    fn of(world: &Snapshot, target: &Target) -> Result<Self, Refusal> {
        let seen = fresh::<StaticRoles>(world, &Target::vault())?.value;
        let read = seen.0.get(&target.name());
        let read = read.ok_or_else(|| Refusal::new(format!("there is no {target}")))?;
        if let Some(fault) = &read.fault {
            return Err(Refusal::new(format!("{target} could not be read: {fault}")));
        }
        let told = |what: &Option<Text>, word: &str| {
            let missing = || Refusal::new(format!("the engine does not tell the {word} of {target}"));
            what.as_ref().map(|text| text.raw().to_owned()).ok_or_else(missing)
        };
        let connection = told(&read.value.connection, "connection")?;
        Ok(Self {
            name: target.name().raw().to_owned(),
            user: told(&read.value.username, "user")?,
            mount: mount(world)?,
            instance: instance_of(world, &connection)?.name.clone(),
            connection,
            role: read.value.clone(),
        })
    }

    fn steps(&self, world: &Snapshot, end: bool) -> Result<Tree, Refusal> {
        let place = primary(world, &self.instance)?;
        let engine = engine_role(world, &self.connection)?;
        let user = Text::from(self.user.as_str());
        let (old, moment) = (self.word("old"), self.word("rotated"));
        let log_in = |hold: Option<String>| {
            let path = format!("{}/static-creds/{}", self.mount, self.name);
            lease::login(&place, With::Static { path, hold }, true)
        };
        let held = With::Held {
            name: old.clone(),
            user: self.user.clone(),
        };
        Ok(Tree::seq([
            Step::look(
                format!("{engine}, the login of connection {}, may log in", self.connection),
                may_log_in(&place, &engine),
                3,
            ),
            Step::look(format!("the password of {user} in force logs in"), log_in(Some(old)), 3),
            self.rotate(&place, &moment)?,
            Step::look(format!("the new password of {user} logs in"), log_in(None), 5),
            Step::look(
                format!("the old password of {user} is refused"),
                lease::login(&place, held, false),
                5,
            ),
            self.rest(&place, &moment, end),
        ]))
    }

    /// A name of its own in the plan; names of the engine are letters, digits, `_`, `.` and `-`.
    fn word(&self, what: &str) -> String {
        format!("{what}.{}", self.name)
    }

    fn rotate(&self, place: &Place, moment: &str) -> Result<Step, Refusal> {
        let unknown = || Refusal::new(format!("it is not known when {} was rotated last", self.name));
        let is_later = Question::Vault(Say {
            path: format!("{}/static-roles/{}", self.mount, self.name),
            body: None,
            at: "/data/last_vault_rotation".into(),
            is: Is::Later(self.role.rotated.ok_or_else(unknown)?),
        });
        let now = Question::Take(moment.into(), place.sql("select clock_timestamp()::text"));
        Ok(Step {
            name: format!("rotate the password of {}", Text::from(self.user.as_str())),
            act: Act::Vault(Call::write(
                format!("{}/rotate-role/{}", self.mount, self.name),
                serde_json::json!({}),
            )),
            // The server writes down the new password before it changes it, and goes on with that one.
            again: true,
            check: Check {
                ask: Question::All(vec![is_later, now]),
                within: 5,
            },
            undo: Undo::Never("the old password cannot be had back".into()),
        })
    }

    /// What becomes of the sessions that began with the old password.
    fn rest(&self, place: &Place, moment: &str, end: bool) -> Step {
        let user = Text::from(self.user.as_str());
        let old = format!(
            "usename = {} and backend_start < :'{moment}'::timestamptz and pid <> pg_backend_pid()",
            quote::literal(&self.user)
        );
        if end {
            return Step {
                name: format!("end the sessions of {user} that began with the old password"),
                act: Act::Sql(place.sql(format!(
                    "select pg_terminate_backend(pid) from pg_stat_activity where {old}"
                ))),
                again: true,
                check: Check {
                    ask: Question::Sql(
                        place.sql(format!("select not exists (select from pg_stat_activity where {old})")),
                    ),
                    within: 5,
                },
                undo: Undo::Nothing,
            };
        }
        let row = "format('pid %s %s from %s', pid, coalesce(nullif(application_name, ''), '?'), coalesce(client_addr::text, 'a socket'))";
        let list = Question::List(
            format!("session of {user} that began with the old password"),
            place.sql(format!("select {row} from pg_stat_activity where {old} order by pid")),
        );
        Step::look(
            format!("sessions of {user} that began with the old password are listed"),
            list,
            PATIENCE,
        )
    }

    fn touches(&self, world: &Snapshot) -> (String, String) {
        let primary = super::refusal::primary(world, &self.instance);
        let place = primary.map_or_else(|_| self.instance.clone(), |place| place.server.to_string());
        let words = format!(
            "user {} on {place}; its sessions go on, whoever logs in needs the new password",
            Text::from(self.user.as_str())
        );
        (self.name.clone(), words)
    }

    fn sessions(&self, users: &Users) -> (String, String) {
        let now = sessions_now(users, &self.instance, [self.user.as_str()].into_iter());
        (Text::from(self.user.as_str()).to_string(), now)
    }
}

/// Rotated and left out are all that there are.
fn account(world: &Snapshot, request: &Request) -> Option<(String, String)> {
    let seen = world.get::<StaticRoles>(&Target::vault())?.value;
    let here = |name: &&Text| request.targets.iter().any(|target| target.name() == **name);
    let left: Vec<String> = seen
        .0
        .keys()
        .filter(|name| !here(name))
        .map(ToString::to_string)
        .collect();
    let words = format!(
        "{} of {} static roles; not {}",
        request.targets.len(),
        seen.0.len(),
        left.join(", ")
    );
    (!left.is_empty()).then(|| ("the account".to_owned(), words))
}
