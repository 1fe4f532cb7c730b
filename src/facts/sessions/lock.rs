//! The lock that a session waits for, in words.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Text;

/// A row of `pg_locks` that was not granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// `locktype`, such as `relation` or `transactionid`.
    pub kind: String,
    /// Such as `ShareLock`.
    pub mode: String,
    /// The relation's name, where it is one of the maintenance database or shared by all.
    pub relation: Option<Text>,
    /// The relation's oid.
    pub relid: Option<u32>,
    /// The transaction it is about.
    pub transaction: Option<String>,
    /// When waiting began. Since 14, and null for a moment even there.
    pub since: Option<Timestamp>,
}

impl fmt::Display for Lock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = match (&self.relation, self.relid) {
            (Some(name), _) => name.to_string(),
            (None, Some(oid)) => format!("relation {oid}"),
            (None, None) => "a relation".into(),
        };
        match (self.kind.as_str(), &self.transaction) {
            ("transactionid" | "virtualxid", Some(id)) => write!(out, "the end of transaction {id}"),
            ("relation", _) => write!(out, "{} on {relation}", self.mode),
            ("tuple", _) => write!(out, "a row of {relation}"),
            ("extend", _) => write!(out, "room at the end of {relation}"),
            ("advisory", _) => write!(out, "an advisory lock, {}", self.mode),
            (kind, _) => write!(out, "{} on {}", self.mode, Text::from(kind)),
        }
    }
}
