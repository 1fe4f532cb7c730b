//! Carries a confirmed plan to its end. The journal is always a line ahead of the world.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use async_trait::async_trait;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::{
    confirm::Confirmed,
    journal::Journal,
    run::{Outcome, Run},
    scribe::{Line, Scribe},
};
use crate::model::{Act, Answer, Carrier, Check, Deed, Entry, Fault, Order, Plan, Tree};

/// The name under which every step knows what its run is called.
pub const ID: &str = "run";
/// The name under which the accessor of a process's own token is kept.
pub const TOKEN: &str = "run.token";
/// What the deed is about that asks whether a wave may begin.
pub const GATE: &str = "the gate before a wave";

/// What carries deeds out, and alone changes anything outside.
#[async_trait]
pub trait Hands: Send + Sync {
    /// Takes every target for this run alone, or says who has it.
    async fn take(&self, id: &str, plan: &Plan) -> Result<(), Fault>;

    /// Whom these hands belong to, for the journal; and the token of the process before, of this accessor, is ended.
    async fn introduce(&self, _before: Option<&str>) -> Vec<Entry> {
        Vec::new()
    }

    /// Gives back what was had for this run alone.
    async fn let_go(&self) {}

    /// Carries out a deed.
    async fn act(&self, act: &Act, scribe: &Scribe) -> Answer;

    /// Asks until it is so, or its time is over.
    async fn check(&self, check: &Check, scribe: &Scribe) -> Answer;
}

/// Why a run stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A line of the journal may not have been kept: nothing is done any more.
    #[error("the journal cannot be written: {0}")]
    Journal(#[from] io::Error),
    /// Its targets are not ours.
    #[error("{0}")]
    Taken(Fault),
}

/// Who hears of each line of the journal once it is kept.
pub type Told<'a> = dyn FnMut(&Entry, &Run) + Send + 'a;

/// Where a run is carried out: who does it, what writes it down, who hears of it, and what it is told meanwhile.
pub struct Desk<'a, 'b> {
    /// Who.
    pub by: Carrier,
    /// Keeps each line.
    pub journal: &'a mut dyn Journal,
    /// Hears of each line.
    pub told: &'a mut Told<'b>,
    /// Orders. Where the other end is gone, none come.
    pub orders: mpsc::Receiver<Order>,
}

/// Begins a run. Nothing is written before its targets are ours.
///
/// # Errors
/// Where it stopped before its end.
pub async fn begin(confirmed: &Confirmed, id: &str, desk: Desk<'_, '_>, hands: &dyn Hands) -> Result<Outcome, Stopped> {
    let opened = confirmed.opened(id, desk.by.clone());
    let run = Run::replay(std::slice::from_ref(&opened)).ok_or_else(|| io::Error::other("no plan"))?;
    hands.take(id, &run.plan).await.map_err(Stopped::Taken)?;
    let mut drive = Drive { run, desk };
    drive.write(&opened)?;
    drive.whole(hands).await
}

/// Takes up a run whose process died, or that was stuck.
///
/// # Errors
/// Where it stopped before its end.
pub async fn resume(
    run: Run,
    confirmed: &Confirmed,
    desk: Desk<'_, '_>,
    hands: &dyn Hands,
) -> Result<Outcome, Stopped> {
    hands.take(&run.id, &run.plan).await.map_err(Stopped::Taken)?;
    let resumed = confirmed.resumed(desk.by.clone());
    let mut drive = Drive { run, desk };
    drive.write(&resumed)?;
    drive.whole(hands).await
}

struct Drive<'a, 'b> {
    run: Run,
    desk: Desk<'a, 'b>,
}

