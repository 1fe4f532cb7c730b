//! Vault and OpenBao over HTTP: log in, keep the token alive, read, write, list.

mod auth;
mod call;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use tokio::sync::Mutex;
use vaultrs::client::{VaultClient, VaultClientSettingsBuilder};

pub use call::Method;

use crate::{
    config::VaultSettings,
    model::{Fault, FaultKind},
};

const PATIENCE: Duration = Duration::from_secs(3);

/// The secrets server. A token is got when first needed, renewed at half its life, and got anew when refused.
pub struct Vault {
    settings: VaultSettings,
    bare: VaultClient,
    token: Mutex<Option<Token>>,
}

/// A token and how long it lives, by our own clock and the server's durations.
#[derive(Clone)]
struct Token {
    client: Arc<VaultClient>,
    got: Instant,
    life: Option<Duration>,
    renewable: bool,
}

impl Token {
    /// Half of its life is over.
    fn tired(&self) -> bool {
        self.life.is_some_and(|life| self.got.elapsed() * 2 > life)
    }

    fn dead(&self) -> bool {
        self.life.is_some_and(|life| self.got.elapsed() > life)
    }
}

impl Vault {
    /// Talks to nobody yet. Fails where the settings make no client, such as an unreadable CA file.
    pub fn new(settings: VaultSettings) -> Result<Self, Fault> {
        let bare = client(&settings, "")?;
        Ok(Self {
            settings,
            bare,
            token: Mutex::default(),
        })
    }

    /// A client that holds a token already, such as the one that a lab made.
    pub fn with_token(settings: VaultSettings, token: &str) -> Result<Self, Fault> {
        let client = Arc::new(client(&settings, token)?);
        let held = Token {
            client,
            got: Instant::now(),
            life: None,
            renewable: false,
        };
        Ok(Self {
            bare: self::client(&settings, "")?,
            settings,
            token: Mutex::new(Some(held)),
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

    /// Any call, with a token. A path that does not exist is [`FaultKind::Unsupported`].
    pub async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
        let token = self.token().await?;
        match call::exec(&token.client, method, path, body).await {
            // The token may have been revoked or have ended: get another once, but never with a token given to us.
            Err(fault) if fault.kind == FaultKind::Denied && token.life.is_some() && !self.alive(&token).await => {
                self.forget(&token).await;
                let fresh = self.token().await?;
                call::exec(&fresh.client, method, path, body).await
            }
            other => other,
        }
    }

    /// A call that needs no token, such as `sys/seal-status`.
    pub async fn open_call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
        call::exec(&self.bare, method, path, body).await
    }

    async fn token(&self) -> Result<Token, Fault> {
        let mut held = self.token.lock().await;
        if let Some(token) = &*held {
            if !token.tired() {
                return Ok(token.clone());
            }
            if token.renewable
                && let Ok(renewed) = renew(token).await
                && !renewed.tired()
            {
                *held = Some(renewed.clone());
                return Ok(renewed);
            }
        }
        match self.login().await {
            Ok(token) => Ok(held.insert(token).clone()),
            // What still lives is better than nothing.
            Err(fault) => held.clone().filter(|token| !token.dead()).ok_or(fault),
        }
    }

    async fn login(&self) -> Result<Token, Fault> {
        let (token, life, renewable) = auth::login(&self.bare, &self.settings.auth).await?;
        use secrecy::ExposeSecret;
        let client = Arc::new(client(&self.settings, token.expose_secret())?);
        Ok(Token {
            client,
            got: Instant::now(),
            life,
            renewable,
        })
    }

    async fn alive(&self, token: &Token) -> bool {
        call::exec(&token.client, Method::Get, "auth/token/lookup-self", None)
            .await
            .is_ok()
    }

    async fn forget(&self, token: &Token) {
        let mut held = self.token.lock().await;
        if held
            .as_ref()
            .is_some_and(|held| Arc::ptr_eq(&held.client, &token.client))
        {
            *held = None;
        }
    }
}

async fn renew(token: &Token) -> Result<Token, Fault> {
    let answer = call::exec(&token.client, Method::Post, "auth/token/renew-self", None).await?;
    let life = answer["auth"]["lease_duration"].as_u64().map(Duration::from_secs);
    Ok(Token {
        got: Instant::now(),
        life,
        ..token.clone()
    })
}

fn client(settings: &VaultSettings, token: &str) -> Result<VaultClient, Fault> {
    // Every field is set: the builder's defaults read the environment and fall back to plain http.
    let mut builder = VaultClientSettingsBuilder::default();
    builder
        .address(&settings.address)
        .token(token)
        .verify(true)
        .timeout(Some(PATIENCE))
        .ca_certs(settings.ca.iter().map(|path| path.display().to_string()).collect())
        .identity(None)
        .namespace(settings.namespace.clone());
    let unusable = |why: String| Fault::new(FaultKind::Unreachable, format!("{}: {why}", settings.address));
    let settings = builder.build().map_err(|e| unusable(e.to_string()))?;
    VaultClient::new(settings).map_err(|e| unusable(e.to_string()))
}
