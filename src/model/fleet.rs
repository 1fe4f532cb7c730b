//! Everything one operator may see, as the fleet file names it. Which server leads is observed, never named here.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{Backups, Bytes, Onboarding};

/// A fleet: instances of PostgreSQL, and how tenants live in them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// What the operators call it.
    pub name: String,
    /// What is at stake here.
    pub environment: Environment,
    /// In the order of the file.
    pub instances: Vec<Instance>,
    /// Where the database engine of the secrets server is mounted; none where no secrets server is configured.
    pub vault: Option<String>,
    /// What brings the schemas of its tenants from version to version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Track>,
    /// What new tenants get where nothing else is said; none where the fleet file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onboarding: Option<Onboarding>,
}

/// A history of schema changes, and who follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Where its files are.
    pub directory: PathBuf,
    /// Tenants of these models follow it.
    pub models: Vec<Isolation>,
    /// On these instances; on all of them where none is named.
    pub instances: Vec<String>,
    /// The schema of tenants that have none of their own: of shared tables, and in a database or an instance of one tenant.
    pub schema: String,
    /// The database of a tenant that has an instance of its own; the instance's where none is named.
    pub database: Option<String>,
    /// The role that everything is made as. Where none is named, the schema's owner, and the database's where that is
    /// `pg_database_owner`.
    pub owner: Option<String>,
    /// Schemas that are searched after the tenant's own.
    pub also: Vec<String>,
    /// The role that may read the histories: what this console watches with is a member.
    pub readers: String,
}

/// What is at stake. Stands as a word in the header, in every dialog and in the terminal's title.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Customers' data. What is not named otherwise is production.
    #[default]
    Production,
    /// A rehearsal of production.
    Staging,
    /// For developers.
    Development,
    /// A fleet on loopback, to try and to train with.
    Lab,
}

impl Environment {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Production, Self::Staging, Self::Development, Self::Lab];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Lab => "lab",
        }
    }
}

/// A primary with its standbys, told apart from others by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Unique in the fleet.
    pub name: String,
    /// In the order of the file.
    pub servers: Vec<Server>,
    /// The database to connect to for what concerns the whole instance.
    pub database: String,
    /// The connection's name in the secrets server's database engine.
    pub vault_connection: Option<String>,
    /// The name of another connection, where the logins to act with have one of their own.
    #[serde(default)]
    pub operate_connection: Option<String>,
    /// How tenants are found on it.
    pub tenancies: Vec<Tenancy>,
    /// Where its backups are; none where the fleet file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backups: Option<Backups>,
}

/// One PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Unique in the instance; also the `application_name` with which it replicates.
    pub name: String,
    /// Host name, address, or a directory that holds a Unix socket.
    pub host: String,
    /// TCP port, or the number in the socket's name.
    pub port: u16,
    /// Failure zone, where one was given.
    pub zone: Option<String>,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// Certificates to trust instead of the system's, PEM.
    pub ca: Option<PathBuf>,
}

/// How a connection to a server is protected. There is no mode that encrypts without verifying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// TLS, chain and host name verified.
    #[default]
    VerifyFull,
    /// No TLS. Allowed on loopback and Unix sockets only.
    Disable,
}

/// Where tenants live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Rows of shared tables, told apart by a tenant column and row-level security.
    Shared,
    /// A schema of its own.
    Schema,
    /// A database of its own.
    Database,
    /// An instance of its own.
    Instance,
}

impl Isolation {
    /// From most shared to least.
    pub const ALL: [Self; 4] = [Self::Shared, Self::Schema, Self::Database, Self::Instance];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Schema => "schema",
            Self::Database => "database",
            Self::Instance => "instance",
        }
    }
}

