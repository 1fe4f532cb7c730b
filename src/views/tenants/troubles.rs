//! The worst finding of each tenant, looked up without reading the report once for every row.

use std::collections::HashMap;

use crate::{
    facts::tenants::Tenant,
    findings::{Finding, Hurt, Report},
    model::Target,
    store::Snapshot,
};

/// What is wrong, for looking up the worst of each tenant.
pub struct Troubles<'a> {
    /// Of some tenants; with the place in the report, worst first.
    own: HashMap<&'a Target, (usize, &'a Finding)>,
    /// Of all tenants of a place.
    common: Vec<(usize, &'a Finding)>,
}

impl<'a> Troubles<'a> {
    /// Of all that is found and not muted.
    pub fn of(world: &'a Snapshot) -> Self {
        let report = world.get::<Report>(&Target::fleet()).map(|seen| seen.value);
        let (mut own, mut common) = (HashMap::new(), Vec::new());
        for ranked in report.into_iter().flat_map(Report::heard).enumerate() {
            match &ranked.1.hurts {
                Hurt::Nobody => {}
                Hurt::These(tenants) => {
                    for tenant in tenants {
                        own.entry(tenant).or_insert(ranked);
                    }
                }
                Hurt::Inhabitants(_) | Hurt::Sharers(_) => common.push(ranked),
            }
        }
        Self { own, common }
    }

    /// The worst that hurts this tenant.
    pub fn worst(&self, tenant: &Tenant) -> Option<&'a Finding> {
        let own = self.own.get(&tenant.target);
        let common = self.common.iter().find(|(_, finding)| finding.hurts.includes(tenant));
        own.into_iter()
            .chain(common)
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, finding)| *finding)
    }
}
