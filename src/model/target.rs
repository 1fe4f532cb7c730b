//! What a fact is about, what a row stands for, what a cursor holds on to.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::Text;

/// The kinds of thing the console knows. The word is what `describe KIND NAME` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The whole fleet; no path.
    Fleet,
    /// The secrets server; no path.
    Vault,
    /// A primary with its standbys: `instance`.
    Instance,
    /// One server of an instance: `instance/server`.
    Server,
    /// A database of an instance: `instance/database`.
    Database,
    /// A tenant: `instance/database/id`.
    Tenant,
    /// A tenant that is not there yet: its short name.
    NewTenant,
    /// A schema that is brought from version to version: `instance/database/schema`. All tenants of a pool of shared tables
    /// have one together, every other tenant has one of its own.
    Schema,
    /// A standby, by the name it connects with: `instance/standby`.
    Standby,
    /// A replication slot: `instance/server/slot`.
    Slot,
    /// A session: `instance/server/pid`.
    Session,
    /// A relation: `instance/database/schema/relation`.
    Relation,
    /// A role of an instance: `instance/role`.
    Role,
    /// A lease of the secrets server: its id, split at its slashes.
    Lease,
    /// A static role of the database engine: its name.
    StaticRole,
    /// Something that is wrong: the check and what it is about.
    Finding,
    /// A run of an operation: its name.
    Run,
    /// A copy beside an instance: `instance/id`.
    Copy,
}

impl Kind {
    /// Every kind with its word.
    pub const ALL: [(Self, &'static str); 18] = [
        (Self::Fleet, "fleet"),
        (Self::Vault, "vault"),
        (Self::Instance, "instance"),
        (Self::Server, "server"),
        (Self::Database, "database"),
        (Self::Tenant, "tenant"),
        (Self::NewTenant, "new-tenant"),
        (Self::Schema, "schema"),
        (Self::Standby, "standby"),
        (Self::Slot, "slot"),
        (Self::Session, "session"),
        (Self::Relation, "relation"),
        (Self::Role, "role"),
        (Self::Lease, "lease"),
        (Self::StaticRole, "static-role"),
        (Self::Finding, "finding"),
        (Self::Run, "run"),
        (Self::Copy, "copy"),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }

    /// Whether it is what an operation makes that makes it one: no row stands for it, and whoever wants one types its name.
    pub fn is_made(self) -> bool {
        self == Self::NewTenant
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let words = Self::ALL.map(|(_, word)| word).join(", ");
        let found = Self::ALL.iter().find(|(_, known)| *known == word);
        found
            .map(|(kind, _)| *kind)
            .ok_or_else(|| format!("no kind {word:?}; there are: {words}"))
    }
}

/// An identity that outlives re-ordering: a kind and the path of names that leads there.
///
/// Paths of everything inside an instance begin with the instance's name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    kind: Kind,
    path: Arc<[Text]>,
}

impl Target {
    /// A thing of this kind at the end of this path.
    pub fn new<T: Into<Text>>(kind: Kind, path: impl IntoIterator<Item = T>) -> Self {
        Self {
            kind,
            path: path.into_iter().map(Into::into).collect(),
        }
    }

    /// The whole fleet.
    pub fn fleet() -> Self {
        Self::new(Kind::Fleet, [""; 0])
    }

    /// The secrets server.
    pub fn vault() -> Self {
        Self::new(Kind::Vault, [""; 0])
    }

    /// An instance.
    pub fn instance(name: &str) -> Self {
        Self::new(Kind::Instance, [name])
    }

    /// A server of an instance.
    pub fn server(instance: &str, server: &str) -> Self {
        Self::new(Kind::Server, [instance, server])
    }

    /// A database of an instance.
    pub fn database(instance: &str, database: &str) -> Self {
        Self::new(Kind::Database, [instance, database])
    }

    /// A schema that is brought from version to version.
    pub fn schema(instance: &str, database: &str, schema: &str) -> Self {
        Self::new(Kind::Schema, [instance, database, schema])
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The names that lead to it.
    pub fn path(&self) -> &[Text] {
        &self.path
    }

    /// The n-th name of the path, unescaped; empty where there is none.
    pub fn part(&self, n: usize) -> &str {
        self.path.get(n).map_or("", Text::raw)
    }

    /// The last name of the path: what an operator calls it.
    pub fn name(&self) -> Text {
        self.path.last().cloned().unwrap_or_else(|| self.kind.word().into())
    }

    /// The instance it belongs to, where it belongs to one.
    pub fn instance_name(&self) -> Option<&str> {
        match self.kind {
            Kind::Fleet
            | Kind::Vault
            | Kind::NewTenant
            | Kind::Lease
            | Kind::StaticRole
            | Kind::Finding
            | Kind::Run => None,
            _ => Some(self.part(0)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.kind.word())?;
        for (n, part) in self.path.iter().enumerate() {
            write!(out, "{}{part}", if n == 0 { ' ' } else { '/' })?;
        }
        Ok(())
    }
}
