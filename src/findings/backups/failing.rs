//! Backups are made, and not well.

use super::{Check, Finding, NEEDS, each, moment, place};
use crate::{
    facts::backups::{Log, Standing, Trouble, Worth},
    store::Snapshot,
};

/// The repository is not well, the last backup is damaged, or the log is refused.
pub struct Failing;

impl Check for Failing {
    fn id(&self) -> &'static str {
        "backup-failing"
    }

    fn about(&self) -> &'static str {
        "repositories that say that they are not well, last backups with damaged pages, logs that are not archived"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let failing = each(self, world, Trouble::Failing, words).map(|(standing, finding)| {
            let remedy =
                "see pgBackRest's log on the host of the backups, and the server's log for what archive_command says";
            told(&standing, finding).remedy(remedy, place(&standing.target))
        });
        let off = each(self, world, Trouble::Off, |standing| {
            let name = standing.target.name();
            format!("{name} does not archive its log: what was done since its last backup cannot be had back")
        });
        // One finding of a kind for each instance: where it fails anyway, that is told.
        let only = |standing: &Standing<'_>| !standing.troubles(world.taken).contains(&Trouble::Failing);
        let off = off.filter(|(standing, _)| only(standing)).map(|(standing, finding)| {
            let remedy =
                "set archive_mode and archive_command as pgBackRest's guide says; archive_mode needs a restart";
            finding.remedy(remedy, place(&standing.target))
        });
        failing.chain(off).collect()
    }
}

fn words(standing: &Standing<'_>) -> String {
    let name = standing.target.name();
    if let Some(complaint) = standing.complaint() {
        return format!("the repository of {name} is not well: {complaint}");
    }
    match (standing.youngest(), &standing.window) {
        (Some((backup, Worth::Damaged)), _) => {
            format!(
                "the last backup of {name}, {}, has pages with wrong checksums",
                backup.label
            )
        }
        (Some((backup, Worth::Baseless(base))), _) => {
            format!(
                "the last backup of {name}, {}, builds on {base}, which is not there",
                backup.label
            )
        }
        (_, Some((_, newest))) => {
            format!(
                "the log of {name} is not archived: no restore reaches beyond {}",
                moment(*newest)
            )
        }
        (_, None) => format!("the log of {name} is not archived"),
    }
}

fn told(standing: &Standing<'_>, finding: Finding) -> Finding {
    let finding = match &standing.log {
        Log::Failing { at } => finding.evidence("archiving failed last", moment(*at)),
        _ => finding,
    };
    let damaged = standing.backups.iter().filter(|(_, worth)| *worth == Worth::Damaged);
    let labels: Vec<String> = damaged.map(|(backup, _)| backup.label.to_string()).collect();
    if labels.is_empty() {
        finding
    } else {
        finding.evidence("backups with damaged pages", labels.join(", "))
    }
}
