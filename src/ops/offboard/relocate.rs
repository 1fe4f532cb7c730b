//! Move a tenant that is shut out: what is its own is made anew as a database, on another instance or on the same, out of a copy; it
//! is compared with what is still there, and opened to logins of its own. The old one stays as it is, shut out.

use std::{collections::BTreeMap, ops::ControlFlow, sync::LazyLock};

use super::{Who, fill::Fill, inside::Inside};
use crate::{
    facts::runs::Runs,
    model::{Copies, Isolation, Kind, Plan, Question, Request, Step, Target, Tree},
    ops::{
        Ask, Operation, Refusal, blank,
        confirm::{Stake, tier},
        moments::way,
        onboard::{self, Onboard, Scene},
        survey::{Inquiries, Inquiry, Known},
        whole::scene::Scene as Source,
    },
    store::{Fact, Snapshot},
};

static NEEDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let more = [Runs::NAME, Copies::NAME];
    Onboard.needs().iter().copied().chain(more).collect()
});
/// What is compared now is so or is not.
const ONCE: u64 = 0;

/// The operation.
pub struct Move;

impl Operation for Move {
    fn name(&self) -> &'static str {
        "move"
    }

    fn letter(&self) -> char {
        'M'
    }

    fn about(&self) -> &'static str {
        "take a tenant that is shut out to a database elsewhere"
    }

    fn takes(&self) -> Kind {
        Kind::Tenant
    }

    fn asks(&self) -> &'static [Ask] {
        &[
            Ask {
                name: "instance",
                words: &[],
                about: "where to; the one with most room by default",
            },
            onboard::TIER,
            onboard::BACKUP,
            way::FROM,
        ]
    }

    fn needs(&self) -> &'static [&'static str] {
        &NEEDS
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let (who, known) = (one(request, world)?, Known::of(world));
        let mut all = Inquiries::from([(who.entered(), Inquiry::Rows(who.place.sql(who.asks())))]);
        let latest = latest(request);
        let out_of = match way::surveyed(&latest, world)? {
            ControlFlow::Continue(out_of) => out_of,
            ControlFlow::Break(first) => {
                all.extend(first);
                return Ok(all);
            }
        };
        let (arrival, source) = (arrival(request, &who)?, Source::of(&out_of, world)?);
        let scene = Scene::moving(&arrival, who.target, world)?;
        all.extend(onboard::asks(std::slice::from_ref(&scene), known)?);
        all.extend(Fill::asks(&source, &scene, known)?);
        Ok(all)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let (who, known) = (one(request, world)?, Known::of(world));
        let inside = who.inside(known)?;
        let since = who.shut_since(&inside)?;
        let latest = latest(request);
        let out_of = match way::planned(&latest, world)? {
            ControlFlow::Continue(out_of) => out_of,
            ControlFlow::Break(first) => {
                let request = request.clone();
                return Ok(Plan { request, ..first });
            }
        };
        let (arrival, source) = (arrival(request, &who)?, Source::of(&out_of, world)?);
        if source.began() <= since {
            let what = format!("that copy was made before {} was shut out ({since:.0})", who.known.name);
            return Err(Refusal::new(what).hint("leave `from` out, and one is made"));
        }
        let mut scene = Scene::moving(&arrival, who.target, world)?;
        onboard::fit(std::slice::from_ref(&scene), known)?;
        let fill = Fill::of(&source, &scene, world)?;
        let (filled, content, words) = (fill.steps()?, fill.content.clone(), fill.told());
        let same = same(&who, &inside, &fill);
        scene.fills(filled, content);
        let grown = onboard::steps(&scene, known)?;
        if !grown.there.is_empty() {
            let there: Vec<String> = grown.there.iter().map(|(_, words)| words.clone()).collect();
            let what = format!("{} is taken: {}", scene.shown(), there.join("; "));
            return Err(Refusal::new(what).hint("undo the run that made it, or finish that"));
        }
        let scenes = std::slice::from_ref(&scene);
        let backups = onboard::backups(&arrival, scenes, known)?;
        let mut touches = vec![(
            "stays".to_owned(),
            format!(
                "{} of {}, shut out as it is; when nobody needs it: purge",
                who.own.shown(),
                who.target
            ),
        )];
        touches.push(("comes".into(), words));
        touches.extend(onboard::told(scenes));
        touches.push((
            "way back".into(),
            "undo of this run, as long as nobody writes to the new one; then undo of the run that shut out the old one"
                .into(),
        ));
        touches.extend(backups.iter().map(|made| ("backup".to_owned(), made.touches.clone())));
        let steps = [Tree::step(same), grown.tree]
            .into_iter()
            .chain(backups.into_iter().map(|made| Tree::step(made.step)));
        Ok(Plan {
            title: format!("move {} to {}", who.known.name, scene.shown()),
            steps: Tree::Seq(steps.collect()),
            touches,
            seen: onboard::told_now(scenes),
            confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
            ..blank(request, world)
        })
    }
}

/// Who moves: one that has a schema or a database of its own.
fn one<'a>(request: &'a Request, world: &'a Snapshot) -> Result<Who<'a>, Refusal> {
    let [target] = request.targets.as_slice() else {
        return Err(Refusal::new("one tenant moves at a time"));
    };
    let who = Who::of(target, world)?;
    if who.known.model == Isolation::Instance {
        return Err(Refusal::new(format!(
            "{} has an instance of its own, and stays there",
            who.known.name
        )));
    }
    Ok(who)
}

/// The same request, out of a copy of what is there now where none is named.
fn latest(request: &Request) -> Request {
    let mut request = request.clone();
    if request.said(way::FROM.name).is_none() {
        request
            .arguments
            .insert(way::MOMENT.name.to_owned(), "latest".to_owned());
    }
    request
}

/// The request that would bring it in where it goes.
fn arrival(request: &Request, who: &Who<'_>) -> Result<Request, Refusal> {
    let none = || Refusal::new(format!("{} has no short name by the fleet file", who.target));
    let slug = who.slug.as_deref().ok_or_else(none)?;
    let said = ["instance", "tier", "backup"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), request.said(name)?.to_owned())));
    let mut arguments: BTreeMap<String, String> = said.collect();
    arguments.insert("model".into(), Isolation::Database.word().into());
    Ok(Request {
        operation: Onboard.name().into(),
        targets: vec![Target::new(Kind::NewTenant, [slug])],
        arguments,
        ..Request::default()
    })
}

/// The step that looks whether the old one is still the one that was seen, shut out, and has what the copy has.
fn same(who: &Who<'_>, inside: &Inside, fill: &Fill<'_>) -> Step {
    let sql = |text: String| Question::Sql(who.place.sql(text));
    let mut asks: Vec<Question> = who.unchanged(inside).into_iter().map(sql).collect();
    asks.push(fill.is_live(&inside.owner));
    let name = format!(
        "{}: its old {} is shut out, and has what the copy has",
        who.known.name,
        who.own.shown()
    );
    Step::look(name, Question::All(asks), ONCE)
}

impl Scene<'_> {
    /// What its new place is filled with.
    fn fills(&mut self, steps: Vec<Step>, content: Option<String>) {
        if let Some(moved) = &mut self.moved {
            moved.filled = steps;
            moved.content = content;
        }
    }
}
