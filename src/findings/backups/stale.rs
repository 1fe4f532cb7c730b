//! There is no backup, or none that is young enough.

use jiff::Timestamp;

use super::{Check, Finding, NEEDS, each, moment, place};
use crate::{
    facts::backups::{Standing, Trouble, standing::late},
    model::{Backup, Severity, Value},
    store::Snapshot,
};

/// Older than the fleet file lets it be, or not there at all.
pub struct Stale;

impl Check for Stale {
    fn id(&self) -> &'static str {
        "backup-stale"
    }

    fn about(&self) -> &'static str {
        "instances without a backup that could be restored, or whose youngest is older than the fleet file allows"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let now = world.taken;
        let none = each(self, world, Trouble::Nothing, |standing| {
            format!("{} has no backup that could be restored", standing.target.name())
        });
        let stale = each(self, world, Trouble::Stale, move |standing| words(standing, now));
        let told = none.chain(stale).map(|(standing, finding)| {
            let full = evidence(finding, "youngest full backup", standing.full());
            let last = evidence(full, "youngest backup", standing.last());
            let allowed = [
                ("a full one is allowed to be", standing.settings.full_within),
                ("any is allowed to be", standing.settings.backup_within),
            ];
            let last = allowed.into_iter().fold(last, |finding, (label, span)| {
                finding.evidence(label, Value::Span(span).words(now))
            });
            let remedy = "see why its backups are not made: the timer or the cron table of their host, and pgBackRest's log \
                          there; make one now: pgbackrest --type=full backup";
            last.remedy(remedy, place(&standing.target))
        });
        told.collect()
    }
}

fn words(standing: &Standing<'_>, now: Timestamp) -> String {
    let name = standing.target.name();
    let age = |backup: Option<&Backup>| backup.map_or_else(String::new, |backup| Value::Began(backup.ended).words(now));
    let any = late(standing.last(), standing.settings.backup_within, now) > Severity::Ok;
    match standing.full() {
        _ if any => format!("the youngest backup of {name} is {} old", age(standing.last())),
        Some(full) => format!("the youngest full backup of {name} is {} old", age(Some(full))),
        None => format!("{name} has no full backup that could be restored"),
    }
}

fn evidence(finding: Finding, label: &str, backup: Option<&Backup>) -> Finding {
    match backup {
        Some(backup) => finding.evidence(label, format!("{}, ended {}", backup.label, moment(backup.ended))),
        None => finding.evidence(label, "none"),
    }
}
