//! What changes the world: plans, their confirmation, and runs that are folds over their own journals.
//!
//! A new operation made of verbs that there are is one file here and one line in [`ALL`]; a new verb is one file in
//! `act/`.

pub mod act;
mod confirm;
mod end_sessions;
pub mod engine;
pub mod journal;
mod refusal;
mod resume_replay;
mod run;
mod state;
mod walk;

pub use confirm::{Confirmed, Mismatch, confirm, digest, tier};
pub use refusal::Refusal;
pub use run::{Outcome, Run};
pub use state::{Stage, State};

use crate::{
    model::{Kind, Plan, Request, Text},
    store::Snapshot,
};

/// Every operation.
pub static ALL: &[&dyn Operation] = &[&end_sessions::EndSessions, &resume_replay::ResumeReplay];

/// Something that can be done. Its plan is a pure function of what was asked and of what is seen.
pub trait Operation: Sync {
    /// Stable, in kebab case.
    fn name(&self) -> &'static str;

    /// What it does, one line.
    fn about(&self) -> &'static str;

    /// What it is done to.
    fn takes(&self) -> Kind;

    /// What it asks besides, by name, each with what may be said and what it means; the first is what is meant where
    /// nothing is said.
    fn asks(&self) -> &'static [(&'static str, &'static [&'static str], &'static str)] {
        &[]
    }

    /// Facts that its plan is made from.
    fn needs(&self) -> &'static [&'static str];

    /// Everything that it would do, or why it would not.
    ///
    /// # Errors
    /// Where it must not be done, or too little is known to do it.
    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal>;
}

/// The operation of this name.
///
/// # Errors
/// Where there is none; the refusal names those that there are.
pub fn find(name: &str) -> Result<&'static dyn Operation, Refusal> {
    let found = ALL.iter().copied().find(|operation| operation.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|operation| operation.name()).collect();
        Refusal::new(format!("no operation {:?}", Text::from(name))).hint(format!("one of {}", names.join(", ")))
    })
}

/// The plan of a request: what every operation needs to be asked, and then its own.
///
/// # Errors
/// Where there is no such operation, nothing to do it to, or it refuses.
pub fn plan(request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
    let operation = find(&request.operation)?;
    if request.targets.is_empty() {
        // An empty selection is never everything.
        return Err(Refusal::new(format!(
            "{} needs at least one {}",
            operation.name(),
            operation.takes().word()
        )));
    }
    for (at, target) in request.targets.iter().enumerate() {
        if target.kind() != operation.takes() {
            return Err(Refusal::new(format!("{target} is no {}", operation.takes().word())));
        }
        if request.targets[..at].contains(target) {
            return Err(Refusal::new(format!("{target} is named twice")));
        }
    }
    for (name, said) in &request.arguments {
        let asks = operation.asks().iter().find(|(asks, ..)| asks == name);
        match asks {
            None => return Err(Refusal::new(format!("{} does not ask for {name:?}", operation.name()))),
            Some((_, words, _)) if !words.contains(&said.as_str()) => {
                return Err(Refusal::new(format!("{name} is one of {}", words.join(", "))));
            }
            Some(_) => {}
        }
    }
    operation.plan(request, world)
}
