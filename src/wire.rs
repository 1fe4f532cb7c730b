//! Joins the rooms: turns configuration into doors, and doors into a river of snapshots.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use tenantry::{
    config::Settings,
    facts, findings,
    model::Fault,
    ops,
    provider::Doors,
    store::{self, Derived, Interest, Probe, Questions, Snapshot},
};
use tokio::sync::watch;

/// All that is asked and all that follows from it, findings last.
fn questions() -> Questions {
    static PROBES: LazyLock<Vec<&dyn Probe>> =
        LazyLock::new(|| facts::ALL.iter().chain(ops::watch::PROBES).copied().collect());
    static DERIVED: LazyLock<Vec<Derived>> =
        LazyLock::new(|| facts::DERIVED.iter().copied().chain([findings::DERIVED]).collect());
    Questions {
        probes: &PROBES,
        derived: &DERIVED,
    }
}

/// Asks for ever.
pub fn watch(
    settings: &Settings,
    journals: Option<PathBuf>,
    looking_at: &[&'static str],
) -> Result<(watch::Receiver<Arc<Snapshot>>, Interest, Doors), Fault> {
    let doors = Doors {
        journals,
        ..Doors::new(settings)?
    };
    let fleet = Arc::new(settings.fleet.clone());
    let (world, interest, _task) = store::serve(questions(), fleet, doors.clone(), looking_at);
    Ok((world, interest, doors))
}

/// Asks once.
pub async fn once(
    settings: &Settings,
    journals: Option<PathBuf>,
    facts: &[&'static str],
    deadline: Duration,
) -> Result<Snapshot, Fault> {
    let doors = Doors {
        journals,
        ..Doors::new(settings)?
    };
    let fleet = Arc::new(settings.fleet.clone());
    Ok(store::poll_once(questions(), facts, fleet, doors, deadline).await)
}
