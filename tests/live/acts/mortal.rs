//! A process that dies at a deed of its run that is chosen: hands that never come back from it.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tenantry::{
    config::Policy,
    model::{Act, Answer, Carrier, Check, Entry, Fault, Plan},
    ops::{
        Outcome, Scribe,
        act::Acting,
        carry::{self, Bench, Errand, Reply},
        engine::Hands,
        house::Person,
        journal,
        record::Record,
    },
    provider::postgres::Operators,
};
use tokio::sync::Notify;

use crate::ground::Ground;

/// Where a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// When a deed is to be carried out.
    Before,
    /// When it was carried out, and nobody was told.
    After,
    /// When it was read back, and nobody was told.
    Read,
}

/// Hands of a process that dies at the deed of this number.
struct Mortal {
    hands: Acting,
    dies: Option<(usize, Death)>,
    deeds: AtomicUsize,
    read: AtomicUsize,
    died: Notify,
}

impl Mortal {
    fn new(ground: &Ground, dies: Option<(usize, Death)>) -> Self {
        Self {
            hands: Acting::new(Operators::new(&ground.settings()).expect("operators")),
            dies,
            deeds: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
            died: Notify::new(),
        }
    }

    /// Never comes back from where it dies.
    async fn lives(&self, at: usize, moment: Death) {
        if self.dies == Some((at, moment)) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Hands for Mortal {
    async fn take(&self, id: &str, plan: &Plan) -> Result<(), Fault> {
        self.hands.take(id, plan).await
    }

    async fn introduce(&self, before: Option<&str>) -> Vec<Entry> {
        self.hands.introduce(before).await
    }

    async fn let_go(&self) {
        self.hands.let_go().await;
    }

    async fn act(&self, act: &Act, scribe: &Scribe) -> Answer {
        let at = self.deeds.fetch_add(1, Ordering::Relaxed);
        self.lives(at, Death::Before).await;
        let answer = self.hands.act(act, scribe).await;
        self.lives(at, Death::After).await;
        answer
    }

    async fn check(&self, check: &Check, scribe: &Scribe) -> Answer {
        let at = self.read.fetch_add(1, Ordering::Relaxed);
        let answer = self.hands.check(check, scribe).await;
        self.lives(at, Death::Read).await;
        answer
    }
}

/// Carries it out with hands that may die; the run, where it was begun, and whether they died.
pub fn life(ground: &Ground, errand: Errand, dies: Option<(usize, Death)>) -> (String, bool) {
    let hands = Mortal::new(ground, dies);
    let person = Person {
        user: errand.said.by.clone(),
        groups: Vec::new(),
    };
    let directory = Ground::runs();
    let bench = Bench {
        journals: &directory,
        policy: &Policy::default(),
        person: &person,
        by: Carrier::default(),
        hands: &hands,
    };
    let mut replies = Vec::new();
    let mut reply = |said: Reply| replies.push(said);
    let ended = ground.block_on(async {
        tokio::select! {
            biased;
            ended = carry::carry(errand, &bench, &mut reply) => Some(ended),
            () = hands.died.notified() => None,
        }
    });
    if let Some(ended) = &ended {
        assert!(ended.is_ok(), "{ended:?}");
    }
    let Some(Reply::Begun(id)) = replies.first() else {
        panic!("{replies:?}");
    };
    (id.clone(), ended.is_none())
}

pub fn outcome(id: &str) -> Outcome {
    let record = Record::read(id.to_owned(), &journal::path(&Ground::runs(), id)).expect("a journal");
    record.run.expect("a run").outcome()
}
