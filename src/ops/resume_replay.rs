//! Resume replay on a standby that somebody paused.

use super::{
    Operation, Refusal, blank,
    confirm::{Stake, tier},
    refusal::{fresh, place},
};
use crate::{
    facts::{pulse::Pulse, server::Setup},
    model::{Act, Check, Kind, Plan, Question, Request, Step, Target, Tree, Undo},
    store::{Fact, Snapshot},
};

/// The operation.
pub struct ResumeReplay;

impl Operation for ResumeReplay {
    fn name(&self) -> &'static str {
        "resume-replay"
    }

    fn letter(&self) -> char {
        'r'
    }

    fn about(&self) -> &'static str {
        "let standbys whose replay was paused go on"
    }

    fn takes(&self) -> Kind {
        Kind::Server
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME]
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let steps: Result<Vec<Tree>, Refusal> = request.targets.iter().map(|server| step(world, server)).collect();
        let disturbed = "queries there may be cancelled by what it replays";
        let touches = request
            .targets
            .iter()
            .map(|server| (server.to_string(), disturbed.to_owned()));
        let seen = request.targets.iter().filter_map(|server| waiting(world, server));
        let names: Vec<String> = request.targets.iter().map(|server| server.name().to_string()).collect();
        Ok(Plan {
            title: format!("resume replay on {}", names.join(", ")),
            steps: Tree::Each {
                cap: 4,
                waves: vec![1],
                gate: None,
                budget: 0,
                over: steps?,
            },
            touches: touches.collect(),
            seen: seen.collect(),
            confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
            ..blank(request, world)
        })
    }
}

fn step(world: &Snapshot, server: &Target) -> Result<Tree, Refusal> {
    let pulse = fresh::<Pulse>(world, server)?.value;
    match pulse.replay.as_deref() {
        None => return Err(Refusal::new(format!("{server} is no standby"))),
        Some("not paused") => return Err(Refusal::new(format!("replay on {server} is not paused"))),
        Some(_) => {}
    }
    let place = place(world, server)?;
    Ok(Tree::step(Step {
        name: format!("resume replay on {}", server.name()),
        act: Act::Sql(place.sql("select pg_wal_replay_resume()")),
        again: true,
        check: Check {
            ask: Question::Sql(place.sql("select not pg_is_wal_replay_paused()")),
            within: 3,
        },
        undo: Undo::Act(Act::Sql(place.sql("select pg_wal_replay_pause()"))),
    }))
}

/// How much it has received and not replayed.
fn waiting(world: &Snapshot, server: &Target) -> Option<(String, String)> {
    let pulse = world.get::<Pulse>(server)?.value;
    let behind = pulse.received?.since(pulse.replayed?);
    Some((
        server.to_string(),
        format!("{behind} are received and wait to be replayed"),
    ))
}
