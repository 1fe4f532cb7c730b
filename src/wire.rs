//! Joins the rooms: turns configuration into doors, and doors into a river of snapshots.

use std::{sync::Arc, time::Duration};

use tenantry::{
    config::Settings,
    facts, findings,
    model::Fault,
    provider::Doors,
    store::{self, Interest, Snapshot},
};
use tokio::sync::watch;

/// What follows from what was asked.
fn judge(world: &mut Snapshot) {
    facts::derive(world);
    findings::judge(world);
}

/// Asks for ever.
pub fn watch(
    settings: &Settings,
    looking_at: &[&'static str],
) -> Result<(watch::Receiver<Arc<Snapshot>>, Interest), Fault> {
    let doors = Doors::new(settings)?;
    let fleet = Arc::new(settings.fleet.clone());
    let (world, interest, _task) = store::serve(facts::ALL, fleet, doors, judge, looking_at);
    Ok((world, interest))
}

/// Asks once.
pub async fn once(settings: &Settings, facts: &[&'static str], deadline: Duration) -> Result<Snapshot, Fault> {
    let doors = Doors::new(settings)?;
    let fleet = Arc::new(settings.fleet.clone());
    Ok(store::poll_once(facts::ALL, facts, fleet, doors, judge, deadline).await)
}
