//! Every lease of the database engine: when it began, when it ends, and which ones the engine gave up revoking.

mod ask;
mod lookup;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use ask::Ask;

use crate::{
    model::{Fault, Kind, Target, Text},
    store::Fact,
};

/// Every lease under `<mount>/creds/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Leases {
    /// When they began to be listed: what was issued later may be missing.
    pub listed: Timestamp,
    /// By id.
    pub leases: BTreeMap<Text, Lease>,
    /// Why the ends of some are not known, where that is so.
    pub unread: Option<Fault>,
    /// Why it is not known which ones are irrevocable, where that is so.
    pub irrevocable_unseen: Option<Fault>,
}

/// One lease. It does not name the user that it stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// The dynamic role it was issued for.
    pub role: Text,
    /// What was read of it; none before it was.
    pub terms: Option<Terms>,
    /// Why the server gave up revoking it, where it did: the error of the last attempt.
    pub irrevocable: Option<Text>,
}

/// What `sys/leases/lookup` tells, by the server's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends; none where it never does.
    pub expires: Option<Timestamp>,
    /// When it was last made to live longer.
    pub renewed: Option<Timestamp>,
    /// Whether it can be made to live longer.
    pub renewable: bool,
    /// When this was read, on our clock.
    pub at: Timestamp,
}

impl Fact for Leases {
    const NAME: &'static str = "leases";

    fn samples(&self) -> Vec<(&'static str, f64)> {
        vec![("leases", self.leases.len() as f64)]
    }
}

/// What a lease is known by in views and findings: its id, name by name, so that the last one is enough to find it.
pub fn target(id: &Text) -> Target {
    Target::new(Kind::Lease, id.raw().split('/'))
}

/// The last name of a lease's id, which is what tells it apart.
pub fn short(id: &Text) -> Text {
    id.raw().rsplit('/').next().unwrap_or_default().into()
}
