//! Why a plan was not made, and what it needs of the world in order to be made.

use std::collections::BTreeSet;

use crate::{
    facts::{leader, pulse::Pulse, server::Setup},
    model::{Place, Target, Timeline},
    store::{Fact, Known, Seen, Snapshot},
};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// One sentence without a full stop.
    pub what: String,
    /// What could be done.
    pub hint: Option<String>,
    /// What has to be chosen first, where that is why.
    pub choose: Option<Box<Choose>>,
}

/// A choice that is still to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choose {
    /// The name of what is asked.
    pub ask: &'static str,
    /// The answers that there are.
    pub among: Timeline,
}

impl Refusal {
    /// A refusal without a hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
            choose: None,
        }
    }

    /// The same, with what could be done.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Choose {
    /// That no moment is chosen yet.
    pub fn moment(ask: &'static str, among: Timeline) -> Refusal {
        Refusal {
            what: "no moment is chosen".into(),
            hint: Some(format!("set {ask} to one of these, or to any time with its zone")),
            choose: Some(Box::new(Self { ask, among })),
        }
    }
}

/// What is seen now. What has grown old, or was never seen, is nothing to act on.
pub fn fresh<'a, T: Fact>(world: &'a Snapshot, target: &Target) -> Result<Seen<'a, T>, Refusal> {
    match world.known::<T>(target) {
        Known::Seen(seen) => match seen.fault {
            None => Ok(seen),
            Some(fault) => Err(Refusal::new(format!(
                "{} of {target} was last seen a while ago: {fault}",
                T::NAME
            ))),
        },
        Known::Silent(fault) => Err(Refusal::new(format!("{} of {target} was not seen: {fault}", T::NAME))),
        Known::Waiting => Err(Refusal::new(format!("{} of {target} was not seen yet", T::NAME))),
    }
}

/// A server as it is now, to be found again as such.
pub fn place(world: &Snapshot, server: &Target) -> Result<Place, Refusal> {
    if world.fleet.instance(server.part(0)).is_none() {
        return Err(Refusal::new(format!("there is no {server}")));
    }
    let pulse = fresh::<Pulse>(world, server)?.value;
    Ok(Place {
        server: server.clone(),
        database: None,
        system: fresh::<Setup>(world, server)?.value.system.clone(),
        timeline: pulse.timeline.into(),
        recovery: pulse.recovery,
    })
}

/// The primary of an instance as it is now, to be found again as such.
pub fn primary(world: &Snapshot, instance: &str) -> Result<Place, Refusal> {
    let none = || Refusal::new(format!("no server of {instance} is known to be its primary"));
    let place = place(world, &leader(world, instance).ok_or_else(none)?)?;
    if place.recovery { Err(none()) } else { Ok(place) }
}

/// The primaries of the instances of these targets, each once.
pub fn primaries(world: &Snapshot, targets: &[Target]) -> Result<Vec<Place>, Refusal> {
    let instances: BTreeSet<&str> = targets.iter().map(|target| target.part(0)).collect();
    instances.into_iter().map(|instance| primary(world, instance)).collect()
}
