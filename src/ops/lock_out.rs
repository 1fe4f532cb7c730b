//! Break-glass for a credential that leaked: its role cannot log in any more, its sessions end, what it owns is handed
//! over, and it is dropped, in every database that knows it. The secrets server is not asked.

use super::{
    Ask, Operation, Refusal,
    actor::Attribute,
    blank,
    confirm::Stake,
    named,
    refusal::{fresh, primary},
    revoke::owned,
    sessions_now,
    survey::Inquiries,
    tier,
};
use crate::{
    facts::{
        credentials::Users,
        pulse::Pulse,
        roles::{Role, Roles},
        server::Setup,
        sessions::Sessions,
    },
    model::{
        Act, Check, Kind, Place, Plan, Question, Request, Step, Target, Text, Transact, Tree, Undo, With, Words, quote,
    },
    ops::lease,
    store::{Fact, Snapshot},
};

/// The operation.
pub struct LockOut;

impl Operation for LockOut {
    fn name(&self) -> &'static str {
        "lock-out"
    }

    fn letter(&self) -> char {
        'l'
    }

    fn about(&self) -> &'static str {
        "break-glass for a leaked login: shut it, end its sessions, hand over what it owns, drop it"
    }

    fn takes(&self) -> Kind {
        Kind::Role
    }

    fn asks(&self) -> &'static [Ask] {
        &[
            Ask {
                name: "reassign",
                words: &[],
                about: "the role that gets what it owns",
            },
            Ask {
                name: "drop",
                words: &["yes", "no"],
                about: "whether the role is dropped in the end",
            },
        ]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Roles::NAME, Sessions::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let mut inquiries = Inquiries::new();
        for target in &request.targets {
            let place = primary(world, target.part(0))?;
            inquiries.extend(Attribute::CreateRole.inquiry(&place));
            inquiries.extend(owned::inquiries(world, &place, &[target.part(1)])?);
        }
        Ok(inquiries)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let said = |name: &str| {
            request
                .arguments
                .get(name)
                .map(String::as_str)
                .filter(|said| !said.is_empty())
        };
        let drop = said("drop") != Some("no");
        let mut over = Vec::new();
        for target in &request.targets {
            let role = known(world, target)?;
            let place = primary(world, target.part(0))?;
            let out = Out {
                actor: Attribute::CreateRole.actor(world, &place)?,
                place,
                name: target.part(1),
                oid: role.oid,
            };
            over.push(out.steps(world, said("reassign"), drop)?);
        }
        let users = Users::of(world);
        let seen = request.targets.iter().map(|target| {
            let n = sessions_now(&users, target.part(0), [target.part(1)].into_iter());
            (target.name().to_string(), n)
        });
        let touches = request.targets.iter().map(|target| {
            let words = format!(
                "everybody who logs in as it on {}; a lease of it stays with the secrets server",
                Text::from(target.part(0))
            );
            (target.name().to_string(), words)
        });
        let lost = request
            .targets
            .iter()
            .map(|target| format!("{}, its sessions and what they have not committed", target.name()));
        let name = request.targets.first().map_or("", |target| target.part(1));
        Ok(Plan {
            title: format!("lock out {}", named(&request.targets, "role")),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: request.targets.len(),
                over,
            },
            touches: touches.collect(),
            seen: seen.collect(),
            lost: lost.collect(),
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(name)),
            ..blank(request, world)
        })
    }
}

/// The role, where it is one that may be locked out.
fn known<'a>(world: &'a Snapshot, target: &Target) -> Result<&'a Role, Refusal> {
    let seen = fresh::<Roles>(world, &Target::instance(target.part(0)))?.value;
    let role = seen.roles.iter().find(|role| role.name.raw() == target.part(1));
    let role = role.ok_or_else(|| Refusal::new(format!("there is no {target}")))?;
    if role.superuser || role.replication {
        let what = format!("{target} is a superuser or replicates: it is left alone");
        return Err(Refusal::new(what).hint("shut it out in pg_hba.conf, and think of what it carries"));
    }
    Ok(role)
}

