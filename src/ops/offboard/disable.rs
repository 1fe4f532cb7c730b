//! Shut a tenant out: nobody of it gets in any more, and all its data stays. It is told by the number of its schema or
//! database, so that another one of the same name is not meant.

use serde_json::Value as Json;

use super::{WITHIN, Who, inside::Inside, own::Own};
use crate::{
    facts::{pulse::Pulse, server::Setup, tenants::Tenants},
    model::{Act, Call, Check, Kind, Plan, Question, Request, Step, Text, Tree, Undo},
    ops::{
        Operation, Refusal, blank,
        confirm::{Stake, tier},
        lease, named, rotate,
        survey::{Inquiries, Inquiry, Known},
    },
    store::{Fact, Snapshot},
};

/// The operation.
pub struct Disable;

impl Operation for Disable {
    fn name(&self) -> &'static str {
        "disable"
    }

    fn letter(&self) -> char {
        'D'
    }

    fn about(&self) -> &'static str {
        "shut a tenant out; its data stays"
    }

    fn takes(&self) -> Kind {
        Kind::Tenant
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Tenants::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let (known, mut all) = (Known::of(world), Inquiries::new());
        for target in &request.targets {
            let who = Who::of(target, world)?;
            all.insert(who.entered(), Inquiry::Rows(who.place.sql(who.asks())));
            let Some(mount) = &world.fleet.vault else { continue };
            all.extend([rotate::roles(mount)]);
            for (role, path) in who.leased(mount, known)? {
                let body = Inquiry::Vault {
                    path,
                    at: vec!["/data"],
                };
                all.insert(written(&role), body);
            }
        }
        Ok(all)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let known = Known::of(world);
        let (mut over, mut touches, mut seen, mut lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let all: Vec<Who<'_>> = request
            .targets
            .iter()
            .map(|target| Who::of(target, world))
            .collect::<Result<_, _>>()?;
        for who in &all {
            let inside = who.inside(known)?;
            if inside.others.is_empty() && inside.shut().is_some() {
                return Err(Refusal::new(format!(
                    "{} is shut out already: {} is open to {}",
                    who.known.name,
                    who.own.shown(),
                    who.still(&inside)
                )));
            }
            touches.extend(who.told(&inside));
            // Logins of those who own it come and go: they are no part of what is confirmed.
            seen.push(("who gets in all the same".to_owned(), who.still(&inside)));
            lost.push(format!(
                "{}: its sessions, and what they have not committed",
                who.known.name
            ));
            over.push(Tree::Seq(
                who.steps(&inside, world, known)?.into_iter().map(Tree::step).collect(),
            ));
        }
        let name = all.first().map_or("", |who| who.known.name.raw());
        Ok(Plan {
            title: format!("shut out {}", named(&request.targets, "tenant")),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: 0,
                over,
            },
            touches,
            seen,
            lost,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(name)),
            ..blank(request, world)
        })
    }
}

impl Who<'_> {
    fn told(&self, inside: &Inside) -> Vec<(String, String)> {
        let out = inside
            .others
            .iter()
            .map(|entry| entry.role.clone().map_or_else(|| "everybody".into(), Text::from));
        let out: Vec<String> = out.map(|role| role.to_string()).collect();
        let (own, target) = (self.own.shown(), self.target);
        let closed = match out.as_slice() {
            [] => format!("{own} of {target} is closed already, and is marked as shut out now"),
            out => format!(
                "{own} of {target} is closed to {}, and marked as shut out in its comment",
                out.join(", ")
            ),
        };
        vec![
            (self.known.name.to_string(), closed),
            ("what stays".into(), "its rows, its backups, and the way back".into()),
        ]
    }

    fn steps(&self, inside: &Inside, world: &Snapshot, known: Known<'_>) -> Result<Vec<Step>, Refusal> {
        let mut all = vec![self.closed(inside)];
        let mount = world.fleet.vault.as_deref().unwrap_or_default();
        for (role, path) in self.leased(mount, known)? {
            let body = known.said(&written(&role))?.and_then(|said| said.first().cloned());
            let body = body.ok_or_else(|| Refusal::new("nothing was found out yet"))?;
            all.extend([ended(mount, &role), unwritten(&role, path, body)]);
        }
        all.extend(matches!(self.own, Own::Database(_)).then(|| self.emptied(inside)));
        Ok(all)
    }

    /// Sessions in its database that could not be opened any more.
    fn emptied(&self, inside: &Inside) -> Step {
        let of = format!(
            "pg_stat_activity where datid = {oid} and pid <> pg_backend_pid() and backend_type = 'client backend' \
             and not has_database_privilege(usesysid, {oid}, 'connect')",
            oid = inside.oid
        );
        Step {
            name: format!("{}: the sessions of who is shut out end", self.known.name),
            act: Act::Sql(self.place.sql(format!("select pg_terminate_backend(pid) from {of}"))),
            again: true,
            check: Check {
                ask: Question::Sql(self.place.sql(format!("select not exists (select from {of})"))),
                within: WITHIN,
            },
            undo: Undo::Nothing,
        }
    }
}

fn ended(mount: &str, role: &str) -> Step {
    let all = lease::end_all(mount, role);
    let none = lease::read_back(&all);
    Step {
        name: format!("every login of {} ends, with its sessions", Text::from(role)),
        act: Act::Vault(all),
        again: true,
        check: Check {
            ask: none,
            within: WITHIN,
        },
        // Whoever is let in again fetches another.
        undo: Undo::Nothing,
    }
}

fn unwritten(role: &str, path: String, body: Json) -> Step {
    let remove = Call::remove(path.clone());
    Step {
        name: format!("the secrets server issues no login of {} any more", Text::from(role)),
        again: true,
        check: Check {
            ask: lease::read_back(&remove),
            within: WITHIN,
        },
        act: Act::Vault(remove),
        undo: Undo::Act(Act::Vault(Call::write(path, body))),
    }
}

fn written(role: &str) -> String {
    format!("how the role {role} of the secrets server is written")
}
