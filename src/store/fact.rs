//! A fact is a typed observation; a probe is how it is asked for.

use std::{any::Any, fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

use super::Snapshot;
use crate::{
    model::{Fault, Target},
    provider::Doors,
};

/// A typed observation. The type itself is the key under which the snapshot keeps it.
pub trait Fact: Any + Debug + Send + Sync + Serialize + DeserializeOwned {
    /// Unique; what a view lists among its needs.
    const NAME: &'static str;

    /// Numbers worth remembering for some minutes, by the name of their series.
    fn samples(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }
}

/// An observation whose type the snapshot does not need to know.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub(super) value: Arc<dyn Any + Send + Sync>,
    pub(super) samples: Vec<(&'static str, f64)>,
}

impl Sealed {
    /// Seals a fact.
    pub fn of<T: Fact>(fact: T) -> Self {
        Self {
            samples: fact.samples(),
            value: Arc::new(fact),
        }
    }
}

/// A fact that follows from others and asks nothing. Made anew before every snapshot goes out.
#[derive(Clone, Copy, Debug)]
pub struct Derived {
    /// The name of the fact.
    pub name: &'static str,
    /// The facts that it is made from: who looks at this one wants those often.
    pub from: &'static [&'static str],
    /// Makes it, where something that it is made from has changed.
    pub make: fn(&mut Snapshot),
}

/// How often a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// While an open view needs the answer.
    pub watched: Duration,
    /// Otherwise.
    pub idle: Duration,
}

impl Pace {
    /// In seconds.
    pub const fn secs(watched: u64, idle: u64) -> Self {
        Self {
            watched: Duration::from_secs(watched),
            idle: Duration::from_secs(idle),
        }
    }
}

/// How a fact is asked for.
#[async_trait]
pub trait Probe: Send + Sync {
    /// The name of the fact.
    fn name(&self) -> &'static str;

    /// How often.
    fn pace(&self) -> Pace;

    /// Facts without which [`Probe::targets`] or [`Probe::ask`] would not know where to go.
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    /// How long one question may take, whatever its door does.
    fn patience(&self) -> Duration {
        Duration::from_secs(6)
    }

    /// After how long what failed is asked again, however rarely it is asked otherwise.
    fn retry(&self) -> Duration {
        Duration::from_secs(3)
    }

    /// What to ask about, as far as the snapshot tells.
    fn targets(&self, world: &Snapshot) -> Vec<Target>;

    /// Whether the snapshot knows enough to ask. Until then the beat waits, and the fact is not complete.
    fn ready(&self, _target: &Target, _world: &Snapshot) -> bool {
        true
    }

    /// Asks. Takes as long as the doors let it.
    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault>;
}
