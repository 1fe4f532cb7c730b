//! A console over a recorded fleet, with somebody who may act, and answers to what it asks for.

use std::sync::Arc;

use jiff::SignedDuration;
use tenantry::{
    model::{Environment, Fleet, Plan, Request, Target},
    ops::{
        self, Refusal,
        carry::{Errand, Reply},
        survey::Evidence,
    },
    store::Snapshot,
    tui::{
        app::{App, Effect, Memory, Prepared, Stage},
        setup::{Hand, Setup},
        update::{Msg, update},
    },
};

use super::{evidence::surveyed, recording::Recording, support::Console, views};

/// The fleet when much was wrong with it.
pub fn worst() -> Snapshot {
    Recording::read(include_str!("worlds/worst.json")).world()
}

/// The fleet when all was well.
pub fn well() -> Snapshot {
    Recording::read(include_str!("worlds/well.json")).world()
}

/// The same fleet, where something else is at stake.
pub fn at_stake(mut world: Snapshot, environment: Environment) -> Snapshot {
    let fleet = Fleet {
        tracks: Vec::new(),
        environment,
        ..(*world.fleet).clone()
    };
    world.fleet = Arc::new(fleet);
    world
}

/// Who sits there: ada, who may act everywhere.
pub fn hand(world: &Snapshot) -> Hand {
    Hand {
        by: "ada".into(),
        login: Some("ada".into()),
        from: Some("192.0.2.7".into()),
        instances: world
            .fleet
            .instances
            .iter()
            .map(|instance| instance.name.clone())
            .collect(),
        vault: true,
        ticket: None,
    }
}

impl Console {
    /// A line open over this fleet. Reading is the rule.
    pub fn over(world: Snapshot, line: &str, size: (u16, u16)) -> Self {
        let hand = hand(&world);
        Self::of_hand(world, line, size, hand)
    }

    /// The same with a hand of its own.
    pub fn of_hand(world: Snapshot, line: &str, size: (u16, u16), hand: Hand) -> Self {
        let memory = Memory {
            last: Some(line.into()),
            ..Memory::default()
        };
        let now = world.taken;
        let setup = Setup { hand, ..views::setup() };
        let mut app = App::new(setup, Arc::new(world), memory, now, size);
        update(&mut app, Msg::Resized(size.0, size.1));
        Self {
            app,
            effects: Vec::new(),
        }
    }

    /// Types a line after `:`.
    pub fn line(&mut self, line: &str) -> &mut Self {
        self.press(":").types(line).press("enter")
    }

    /// Takes leave to write.
    pub fn permitted(&mut self) -> &mut Self {
        self.line("write 15m OPS-7")
    }

    /// What was asked to be planned last.
    #[track_caller]
    pub fn asked(&self) -> (u64, Request) {
        match self.effects.last() {
            Some(Effect::Prepare(number, request)) => (*number, request.clone()),
            other => panic!("no plan is asked for: {other:?}\n{}", self.text()),
        }
    }

    /// What was begun last.
    #[track_caller]
    pub fn began(&self) -> (u64, Errand) {
        match self.effects.last() {
            Some(Effect::Begin(number, errand)) => (*number, (**errand).clone()),
            other => panic!("nothing is begun: {other:?}\n{}", self.text()),
        }
    }

    /// Answers what was asked: the plan is made on the fleet as it is seen.
    #[track_caller]
    pub fn planned(&mut self) -> &mut Self {
        self.planned_as(|plan| plan)
    }

    /// The same with a plan that the house has changed.
    #[track_caller]
    pub fn planned_as(&mut self, bound: impl FnOnce(Plan) -> Plan) -> &mut Self {
        let (number, request) = self.asked();
        let world = surveyed(&request, self.app.latest());
        let evidence = world.get::<Evidence>(&Target::fleet()).map(|seen| seen.value.clone());
        let made = ops::plan(&request, &world).map(|plan| Prepared {
            plan: bound(plan),
            evidence,
        });
        self.tell(Msg::Prepared(number, Box::new(made)))
    }

    /// Refuses what was asked.
    #[track_caller]
    pub fn refused(&mut self, refusal: Refusal) -> &mut Self {
        let (number, _) = self.asked();
        self.tell(Msg::Prepared(number, Box::new(Err(refusal))))
    }

    /// A frame is painted.
    pub fn painted(&mut self) -> &mut Self {
        self.tell(Msg::Painted(self.app.clock))
    }

    /// So much later.
    pub fn passes(&mut self, milliseconds: i64) -> &mut Self {
        self.tell(Msg::Tick(self.app.clock + SignedDuration::from_millis(milliseconds)))
    }

    /// The plan was looked at long enough.
    #[track_caller]
    pub fn armed(&mut self) -> &mut Self {
        self.planned().painted().passes(500)
    }

    /// Answers what was begun.
    #[track_caller]
    pub fn replied(&mut self, reply: Reply) -> &mut Self {
        let (number, _) = self.began();
        self.tell(Msg::Begun(number, Ok(reply)))
    }

    /// The fleet is seen anew, with a change.
    pub fn sees_change(&mut self, change: impl FnOnce(&mut Snapshot)) -> &mut Self {
        let mut world = Snapshot::clone(self.app.latest());
        change(&mut world);
        self.tell(Msg::World(Arc::new(world)))
    }

    /// Whether a dialog of an operation is open.
    pub fn is_acting(&self) -> bool {
        self.app.acting().is_some()
    }

    /// Whether it is begun, or about to be.
    pub fn is_begun(&self) -> bool {
        let starting = |stage: &Stage| matches!(stage, Stage::Starting);
        self.app.acting().is_some_and(|acting| starting(&acting.stage))
            || self.effects.iter().any(|effect| matches!(effect, Effect::Begin(..)))
    }

    /// What the word field holds.
    #[track_caller]
    pub fn word(&self) -> String {
        let sheet = self.app.acting().and_then(|acting| acting.sheet());
        sheet.expect("a plan is looked at").word.value().to_owned()
    }
}
