//! The logins with which an instance is watched, newest first.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::passfile;
use crate::{
    config::{Access, Direct, EngineRole},
    model::{Fault, FaultKind, LoginSource, Server},
    provider::vault::Vault,
};

/// A user and a password. Cannot be printed.
#[derive(Clone)]
pub struct Login {
    /// The role's name.
    pub user: String,
    /// Its password.
    pub password: SecretString,
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        self.user == other.user && self.password.expose_secret() == other.password.expose_secret()
    }
}

/// The logins of one instance.
///
/// The previous password of a static role is kept: a standby that replays late, or not at all, still wants it.
pub struct Logins {
    access: Access,
    vault: Option<Arc<Vault>>,
    kept: Mutex<Vec<Login>>,
}

impl Logins {
    /// Nothing is read before the first connection.
    pub fn new(access: Access, vault: Option<Arc<Vault>>) -> Self {
        Self {
            access,
            vault,
            kept: Mutex::default(),
        }
    }

    /// What to try on this server, in order. `refresh` asks the secrets server again, as after a refused password.
    pub async fn candidates(
        &self,
        server: &Server,
        database: &str,
        refresh: bool,
    ) -> Result<Vec<(Login, LoginSource)>, Fault> {
        let (Some(role), Some(vault)) = (&self.access.role, &self.vault) else {
            return self.file(server, database, LoginSource::File);
        };
        let mut kept = self.kept.lock().await;
        if kept.is_empty() || refresh {
            match fetch(vault, role).await {
                Ok(login) if kept.first() == Some(&login) => {}
                Ok(login) => {
                    kept.insert(0, login);
                    kept.truncate(2);
                }
                Err(fault) if kept.is_empty() && self.access.direct.is_none() => return Err(keyless(role, fault)),
                Err(_) if kept.is_empty() => return self.file(server, database, LoginSource::Fallback),
                Err(_) => {}
            }
        }
        Ok(kept.iter().map(|login| (login.clone(), LoginSource::Vault)).collect())
    }

    fn file(&self, server: &Server, database: &str, source: LoginSource) -> Result<Vec<(Login, LoginSource)>, Fault> {
        let direct: &Direct = self.access.direct.as_ref().ok_or_else(|| {
            Fault::new(FaultKind::Credential, "no credential to watch with")
                .hint("give the instance a watch_role or direct = { … } in the fleet file")
        })?;
        Ok(vec![(passfile::login(direct, server, database)?, source)])
    }
}

/// What the secrets server said is not what the server said: that one was never asked.
fn keyless(role: &EngineRole, fault: Fault) -> Fault {
    let role = match role {
        EngineRole::Static(name) => format!("static role {name}"),
        EngineRole::Dynamic(name) => format!("dynamic role {name}"),
    };
    Fault {
        kind: FaultKind::Keyless,
        what: format!("no credential to log in with: {role}: {}", fault.what.raw()).into(),
        hint: fault.hint,
        state: None,
    }
}

async fn fetch(vault: &Vault, role: &EngineRole) -> Result<Login, Fault> {
    let path = match role {
        EngineRole::Static(name) => format!("static-creds/{name}"),
        // Its lease belongs to the token that asks for it, and ends with that.
        EngineRole::Dynamic(name) => format!("creds/{name}"),
    };
    vault.login(&format!("{}/{path}", vault.mount())).await
}
