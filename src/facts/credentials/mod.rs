//! Leases, static roles and what the servers know of both, joined. Derived; asks nothing.
//!
//! A lease does not name its user, and the engine says "revoked" before PostgreSQL agrees, so both sides are read and
//! compared: by role, by the second of issue and by `VALID UNTIL`, and where that is not certain it is said.

mod books;
mod join;
mod judge;
mod name;
mod next;
mod pair;
#[cfg(test)]
pub(crate) mod planted;
mod sessions;
#[cfg(test)]
mod tests;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use join::DERIVED;
pub use next::next_expiry;
pub use sessions::{Ghost, Users, ghosts};

use crate::{
    model::{Severity, Text},
    store::Fact,
};

/// Every credential that the database engine gave out, and every role that it left behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Credentials {
    /// Leases, by id.
    pub leases: Vec<Holding>,
    /// Static roles, by name.
    pub statics: Vec<Fixed>,
    /// Roles that the engine made and that no lease explains.
    pub leftovers: Vec<Leftover>,
    /// What did not fit, and when that was first noticed: it counts once both sides have been read again.
    suspects: BTreeMap<String, Suspect>,
    /// Instances that were compared before.
    compared: BTreeSet<Text>,
    /// Generations of the facts that this was made from.
    from: Vec<u64>,
}

/// Something that did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Suspect {
    since: Timestamp,
    counts: bool,
}

/// A lease and its role. Times are on our clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holding {
    /// Its id.
    pub id: Text,
    /// The dynamic role it was issued for.
    pub role: Text,
    /// The instance it opens, where the fleet file names its connection.
    pub instance: Option<Text>,
    /// The role in PostgreSQL.
    pub user: User,
    /// The first eight characters of the display name of the token that asked for it: it ends when that token does.
    pub token: Option<Text>,
    /// When it was issued.
    pub issued: Option<Timestamp>,
    /// When it ends by itself.
    pub ends: Option<Timestamp>,
    /// Whether it can be made to live longer.
    pub renewable: Option<bool>,
    /// Beyond this it cannot be renewed, where the role sets a limit.
    pub limit: Option<Timestamp>,
    /// How it stands.
    pub state: State,
}

/// The role in PostgreSQL that a lease stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum User {
    /// This one.
    Certain(Text),
    /// One of these.
    Ambiguous(Vec<Text>),
    /// There is none.
    Missing,
    /// It could not be looked for; why.
    Unseen(Text),
}

/// A static role of the engine. Times are on our clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fixed {
    /// Its name in the engine.
    pub name: Text,
    /// The instance it opens, where the fleet file names its connection.
    pub instance: Option<Text>,
    /// The role in PostgreSQL.
    pub user: Option<Text>,
    /// When its password last changed.
    pub rotated: Option<Timestamp>,
    /// When it should change next.
    pub due: Option<Timestamp>,
    /// How it stands.
    pub state: State,
}

/// A role that the engine made and that has no lease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leftover {
    /// The instance it is on.
    pub instance: Text,
    /// Its name.
    pub user: Text,
    /// When it was made, as its name says.
    pub issued: Timestamp,
    /// `VALID UNTIL`; none where its password is good for ever.
    pub until: Option<Timestamp>,
    /// How it stands.
    pub state: State,
}

/// How a credential stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Both sides agree, or only one side could be read and nothing is wrong on it.
    Ok,
    /// The two sides did not agree once. They were not read at the same moment: it counts when it is so again.
    Checking,
    /// Not read.
    Unknown {
        /// Why.
        why: Text,
    },
    /// The role in PostgreSQL is gone; whoever uses it cannot log in any more.
    RoleGone,
    /// The role's own end came before the lease's; whoever uses it cannot log in any more.
    RoleEnded,
    /// It is over, and what it opened is still open: the engine tries to revoke it and fails, or its role stayed.
    PastEnd {
        /// Whether the password is accepted still.
        opens: bool,
    },
    /// The engine gave up revoking it.
    Irrevocable {
        /// The error of the last attempt.
        why: Text,
    },
    /// No lease explains this role.
    NoLease {
        /// When its password ends by itself; none where it never does.
        until: Option<Timestamp>,
    },
    /// A static role's password should have changed by now.
    Overdue,
}

impl Fact for Credentials {
    const NAME: &'static str = "credentials";
}

impl State {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Checking => "checking",
            Self::Unknown { .. } => "unknown",
            Self::RoleGone => "lease without role",
            Self::RoleEnded => "role ended early",
            Self::PastEnd { .. } => "expired role",
            Self::Irrevocable { .. } => "irrevocable",
            Self::NoLease { .. } => "role without lease",
            Self::Overdue => "overdue",
        }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Ok | Self::Checking => Severity::Ok,
            Self::Unknown { .. } => Severity::Unseen,
            Self::RoleGone | Self::RoleEnded | Self::Overdue | Self::PastEnd { opens: false } => Severity::Warning,
            Self::NoLease { until: Some(_) } => Severity::Warning,
            Self::NoLease { until: None } | Self::PastEnd { opens: true } | Self::Irrevocable { .. } => {
                Severity::Critical
            }
        }
    }
}

impl User {
    /// Every role that it may be.
    pub fn names(&self) -> &[Text] {
        match self {
            Self::Certain(name) => std::slice::from_ref(name),
            Self::Ambiguous(names) => names,
            Self::Missing | Self::Unseen(_) => &[],
        }
    }
}
