//! Who may do what in OpenBao: policies, and an `AppRole` for each kind of client.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::{
    config::{Auth, VaultSettings},
    lab::{files, ground::Ground},
    model::{Fault, FaultKind},
    provider::vault::{Method, Vault},
};

/// The secret that holds the root token.
pub const ROOT: &str = "vault-root-token";
/// The `AppRole` of the applications that the traffic plays.
pub const APPLICATION: &str = "orders-api";

/// The name of a policy, and what it says.
const POLICIES: [(&str, &str); 3] = [
    ("tenantry-watch", include_str!("watch.hcl")),
    ("tenantry-operate", include_str!("operate.hcl")),
    (APPLICATION, include_str!("application.hcl")),
];

/// The name of an `AppRole`, its policies, and how long its tokens live at first. What a run that died was given ends soon
/// after it, and what it was issued with it.
const ROLES: [(&str, &[&str], &str); 3] = [
    ("tenantry", &["tenantry-watch"], "1h"),
    ("tenantry-operate", &["tenantry-watch", "tenantry-operate"], "10m"),
    (APPLICATION, &[APPLICATION], "1h"),
];

/// Writes policies and roles, and the files with which each role logs in.
pub async fn grant(ground: &Ground, vault: &Vault) -> Result<(), Fault> {
    for (name, policy) in POLICIES {
        let body = json!({ "policy": policy });
        vault
            .call(Method::Put, &format!("sys/policies/acl/{name}"), Some(&body))
            .await?;
    }
    let kind = json!({ "type": "approle" });
    vault.call(Method::Post, "sys/auth/approle", Some(&kind)).await?;
    files::directory(&ground.path("vault"), 0o700)?;
    for (name, policies, life) in ROLES {
        let path = format!("auth/approle/role/{name}");
        let body = json!({ "token_policies": policies, "token_ttl": life, "token_max_ttl": "24h" });
        vault.call(Method::Post, &path, Some(&body)).await?;
        let id = vault.read(&format!("{path}/role-id")).await?;
        let secret = vault.call(Method::Post, &format!("{path}/secret-id"), None).await?;
        let [role_id, secret_id] = keys(ground, name);
        files::private(&role_id, text(&id["data"]["role_id"])?)?;
        files::private(&secret_id, text(&secret["data"]["secret_id"])?)?;
    }
    Ok(())
}

/// The files with which a role logs in: its role id, its secret id.
fn keys(ground: &Ground, name: &str) -> [PathBuf; 2] {
    ["role-id", "secret-id"].map(|kind| ground.path("vault").join(format!("{name}.{kind}")))
}

fn text(value: &Json) -> Result<&str, Fault> {
    let absent = || Fault::new(FaultKind::Malformed, "approle: the answer has no id");
    value.as_str().ok_or_else(absent)
}

/// A door as one of the roles.
pub fn door(ground: &Ground, role: &str) -> Result<Vault, Fault> {
    let [role_id_file, secret_id_file] = keys(ground, role);
    let mount = "approle".into();
    client(
        ground,
        Auth::AppRole {
            mount,
            role_id_file,
            secret_id_file,
        },
    )
}

/// A door with the root token, which only building and breaking use.
pub fn root(ground: &Ground) -> Result<Vault, Fault> {
    bare(ground)
}

/// A door that can ask what needs no token before there is a token.
pub fn bare(ground: &Ground) -> Result<Vault, Fault> {
    let path = ground.secrets().path(ROOT);
    client(ground, Auth::TokenFile { path })
}

fn client(ground: &Ground, auth: Auth) -> Result<Vault, Fault> {
    Vault::new(VaultSettings {
        address: format!("http://127.0.0.1:{}", ground.vault_port()),
        ca: None,
        namespace: None,
        mount: "database".into(),
        auth,
        operate: None,
    })
}
