//! Rows of the catalogs that decide about isolation. Other rows are named by their oids.

use serde::{Deserialize, Serialize};

use crate::model::Text;

/// What the catalogs of one database say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Digest of the rows that this was made from.
    #[serde(default)]
    pub stamp: Text,
    /// The newest relation when it was read.
    #[serde(default)]
    pub newest: u32,
    /// Schemas of the relations.
    pub schemas: Vec<Schema>,
    /// In no order.
    pub relations: Vec<Relation>,
    /// By name.
    pub policies: Vec<Policy>,
    /// Valid indexes of tables that carry the tenant column; the primary key first.
    pub indexes: Vec<Index>,
    /// Foreign keys between tables that carry the tenant column.
    pub keys: Vec<Key>,
    /// What policies call, and what runs with its owner's rights.
    pub functions: Vec<Function>,
}

/// A row of `pg_namespace`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub name: Text,
    /// Owner.
    pub owner: u32,
    /// Who may what.
    pub grants: Vec<Grant>,
}

/// What one role was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role; 0 is everybody.
    pub to: u32,
    /// On the whole, or on a column.
    pub may: Vec<Privilege>,
}

/// A privilege, as `aclexplode` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "PostgreSQL documentation 5.8")]
pub enum Privilege {
    Select,
    Insert,
    Update,
    Delete,
    Truncate,
    References,
    Trigger,
    Usage,
    Create,
    /// One that opens no rows, such as `MAINTAIN`.
    #[serde(other)]
    Other,
}

impl Privilege {
    /// The word of `GRANT`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Truncate => "TRUNCATE",
            Self::References => "REFERENCES",
            Self::Trigger => "TRIGGER",
            Self::Usage => "USAGE",
            Self::Create => "CREATE",
            Self::Other => "",
        }
    }
}

/// `relkind`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelationKind {
    /// An ordinary table.
    #[default]
    #[serde(rename = "r")]
    Table,
    /// A table that only its partitions fill.
    #[serde(rename = "p")]
    Partitioned,
    /// A view.
    #[serde(rename = "v")]
    View,
    /// A materialized view.
    #[serde(rename = "m")]
    Materialized,
    /// A table of another server.
    #[serde(rename = "f")]
    Foreign,
}

/// A row of `pg_class`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalog")]
pub struct Relation {
    /// Its oid.
    pub oid: u32,
    /// Its schema.
    pub schema: u32,
    /// Its name.
    pub name: Text,
    /// What it is.
    pub kind: RelationKind,
    /// Its owner.
    pub owner: u32,
    /// Row-level security is on.
    pub enabled: bool,
    /// For the owner too.
    pub forced: bool,
    /// It is a partition of another table.
    pub partition: bool,
    /// A view that reads with the rights of who asks; since 15.
    pub invoker: bool,
    /// The column that tells tenants apart, where it has one.
    pub tenant: Option<TenantColumn>,
    /// Who may what. Empty where nobody but the owner may anything.
    pub grants: Vec<Grant>,
    /// What it is a partition of, or inherits from.
    pub parents: Vec<u32>,
    /// What a view or materialized view reads.
    pub reads: Vec<u32>,
}

/// The column that tells tenants apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantColumn {
    /// It always holds a tenant.
    pub not_null: bool,
    /// Of a type of text, so that an empty setting is a value and no error.
    pub texty: bool,
    /// The name of its type, as SQL.
    pub kind: Text,
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Command {
    /// Every command.
    #[default]
    #[serde(rename = "*")]
    All,
    /// SELECT
    #[serde(rename = "r")]
    Select,
    /// INSERT
    #[serde(rename = "a")]
    Insert,
    /// UPDATE
    #[serde(rename = "w")]
    Update,
    /// DELETE
    #[serde(rename = "d")]
    Delete,
}

impl Command {
    /// The word of `CREATE POLICY … FOR`.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// What a role must be granted before the command comes to any policy.
    pub fn privilege(self) -> Option<Privilege> {
        match self {
            Self::All => None,
            Self::Select => Some(Privilege::Select),
            Self::Insert => Some(Privilege::Insert),
            Self::Update => Some(Privilege::Update),
            Self::Delete => Some(Privilege::Delete),
        }
    }
}

/// A row of `pg_policy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its oid.
    pub oid: u32,
    /// Its relation.
    pub relation: u32,
    /// Its name.
    pub name: Text,
    /// What it is for.
    pub command: Command,
    /// It lets in what it accepts; otherwise it keeps out what it does not.
    pub permissive: bool,
    /// For whom; 0 is everybody.
    pub roles: Vec<u32>,
    /// Functions of the users' own that it calls.
    pub calls: Vec<u32>,
    /// `USING`: which rows are there.
    pub using: Option<Condition>,
    /// `WITH CHECK`: which rows may be written.
    pub check: Option<Condition>,
}

/// What a condition is made of, as its parse tree shows. Reading the tree takes no lock, unlike `pg_get_expr`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "marks that were found or not")]
pub struct Condition {
    /// It is `true`.
    pub always: bool,
    /// It names the tenant column.
    pub column: bool,
    /// It names the setting that carries the tenant.
    pub setting: bool,
    /// It names the role of the session, such as `current_user`.
    pub role: bool,
    /// It has an OR or a NOT, so that naming the tenant may not bind it.
    pub loose: bool,
    /// It calls `current_setting` so that a setting that is not there is an error.
    pub insists: bool,
    /// It calls `nullif`.
    pub nullif: bool,
}

/// A row of `pg_index`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalog")]
pub struct Index {
    /// Its table.
    pub relation: u32,
    /// Its name.
    pub name: Text,
    /// No two rows are equal in it.
    pub unique: bool,
    /// It is the primary key.
    pub primary: bool,
    /// It begins with the tenant column and holds all rows.
    pub leads: bool,
    /// The tenant column is among its keys.
    pub carries: bool,
    /// Its keys are uuids or numbers that the server gives: nobody picks or guesses them.
    pub opaque: bool,
}

/// A foreign key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The table that refers.
    pub relation: u32,
    /// Its name.
    pub name: Text,
    /// The table that is referred to.
    pub target: u32,
    /// The tenant column of one refers to that of the other.
    pub carries: bool,
}

/// A row of `pg_proc`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalog")]
pub struct Function {
    /// Its oid.
    pub oid: u32,
    /// Its schema's oid.
    pub schema_oid: u32,
    /// Its schema.
    pub schema: Text,
    /// Its name.
    pub name: Text,
    /// Types of its arguments.
    pub arguments: Text,
    /// How many.
    pub takes: u32,
    /// Its owner.
    pub owner: u32,
    /// Its result is taken to depend on its arguments only.
    pub immutable: bool,
    /// It runs with its owner's rights.
    pub definer: bool,
    /// It fixes its own `search_path`.
    pub pinned: bool,
    /// Only a trigger can call it.
    pub trigger: bool,
    /// It is a procedure.
    pub procedure: bool,
    /// Whom it was granted to, besides the owner; 0 is everybody.
    pub grants: Option<Vec<u32>>,
    /// Nobody changed who may call it: everybody may.
    pub public: bool,
}
