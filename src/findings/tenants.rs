//! Tenants that are shut out: that is meant, and nobody should have to remember it.

use super::{Check, Finding, Hurt};
use crate::{
    facts::{databases::Databases, schemas::Schemas, tenants},
    model::{Severity, Text},
    store::{Fact, Snapshot},
};

/// A tenant that somebody has shut out, and that neither was let in again nor is gone.
pub struct ShutOut;

impl Check for ShutOut {
    fn id(&self) -> &'static str {
        "tenant-shut-out"
    }

    fn about(&self) -> &'static str {
        "tenants that are shut out, and whose data is still there"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Schemas::NAME, Databases::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let all = tenants::of(world).into_iter().flat_map(|all| &all.tenants);
        let shut = all.filter_map(|tenant| Some((tenant, tenant.shut?)));
        shut.map(|(tenant, since)| {
            let what = format!("{} is shut out since {since:.0}; its data is still there", tenant.name);
            let finding = Finding::new(self, &tenant.target, Severity::Notice, what);
            Finding {
                hurts: Hurt::These(vec![tenant.target.clone()]),
                ..finding
            }
            .remedy(
                "undo of the run that shut it out lets it in again; purge takes its data away for good",
                format!("tenants /{}", Text::from(tenant.id())),
            )
        })
        .collect()
    }
}
