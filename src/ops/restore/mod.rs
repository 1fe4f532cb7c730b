//! Bring the rows of one tenant back to what they are in a copy: one transaction, as a role that the server holds to this
//! tenant, with proof before it commits.

mod form;
mod preview;
mod proof;
mod rows;
mod scene;
#[cfg(test)]
mod tests;
mod write;

use super::{
    Ask, Choose, Operation, Refusal, blank,
    confirm::{Stake, tier},
    copies::Beside,
    moments::{
        timeline,
        way::{self, Way},
    },
    source,
    survey::{Inquiries, Known},
};
use crate::{
    facts::{backups::Catalogue, pulse::Pulse, runs::Runs, server::Setup, tenants::Tenants},
    model::{Act, Check, Copies, Kind, Limits, Plan, Question, Request, Step, Transact, Tree, Undo, plural},
    store::{Fact, Snapshot},
};
use form::Table;
use proof::Rows;
use rows::{Difference, Row};
use scene::{Forms, Scene};
use write::Work;

/// Others wait half a second for it at most, and it tries again for half a minute.
const LIMITS: Limits = Limits {
    lock: 500,
    retries: 20,
    budget: 30_000,
};
/// Rows that are compared at most: all of them are held in memory, and the plan has those that differ.
const MOST: usize = 200_000;
const WITHIN: u64 = 10;

/// The operation.
pub struct Restore;

impl Operation for Restore {
    fn name(&self) -> &'static str {
        "restore"
    }

    fn letter(&self) -> char {
        's'
    }

    fn about(&self) -> &'static str {
        "bring a tenant's rows back to what they are in a copy"
    }

    fn takes(&self) -> Kind {
        Kind::Tenant
    }

    fn asks(&self) -> &'static [Ask] {
        &[
            Ask {
                name: way::MOMENT,
                words: &[],
                about: "nothing shows them: a time with its zone, name:POINT, lsn:POSITION",
            },
            Ask {
                name: way::FROM,
                words: &[],
                about: "or a copy that is there, by its name",
            },
            Ask {
                name: "rows",
                words: &["all", "missing"],
                about: "missing: only put back what is gone",
            },
            Ask {
                name: "tables",
                words: &[],
                about: "all by default: schema.name,schema.name",
            },
            Ask {
                name: "mapped",
                words: &[],
                about: "columns that triggers write: schema.table.column",
            },
        ]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[
            Catalogue::NAME,
            Copies::NAME,
            Pulse::NAME,
            Runs::NAME,
            Setup::NAME,
            Tenants::NAME,
        ]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let request = match Way::of(request, world)? {
            Way::Copy(request) => request,
            Way::Make(copy) => return Beside.survey(&copy, world),
            Way::Choose => return timeline::ask(request, world),
        };
        let unseen = source::ask(&request, world);
        if !unseen.is_empty() {
            return Ok(unseen);
        }
        let mut scene = Scene::of(&request, world)?;
        let mut all = scene.ask_forms();
        if let Some(forms) = scene.forms(Known::of(world))? {
            all.extend(scene.ask_rows(&forms.tables));
        }
        Ok(all)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let out_of = match Way::of(request, world)? {
            Way::Copy(out_of) => out_of,
            Way::Make(copy) => return way::first(request, &copy, world),
            Way::Choose => return Err(Choose::moment(way::MOMENT, timeline::of(request, world)?)),
        };
        let mut scene = Scene::of(&out_of, world)?;
        let known = Known::of(world);
        // Without answers yet this is no plan yet.
        let none = || Refusal::new("nothing was found out yet");
        let forms = scene.forms(known)?.ok_or_else(none)?;
        let (here, there) = scene::sides(known)?.ok_or_else(none)?;
        let (now, then) = (here.rows(&forms.tables)?, there.rows(&forms.tables)?);
        let work = work(&scene, &forms, &now, &then);
        let written: usize = work.iter().map(|one| one.difference.written()).sum();
        if written == 0 {
            return Err(Refusal::new(
                "every row is as it is in the copy: there is nothing to restore",
            ));
        }
        proof::across(&work, &forms.references, &scene.home)?;
        let name = scene.home.known.name.to_string();
        let what = format!("{} of {name}", plural(written, "row"));
        Ok(Plan {
            title: format!("restore {what} to {}", scene.told()),
            touches: preview::touches(&forms, &work, &scene.home),
            steps: Tree::step(step(&scene, &forms, work, (here.digests, there.digests), &what)),
            lost: vec!["what the tenant has written since that moment, where it is in these rows".into()],
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(&name)),
            ..blank(request, world)
        })
    }
}

/// What is to become of each table.
fn work<'a>(scene: &Scene<'_>, forms: &'a Forms, now: &'a [Vec<Row>], then: &'a [Vec<Row>]) -> Vec<Work<'a>> {
    let sides = forms.tables.iter().zip(now.iter().zip(then));
    let one = |(table, (now, then)): (&'a Table, (&'a Vec<Row>, &'a Vec<Row>))| {
        let difference = rows::difference(table, &scene.mapped, now, then);
        let difference = if scene.missing {
            difference.only_missing()
        } else {
            difference
        };
        Work { table, difference }
    };
    let keyless = forms.keyless.iter().map(|table| Work {
        table,
        difference: Difference::default(),
    });
    sides.map(one).chain(keyless).collect()
}

/// The one step: forth, and back.
fn step(
    scene: &Scene<'_>,
    forms: &Forms,
    work: Vec<Work<'_>>,
    (here, there): (&[String], &[String]),
    what: &str,
) -> Step {
    let digests = rows::digests(&forms.tables, &scene.home, &scene.mapped);
    let rows = Rows::of(&forms.tables, digests);
    // Where only what is missing is put back, nobody knows beforehand what the whole will be.
    let after = (!scene.missing).then_some(there);
    let transact = |work: &[Work<'_>], from: Option<&[String]>, to: Option<&[String]>| Transact {
        role: Some(scene.role.clone()),
        settings: scene.settings(),
        unless: to.map(|to| rows.are(to)),
        guards: rows.guards(&scene.home, from),
        statements: write::statements(work, &forms.references, &scene.home)
            .into_iter()
            .map(Into::into)
            .collect(),
        proofs: rows.proofs(work, to),
        limits: Some(LIMITS),
        ..Transact::on(scene.live.clone())
    };
    let forth = transact(&work, Some(here), after);
    let back: Vec<Work<'_>> = work.into_iter().map(Work::reversed).collect();
    let back = transact(&back, after, Some(here));
    let so = after.map_or_else(|| rows.are_not(here), |after| rows.are(after));
    Step {
        name: format!("write {what}, and prove it"),
        act: Act::Transact(forth),
        again: true,
        check: Check {
            ask: Question::Look(scene.look(so)),
            within: WITHIN,
        },
        undo: Undo::Act(Act::Transact(back)),
    }
}
