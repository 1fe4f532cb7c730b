//! A world in which each step of a plan has taken or has not; hands and a journal that can die.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use tenantry::{
    model::{
        Act, Answer, Call, Carrier, Check, Command, Deed, Entry, Fault, FaultKind, Order, Permit, Plan, Question, Said,
        Step, Undo,
    },
    ops::{
        Confirmed, Outcome, Run, Scribe, Stage, confirm, digest,
        engine::{self, Desk, Hands, Stopped},
        journal::Journal,
    },
};
use tokio::sync::mpsc;

/// What happens to one call of the other side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// It answers.
    Well,
    /// It says no, and does nothing.
    Refuses,
    /// The line is cut before it has done anything.
    CutBefore,
    /// The line is cut after it has done it.
    CutAfter,
}

#[derive(Default)]
pub struct World {
    /// Steps that are so now, by number.
    pub so: BTreeMap<usize, bool>,
    /// How often each was done.
    pub done: BTreeMap<usize, usize>,
    /// Statements that no step of the plan has.
    pub strangers: Vec<String>,
    /// What was kept of the journal.
    pub journal: Vec<Entry>,
    /// Deeds that were carried out without an intent that was kept.
    pub unannounced: Vec<usize>,
    /// Moments at which the process could die, so far.
    pub moments: usize,
    /// The moment at which it dies.
    pub dies_at: Option<usize>,
    dead: bool,
    /// What happens to the calls to come; then all is well.
    pub fates: Vec<Fate>,
    /// Steps whose deed is refused, whatever its fate.
    pub refused: Vec<usize>,
    /// Answers of gates to come; then they are open.
    pub gates: Vec<bool>,
    /// What the run is told while the deed of this number, from 0, is carried out.
    pub order_at_deed: Option<(usize, Command)>,
    /// Deeds that were carried out.
    pub deeds: usize,
}

#[derive(Clone)]
pub struct Sim {
    plan: Arc<Plan>,
    pub world: Arc<Mutex<World>>,
    died: Arc<tokio::sync::Notify>,
    /// Where the run that lives now is told what to do.
    orders: Arc<Mutex<Option<mpsc::Sender<Order>>>>,
}

impl Sim {
    pub fn of(plan: &Plan) -> Self {
        Self {
            plan: Arc::new(plan.clone()),
            world: Arc::default(),
            died: Arc::default(),
            orders: Arc::default(),
        }
    }

    /// Tells the run that lives now what to do.
    fn tell(&self, what: Command) {
        let order = Order {
            what,
            by: "bob".into(),
            at: "2026-11-24T03:00:00Z".parse().unwrap(),
        };
        // Nobody tells it anything after that.
        let orders = self.orders.lock().unwrap().take();
        orders.expect("it lives").try_send(order).expect("heard");
    }

    /// The process dies after so many moments from now, or lives.
    pub fn dies_in(&self, moments: Option<usize>) {
        let mut world = self.world.lock().unwrap();
        world.dies_at = moments.map(|moments| moments + world.moments);
    }

    /// A moment at which the process may die. True where it does.
    fn moment(&self) -> bool {
        let mut world = self.world.lock().unwrap();
        let dies = world.dies_at == Some(world.moments) || world.dead;
        world.moments += 1;
        world.dead = dies;
        if dies {
            self.died.notify_one();
        }
        dies
    }

    /// The step whose deed, or whose undoing, this is.
    fn find(&self, act: &Act) -> Option<(usize, bool)> {
        let steps = self.plan.steps.steps();
        let deed = steps.iter().position(|step| step.act == *act).map(|at| (at, true));
        let undo = |step: &&Step| matches!(&step.undo, Undo::Act(undo) if undo == act);
        deed.or_else(|| steps.iter().position(undo).map(|at| (at, false)))
    }

