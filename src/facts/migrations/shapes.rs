//! The shape and the history of every schema that is brought from version to version, database by database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::history::{History, Record};
use crate::{
    model::{Target, Text},
    store::Fact,
};

/// The schemas of one database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shapes {
    /// Who said so.
    pub server: Target,
    /// By name.
    pub schemas: Vec<Shape>,
    /// What is in the histories, once for all that are equal, by digest; in no order.
    pub records: BTreeMap<Text, Vec<Record>>,
}

/// One schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Its name.
    pub name: Text,
    /// Its oid.
    pub oid: u32,
    /// Who owns it: the schema's owner, and the database's where that is `pg_database_owner`.
    pub owner: Text,
    /// Relations, functions and types in it, the history's own left out.
    pub objects: u64,
    /// MD5 over all that SQL could say of it but for owners, grants and comments, in hexadecimal. Equal where schemas are
    /// of one shape on servers of one major version, whatever they are called.
    pub digest: Text,
    /// Its history.
    pub history: History,
}

impl Fact for Shapes {
    const NAME: &'static str = "shapes";
}

impl Shapes {
    /// The schema of this name.
    pub fn find(&self, name: &str) -> Option<&Shape> {
        self.schemas.iter().find(|schema| schema.name.raw() == name)
    }

    /// The entries of this schema's history; none where there is no history or none was read.
    pub fn records(&self, shape: &Shape) -> &[Record] {
        match &shape.history {
            History::Kept(kept) => self.records.get(&kept.digest).map_or(&[], Vec::as_slice),
            History::Absent | History::Unseen(_) => &[],
        }
    }
}
