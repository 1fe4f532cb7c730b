//! Logging in. Secrets are read from files when they are needed and forgotten afterwards.

use std::{fs, path::Path, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use vaultrs::client::VaultClient;

use super::{Method, call};
use crate::{
    config::Auth,
    model::{Fault, FaultKind},
};

/// A token, how long it lives (`None`: for ever or unknown), and whether it can be renewed.
pub async fn login(bare: &VaultClient, auth: &Auth) -> Result<(SecretString, Option<Duration>, bool), Fault> {
    let (path, body) = match auth {
        Auth::TokenFile { path } => return Ok((read(path)?, None, false)),
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
            json!({ "role": role, "jwt": read(jwt_file)?.expose_secret() }),
        ),
    };
    let mut answer = call::exec(bare, Method::Post, &path, Some(&body))
        .await
        .map_err(refused)?;
    let Json::String(token) = answer["auth"]["client_token"].take() else {
        return Err(Fault::new(
            FaultKind::Malformed,
            format!("{path}: the answer has no token"),
        ));
    };
    let life = answer["auth"]["lease_duration"]
        .as_u64()
        .filter(|secs| *secs > 0)
        .map(Duration::from_secs);
    Ok((
        SecretString::from(token),
        life,
        answer["auth"]["renewable"].as_bool().unwrap_or(false),
    ))
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

fn read(path: &Path) -> Result<SecretString, Fault> {
    let text =
        fs::read_to_string(path).map_err(|e| Fault::new(FaultKind::Credential, format!("{}: {e}", path.display())))?;
    Ok(SecretString::from(text.trim().to_owned()))
}
