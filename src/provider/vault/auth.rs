//! Logging in. Secrets are read from files when they are needed and forgotten afterwards.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use vaultrs::client::VaultClient;

use super::{Method, call, client::Source};
use crate::{
    config::Auth,
    model::{Fault, FaultKind},
    provider::secret_file,
};

/// What a child of a token is called, in the server's audit log too.
const CHILD: &str = "tenantry-run";

/// A fresh login.
pub struct Entry {
    /// What the server gave.
    pub token: SecretString,
    /// How long it lives from now; none where it lives for ever.
    pub life: Option<Duration>,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// Whether it was made for us, and so is ours to end.
    pub ours: bool,
}

/// Logs in, or looks up the token that a file holds.
pub async fn login(source: &Source, auth: &Auth) -> Result<Entry, Fault> {
    let (path, body) = match auth {
        Auth::TokenFile { path } => return held(source, read(path)?).await,
        Auth::AppRole {
            mount,
            role_id_file,
            secret_id_file,
        } => (
            format!("auth/{mount}/login"),
            json!({ "role_id": read(role_id_file)?.expose_secret(), "secret_id": read(secret_id_file)?.expose_secret() }),
        ),
        Auth::Userpass {
            mount,
            username,
            password_file,
        } => (
            format!("auth/{mount}/login/{username}"),
            json!({ "password": read(password_file)?.expose_secret() }),
        ),
        Auth::Kubernetes { mount, role, jwt_file } => (
            format!("auth/{mount}/login"),
            json!({ "role": role, "jwt": trimmed(&secret_file::mounted(jwt_file)?).expose_secret() }),
        ),
    };
    let client = source.anonymous()?;
    let mut answer = call::exec(&client, Method::Post, &path, Some(&body))
        .await
        .map_err(refused)?;
    let Json::String(token) = answer["auth"]["client_token"].take() else {
        return Err(Fault::new(
            FaultKind::Malformed,
            format!("{path}: the answer has no token"),
        ));
    };
    Ok(made(token, &answer))
}

/// A token of our own below one that somebody lends us; the lent one where it may not make any.
pub async fn child(source: &Source, lent: Entry) -> Result<Entry, Fault> {
    let client = source.client(&lent.token)?;
    let wanted = json!({ "display_name": CHILD, "renewable": true });
    match call::exec(&client, Method::Post, "auth/token/create", Some(&wanted)).await {
        Ok(mut answer) => match answer["auth"]["client_token"].take() {
            Json::String(token) => Ok(made(token, &answer)),
            _ => Err(Fault::new(
                FaultKind::Malformed,
                "auth/token/create: the answer has no token",
            )),
        },
        Err(fault) if fault.kind == FaultKind::Denied => Ok(lent),
        Err(fault) => Err(fault),
    }
}

fn made(token: String, answer: &Json) -> Entry {
    Entry {
        token: SecretString::from(token),
        life: seconds(&answer["auth"]["lease_duration"]),
        renewable: answer["auth"]["renewable"].as_bool().unwrap_or(false),
        ours: true,
    }
}

/// Makes the token live as long as its role lets it; how long that is from now.
pub async fn renew(client: &VaultClient) -> Result<Option<Duration>, Fault> {
    let answer = call::exec(client, Method::Post, "auth/token/renew-self", None).await?;
    Ok(seconds(&answer["auth"]["lease_duration"]))
}

async fn held(source: &Source, token: SecretString) -> Result<Entry, Fault> {
    let client = source.client(&token)?;
    let answer = call::exec(&client, Method::Get, "auth/token/lookup-self", None)
        .await
        .map_err(refused)?;
    Ok(Entry {
        token,
        life: seconds(&answer["data"]["ttl"]),
        renewable: answer["data"]["renewable"].as_bool().unwrap_or(false),
        ours: false,
    })
}

/// A token whose life is given as nothing lives for ever.
fn seconds(value: &Json) -> Option<Duration> {
    value.as_u64().filter(|secs| *secs > 0).map(Duration::from_secs)
}

/// A login that is refused is a matter of credentials, whatever code the server chose.
fn refused(fault: Fault) -> Fault {
    match fault.kind {
        FaultKind::Denied | FaultKind::Refused => Fault {
            kind: FaultKind::Credential,
            ..fault
        }
        .hint("check [vault] auth in the fleet file and the files it names"),
        _ => fault,
    }
}

fn read(path: &std::path::Path) -> Result<SecretString, Fault> {
    Ok(trimmed(&secret_file::private(path)?))
}

fn trimmed(text: &SecretString) -> SecretString {
    SecretString::from(text.expose_secret().trim().to_owned())
}