/// How tenants are found on an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "lowercase")]
pub enum Tenancy {
    /// A table that lists the tenants of shared tables.
    Shared {
        /// The database that holds the shared tables.
        database: String,
        /// `schema.table` of the registry, or a query that yields the two columns.
        registry: Registry,
        /// Column with the tenant's id.
        id: String,
        /// Column with the tenant's name.
        name: String,
        /// Column with the bytes that are the tenant's own, where the registry knows: row-level security hides the
        /// statistics that could tell (`pg_stats`).
        size: Option<String>,
        /// Column that tells tenants apart in the shared tables.
        tenant_column: String,
        /// Setting that carries the tenant of a session, such as `app.current_tenant`.
        setting: String,
        /// Group roles through which applications reach the tables; empty means every role that can log in.
        runtime_roles: Vec<String>,
        /// The role that sees every tenant's rows and writes none (`BYPASSRLS`, `SELECT` only), which the console becomes
        /// to show that nobody else was touched.
        #[serde(default)]
        reader: Option<String>,
        /// The rows of all other tenants are digested before and after a restore where their tables are smaller than this.
        #[serde(default)]
        digest_below: Bytes,
        /// How a new tenant is entered; none where the fleet file does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        register: Option<Box<Register>>,
    },
    /// Schemas whose name matches.
    Schema {
        /// The database that holds the schemas.
        database: String,
        /// Regular expression with a capture named `tenant`.
        pattern: String,
    },
    /// Databases whose name matches.
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

/// How a new tenant is entered in the registry of shared tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The role that writes the registry, by `SET ROLE`.
    pub role: String,
    /// What its columns get besides the tenant's id and name. `{slug}`, `{name}` and `{tier}` stand for what they say.
    pub columns: BTreeMap<String, String>,
}

/// Where the tenants of shared tables are listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// A table or view, `schema.table`.
    Table(String),
    /// A query of the operator's own.
    Query(String),
}

/// How tenants share the tables of a database.
#[derive(Clone, Copy, Debug)]
pub struct Sharing<'a> {
    /// The column that tells them apart.
    pub column: &'a str,
    /// The setting that carries the tenant of a session.
    pub setting: &'a str,
    /// The roles through which applications work; empty where the fleet file names none.
    pub roles: &'a [String],
    /// The role that sees every tenant's rows and writes none; none where the fleet file names none.
    pub reader: Option<&'a str>,
    /// Tables smaller than this are digested without being asked for.
    pub digest_below: Bytes,
}

impl Instance {
    /// How tenants share this database; none where they do not.
    pub fn sharing(&self, of: &str) -> Option<Sharing<'_>> {
        self.tenancies.iter().find_map(|tenancy| match tenancy {
            Tenancy::Shared {
                database,
                tenant_column,
                setting,
                runtime_roles,
                reader,
                digest_below,
                ..
            } if database == of => Some(Sharing {
                column: tenant_column,
                setting,
                roles: runtime_roles,
                reader: reader.as_deref(),
                digest_below: *digest_below,
            }),
            Tenancy::Shared { .. } | Tenancy::Schema { .. } | Tenancy::Database { .. } | Tenancy::Instance { .. } => {
                None
            }
        })
    }

    /// Whether a connection of the database engine leads here.
    pub fn is_reached_by(&self, connection: &str) -> bool {
        let ours = [&self.vault_connection, &self.operate_connection];
        ours.into_iter().flatten().any(|name| name == connection)
    }
}

impl Fleet {
    /// The instance of this name.
    pub fn instance(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.name == name)
    }

    /// The history that tenants of this model on this instance follow: the first that names them.
    pub fn track(&self, instance: &str, model: Isolation) -> Option<&Track> {
        self.tracks.iter().find(|track| {
            let there = track.instances.is_empty() || track.instances.iter().any(|name| name == instance);
            there && track.models.contains(&model)
        })
    }
}

impl Tenancy {
    /// Which model it describes.
    pub fn isolation(&self) -> Isolation {
        match self {
            Self::Shared { .. } => Isolation::Shared,
            Self::Schema { .. } => Isolation::Schema,
            Self::Database { .. } => Isolation::Database,
            Self::Instance { .. } => Isolation::Instance,
        }
    }
}
