//! What the fleet file says, once it has been checked: the nouns of the fleet, and how to reach them.

use std::{collections::BTreeMap, path::PathBuf};

use crate::model::Fleet;

/// A fleet and the ways to it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The nouns.
    pub fleet: Fleet,
    /// The secrets server, where there is one.
    pub vault: Option<VaultSettings>,
    /// By the name of the instance.
    pub access: BTreeMap<String, Access>,
    /// Credentials with which an instance is acted on, by its name. Where there are none, nothing is done there.
    pub operate: BTreeMap<String, Access>,
    /// Bounds on what watching may cost.
    pub watch: Watch,
}

/// How the secrets server is reached. There is no default address and no way to skip verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultSettings {
    /// `https://…`; `http://` on loopback only.
    pub address: String,
    /// Certificates to trust besides the system's, PEM.
    pub ca: Option<PathBuf>,
    /// Enterprise or OpenBao namespace.
    pub namespace: Option<String>,
    /// Where the database engine is mounted.
    pub mount: String,
    /// How the console logs in to watch.
    pub auth: Auth,
    /// How it logs in to act. Where it is left out, it has no credentials of the secrets server's to act with.
    pub operate: Option<Auth>,
}

/// How the console logs in to the secrets server. Secrets come from files, never from the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A token in a file that nobody else can read.
    TokenFile {
        /// The file.
        path: PathBuf,
    },
    /// AppRole.
    AppRole {
        /// Where it is mounted.
        mount: String,
        /// File with the role id.
        role_id_file: PathBuf,
        /// File with the secret id.
        secret_id_file: PathBuf,
    },
    /// User name and password.
    Userpass {
        /// Where it is mounted.
        mount: String,
        /// The user.
        username: String,
        /// File with the password.
        password_file: PathBuf,
    },
    /// A Kubernetes service account.
    Kubernetes {
        /// Where it is mounted.
        mount: String,
        /// The role of the auth method.
        role: String,
        /// File with the service account's token.
        jwt_file: PathBuf,
    },
}

/// The credentials with which an instance is watched, or acted on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Role of the database engine; tried first.
    pub role: Option<EngineRole>,
    /// Without a secrets server, or while it is down at start.
    pub direct: Option<Direct>,
}

/// A role of the database engine, by its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineRole {
    /// One login, whose password is turned.
    Static(String),
    /// A new login each time it is asked for, which ends with its lease.
    Dynamic(String),
}

/// Credentials that are not the secrets server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Direct {
    /// A user whose password stands in a file of the form `host:port:database:user:password`.
    Passfile {
        /// The user.
        user: String,
        /// The file; `~/.pgpass` where none is named.
        passfile: Option<PathBuf>,
    },
    /// A service of a connection service file; gives user and password.
    Service {
        /// The section.
        service: String,
        /// The file; `~/.pg_service.conf` where none is named.
        file: Option<PathBuf>,
    },
}

/// Bounds on what watching may cost the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Connections to all servers together. At most two go to each.
    pub max_connections: usize,
}

impl Default for Watch {
    fn default() -> Self {
        Self { max_connections: 256 }
    }
}
