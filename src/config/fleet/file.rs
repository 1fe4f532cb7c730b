//! The fleet file as it is written: its keys, their types and what stands in for a key that is left out.
//!
//! Descriptions here are what an editor shows, by way of `tenantry config schema`.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{backups::Backups, onboarding::Onboarding};
use crate::model::{Environment, Isolation, TlsMode};

/// A fleet of PostgreSQL instances and the ways to it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FleetFile {
    /// The fleet itself.
    pub(super) fleet: About,
    /// Bounds on what watching may cost.
    #[serde(default)]
    pub(super) watch: Watch,
    /// The secrets server. Left out where there is none.
    pub(super) vault: Option<Vault>,
    /// Each is a primary with its standbys. Which server leads is observed, never named here.
    pub(super) instances: Vec<Instance>,
    /// What brings the schemas of tenants from version to version. A tenant follows the first that names its model and its
    /// instance.
    #[serde(default)]
    pub(super) migrations: Vec<Track>,
    /// What new tenants get where nothing else is said.
    pub(super) onboarding: Option<Onboarding>,
}

/// A directory of migrations, and who follows it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Track {
    /// Files such as `V2__invoices.sql`, `20260104093000_invoices.up.sql`.
    pub(super) directory: PathBuf,
    /// Tenants of these models follow it.
    #[serde(default = "all")]
    pub(super) models: Vec<Isolation>,
    /// On these instances; left out, on all.
    #[serde(default)]
    pub(super) instances: Vec<String>,
    /// The schema of tenants that have none of their own: of shared tables, and in a database or an instance of one tenant.
    #[serde(default = "public")]
    pub(super) schema: String,
    /// The database of a tenant that has an instance of its own; left out, the instance's.
    pub(super) database: Option<String>,
    /// The role that everything is made as; left out, the schema's owner, and the database's where that is
    /// `pg_database_owner`.
    pub(super) owner: Option<String>,
    /// Schemas that are searched after the tenant's own, such as one that holds extensions.
    #[serde(default)]
    pub(super) also: Vec<String>,
    /// The role that may read the histories: what this console watches with must be a member of it.
    #[serde(default = "monitor")]
    pub(super) readers: String,
}

fn all() -> Vec<Isolation> {
    Isolation::ALL.to_vec()
}

fn public() -> String {
    "public".into()
}

fn monitor() -> String {
    "pg_monitor".into()
}

/// What the fleet is called and what is at stake.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// Lower-case letters, digits, `_`, `.` and `-`.
    pub(super) name: String,
    /// What is at stake; shown as a word everywhere.
    #[serde(default)]
    pub(super) environment: Environment,
}

/// Bounds on what watching may cost.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Watch {
    /// Connections to all servers together. At most two go to each.
    #[schemars(range(min = 1, max = 10_000))]
    pub(super) max_connections: usize,
}

impl Default for Watch {
    fn default() -> Self {
        Self { max_connections: 256 }
    }
}

/// The secrets server: HashiCorp Vault or `OpenBao`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Vault {
    /// `https://host:port`; `http://` on loopback only.
    pub(super) address: String,
    /// Certificates to trust besides the system's, PEM.
    pub(super) ca: Option<PathBuf>,
    /// Namespace, where the server has them.
    pub(super) namespace: Option<String>,
    /// Where the database engine is mounted.
    #[serde(default = "database")]
    pub(super) mount: String,
    /// How the console logs in to watch.
    pub(super) auth: Auth,
    /// How it logs in to act: for a run, and for nothing else.
    pub(super) operate_auth: Option<Auth>,
}

fn database() -> String {
    "database".into()
}

/// How the console logs in to the secrets server. Every secret is in a file of its own, with mode 0600.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Auth {
    /// A token in a file.
    TokenFile {
        /// The file.
        path: PathBuf,
    },
    /// A role id and a secret id.
    #[serde(rename = "approle")]
    AppRole {
        /// Where the method is mounted.
        #[serde(default = "approle")]
        mount: String,
        /// File with the role id.
        role_id_file: PathBuf,
        /// File with the secret id.
        secret_id_file: PathBuf,
    },
    /// A user name and a password.
    Userpass {
        /// Where the method is mounted.
        #[serde(default = "userpass")]
        mount: String,
        /// The user.
        username: String,
        /// File with the password.
        password_file: PathBuf,
    },
    /// A Kubernetes service account.
    Kubernetes {
        /// Where the method is mounted.
        #[serde(default = "kubernetes")]
        mount: String,
        /// The role of the method.
        role: String,
        /// File with the service account's token.
        jwt_file: PathBuf,
    },
}

fn approle() -> String {
    "approle".into()
}

fn userpass() -> String {
    "userpass".into()
}

fn kubernetes() -> String {
    "kubernetes".into()
}

