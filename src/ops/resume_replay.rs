//! Resume replay on a standby that somebody paused.

use super::{
    Operation, Refusal,
    confirm::tier,
    refusal::{fresh, place},
};
use crate::{
    facts::{pulse::Pulse, server::Setup},
    model::{Act, Check, Kind, Place, Plan, Request, Sql, Step, Target, Tree, Undo},
    store::{Fact, Snapshot},
};

/// The operation.
pub struct ResumeReplay;

impl Operation for ResumeReplay {
    fn name(&self) -> &'static str {
        "resume-replay"
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
        // How much that is changes with every beat, and would make another plan of it.
        let disturbed = "queries there may be cancelled by what it replays";
        let touches = request
            .targets
            .iter()
            .map(|server| (server.to_string(), disturbed.to_owned()));
        let names: Vec<String> = request.targets.iter().map(|server| server.name().to_string()).collect();
        Ok(Plan {
            fleet: world.fleet.name.clone(),
            environment: world.fleet.environment,
            request: request.clone(),
            title: format!("resume replay on {}", names.join(", ")),
            steps: Tree::Each {
                cap: 4,
                waves: vec![1],
                gate: None,
                budget: 0,
                over: steps?,
            },
            touches: touches.collect(),
            lost: Vec::new(),
            confirm: tier(world.fleet.environment, &request.targets, false),
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
        act: Act::Sql(sql(&place, "select pg_wal_replay_resume()")),
        again: true,
        check: Check {
            sql: sql(&place, "select not pg_is_wal_replay_paused()"),
            within: 3,
        },
        undo: Undo::Act(Act::Sql(sql(&place, "select pg_wal_replay_pause()"))),
    }))
}

fn sql(place: &Place, text: &str) -> Sql {
    Sql {
        place: place.clone(),
        text: text.into(),
    }
}
