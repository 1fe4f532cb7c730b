//! What we may not see.

use super::{instances, names, place};
use crate::{
    facts::server::Setup,
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Without `pg_monitor` the server hides sessions, settings and lags, and shows nulls in their place.
pub struct Privileges;

impl Check for Privileges {
    fn id(&self) -> &'static str {
        "privileges"
    }

    fn about(&self) -> &'static str {
        "servers on which the role that watches lacks pg_monitor"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Setup::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        instances(world)
            .filter_map(|(instance, servers)| self.finding(&instance, &servers))
            .collect()
    }
}

impl Privileges {
    fn finding(&self, instance: &Target, servers: &[(Target, &Setup)]) -> Option<Finding> {
        let blind = servers
            .iter()
            .filter(|(_, setup)| !setup.access.monitor && !setup.access.superuser);
        let role = &blind.clone().next()?.1.access.role;
        let what = format!("much of {} is hidden from {role}", instance.name());
        let finding = Finding::new(self, instance, Severity::Unseen, what)
            .evidence("servers", names(blind.map(|(server, _)| server)))
            .evidence("missing", "membership in pg_monitor");
        Some(finding.remedy(format!("grant pg_monitor to {role}"), place(instance)))
    }
}
