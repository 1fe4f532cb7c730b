//! What keeps tenants apart in shared tables: row-level security, its policies, and who reaches what.

mod ask;
mod catalog;
mod sql;
mod texts;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use ask::Ask;
pub use catalog::{
    Catalog, Command, Condition, Function, Grant, Index, Key, Policy, Privilege, Relation, RelationKind, Schema,
    TenantColumn,
};

use crate::{model::Text, store::Fact};

/// One database with shared tables.
///
/// Holds every relation that carries the tenant column or is under row-level security, the views that read one of
/// them, and whatever a runtime role of the fleet file can reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policies {
    /// The server's major version.
    pub major: u32,
    /// Changes with every row of the catalogs that the answer was made from.
    pub stamp: Text,
    /// When the catalogs were last read in full. A beat in between only compares the stamp.
    pub read: Timestamp,
    /// The roles whose reach decided what is listed, by oid; 0 is everybody.
    pub reach: Vec<u32>,
    /// What the catalogs say.
    pub catalog: Arc<Catalog>,
    /// The conditions of policies as SQL, by the policy's oid. For people: judged is what the catalog says.
    pub texts: Arc<BTreeMap<u32, Conditions>>,
    /// Relations whose conditions could not be read as SQL, by oid, and why.
    pub unseen: BTreeMap<u32, Text>,
}

/// The conditions of a policy as SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// Which rows are seen.
    pub using: Option<Text>,
    /// Which rows may be written.
    pub check: Option<Text>,
}

impl Fact for Policies {
    const NAME: &'static str = "policies";
}
