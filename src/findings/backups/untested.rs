//! What was never tried is not known to work.

use super::{Check, Finding, place};
use crate::{
    facts::{
        backups::{
            Catalogue,
            tested::{Tested, Tests},
        },
        runs::Runs,
        tenants::{self, Tenant},
    },
    model::{Instance, Severity, Target, Value, plural},
    store::{Fact, Snapshot},
};

/// Restores that were not tried, or not lately: one finding for each instance, however many tenants it has. Nobody is hurt
/// yet, so that none of them is shown as if something were wrong with it.
pub struct Untested;

impl Check for Untested {
    fn id(&self) -> &'static str {
        "restore-untested"
    }

    fn about(&self) -> &'static str {
        "tenants whose restore was not tried as lately as the fleet file asks for"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Runs::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let instances = world.fleet.instances.iter();
        instances
            .filter_map(|instance| self.instance(world, instance))
            .collect()
    }
}

impl Untested {
    /// Where nothing was seen of its backups, that is told of, and not this.
    fn instance(&self, world: &Snapshot, instance: &Instance) -> Option<Finding> {
        let target = Target::instance(&instance.name);
        let within = instance.backups.as_ref()?.tested_within;
        world.get::<Catalogue>(&target)?;
        let tests = Tests::of(world);
        let tenants = tenants::of(world).into_iter().flat_map(|all| &all.tenants);
        let here: Vec<&Tenant> = tenants.filter(|tenant| tenant.instance() == instance.name).collect();
        let verdicts = here.iter().map(|tenant| (tenant, tests.tenant(&tenant.target)));
        let late: Vec<(&&Tenant, Tested)> = verdicts
            .filter(|(_, tested)| tested.severity(within, world.taken) >= Severity::Warning)
            .collect();
        if late.is_empty() {
            return None;
        }
        let never = late.iter().filter(|(_, tested)| *tested == Tested::Never).count();
        let what = format!(
            "the restore of {} of {} was not tried within {}",
            plural(late.len(), "tenant"),
            target.name(),
            Value::Span(within).words(world.taken)
        );
        let finding = Finding::new(self, &target, Severity::Warning, what)
            .evidence("of tenants", here.len())
            .evidence("never tried", never);
        Some(finding.remedy(
            "try it: mark them in the view `backups`, and verify-restore",
            place(&target),
        ))
    }
}
