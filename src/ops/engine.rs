//! Carries a confirmed plan to its end. The journal is always a line ahead of the world.

use std::{collections::BTreeSet, io};

use async_trait::async_trait;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};

use super::{
    confirm::Confirmed,
    journal::Journal,
    run::{Outcome, Run},
};
use crate::model::{Act, Answer, Check, Deed, Entry, Fault, Plan, Tree, Undo};

/// What carries deeds out, and alone changes anything outside.
#[async_trait]
pub trait Hands: Send + Sync {
    /// Takes every target for this run alone, or says who has it.
    async fn take(&self, id: &str, plan: &Plan) -> Result<(), Fault>;

    /// Carries out a deed.
    async fn act(&self, act: &Act) -> Answer;

    /// Asks until it is so, or its time is over.
    async fn check(&self, check: &Check) -> Answer;
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

/// Begins a run. Nothing is written before its targets are ours.
///
/// # Errors
/// Where it stopped before its end.
pub async fn begin(
    confirmed: &Confirmed,
    id: &str,
    journal: &mut dyn Journal,
    hands: &dyn Hands,
    told: &mut Told<'_>,
) -> Result<Outcome, Stopped> {
    let opened = confirmed.opened(id);
    let run = Run::replay(std::slice::from_ref(&opened)).ok_or_else(|| io::Error::other("no plan"))?;
    hands.take(id, &run.plan).await.map_err(Stopped::Taken)?;
    let mut drive = Drive { run, journal, told };
    drive.write(&opened)?;
    drive.go(hands).await
}

/// Takes up a run whose process died, or that was stuck.
///
/// # Errors
/// Where it stopped before its end.
pub async fn resume(
    run: Run,
    confirmed: &Confirmed,
    journal: &mut dyn Journal,
    hands: &dyn Hands,
    told: &mut Told<'_>,
) -> Result<Outcome, Stopped> {
    hands.take(&run.id, &run.plan).await.map_err(Stopped::Taken)?;
    let mut drive = Drive { run, journal, told };
    drive.write(&confirmed.resumed())?;
    drive.go(hands).await
}

struct Drive<'a, 'b> {
    run: Run,
    journal: &'a mut dyn Journal,
    told: &'a mut Told<'b>,
}

impl Drive<'_, '_> {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        self.journal.write(entry)?;
        self.run.apply(entry);
        (self.told)(entry, &self.run);
        Ok(())
    }

    async fn go(&mut self, hands: &dyn Hands) -> Result<Outcome, Stopped> {
        let mut under_way = BTreeSet::new();
        let mut deeds = FuturesUnordered::new();
        loop {
            for deed in self.run.next() {
                if under_way.insert(deed) {
                    self.write(&Entry::Intent(deed))?;
                    deeds.push(self.carry_out(deed, hands));
                }
            }
            let Some((deed, answer)) = deeds.next().await else {
                return Ok(self.run.outcome());
            };
            under_way.remove(&deed);
            self.write(&Entry::Answer(deed, answer))?;
        }
    }

    fn carry_out<'h>(&self, deed: Deed, hands: &'h dyn Hands) -> BoxFuture<'h, (Deed, Answer)> {
        match deed {
            Deed::Act(at) => {
                let act = self.run.step(at).act.clone();
                Box::pin(async move { (deed, hands.act(&act).await) })
            }
            Deed::Check(at) => {
                let check = self.run.step(at).check.clone();
                Box::pin(async move { (deed, hands.check(&check).await) })
            }
            Deed::Undo(at) => match self.run.step(at).undo.clone() {
                Undo::Act(act) => Box::pin(async move { (deed, hands.act(&act).await) }),
                Undo::Nothing | Undo::Never(_) => Box::pin(async move { (deed, Answer::Yes) }),
            },
            Deed::Gate(at) => match gate(&self.run.plan.steps, at, 0) {
                Some(gate) => Box::pin(async move { (deed, hands.check(&gate).await) }),
                None => Box::pin(async move { (deed, Answer::Yes) }),
            },
        }
    }
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
