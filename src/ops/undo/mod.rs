//! Take back what a run did that has ended: by the way back that its own plan told, with the guards and the proofs of it.

mod back;

use super::{
    Operation, Refusal, blank,
    confirm::{Stake, tier},
    survey::{Inquiries, Inquiry, Known, Past},
};
use crate::{
    facts::runs::Runs,
    model::{Confirm, Kind, Place, Plan, Request, Step, Target, Text, Tree, Undo, plural},
    store::{Fact, Snapshot},
};
use back::Back;

const PAST: &str = "what it did";
const IN_TURN: (&str, &str) = (
    "in turn",
    "this can be taken back too, as long as nobody writes there meanwhile",
);

/// The operation.
pub struct TakeBack;

impl Operation for TakeBack {
    fn name(&self) -> &'static str {
        "undo"
    }

    fn letter(&self) -> char {
        'u'
    }

    fn about(&self) -> &'static str {
        "take back what a run did that has ended"
    }

    fn takes(&self) -> Kind {
        Kind::Run
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Runs::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let run = one(request)?;
        let mut all = Inquiries::from([(PAST.to_owned(), Inquiry::Past(run.part(0).to_owned()))]);
        if let Some(past) = Known::of(world).past(PAST)? {
            for (step, back) in ways(past)? {
                all.extend(back.asked(step));
            }
        }
        Ok(all)
    }

    /// By what the run did, whatever else is seen: its plan knows the servers.
    fn changes(&self, _: &Request, world: &Snapshot) -> Result<Vec<Place>, Refusal> {
        let past = Known::of(world).past(PAST)?;
        let ways = past.map(ways).transpose()?.unwrap_or_default();
        let mut places: Vec<Place> = Vec::new();
        for place in ways.iter().filter_map(|(_, back)| back.place()) {
            if places.iter().all(|known| known.server != place.server) {
                places.push(Place {
                    database: None,
                    ..place.clone()
                });
            }
        }
        Ok(places)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let run = one(request)?;
        let known = Known::of(world);
        let past = known
            .past(PAST)?
            .ok_or_else(|| Refusal::new("nothing was found out yet"))?;
        let ways = ways(past)?;
        let done = holds(&ways, known)?;
        if done == ways.len() {
            return Err(Refusal::new(format!("what {} did is taken back already", run.name())));
        }
        let whose = &past.plan;
        let first = ways.first().map(|(step, _)| step.name.clone()).unwrap_or_default();
        let more = (ways.len() > 1).then(|| format!(", and {} before it", plural(ways.len() - 1, "step")));
        let stake = match &whose.confirm {
            Confirm::Name(name) => Stake::Loss(name),
            Confirm::Yes | Confirm::Count(_) => Stake::Final,
        };
        let to = whose
            .request
            .targets
            .iter()
            .map(|target| (target.kind().word().to_owned(), target.to_string()));
        Ok(Plan {
            title: format!("take back: {}", whose.title),
            touches: std::iter::once((
                "of run".to_owned(),
                format!("{}: {first}{}", run.name(), more.unwrap_or_default()),
            ))
            .chain(to)
            .chain(in_turn(&ways))
            .collect(),
            steps: Tree::seq(ways.iter().rev().map(|(step, back)| back.reversed(step))),
            artefacts: whose.artefacts.clone(),
            confirm: tier(world.fleet.environment, &whose.request.targets, stake),
            ..blank(request, world)
        })
    }
}

fn one(request: &Request) -> Result<&Target, Refusal> {
    match request.targets.as_slice() {
        [run] => Ok(run),
        _ => Err(Refusal::new("one run is taken back at a time")),
    }
}

/// The steps that left something behind, in their order, each with its way back.
fn ways(past: &Past) -> Result<Vec<(&Step, Back)>, Refusal> {
    if !past.ended {
        let hint = "what goes or was left is told to abort, which takes back what it did";
        return Err(Refusal::new("the run has not ended").hint(hint));
    }
    let mut ways = Vec::new();
    for (step, done) in past.plan.steps.steps().into_iter().zip(&past.done) {
        match &step.undo {
            _ if !done => {}
            Undo::Nothing | Undo::Meanwhile(_) => {}
            Undo::Never(why) => return Err(stays(step, why)),
            Undo::Act(act) => match Back::of(act, &past.kept) {
                Some(back) => ways.push((step, back)),
                None => return Err(stays(step, "its way back holds only while its run goes")),
            },
        }
    }
    if ways.is_empty() {
        return Err(Refusal::new("the run left nothing behind that could be taken back"));
    }
    Ok(ways)
}

fn stays(step: &Step, why: &str) -> Refusal {
    Refusal::new(format!("{} cannot be taken back: {why}", step.name))
}

/// What is written by who removes something cannot be had back by taking back that.
fn in_turn(ways: &[(&Step, Back)]) -> Option<(String, String)> {
    let all = ways.iter().all(|(_, back)| back.in_turn());
    all.then(|| (IN_TURN.0.to_owned(), IN_TURN.1.to_owned()))
}

/// How many of them are taken back already.
fn holds(ways: &[(&Step, Back)], known: Known<'_>) -> Result<usize, Refusal> {
    let mut done = 0;
    for (step, back) in ways {
        if known.rows(&Back::is_back(step))?.is_some_and(|said| said == ["true"]) {
            done += 1;
            continue;
        }
        for (name, sql) in back.guards(step) {
            if known.rows(&name)?.is_some_and(|said| said != ["true"]) {
                let what = format!("{}: it is not now as the run left it: {}", step.name, Text::from(sql));
                return Err(Refusal::new(what)
                    .hint("somebody has written there since; restore from a copy of just before the run"));
            }
        }
    }
    Ok(done)
}
