//! Files of the log are missing. Only those are told of that are known to be: a gap between others is not seen from here.

use super::{Check, Finding, NEEDS, each, place};
use crate::{facts::backups::Trouble, store::Snapshot};

/// Labels that are told.
const TOLD: usize = 5;

/// Log that backups need, or that the primary says it has archived, is not in the repository.
pub struct Gap;

impl Check for Gap {
    fn id(&self) -> &'static str {
        "backup-gap"
    }

    fn about(&self) -> &'static str {
        "files of the log that are known to be missing from a repository"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let gaps = each(self, world, Trouble::Gap, |standing| {
            let missing = standing.log.missing().unwrap_or_default();
            format!("log of {} is missing: {missing}", standing.target.name())
        });
        let told = gaps.map(|(standing, finding)| {
            let finding = standing.logless().take(TOLD).fold(finding, |finding, (backup, file)| {
                finding.evidence(format!("backup {}", backup.label), format!("needs {file}"))
            });
            let remedy = "make a full backup now, which needs none of it; then see whether archive_command leads into this \
                          repository, and what has removed files from it";
            finding.remedy(remedy, place(&standing.target))
        });
        told.collect()
    }
}
