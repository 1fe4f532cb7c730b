//! Give the engine's own login on an instance another password, which only the engine knows.

use super::{engine_login, engine_role, instance_of, may_log_in, mount};
use crate::{
    facts::{
        engine::{Connections, DynamicRoles},
        pulse::Pulse,
        server::Setup,
    },
    model::{Act, Call, Check, Kind, Place, Plan, Question, Request, Step, Target, Text, Tree, Undo, quote},
    ops::{
        Operation, Refusal, blank, lease, named,
        refusal::{fresh, primary},
        survey::Inquiries,
    },
    store::{Fact, Snapshot},
};

/// The operation.
pub struct RotateRoot;

impl Operation for RotateRoot {
    fn name(&self) -> &'static str {
        "rotate-root"
    }

    fn letter(&self) -> char {
        't'
    }

    fn about(&self) -> &'static str {
        "give the secrets server's own login on instances another password"
    }

    fn takes(&self) -> Kind {
        Kind::Instance
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Connections::NAME, DynamicRoles::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let mount = mount(world)?;
        let connections: Result<Vec<String>, Refusal> = request
            .targets
            .iter()
            .map(|instance| connection(world, instance))
            .collect();
        Ok(connections?
            .iter()
            .map(|connection| engine_login(&mount, connection))
            .collect())
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let roots: Result<Vec<Root>, Refusal> = request.targets.iter().map(|target| Root::of(world, target)).collect();
        let roots = roots?;
        let touches = roots.iter().map(|root| {
            let words = "the engine ends its sessions and logs in anew; nobody else has this password".to_owned();
            (root.engine.clone(), words)
        });
        let lost = roots
            .iter()
            .map(|root| format!("the password of {} in force now, if anybody else has it", root.engine));
        Ok(Plan {
            title: format!(
                "rotate the engine's own login on {}",
                named(&request.targets, "instance")
            ),
            steps: Tree::Each {
                cap: 1,
                waves: vec![1],
                gate: None,
                budget: 0,
                over: roots.iter().map(Root::steps).collect(),
            },
            touches: touches.collect(),
            lost: lost.collect(),
            ..blank(request, world)
        })
    }
}

/// The engine's connection to an instance.
fn connection(world: &Snapshot, target: &Target) -> Result<String, Refusal> {
    let instance = world.fleet.instance(target.part(0));
    let instance = instance.ok_or_else(|| Refusal::new(format!("there is no {target}")))?;
    let none = || Refusal::new(format!("the fleet file names no vault_connection for {target}"));
    instance.vault_connection.clone().ok_or_else(none)
}

/// The engine's own login on an instance.
struct Root {
    mount: String,
    connection: String,
    engine: String,
    /// A dynamic role by which the engine is proven to get in.
    role: String,
    place: Place,
}

impl Root {
    fn of(world: &Snapshot, target: &Target) -> Result<Self, Refusal> {
        let connection = connection(world, target)?;
        let engine = engine_role(world, &connection)?;
        let roles = fresh::<DynamicRoles>(world, &Target::vault())?.value;
        let here = |role: &&Text| {
            let of = &roles.0[*role].value;
            of.creates && of.connection.as_ref().is_some_and(|name| name.raw() == connection)
        };
        let none = || {
            Refusal::new(format!(
                "there is no dynamic role on connection {connection}: nothing would prove that the engine gets in"
            ))
        };
        Ok(Self {
            mount: mount(world)?,
            role: roles.0.keys().find(here).ok_or_else(none)?.raw().to_owned(),
            place: primary(world, &instance_of(world, &connection)?.name)?,
            connection,
            engine,
        })
    }

    fn steps(&self) -> Tree {
        let word = |word: &str| format!("{word}.{}", self.connection);
        let (before, after, moment) = (word("before"), word("after"), word("moment"));
        let sessions = |when: &str| {
            let user = quote::literal(&self.engine);
            format!(
                "exists (select from pg_stat_activity where usename = {user} and backend_start {when} :'{moment}'::timestamptz)"
            )
        };
        let now = Question::Take(moment.clone(), self.place.sql("select clock_timestamp()::text"));
        let rotate = Step {
            name: format!("rotate the password of {}", Text::from(self.engine.as_str())),
            act: Act::Vault(Call::write(
                format!("{}/rotate-root/{}", self.mount, self.connection),
                serde_json::json!({}),
            )),
            // The server writes down the new password before it changes it, and goes on with that one.
            again: true,
            check: Check {
                // The last that it does is to end the sessions that it had.
                ask: Question::Sql(self.place.sql(format!("select not {}", sessions("<")))),
                within: 5,
            },
            undo: Undo::Never("the old password cannot be had back".into()),
        };
        let anew = Question::Sql(self.place.sql(format!("select {}", sessions(">="))));
        let issue = |name: &str| lease::issue(&self.mount, &self.role, &self.place, name);
        Tree::seq([
            Step::look(
                format!("{} may log in", self.engine),
                may_log_in(&self.place, &self.engine),
                3,
            ),
            issue(&before),
            lease::give_back(&self.role, &self.place, &before),
            Step::look("the moment is taken", now, 3),
            rotate,
            issue(&after),
            Step::look(format!("the engine has logged in anew as {}", self.engine), anew, 3),
            lease::give_back(&self.role, &self.place, &after),
        ])
    }
}