impl Drive<'_, '_> {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        self.desk.journal.write(entry)?;
        self.run.apply(entry);
        (self.desk.told)(entry, &self.run);
        Ok(())
    }

    async fn whole(&mut self, hands: &dyn Hands) -> Result<Outcome, Stopped> {
        let before = self.run.kept.get(TOKEN).cloned();
        for entry in hands.introduce(before.as_deref()).await {
            self.write(&entry)?;
        }
        let ended = self.go(hands).await;
        hands.let_go().await;
        ended
    }

    async fn go(&mut self, hands: &dyn Hands) -> Result<Outcome, Stopped> {
        let mut under_way = BTreeSet::new();
        let mut deeds = FuturesUnordered::new();
        let (lines, mut told) = mpsc::unbounded_channel::<Line>();
        loop {
            for deed in self.run.next() {
                if under_way.insert(deed) {
                    self.write(&Entry::Intent(deed))?;
                    let scribe = Scribe::new(self.about(deed), self.known(), lines.clone());
                    deeds.push(self.carry_out(deed, hands, scribe));
                }
            }
            if deeds.is_empty() {
                match self.run.outcome() {
                    Outcome::Paused { .. } => {}
                    ended => return Ok(ended),
                }
            }
            tokio::select! {
                biased;
                Some(line) = told.recv(), if !deeds.is_empty() => {
                    self.write(&line.entry)?;
                    line.is_kept();
                }
                Some(order) = self.desk.orders.recv() => self.write(&Entry::Ordered(order))?,
                Some((deed, answer)) = deeds.next() => {
                    under_way.remove(&deed);
                    self.write(&Entry::Answer(deed, answer))?;
                }
                // Told to wait, and nobody is there who could tell it to go on.
                else => return Ok(self.run.outcome()),
            }
        }
    }

    fn about(&self, deed: Deed) -> String {
        match deed {
            Deed::Act(at) | Deed::Check(at) | Deed::Undo(at) => self.run.step(at).name.clone(),
            Deed::Gate(_) => GATE.into(),
        }
    }

    /// What steps kept, and the name of the run.
    fn known(&self) -> BTreeMap<String, String> {
        let mut known = self.run.kept.clone();
        known.insert(ID.into(), self.run.id.clone());
        known
    }

    fn carry_out<'h>(&self, deed: Deed, hands: &'h dyn Hands, scribe: Scribe) -> BoxFuture<'h, (Deed, Answer)> {
        match deed {
            Deed::Act(at) => act(deed, Some(self.run.step(at).act.clone()), hands, scribe),
            Deed::Undo(at) => act(deed, self.run.step(at).undo.act().cloned(), hands, scribe),
            Deed::Check(at) => ask(deed, Some(self.run.step(at).check.clone()), hands, scribe),
            Deed::Gate(at) => ask(deed, gate(&self.run.plan.steps, at, 0), hands, scribe),
        }
    }
}

fn act(deed: Deed, act: Option<Act>, hands: &dyn Hands, scribe: Scribe) -> BoxFuture<'_, (Deed, Answer)> {
    Box::pin(async move {
        let Some(act) = act else {
            return (deed, Answer::Yes);
        };
        (deed, hands.act(&act, &scribe).await)
    })
}

fn ask(deed: Deed, check: Option<Check>, hands: &dyn Hands, scribe: Scribe) -> BoxFuture<'_, (Deed, Answer)> {
    Box::pin(async move {
        let Some(check) = check else {
            return (deed, Answer::Yes);
        };
        (deed, hands.check(&check, &scribe).await)
    })
}

/// The gate before the wave that begins with this step.
fn gate(tree: &Tree, at: usize, first: usize) -> Option<Check> {
    let (Tree::Seq(all) | Tree::Each { over: all, .. }) = tree else {
        return None;
    };
    let mut number = first;
    for child in all {
        let next = number + child.count();
        if (number..next).contains(&at) {
            return match tree {
                Tree::Each { gate, .. } if number == at => gate.as_deref().cloned(),
                Tree::Step(_) | Tree::Seq(_) | Tree::Each { .. } => gate(child, at, number),
            };
        }
        number = next;
    }
    None
}
