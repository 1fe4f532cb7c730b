//! What is wrong. A new kind of trouble is one file here and one line in [`ALL`].
//!
//! A check is a pure function of a snapshot. It judges the last good value even when that has grown old: what can no
//! longer be seen is not healed.

mod backups;
pub mod credentials;
mod health;
mod hurt;
mod migrations;
pub mod placement;
mod replication;
mod report;
pub mod rls;
pub mod sessions;
mod tenants;

use jiff::Timestamp;

pub use hurt::Hurt;
pub use report::{Finding, Report, Unseen};

use crate::{
    model::{Fault, Target},
    store::{Derived, Fact, Sealed, Snapshot},
};

/// Every check.
pub static ALL: &[&dyn Check] = &[
    &replication::TwoPrimaries,
    &replication::NoPrimary,
    &replication::Unreachable,
    &replication::StandbyState,
    &replication::SlotRetains,
    &sessions::Blocking,
    &sessions::IdleInTransaction,
    &sessions::LongTransaction,
    &sessions::OldHorizon,
    &sessions::PreparedTransactions,
    &sessions::Connections,
    &sessions::OwnLimit,
    &credentials::SealedVault,
    &credentials::VaultUnreachable,
    &credentials::OwnToken,
    &credentials::LeaseEnding,
    &credentials::Irrevocable,
    &credentials::RoleWithoutLease,
    &credentials::ExpiredRole,
    &credentials::LeaseWithoutRole,
    &credentials::DroppedRole,
    &credentials::Overdue,
    &credentials::NoDefaultLife,
    &credentials::EngineWithoutTls,
    &credentials::Fallback,
    &health::IdAge,
    &health::Checksums,
    &health::Archiver,
    &health::Collations,
    &health::PendingRestart,
    &health::ConfigurationFiles,
    &health::EndOfLife,
    &health::MissingFixes,
    &health::Privileges,
    &health::ClockSkew,
    &health::SequenceEnd,
    &health::InvalidIndexes,
    &health::AccessLists,
    &rls::Rls,
    &migrations::Drifted,
    &migrations::Differs,
    &migrations::Unfinished,
    &backups::Stale,
    &backups::Failing,
    &backups::Gap,
    &backups::Foreign,
    &backups::Damaged,
    &backups::Untested,
    &backups::Unverified,
    &backups::Unknown,
    &backups::Left,
    &tenants::ShutOut,
];

/// One kind of trouble.
pub trait Check: Sync {
    /// Stable, in kebab case: `slot-lost`. Part of the id of its findings.
    fn id(&self) -> &'static str;

    /// What it looks for, one line.
    fn about(&self) -> &'static str;

    /// Facts that it judges. Where one of them cannot be seen, the report says so.
    fn needs(&self) -> &'static [&'static str];

    /// What it finds.
    fn look(&self, world: &Snapshot) -> Vec<Finding>;

    /// What it could not see although its facts were seen: the parts of an answer that the server kept to itself.
    fn blind(&self, _world: &Snapshot) -> Vec<(Target, Fault)> {
        Vec::new()
    }
}

/// How the report follows. Who looks at a worst finding does not want every fact often: the findings view says so itself.
pub const DERIVED: Derived = Derived {
    name: Report::NAME,
    from: &[],
    make: judge,
};

/// Runs every check and keeps the report in the snapshot. What was found before keeps the time it was first seen.
pub fn judge(world: &mut Snapshot) {
    rls::derive(world);
    let fleet = Target::fleet();
    let before = world.get::<Report>(&fleet).map(|seen| seen.value);
    let report = Report::of(ALL, world, before);
    if before != Some(&report) {
        world.take(Report::NAME, &fleet, Timestamp::now(), Ok(Sealed::of(report)));
    }
}
