//! What new tenants of a fleet get where nothing else is said: a model, a tier, roles, and how long their logins live.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Bytes, Isolation};

/// How new tenants are brought in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Onboarding {
    /// The model that is meant where nothing is said.
    pub model: Isolation,
    /// The tier that is meant where nothing is said; where none is named, it must be said. It is one of `tiers`.
    pub tier: Option<String>,
    /// A role without login that becomes a member of every new tenant's owner: whom the console becomes to migrate and to
    /// restore it.
    pub admin_role: String,
    /// A role without login that may connect to databases that tenants share, and of which each new tenant's roles become
    /// members; where none is named, `CONNECT` is granted to each of them.
    pub connect_role: Option<String>,
    /// How long a login lives that the secrets server issues for a new tenant, and by how much it is renewed.
    pub lease: SignedDuration,
    /// How long it may live at most, however often it is renewed; never shorter than `lease`.
    pub max_lease: SignedDuration,
    /// At least one, by name.
    pub tiers: BTreeMap<String, Tier>,
}

/// What each login of a tenant may take. The settings are PostgreSQL's (its documentation, chapter 20) and are set on the
/// role; whoever logs in as it may change all of them for a session but `temp_file_limit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    /// Connections at a time, at least one (`CONNECTION LIMIT` of `CREATE ROLE`).
    pub connections: u32,
    /// A statement that takes longer is ended (20.11.1), in whole milliseconds and never 0, which would be no bound.
    pub statement_timeout: SignedDuration,
    /// A session that waits longer than this inside a transaction is ended (20.11.1), as above.
    pub idle_in_transaction_session_timeout: SignedDuration,
    /// What the temporary files of a session may take on disk at a time (20.4.2), in whole kB. Only a superuser, or who was
    /// granted `SET` on it, may set it on a role.
    pub temp_file_limit: Bytes,
    /// Memory of each sort or hash of a statement before it turns to temporary files (20.4.1), in whole kB and at least 64.
    pub work_mem: Bytes,
}
