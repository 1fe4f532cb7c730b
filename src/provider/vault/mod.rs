//! Vault and OpenBao over HTTP: log in, keep the token alive, read, write, list.

mod address;
mod auth;
mod call;
mod client;
mod refusal;
mod token;

use secrecy::SecretString;
use serde_json::Value as Json;
use vaultrs::client::VaultClient;

pub use call::Method;

use self::{client::Source, token::Keeper};
use crate::{
    config::VaultSettings,
    model::{Fault, FaultKind},
};

/// The secrets server.
pub struct Vault {
    settings: VaultSettings,
    source: Source,
    root: VaultClient,
    keeper: Keeper,
}

impl Vault {
    /// Talks to nobody yet. Fails where the settings make no client: plain http away from loopback, an unreadable CA
    /// file, an environment that wants certificates not to be verified.
    pub fn new(settings: VaultSettings) -> Result<Self, Fault> {
        let source = Source::new(&settings)?;
        Ok(Self {
            root: source.root()?,
            keeper: Keeper::new(settings.auth.clone()),
            source,
            settings,
        })
    }

    /// A door that holds a token already, such as the one that a lab made.
    pub fn with_token(settings: VaultSettings, token: &str) -> Result<Self, Fault> {
        let source = Source::new(&settings)?;
        Ok(Self {
            root: source.root()?,
            keeper: Keeper::of(&source, &SecretString::from(token))?,
            source,
            settings,
        })
    }

    /// Where the database engine is mounted.
    pub fn mount(&self) -> &str {
        &self.settings.mount
    }

    /// The address, as configured.
    pub fn address(&self) -> &str {
        &self.settings.address
    }

    /// The namespace, where one is configured.
    pub fn namespace(&self) -> Option<&str> {
        self.settings.namespace.as_deref()
    }

    /// Reads a path.
    pub async fn read(&self, path: &str) -> Result<Json, Fault> {
        self.call(Method::Get, path, None).await
    }

    /// The keys under a path. A path with nothing under it has none (the server says 404).
    pub async fn list(&self, path: &str) -> Result<Vec<String>, Fault> {
        let answer = match self.call(Method::List, path, None).await {
            Err(fault) if fault.kind == FaultKind::Unsupported => return Ok(Vec::new()),
            other => other?,
        };
        let keys = answer["data"]["keys"].as_array();
        Ok(keys
            .into_iter()
            .flatten()
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect())
    }

    /// Any call, with a token. Where nothing is under the path that is [`FaultKind::Unsupported`].
    pub async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
        let token = self.keeper.token(&self.source).await?;
        match call::exec(&token.client, method, path, body).await {
            // The token may have been revoked, or have ended before its time.
            Err(fault) if fault.kind == FaultKind::Denied => match self.keeper.replace(&self.source, &token).await? {
                Some(fresh) => call::exec(&fresh.client, method, path, body).await,
                None => Err(fault),
            },
            other => other,
        }
    }

    /// A call that needs no token and no namespace, such as `sys/health`.
    pub async fn open_call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
        call::exec(&self.root, method, path, body).await
    }
}
