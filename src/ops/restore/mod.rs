//! Bring the rows of one tenant back to what they are in a copy: one transaction, as a role that the server holds to this
//! tenant, with proof before it commits.

mod across;
mod drift;
mod form;
mod neighbours;
mod order;
mod preview;
mod proof;
mod rows;
mod scene;
mod sequences;
mod taken;
#[cfg(test)]
mod tests;
mod write;

use std::ops::ControlFlow;

use super::{
    Ask, Operation, Refusal, blank,
    confirm::{Stake, tier},
    moments::way,
    refusal::primaries,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{
    model::{
        Act, Check, Isolation, Kind, Limits, Place, Plan, Question, Request, Rows, Step, Transact, Tree, Undo, Witness,
        plural,
    },
    store::Snapshot,
};
use across::Across;
use form::Table;
use neighbours::Proof;
use proof::State;
use rows::{Breadth, Difference, Row};
use scene::{Forms, Scene};
use sequences::Sequences;
use taken::Taken;
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
const NUMBERS: &str = "which sequences are behind";
const ACROSS: &str = "who else refers to what would go";
const TAKEN: &str = "who else has what comes back";

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
            way::MOMENT,
            way::FROM,
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
            Ask {
                name: "drift",
                words: &["refuse", "default"],
                about: "default: columns that the copy lacks get their defaults",
            },
            Ask {
                name: "neighbours",
                words: &["usual", "counters", "digest"],
                about: "digest: all rows of all others, before and after",
            },
        ]
    }

    fn needs(&self) -> &'static [&'static str] {
        &way::NEEDS
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let request = match way::surveyed(request, world)? {
            ControlFlow::Continue(request) => request,
            ControlFlow::Break(first) => return Ok(first),
        };
        let (mut scene, known) = (Scene::of(&request, world)?, Known::of(world));
        let mut all = scene.ask_forms();
        let Some(forms) = scene.forms(known)? else {
            return Ok(all);
        };
        all.extend(scene.ask_rows(&forms.tables));
        if let (Some((here, there)), Some(sees)) = (scene::sides(known)?, scene.sees()) {
            let (now, then) = (here.rows(&forms.tables)?, there.rows(&forms.tables)?);
            let work = work(&scene, &forms, &now, &then);
            let numbers = Sequences::of(&forms.sequences, &work, &scene.home, forms.neighbours.proof).ask();
            let across = Across::of(&work, &forms.references, &scene.home).ask();
            let taken = Taken::of(&work, &forms.uniques, &scene.home).ask();
            let asked = [(NUMBERS, numbers), (ACROSS, across), (TAKEN, taken)].into_iter();
            all.extend(
                asked.filter_map(|(name, sql)| Some((name.to_owned(), Inquiry::Look(scene.look_as(sees, sql?))))),
            );
        }
        Ok(all)
    }

    fn changes(&self, request: &Request, world: &Snapshot) -> Result<Vec<Place>, Refusal> {
        primaries(world, &request.targets)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let out_of = match way::planned(request, world)? {
            ControlFlow::Continue(out_of) => out_of,
            ControlFlow::Break(first) => return Ok(first),
        };
        let (mut scene, known) = (Scene::of(&out_of, world)?, Known::of(world));
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
        let across = Across::of(&work, &forms.references, &scene.home);
        across.refuse(known.rows(ACROSS)?)?;
        let taken = Taken::of(&work, &forms.uniques, &scene.home);
        taken.refuse(known.rows(TAKEN)?.unwrap_or_default())?;
        let sequences = Sequences::of(&forms.sequences, &work, &scene.home, forms.neighbours.proof);
        sequences.refuse(known.rows(NUMBERS)?.unwrap_or_default())?;
        let name = scene.home.known.name.to_string();
        let what = format!("{} of {name}", plural(written, "row"));
        let mut touches = preview::touches(&forms, &work);
        let proved = [
            ("holds".to_owned(), Some(guarantee(&scene))),
            ("others".to_owned(), Some(forms.neighbours.told())),
            ("references".to_owned(), across.told()),
            ("unique values".to_owned(), scene.sees().and_then(|_| taken.told())),
            ("sequences".to_owned(), sequences.told(scene.sees().is_some())),
        ];
        touches.extend(proved.into_iter().filter_map(|(label, words)| Some((label, words?))));
        let witnesses = witnesses(&scene, &forms, &sequences);
        Ok(Plan {
            title: format!("restore {what} to {}", scene.told()),
            touches,
            difference: Some(Rows::of(preview::rows(&work, &scene.home))),
            steps: Tree::step(step(
                &scene,
                &forms,
                work,
                (here.digests, there.digests),
                witnesses,
                &what,
            )),
            lost: vec!["what the tenant has written since that moment, where it is in these rows".into()],
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(&name)),
            ..blank(request, world)
        })
    }
}

/// What holds who writes to the tenant.
fn guarantee(scene: &Scene<'_>) -> String {
    match scene.home.known.model {
        Isolation::Shared => format!(
            "rows: row-level security holds {} to the tenant, and it is forced on every table that is written",
            scene.role
        ),
        model => format!("{}: {} owns tables of this tenant only", model.word(), scene.role),
    }
}

/// Who looks on.
fn witnesses(scene: &Scene<'_>, forms: &Forms, sequences: &Sequences<'_>) -> Vec<Witness> {
    let mut all = forms.neighbours.witnesses(&scene.home);
    all.extend(scene.sees().and_then(|role| sequences.witness(role)));
    all
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
        Work::of(table, difference, &forms.references, forms.later.get(&table.path()))
    };
    let keyless = forms.keyless.iter();
    let keyless = keyless.map(|table| Work::of(table, Difference::default(), &[], None));
    sides.map(one).chain(keyless).collect()
}

/// The one step: forth, and back.
fn step(
    scene: &Scene<'_>,
    forms: &Forms,
    work: Vec<Work<'_>>,
    (here, there): (&[String], &[String]),
    witnesses: Vec<Witness>,
    what: &str,
) -> Step {
    let digests = |breadth| rows::digests(&forms.tables, &scene.home, &scene.mapped, breadth);
    let here = State::of(&forms.tables, digests(Breadth::Live), here);
    let there = State::of(&forms.tables, digests(Breadth::Both), there);
    // Where only what is missing is put back, nobody knows beforehand what the whole will be.
    let after = (!scene.missing).then_some(&there);
    let transact = |work: &[Work<'_>], from: Option<&State<'_>>, to: Option<&State<'_>>| Transact {
        role: Some(scene.role.clone()),
        settings: scene.settings(),
        unless: to.map(State::is),
        guards: proof::guards(&forms.tables, &scene.home, from),
        witnesses: witnesses.clone(),
        // What others commit meanwhile is not taken for what was done here.
        frozen: forms.neighbours.proof == Proof::Digest,
        statements: write::statements(work, &forms.references, &scene.home),
        proofs: proof::proofs(work, to),
        limits: Some(Limits {
            budget: LIMITS.budget + forms.neighbours.takes(),
            ..LIMITS
        }),
        ..Transact::on(scene.live.clone())
    };
    let forth = transact(&work, Some(&here), after);
    let back: Vec<Work<'_>> = work.into_iter().map(Work::reversed).collect();
    let back = transact(&back, after, Some(&here));
    let so = after.map_or_else(|| here.is_not(), State::is);
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