/// A role that is locked out.
struct Out<'a> {
    place: Place,
    actor: String,
    name: &'a str,
    oid: u32,
}

impl Out<'_> {
    fn steps(&self, world: &Snapshot, heir: Option<&str>, drop: bool) -> Result<Tree, Refusal> {
        let mut steps = vec![self.shut(), self.end()];
        if drop {
            steps.extend(owned::hand_over(world, &self.place, &self.actor, self.name, heir)?);
            let databases = owned::databases(world, self.name)?;
            steps.extend(
                databases
                    .iter()
                    .map(|database| self.forget(&self.place.database(database.as_str()))),
            );
            steps.push(self.drop());
        }
        Ok(Tree::seq(steps))
    }

    fn shown(&self) -> Text {
        Text::from(self.name)
    }

    fn as_actor(&self, place: &Place, statements: Vec<String>) -> Act {
        Act::Transact(Transact {
            role: Some(self.actor.clone()),
            statements: statements.into_iter().map(Words::Text).collect(),
            ..Transact::on(place.clone())
        })
    }

    /// The door is shut first; whoever has the password is out from then on.
    fn shut(&self) -> Step {
        let name = quote::ident(self.name);
        let shut = format!(
            "select not exists (select from pg_roles where rolname = {} and rolcanlogin)",
            quote::literal(self.name)
        );
        let chance = With::Chance { user: self.name.into() };
        Step {
            name: format!("{} may not log in any more", self.shown()),
            act: self.as_actor(&self.place, vec![format!("ALTER ROLE {name} NOLOGIN")]),
            again: true,
            check: Check {
                ask: Question::All(vec![
                    Question::Sql(self.place.sql(shut)),
                    lease::login(&self.place, chance, false),
                ]),
                within: 3,
            },
            // Whatever fails later: nothing opens this door again by itself.
            undo: Undo::Never(format!("it stays shut until somebody says ALTER ROLE {name} LOGIN")),
        }
    }

    fn end(&self) -> Step {
        let of = format!("pg_stat_activity where usesysid = {}", self.oid);
        Step {
            name: format!("end the sessions of {}", self.shown()),
            act: Act::Sql(self.place.sql(format!("select pg_terminate_backend(pid) from {of}"))),
            again: true,
            check: Check {
                ask: Question::Sql(self.place.sql(format!("select not exists (select from {of})"))),
                within: 5,
            },
            undo: Undo::Nothing,
        }
    }

    /// What it was granted in a database; what it owned has been handed over by then.
    fn forget(&self, place: &Place) -> Step {
        let name = quote::ident(self.name);
        let none = format!(
            "select not exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = {} \
             and dbid = (select oid from pg_database where datname = current_database()))",
            self.oid
        );
        let owns = none.replace("refobjid", "deptype = 'o' and refobjid");
        let database = Text::from(place.database.as_deref().unwrap_or_default());
        let statements = vec![
            format!("GRANT {name} TO {}", quote::ident(&self.actor)),
            format!("DROP OWNED BY {name}"),
        ];
        Step {
            name: format!("take back what {} was granted in {database}", self.shown()),
            act: Act::Transact(Transact {
                role: Some(self.actor.clone()),
                // Nothing that it owns may be dropped with it.
                guards: vec![owns],
                statements: statements.into_iter().map(Words::Text).collect(),
                proofs: vec![none.clone()],
                ..Transact::on(place.clone())
            }),
            again: true,
            check: Check {
                ask: Question::Sql(place.sql(none)),
                within: 3,
            },
            undo: Undo::Never("what it was granted is not written down".into()),
        }
    }

    fn drop(&self) -> Step {
        let none = format!("select not exists (select from pg_roles where oid = {})", self.oid);
        Step {
            name: format!("drop role {}", self.shown()),
            act: self.as_actor(
                &self.place,
                vec![format!("DROP ROLE IF EXISTS {}", quote::ident(self.name))],
            ),
            again: true,
            check: Check {
                ask: Question::Sql(self.place.sql(none)),
                within: 3,
            },
            undo: Undo::Never("a dropped role cannot be had back".into()),
        }
    }
}
