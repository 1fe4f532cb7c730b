//! Sessions that go on although their role was dropped.

use super::{Check, Finding, Trouble, by_instance, count, moment};
use crate::{
    facts::{
        credentials::{Ghost, ghosts},
        sessions::Sessions,
    },
    model::Severity,
    store::{Fact, Snapshot},
};

/// Dropping a role does not end its sessions: revoking a credential ends nothing that runs on it.
pub struct DroppedRole;

impl Check for DroppedRole {
    fn id(&self) -> &'static str {
        "dropped-role"
    }

    fn about(&self) -> &'static str {
        "sessions that go on although their role was dropped"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Sessions::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let words = |n, place: &str| format!("{} on {place} goes on without a role", count(n, "session"));
        let remedy = "what it could do it can still do: let the application reconnect, or end it with \
                      pg_terminate_backend";
        by_instance(self, ghosts(world).map(|ghost| trouble(&ghost)), words, remedy)
    }
}

fn trouble(ghost: &Ghost<'_>) -> Trouble {
    let session = ghost.session;
    let application = session.application.clone().unwrap_or_default();
    let oid = session.user_oid.unwrap_or_default();
    Trouble {
        instance: Some(ghost.server.part(0).into()),
        severity: Severity::Warning,
        label: format!("{} on {}", session.pid, ghost.server.name()),
        what: format!(
            "{application}, role with oid {oid}, connected {}",
            moment(session.started)
        ),
    }
}
