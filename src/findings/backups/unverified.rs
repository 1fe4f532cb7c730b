//! What is kept may be damaged, and that is seen only where it is read.

use jiff::SignedDuration;

use super::{Check, Finding, Hurt, moment, place};
use crate::{
    facts::{
        backups::{
            Catalogue,
            verified::{Failed, Verifications, Verified},
        },
        runs::Runs,
    },
    model::{Instance, Severity, Target, Value},
    store::{Fact, Snapshot},
};

/// Repositories that were read and not found to be whole: what was lost with it is lost until there is another backup.
pub struct Damaged;

impl Check for Damaged {
    fn id(&self) -> &'static str {
        "backup-damaged"
    }

    fn about(&self) -> &'static str {
        "repositories that the last verify-backups did not find whole"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Runs::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let found = all(world).filter_map(|(instance, target, verified)| {
            let Verified::Failed(failed) = &verified else {
                return None;
            };
            let severity = verified.severity(instance.backups.as_ref()?.verified_within, world.taken);
            Some(self.told(&target, failed, severity))
        });
        found.collect()
    }
}

impl Damaged {
    fn told(&self, target: &Target, failed: &Failed, severity: Severity) -> Finding {
        let name = target.name();
        let (what, remedy) = if failed.damaged {
            (
                format!("the backups of {name} are not whole: files of them are damaged or missing"),
                "make a full backup now, which needs nothing of what is there; then see what has damaged or removed files, and \
                 verify-backups again",
            )
        } else {
            (
                format!("the backups of {name} could not be verified"),
                "see why, and verify-backups again",
            )
        };
        let whole = failed.whole.map_or_else(|| "not known".to_owned(), moment);
        let finding = Finding::new(self, target, severity, what)
            .evidence("found", failed.why.clone())
            .evidence("read last", moment(failed.at))
            .evidence("whole before", whole)
            .evidence("run", failed.run.clone())
            .remedy(remedy, place(target));
        if failed.damaged {
            finding.hurts(Hurt::Inhabitants(target.clone()))
        } else {
            finding
        }
    }
}

/// Repositories that were not read as lately as the fleet file asks for, where it does.
pub struct Unverified;

impl Check for Unverified {
    fn id(&self) -> &'static str {
        "backup-unverified"
    }

    fn about(&self) -> &'static str {
        "repositories that were not verified as lately as the fleet file asks for, where it does"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Runs::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let found = all(world).filter_map(|(instance, target, verified)| {
            let within: SignedDuration = instance.backups.as_ref()?.verified_within?;
            // Where nothing was seen of its backups, that is told of, and not this.
            world.get::<Catalogue>(&target)?;
            let last = match verified {
                Verified::Whole(at) => moment(at),
                Verified::Never => "never".into(),
                Verified::Failed(_) | Verified::Unknown(_) => return None,
            };
            let severity = verified.severity(Some(within), world.taken);
            let what = format!(
                "the backups of {} were not verified within {}",
                target.name(),
                Value::Span(within).words(world.taken)
            );
            let finding = Finding::new(self, &target, severity, what).evidence("verified last", last);
            let finding = finding.remedy("verify-backups reads every file of them", place(&target));
            (severity > Severity::Ok).then_some(finding)
        });
        found.collect()
    }
}

/// Every instance that has a repository, with what is known of it.
fn all(world: &Snapshot) -> impl Iterator<Item = (&Instance, Target, Verified)> {
    let verifications = Verifications::of(world);
    let kept = world
        .fleet
        .instances
        .iter()
        .filter(|instance| instance.backups.is_some());
    kept.map(move |instance| {
        let target = Target::instance(&instance.name);
        let verified = verifications.instance(&target);
        (instance, target, verified)
    })
}
