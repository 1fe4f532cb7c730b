//! How facts are laid out. A new view is one file here and one line in [`ALL`].

mod backups;
mod copies;
mod credentials;
mod detail;
pub mod findings;
mod fleet;
mod instances;
mod migrations;
mod placement;
mod policies;
pub mod query;
mod replicas;
mod runs;
mod sessions;
pub mod sources;
mod tenants;

use std::cmp::Reverse;

pub use detail::{detail, standbys};

use crate::{
    model::{Column, Row, Table},
    store::Snapshot,
};

/// Every view, in the order of the help.
pub static ALL: &[&dyn View] = &[
    &fleet::Fleet,
    &instances::Instances,
    &tenants::AllTenants,
    &replicas::Replicas,
    &credentials::AllCredentials,
    &policies::AllPolicies,
    &migrations::AllMigrations,
    &backups::AllBackups,
    &copies::AllCopies,
    &sessions::AllSessions,
    &placement::Placement,
    &findings::Findings,
    &runs::AllRuns,
];

/// A pure arrangement of the snapshot. The terminal paints it, `--json` prints it.
pub trait View: Sync {
    /// The noun: `:replicas`, `show replicas`.
    fn name(&self) -> &'static str;

    /// Shorter words for it.
    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    /// What it shows, one line.
    fn about(&self) -> &'static str;

    /// Facts that it shows.
    fn needs(&self) -> &'static [&'static str];

    /// Those of them that are asked for often while somebody looks; for the others the usual pace will do.
    fn watches(&self) -> &'static [&'static str] {
        self.needs()
    }

    /// Its columns, in order.
    fn columns(&self) -> &'static [Column];

    /// Names of the operations for its rows. What an operation takes may be what a row stands for, or lie behind it.
    fn offers(&self) -> &'static [&'static str] {
        &[]
    }

    /// The arrangement: rows worst first.
    fn table(&self, world: &Snapshot) -> Table;
}

/// The view of this name or alias.
pub fn find(name: &str) -> Option<&'static dyn View> {
    ALL.iter()
        .copied()
        .find(|view| view.name() == name || view.aliases().contains(&name))
}

/// The order of every view: worst first, then by identity.
fn worst_first(rows: &mut [Row]) {
    rows.sort_by(|a, b| (Reverse(a.severity), &a.target).cmp(&(Reverse(b.severity), &b.target)));
}