    fn carry_out(&self, act: &Act) {
        let mut world = self.world.lock().unwrap();
        let Some((at, forward)) = self.find(act) else {
            world.strangers.push(format!("{act:?}"));
            return;
        };
        world.so.insert(at, forward);
        let deed = if forward { Deed::Act(at) } else { Deed::Undo(at) };
        if forward {
            *world.done.entry(at).or_default() += 1;
        }
        let announced = world.journal.iter().rev().any(|entry| *entry == Entry::Intent(deed));
        if !announced {
            world.unannounced.push(at);
        }
    }

    fn fate(&self) -> Fate {
        let mut world = self.world.lock().unwrap();
        if world.fates.is_empty() {
            Fate::Well
        } else {
            world.fates.remove(0)
        }
    }

    fn fate_of(&self, act: &Act) -> Fate {
        let refused = self.find(act).filter(|(_, forward)| *forward);
        let refused = refused.is_some_and(|(at, _)| self.world.lock().unwrap().refused.contains(&at));
        if refused { Fate::Refuses } else { self.fate() }
    }

    /// Begins the run, or takes it up where there is a journal. `None` where the process died.
    pub async fn live(&self, confirmed: &Confirmed) -> Option<Result<Outcome, Stopped>> {
        let entries = {
            let mut world = self.world.lock().unwrap();
            world.dead = false;
            world.journal.clone()
        };
        let mut journal = self.clone();
        let mut told = |_: &Entry, _: &Run| {};
        let (orders, heard) = mpsc::channel(1);
        *self.orders.lock().unwrap() = Some(orders);
        let desk = Desk {
            by: Carrier::default(),
            journal: &mut journal,
            told: &mut told,
            orders: heard,
        };
        let life = async {
            match Run::replay(&entries) {
                None => engine::begin(confirmed, "run", desk, self).await,
                Some(run) => engine::resume(run, confirmed, desk, self).await,
            }
        };
        tokio::select! {
            biased;
            ended = life => match ended {
                Err(Stopped::Journal(error)) if error.kind() == io::ErrorKind::Interrupted => None,
                other => Some(other),
            },
            () = self.died.notified() => None,
        }
    }

    /// The run as its journal tells it.
    pub fn run(&self) -> Run {
        Run::replay(&self.world.lock().unwrap().journal).expect("a journal")
    }

    /// What must hold whatever happened.
    #[track_caller]
    pub fn holds(&self, context: &str) {
        let world = self.world.lock().unwrap();
        assert!(
            world.strangers.is_empty(),
            "{context}: outside the plan: {:?}",
            world.strangers
        );
        assert!(
            world.unannounced.is_empty(),
            "{context}: without an intent: {:?}",
            world.unannounced
        );
        let Some(run) = Run::replay(&world.journal) else {
            assert!(
                world.done.is_empty(),
                "{context}: done without a journal: {:?}",
                world.done
            );
            return;
        };
        for (at, (step, state)) in run.steps().enumerate() {
            let times = world.done.get(&at).copied().unwrap_or_default();
            assert!(
                step.again || times <= 1,
                "{context}: {} was done {times} times",
                step.name
            );
            // What only looks leaves nothing.
            let so = step.act == Act::Look || world.so.get(&at).copied().unwrap_or_default();
            assert!(
                state.stage != Stage::Done || so,
                "{context}: {} is called done and is not",
                step.name
            );
            assert!(
                state.stage != Stage::Undone || !so || step.act == Act::Look,
                "{context}: {} is called undone and is not",
                step.name
            );
            assert!(
                state.stage != Stage::Waiting || !so || step.again,
                "{context}: {} is called waiting and was done",
                step.name
            );
        }
    }

    /// Steps that are so now.
    pub fn so(&self) -> Vec<usize> {
        let world = self.world.lock().unwrap();
        world.so.iter().filter(|(_, so)| **so).map(|(at, _)| *at).collect()
    }
}

impl Journal for Sim {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let dead = || io::Error::from(io::ErrorKind::Interrupted);
        if self.moment() {
            return Err(dead());
        }
        self.world.lock().unwrap().journal.push(entry.clone());
        if self.moment() { Err(dead()) } else { Ok(()) }
    }
}

