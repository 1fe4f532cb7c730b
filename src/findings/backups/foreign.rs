//! The repository holds another cluster.

use super::{Check, Finding, NEEDS, each, place};
use crate::{
    facts::backups::{Identity, Trouble},
    store::Snapshot,
};

/// What is kept there is not this instance's: another stanza was named, or the cluster was made anew.
pub struct Foreign;

impl Check for Foreign {
    fn id(&self) -> &'static str {
        "backup-foreign"
    }

    fn about(&self) -> &'static str {
        "repositories that hold the backups of another cluster than the instance's"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let foreign = each(self, world, Trouble::Foreign, |standing| {
            format!(
                "the repository of {} holds the backups of another cluster",
                standing.target.name()
            )
        });
        let told = foreign.map(|(standing, finding)| {
            let finding = match &standing.identity {
                Identity::Foreign { theirs, ours } => finding
                    .evidence("system identifier there", theirs)
                    .evidence("system identifier of the servers", ours),
                Identity::Own | Identity::Unknown => finding,
            };
            let remedy = "see `stanza` and `config` in [instances.backups]; where the cluster was upgraded or made anew: \
                          pgbackrest stanza-upgrade, then a full backup";
            finding.remedy(remedy, place(&standing.target))
        });
        told.collect()
    }
}
