//! Who answers: the servers, for the header of the screen and for what is said while nothing is known.

use crate::{
    facts::{self, pulse::Pulse},
    model::{Fault, Severity, Target},
    store::{Known, Snapshot},
};

/// How far the sources of everything else can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    /// A few words each, with how bad it is.
    pub words: Vec<(String, Severity)>,
    /// Who has not answered yet.
    pub waiting: Vec<Target>,
    /// Who does not answer, and why.
    pub down: Vec<(Target, Fault)>,
}

/// As last seen.
pub fn sources(world: &Snapshot) -> Sources {
    let servers = facts::servers(world);
    let mut sources = Sources::default();
    for server in &servers {
        match world.known::<Pulse>(server) {
            Known::Waiting => sources.waiting.push(server.clone()),
            Known::Silent(fault) => sources.down.push((server.clone(), fault.clone())),
            Known::Seen(seen) => sources
                .down
                .extend(seen.fault.map(|fault| (server.clone(), fault.clone()))),
        }
    }
    let up = servers.len() - sources.waiting.len() - sources.down.len();
    let severity = match (sources.down.len(), sources.waiting.len()) {
        (0, 0) => Severity::Ok,
        (0, _) => Severity::Notice,
        (down, _) if down == servers.len() => Severity::Critical,
        _ => Severity::Warning,
    };
    sources
        .words
        .push((format!("servers {up}/{}", servers.len()), severity));
    sources
}
