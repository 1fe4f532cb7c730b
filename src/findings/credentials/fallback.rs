//! The servers are watched with credentials from a file although the secrets server should give them.

use std::collections::BTreeSet;

use super::{Check, Finding, is_shut};
use crate::{
    facts::pulse::Pulse,
    model::{LoginSource, Severity, Target, Text},
    store::{Fact, Snapshot},
};

/// One finding for the fleet.
pub struct Fallback;

impl Check for Fallback {
    fn id(&self) -> &'static str {
        "fallback-credentials"
    }

    fn about(&self) -> &'static str {
        "servers watched with credentials from a file, because the secrets server gave none"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        // While the secrets server is shut that is the trouble, and this its consequence.
        if is_shut(world) {
            return Vec::new();
        }
        let on_file = world
            .all::<Pulse>()
            .filter(|(_, seen)| seen.value.source == Some(LoginSource::Fallback));
        let instances: BTreeSet<String> = on_file
            .filter_map(|(server, _)| server.path().first().map(Text::to_string))
            .collect();
        if instances.is_empty() {
            return Vec::new();
        }
        let names = instances.into_iter().collect::<Vec<_>>().join(", ");
        let what = "the console watches with credentials from a file";
        let finding = Finding::new(self, &Target::vault(), Severity::Warning, what).evidence("instances", names);
        let remedy = "the secrets server answers, yet gave no credential: may the console's token read \
                      MOUNT/static-creds/ROLE?";
        vec![finding.remedy(remedy, "credentials")]
    }
}
