//! When it was last tried whether a tenant can be had back: by the journals of runs.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    facts::runs::{self, Stand},
    model::{Severity, Target, Text},
    store::Snapshot,
};

/// The operation that tries it.
pub const OPERATION: &str = "verify-restore";
/// How a run stands whose every step was done.
const DONE: &str = "done";

/// When the restore of a tenant was last tried and succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tested {
    /// Then.
    At(Timestamp),
    /// Never.
    Never,
    /// Not known, and why.
    Unknown(Text),
}

/// Of all tenants.
pub struct Tests<'a> {
    last: HashMap<&'a Target, Timestamp>,
    /// Why there may be others.
    unread: Option<Text>,
}

impl<'a> Tests<'a> {
    /// What the journals tell that are read.
    pub fn of(world: &'a Snapshot) -> Self {
        let (runs, unread) = runs::read(world);
        let mut tests = Self {
            last: HashMap::new(),
            unread,
        };
        let succeeded =
            |operation: &str, stand, state: &str| operation == OPERATION && stand == Stand::Ended && state == DONE;
        for run in runs {
            let Some(last) = run
                .last
                .filter(|_| succeeded(run.operation.raw(), run.stand, &run.state))
            else {
                continue;
            };
            for target in &run.targets {
                let at = tests.last.entry(target).or_insert(last);
                *at = last.max(*at);
            }
        }
        tests
    }

    /// Of this one.
    pub fn tenant(&self, tenant: &Target) -> Tested {
        match (self.last.get(tenant), &self.unread) {
            (Some(at), _) => Tested::At(*at),
            (None, None) => Tested::Never,
            (None, Some(why)) => Tested::Unknown(why.clone()),
        }
    }
}

impl Tested {
    /// How bad it is: what was never tried is not known to work at all.
    pub fn severity(&self, within: SignedDuration, now: Timestamp) -> Severity {
        match self {
            Self::At(at) if now.duration_since(*at) < within => Severity::Ok,
            Self::At(_) => Severity::Warning,
            Self::Never => Severity::Critical,
            Self::Unknown(_) => Severity::Unseen,
        }
    }
}
