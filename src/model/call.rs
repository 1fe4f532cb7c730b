//! What is said to the secrets server, and what it must say.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A call of the secrets server that changes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The path below `/v1/`.
    pub path: String,
    /// What is written there; no secret is. Without it the path is read, which of a dynamic role issues a login.
    pub body: Option<Json>,
    /// What stands there is removed instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
    /// The login in the answer is held under this name, in memory and for this process only; the id of its lease is kept
    /// as `NAME.lease`.
    pub hold: Option<String>,
}

/// What the secrets server must say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Say {
    /// The path below `/v1/`.
    pub path: String,
    /// What is sent with it, where it is a question that is written (`sys/leases/lookup`).
    pub body: Option<Json>,
    /// Where in the answer, as RFC 6901 says.
    pub at: String,
    /// What must stand there.
    pub is: Is,
}

/// What must stand at a place of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Is {
    /// A moment later than this.
    Later(Timestamp),
    /// Nothing: the server says that there is no such thing.
    Absent,
    /// This; of an object at least these members.
    Like(Json),
}

impl Call {
    /// Writes this.
    pub fn write(path: impl Into<String>, body: Json) -> Self {
        Self {
            path: path.into(),
            body: Some(body),
            remove: false,
            hold: None,
        }
    }

    /// Issues a login, which is held under this name.
    pub fn issue(path: impl Into<String>, hold: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            body: None,
            remove: false,
            hold: Some(hold.into()),
        }
    }

    /// Removes what stands there.
    pub fn remove(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            body: None,
            remove: true,
            hold: None,
        }
    }
}
