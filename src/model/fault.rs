//! Why a door did not answer.

use serde::{Deserialize, Serialize};

use super::Text;

/// A failed question. `kind` decides what the console does; `what` and `hint` are for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{what}")]
pub struct Fault {
    /// What a machine may act on.
    pub kind: FaultKind,
    /// What happened, in one sentence without a full stop. May quote the server.
    pub what: Text,
    /// What an operator could do about it.
    pub hint: Option<String>,
    /// The server's own code, where `PostgreSQL` gave one (SQLSTATE; its documentation, appendix A).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// The kinds of failure that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// No connection could be made, or it was lost.
    Unreachable,
    /// The deadline passed.
    Timeout,
    /// The other side knows us and says no.
    Denied,
    /// The credential was not accepted.
    Credential,
    /// Vault is sealed.
    Sealed,
    /// There is no credential to try: the secrets server is sealed, does not answer, or gives us none.
    Keyless,
    /// The question makes no sense to this server (too old, extension missing).
    Unsupported,
    /// The answer makes no sense to us.
    Malformed,
    /// Somebody else holds a lock, and we do not wait any longer (SQLSTATE 55P03).
    Locked,
    /// The server answered with an error of another kind.
    Refused,
}

impl Fault {
    /// A fault without a hint.
    pub fn new(kind: FaultKind, what: impl Into<Text>) -> Self {
        Self {
            kind,
            what: what.into(),
            hint: None,
            state: None,
        }
    }

    /// The same fault, with what could be done.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
