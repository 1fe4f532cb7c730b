//! Logins that are tried, and what is tried with them.

use serde::{Deserialize, Serialize};

use super::Place;

/// A login that is tried, and closed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Where.
    pub place: Place,
    /// With what.
    pub with: With,
    /// Whether it should be accepted.
    pub opens: bool,
}

/// What is logged in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum With {
    /// What the secrets server has for a static role now; held under this name from then on, where one is given.
    Static {
        /// The path below `/v1/`.
        path: String,
        /// The name.
        hold: Option<String>,
    },
    /// What is held under this name. A process that took the run up does not hold it: it tries a password of chance, which
    /// tells whether passwords count there at all.
    Held {
        /// The name.
        name: String,
        /// Whose it is.
        user: String,
    },
    /// This user, with a password of chance.
    Chance {
        /// The user.
        user: String,
    },
}

/// What a login tries, one after the other, in a session of its own. Each is rolled back, whatever comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// Where.
    pub place: Place,
    /// With what it logs in.
    pub with: With,
    /// What it tries.
    pub tries: Vec<Attempt>,
}

/// Something that is tried, and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What it would be to do it, in a few words; names in it are escaped.
    pub name: String,
    /// What is tried.
    pub what: Tried,
    /// The errors of which one must come (PostgreSQL documentation, appendix A). Where there are none it must go through.
    pub fails: Vec<String>,
}

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tried {
    /// A session in this database.
    Enter(String),
    /// Statements in a transaction that is rolled back; only the last may fail.
    Say(Vec<String>),
}