/// A primary with its standbys.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Instance {
    /// Unique in the fleet: lower-case letters, digits, `_`, `.` and `-`.
    pub(super) name: String,
    /// The database to connect to for what concerns the whole instance.
    #[serde(default = "postgres")]
    pub(super) database: String,
    /// The connection's name in the secrets server's database engine.
    pub(super) vault_connection: Option<String>,
    /// The static role of the database engine with which to watch.
    pub(super) watch_role: Option<String>,
    /// Credentials without a secrets server, or for while it is down at start.
    pub(super) direct: Option<Direct>,
    /// The name of another connection of the engine, where the logins to act with have one of their own: so that they may
    /// become the login of the first by `SET ROLE`, to try what it would do.
    pub(super) operate_connection: Option<String>,
    /// The static role of the database engine with which to act. It needs `operate_auth` under `[vault]`.
    pub(super) operate_role: Option<String>,
    /// In place of a static role, the dynamic role with which to act: each run logs in as somebody who ends with it. A standby
    /// that does not replay does not know them.
    pub(super) operate_lease: Option<String>,
    /// Credentials to act with, without a secrets server.
    pub(super) operate_direct: Option<Direct>,
    /// Left out, it is `verify-full`, and `disable` on loopback and Unix sockets.
    pub(super) tls: Option<TlsMode>,
    /// Certificates to trust instead of the system's, PEM.
    pub(super) ca: Option<PathBuf>,
    /// The primary and its standbys, in any order.
    pub(super) servers: Vec<Server>,
    /// How tenants are found on the instance.
    #[serde(default)]
    pub(super) tenants: Vec<Tenants>,
    /// Where its backups are.
    pub(super) backups: Option<Backups>,
}

fn postgres() -> String {
    "postgres".into()
}

/// Credentials that are not the secrets server's: either `user` with its `passfile`, or `service` with its `file`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Direct {
    /// The user to log in as.
    pub(super) user: Option<String>,
    /// Lines of the form `host:port:database:user:password`; `~/.pgpass` if left out.
    pub(super) passfile: Option<PathBuf>,
    /// A section of a connection service file, which gives user and password.
    pub(super) service: Option<String>,
    /// The connection service file; `~/.pg_service.conf` if left out.
    pub(super) file: Option<PathBuf>,
}

/// One PostgreSQL server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    /// Unique in the instance; also the `application_name` with which it replicates.
    pub(super) name: String,
    /// Host name, address, or the directory of a Unix socket.
    pub(super) host: String,
    /// TCP port, or the number in the socket's name.
    #[serde(default = "port")]
    #[schemars(range(min = 1))]
    pub(super) port: u16,
    /// Failure zone.
    pub(super) zone: Option<String>,
    /// Overrides the instance's.
    pub(super) tls: Option<TlsMode>,
    /// Overrides the instance's.
    pub(super) ca: Option<PathBuf>,
}

fn port() -> u16 {
    5432
}

/// How a new tenant is entered in the registry of shared tables.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    /// The role that writes the registry, which who acts may become.
    pub(super) role: String,
    /// What its columns get besides the tenant's id and name, as text that the server reads by the column's type. `{slug}`,
    /// `{name}` and `{tier}` stand for the tenant's short name, its name, and the name of its tier.
    #[serde(default)]
    pub(super) columns: BTreeMap<String, String>,
}

/// Tables whose rows are told apart by row-level security.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedTables {
    /// The database that holds the shared tables.
    pub(super) database: String,
    /// Table or view that lists the tenants, `schema.table`.
    pub(super) registry: Option<String>,
    /// Query that yields the two columns.
    pub(super) query: Option<String>,
    /// Column with the tenant's id.
    #[serde(default = "id")]
    pub(super) id: String,
    /// Column with the tenant's name.
    #[serde(default = "name")]
    pub(super) name: String,
    /// Column with the bytes that are the tenant's own, where the registry knows them.
    pub(super) size: Option<String>,
    /// Column that tells tenants apart in the shared tables.
    pub(super) tenant_column: String,
    /// Setting that carries the tenant of a session, such as `app.current_tenant`.
    pub(super) setting: String,
    /// Group roles through which applications reach the tables. Empty: every role that can log in.
    #[serde(default)]
    pub(super) runtime_roles: Vec<String>,
    /// Role that sees every tenant's rows and writes none (`BYPASSRLS`, `SELECT` only), which who acts may become: with it
    /// a restore shows that nobody else was touched.
    pub(super) reader: Option<String>,
    /// Bytes. Where the shared tables are smaller, a restore digests all rows of all other tenants before and after.
    #[serde(default)]
    pub(super) digest_below: u64,
    /// How a new tenant is entered in `registry`. Left out, none are brought in here.
    pub(super) register: Option<Register>,
}

/// How tenants are found on an instance.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "model", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Tenants {
    /// Rows of shared tables, under row-level security. Either `registry` or `query` says which tenants there are.
    Shared(Box<SharedTables>),
    /// A schema for each tenant.
    Schema {
        /// The database that holds the schemas.
        database: String,
        /// Regular expression with a capture named `tenant`, such as `^t_(?<tenant>.+)$`.
        pattern: String,
    },
    /// A database for each tenant.
    Database {
        /// Regular expression with a capture named `tenant`.
        pattern: String,
    },
    /// The whole instance is one tenant's.
    Instance {
        /// The tenant's name.
        tenant: String,
    },
}

fn id() -> String {
    "id".into()
}

fn name() -> String {
    "name".into()
}
