//! What changes the world: plans, their confirmation, and runs that are folds over their own journals.
//!
//! A new operation made of verbs that there are is one file here and one line in [`ALL`]; a new verb is one file in
//! `act/`.

pub mod act;
mod actor;
mod anchor;
mod backup;
pub mod carry;
mod confirm;
mod copies;
mod drop_index;
mod drop_slot;
mod end_sessions;
pub mod engine;
pub mod house;
pub mod journal;
pub mod kept;
pub mod launch;
mod lease;
mod lock_out;
mod logind;
mod may;
mod migrate;
pub mod moments;
mod offboard;
mod onboard;
pub mod orders;
pub mod paper;
pub mod point;
mod progress;
pub mod record;
mod refusal;
mod restore;
mod resume_replay;
mod revoke;
mod rotate;
mod run;
mod scribe;
mod source;
mod state;
pub mod survey;
mod tenant;
mod turn;
mod undo;
mod walk;
pub mod watch;
mod whole;

pub use confirm::{Confirmed, Mismatch, Stake, confirm, digest, permitted, tier};
pub use progress::Course;
pub use refusal::{Choose, Refusal};
pub use run::{Outcome, Run};
pub use scribe::{Line, Scribe};
pub use state::{Stage, State};
use survey::Inquiries;
pub use turn::Turn;

use crate::{
    facts::credentials::Users,
    model::{Kind, Place, Plan, Request, Target, Text, Tree, plural},
    store::Snapshot,
};

/// Every operation.
pub static ALL: &[&dyn Operation] = &[
    &end_sessions::EndSessions,
    &resume_replay::ResumeReplay,
    &rotate::Rotate,
    &rotate::root::RotateRoot,
    &revoke::Revoke,
    &lock_out::LockOut,
    &drop_slot::DropSlot,
    &migrate::Migrate,
    &drop_index::DropIndex,
    &onboard::Onboard,
    &offboard::Disable,
    &offboard::Move,
    &offboard::Purge,
    &copies::Beside,
    &copies::wipe::WipeCopy,
    &copies::verify::VerifyRestore,
    &copies::repository::VerifyBackups,
    &backup::Backup,
    &restore::Restore,
    &undo::TakeBack,
    &whole::RestoreWhole,
];

/// Something that can be done. Its plan is a pure function of what was asked and of what is seen.
pub trait Operation: Sync {
    /// Stable, in kebab case.
    fn name(&self) -> &'static str;

    /// The letter that chooses it wherever it is offered: no other has it, and it stays.
    fn letter(&self) -> char;

    /// What it does, one line.
    fn about(&self) -> &'static str;

    /// What it is done to.
    fn takes(&self) -> Kind;

    /// What it asks besides.
    fn asks(&self) -> &'static [Ask] {
        &[]
    }

    /// Facts that its plan is made from.
    fn needs(&self) -> &'static [&'static str];

    /// What its plan needs to know and no watcher asks for, by name. It is asked again with what was found out, until it
    /// asks for nothing new.
    ///
    /// # Errors
    /// Where it is clear already that there will be no plan.
    fn survey(&self, _: &Request, _: &Snapshot) -> Result<Inquiries, Refusal> {
        Ok(Inquiries::new())
    }

    /// What is clear of it while it is still being filled in, label and words: asks nobody, so that it can be told with every
    /// key.
    ///
    /// # Errors
    /// Where it is clear already that there will be no plan.
    fn sketch(&self, request: &Request, world: &Snapshot) -> Result<Vec<(String, String)>, Refusal> {
        self.survey(request, world).map(|_| Vec::new())
    }

    /// The primaries in whose log a restore point is taken before anything else is done: those whose data it changes.
    ///
    /// # Errors
    /// Where they are not known.
    fn changes(&self, _: &Request, _: &Snapshot) -> Result<Vec<Place>, Refusal> {
        Ok(Vec::new())
    }

    /// Everything that it would do, or why it would not.
    ///
    /// # Errors
    /// Where it must not be done, or too little is known to do it.
    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal>;
}

