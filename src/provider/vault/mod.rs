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
    provider::postgres::Login,
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
        Self::opened(settings, false)
    }

    /// As [`Self::new`], for one run: a token that a file lends makes a child, which ends with the run.
    pub fn for_a_run(settings: VaultSettings) -> Result<Self, Fault> {
        Self::opened(settings, true)
    }

    fn opened(settings: VaultSettings, own: bool) -> Result<Self, Fault> {
        let source = Source::new(&settings)?;
        Ok(Self {
            root: source.root()?,
            keeper: Keeper::new(settings.auth.clone(), own),
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

    /// Logs in, where there is no token yet that lives.
    ///
    /// # Errors
    /// Where the server lets nobody in.
    pub async fn log_in(&self) -> Result<(), Fault> {
        self.keeper.token(&self.source).await.map(drop)
    }

    /// The display name and the accessor of our own token; the accessor opens nothing, and is in the server's audit log.
    ///
    /// # Errors
    /// Where the server lets nobody in.
    pub async fn myself(&self) -> Result<(String, String), Fault> {
        let path = "auth/token/lookup-self";
        let mut answer = self.read(path).await?;
        let data = &mut answer["data"];
        let role = data["meta"]["role_name"]
            .as_str()
            .map(|role| format!("/{role}"))
            .unwrap_or_default();
        let name = text(path, data, "display_name")? + &role;
        Ok((name, text(path, data, "accessor")?))
    }

    /// Ends the token of this accessor, and with it the leases that it was given.
    ///
    /// # Errors
    /// Where the server knows none, or does not let us.
    pub async fn end(&self, accessor: &str) -> Result<(), Fault> {
        let body = serde_json::json!({ "accessor": accessor });
        let path = "auth/token/revoke-accessor";
        self.call(Method::Post, path, Some(&body)).await.map(drop)
    }

    /// Ends our own token, and with it the leases that it was given. A token that was given to us is not ours to end.
    pub async fn leave(&self) {
        if let Some(token) = self.keeper.give_up().await {
            // Where this fails it ends by itself.
            let _ = call::exec(&token.client, Method::Post, "auth/token/revoke-self", None).await;
        }
    }

    /// The login that a path of the database engine tells.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn login(&self, path: &str) -> Result<Login, Fault> {
        let mut answer = self.read(path).await?;
        login(path, &mut answer)
    }

    /// A new login of a dynamic role, by its path, and its lease.
    ///
    /// # Errors
    /// Where none was issued.
    pub async fn issue(&self, path: &str) -> Result<Issued, Fault> {
        let mut answer = self.read(path).await?;
        Ok(Issued {
            lease: text(path, &mut answer, "lease_id")?,
            login: login(path, &mut answer)?,
        })
    }

    /// A call that needs no token and no namespace, such as `sys/health`.
    pub async fn open_call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
        call::exec(&self.root, method, path, body).await
    }
}

/// A login that lives as long as its lease.
pub struct Issued {
    /// The lease's id.
    pub lease: String,
    /// The login.
    pub login: Login,
}

fn login(path: &str, answer: &mut Json) -> Result<Login, Fault> {
    let data = &mut answer["data"];
    Ok(Login {
        user: text(path, data, "username")?,
        password: SecretString::from(text(path, data, "password")?),
    })
}

fn text(path: &str, answer: &mut Json, key: &str) -> Result<String, Fault> {
    match answer[key].take() {
        Json::String(text) => Ok(text),
        _ => Err(Fault::new(
            FaultKind::Malformed,
            format!("{path}: the answer has no {key}"),
        )),
    }
}
