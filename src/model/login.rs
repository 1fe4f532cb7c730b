//! Where a login comes from.

use serde::{Deserialize, Serialize};

/// Where the login of a session came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginSource {
    /// A static role of the secrets server.
    Vault,
    /// A file, because no secrets server is configured for this instance.
    File,
    /// A file, because the secrets server could not be asked.
    Fallback,
}