/// Something that an operation asks besides its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Its name.
    pub name: &'static str,
    /// What may be said, and what is meant where nothing is said: the first. Where there are none, any text.
    pub words: &'static [&'static str],
    /// What it means.
    pub about: &'static str,
}

/// The name of every operation.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|operation| operation.name()).collect()
}

/// The operation of this name.
///
/// # Errors
/// Where there is none; the refusal names those that there are.
pub fn find(name: &str) -> Result<&'static dyn Operation, Refusal> {
    let found = ALL.iter().copied().find(|operation| operation.name() == name);
    found.ok_or_else(|| {
        Refusal::new(format!("no operation {:?}", Text::from(name))).hint(format!("one of {}", names().join(", ")))
    })
}

/// A plan of this request that does nothing yet.
fn blank(request: &Request, world: &Snapshot) -> Plan {
    Plan {
        fleet: world.fleet.name.clone(),
        environment: world.fleet.environment,
        request: request.clone(),
        title: String::new(),
        steps: Tree::Seq(Vec::new()),
        touches: Vec::new(),
        difference: None,
        artefacts: Vec::new(),
        seen: Vec::new(),
        evidence: None,
        lost: Vec::new(),
        farewell: None,
        confirm: tier(world.fleet.environment, &request.targets, Stake::Final),
        approval: None,
        then: None,
    }
}

/// How many sessions these roles have, in words.
fn sessions_now<'a>(users: &Users, instance: &str, roles: impl Iterator<Item = &'a str>) -> String {
    let counts = roles.map(|role| users.sessions(&instance.into(), &role.into()));
    counts.sum::<Option<u64>>().map_or_else(
        || "sessions are not seen".into(),
        |n| format!("{} now", plural(usize::try_from(n).unwrap_or(usize::MAX), "session")),
    )
}

/// One target by its name, several by their number: `legacy-app`, `3 static roles`.
fn named(targets: &[Target], noun: &str) -> String {
    match targets {
        [one] => one.name().to_string(),
        many => plural(many.len(), noun),
    }
}

/// What a plan of this request needs to know and is not known yet.
///
/// # Errors
/// Where the request makes no sense, or it is clear already that there will be no plan.
pub fn survey(request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
    let operation = sound(request)?;
    let mut inquiries = operation.survey(request, world)?;
    inquiries.extend(point::ask(&operation.changes(request, world)?));
    Ok(survey::Known::of(world).lacks(inquiries))
}

/// What is clear of a request while it is still being filled in.
///
/// # Errors
/// Where it makes no sense, or it is clear already that there will be no plan.
pub fn sketch(request: &Request, world: &Snapshot) -> Result<Vec<(String, String)>, Refusal> {
    sound(request)?.sketch(request, world)
}

/// The plan of a request: what every operation needs to be asked, and then its own.
///
/// # Errors
/// Where there is no such operation, nothing to do it to, or it refuses.
pub fn plan(request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
    let (operation, known) = (sound(request)?, survey::Known::of(world));
    let mut plan = operation.plan(request, world)?;
    // The first half of something changes nothing yet.
    if plan.then.is_none() {
        plan = point::before(plan, &operation.changes(request, world)?, known);
    }
    Ok(Plan {
        evidence: known.digest(),
        ..plan
    })
}

/// The operation of a request that makes sense.
fn sound(request: &Request) -> Result<&'static dyn Operation, Refusal> {
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
    for name in request.each.keys() {
        if request.targets.iter().all(|target| target.name().raw() != name) {
            return Err(Refusal::new(format!(
                "{} is not among what it is to be done to",
                Text::from(name.as_str())
            )));
        }
    }
    let of_one = request.each.values().flatten();
    for (name, said) in request.arguments.iter().chain(of_one) {
        let ask = operation.asks().iter().find(|ask| ask.name == name);
        match ask {
            None => return Err(Refusal::new(format!("{} does not ask for {name:?}", operation.name()))),
            Some(ask) if !ask.words.is_empty() && !ask.words.contains(&said.as_str()) => {
                return Err(Refusal::new(format!("{name} is one of {}", ask.words.join(", "))));
            }
            Some(_) => {}
        }
    }
    Ok(operation)
}