#[async_trait]
impl Hands for Sim {
    async fn take(&self, _: &str, _: &Plan) -> Result<(), Fault> {
        Ok(())
    }

    async fn act(&self, act: &Act, scribe: &Scribe) -> Answer {
        let told = {
            let mut world = self.world.lock().unwrap();
            let deed = world.deeds;
            world.deeds += 1;
            world.order_at_deed.take_if(|(at, _)| *at == deed)
        };
        if let Some((_, what)) = told {
            self.tell(what);
        }
        if *act == Act::Look {
            return Answer::Yes;
        }
        // Others get a turn, so that deeds side by side end in any order.
        tokio::task::yield_now().await;
        if self.moment() {
            std::future::pending::<()>().await;
        }
        let fate = self.fate_of(act);
        if matches!(fate, Fate::Well | Fate::CutAfter) {
            self.carry_out(act);
        }
        if self.moment() {
            std::future::pending::<()>().await;
        }
        if let (Act::Vault(Call { hold: Some(name), .. }), Fate::Well) = (act, fate) {
            scribe.keep(&format!("{name}.lease"), "a lease").await.expect("kept");
        }
        let fault = |kind| Fault::new(kind, "as it was fated");
        match fate {
            Fate::Well => Answer::Yes,
            Fate::Refuses => Answer::Refused(fault(FaultKind::Denied)),
            Fate::CutBefore | Fate::CutAfter => Answer::Silence(fault(FaultKind::Unreachable)),
        }
    }

    async fn check(&self, check: &Check, scribe: &Scribe) -> Answer {
        tokio::task::yield_now().await;
        if self.moment() {
            std::future::pending::<()>().await;
        }
        let steps = self.plan.steps.steps();
        let at = steps.iter().position(|step| step.check == *check);
        // A step may ask the same as a gate.
        let at = at.filter(|_| scribe.about() != engine::GATE);
        match (at, self.fate()) {
            (_, Fate::CutBefore | Fate::CutAfter) => {
                Answer::Silence(Fault::new(FaultKind::Unreachable, "as it was fated"))
            }
            (None, _) => {
                let mut world = self.world.lock().unwrap();
                let open = world.gates.is_empty() || world.gates.remove(0);
                if open { Answer::Yes } else { Answer::No }
            }
            // It was carried out and is not so: somebody else has changed it meanwhile, say.
            (Some(_), Fate::Refuses) => Answer::No,
            (Some(at), Fate::Well) => {
                let so = self.world.lock().unwrap().so.get(&at).copied().unwrap_or_default();
                if !so && steps[at].act != Act::Look {
                    return Answer::No;
                }
                for name in taken(&check.ask) {
                    scribe.keep(name, "a value").await.expect("kept");
                }
                Answer::Yes
            }
        }
    }
}

/// Where a run is carried out that nobody tells anything.
pub fn desk<'a, 'b>(journal: &'a mut dyn Journal, told: &'a mut engine::Told<'b>) -> Desk<'a, 'b> {
    Desk {
        by: Carrier::default(),
        journal,
        told,
        orders: mpsc::channel(1).1,
    }
}

/// What a question keeps for the steps that follow.
fn taken(ask: &Question) -> Vec<&str> {
    match ask {
        Question::Take(name, _) => vec![name],
        Question::All(all) => all.iter().flat_map(taken).collect(),
        _ => Vec::new(),
    }
}

/// Who confirms everything.
pub fn said(plan: &Plan) -> Said {
    Said {
        by: "ada".into(),
        login: None,
        from: None,
        word: plan.confirm.word(),
        reason: Some("a test".into()),
        permit: Some(Permit {
            ticket: "a test".into(),
            until: "2026-11-24T04:00:00Z".parse().unwrap(),
        }),
        at: "2026-11-24T03:00:00Z".parse().unwrap(),
    }
}

pub fn confirmed(plan: &Plan) -> Confirmed {
    confirm(plan.clone(), &digest(plan), said(plan)).expect("confirmed")
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
