//! Sessions to act with: of a login that watching does not have, one for each server of a run, opened when it acts.

use std::{collections::HashMap, sync::Arc};

use super::{Login, Manner, Session, login::Logins};
use crate::{
    config::{Access, Settings},
    model::{Backups, Fault, FaultKind, Place, Server, Target},
    provider::{beside, vault::Vault},
};

/// The ways to act on every server of the fleet.
pub struct Operators {
    rooms: HashMap<(String, String), Room>,
    beside: HashMap<String, (Backups, String)>,
    vault: Option<Arc<Vault>>,
}

struct Room {
    server: Server,
    database: String,
    logins: Option<Arc<Logins>>,
}

impl Operators {
    /// Logs in nowhere yet: each server is logged in to when something is done there.
    ///
    /// # Errors
    /// Where the settings of the secrets server make no client.
    pub fn new(settings: &Settings) -> Result<Self, Fault> {
        let acting = settings.vault.clone().and_then(|vault| {
            let auth = vault.operate.clone()?;
            Some(Vault::for_a_run(crate::config::VaultSettings { auth, ..vault }))
        });
        let vault = acting.transpose()?.map(Arc::new);
        let (mut rooms, mut beside) = (HashMap::new(), HashMap::new());
        for instance in &settings.fleet.instances {
            let access: Option<&Access> = settings.operate.get(&instance.name);
            let logins = access.map(|access| Arc::new(Logins::new(access.clone(), vault.clone())));
            if let Some(backups) = &instance.backups {
                beside.insert(instance.name.clone(), (backups.clone(), instance.database.clone()));
            }
            for server in &instance.servers {
                let room = Room {
                    server: server.clone(),
                    database: instance.database.clone(),
                    logins: logins.clone(),
                };
                rooms.insert((instance.name.clone(), server.name.clone()), room);
            }
        }
        Ok(Self { rooms, beside, vault })
    }

    /// A new session on this server or this copy, in its database or in the instance's own.
    ///
    /// # Errors
    /// Where nobody may act there, or the server does not let us in.
    pub async fn open(&self, place: &Place) -> Result<Session, Fault> {
        let (server, database) = (&place.server, place.database.as_deref());
        if place.is_copy() {
            let (backups, own) = self.copy(server)?;
            return beside::open(backups, server.part(1), database.unwrap_or(own)).await;
        }
        let room = self.room(server)?;
        let none = || {
            Fault::new(
                FaultKind::Credential,
                format!("there is no login to act with on {}", server.part(0)),
            )
            .hint("give the instance an operate_role or operate_lease, or operate_direct = { … }, in the fleet file")
        };
        let logins = room.logins.as_ref().ok_or_else(none)?;
        let database = database.unwrap_or(&room.database);
        let mut last = none();
        for refresh in [false, true] {
            for (login, _) in logins.candidates(&room.server, database, refresh).await? {
                match Session::open(&room.server, database, &login, Manner::Act).await {
                    Err(fault) if fault.kind == FaultKind::Credential => last = fault,
                    other => return other,
                }
            }
        }
        Err(last)
    }

    /// The secrets server, with the login to act there.
    pub fn vault(&self) -> Option<&Vault> {
        self.vault.as_deref()
    }

    /// The database of this place, by its name.
    pub fn database<'a>(&'a self, place: &'a Place) -> Option<&'a str> {
        let own = || {
            if place.is_copy() {
                return Some(self.copy(&place.server).ok()?.1);
            }
            Some(self.room(&place.server).ok()?.database.as_str())
        };
        place.database.as_deref().or_else(own)
    }

    /// Whether this is the instance's maintenance database.
    pub fn is_maintenance(&self, place: &Place) -> bool {
        let room = self.room(&place.server);
        room.is_ok_and(|room| place.database.as_deref().is_none_or(|name| name == room.database))
    }

    /// A session of somebody else on this server, which was found to be the right one, with what is set for that login.
    ///
    /// # Errors
    /// Where the server is not known, or does not let it in.
    pub async fn enter(&self, place: &Place, login: &Login) -> Result<Session, Fault> {
        let room = self.room(&place.server)?;
        let database = place.database.as_deref().unwrap_or(&room.database);
        Session::open(&room.server, database, login, Manner::Plain).await
    }

    /// Whether this server, which was found to be the right one, lets this login in.
    ///
    /// # Errors
    /// Where neither is known.
    pub async fn accepts(&self, place: &Place, login: &Login) -> Result<bool, Fault> {
        let room = self.room(&place.server)?;
        let database = place.database.as_deref().unwrap_or(&room.database);
        match Session::open(&room.server, database, login, Manner::Act).await {
            Ok(_) => Ok(true),
            Err(fault) if fault.kind == FaultKind::Credential => Ok(false),
            // Who may not enter this database was known by then.
            Err(fault) if fault.kind == FaultKind::Denied => Ok(true),
            Err(fault) => Err(fault),
        }
    }

    /// Where copies beside the instance are, and the instance's own database.
    fn copy(&self, copy: &Target) -> Result<(&Backups, &str), Fault> {
        let unknown = || Fault::new(FaultKind::Refused, format!("there is no place for {copy}"));
        let found = self.beside.get(copy.part(0)).ok_or_else(unknown)?;
        Ok((&found.0, &found.1))
    }

    fn room(&self, server: &Target) -> Result<&Room, Fault> {
        let key = (server.part(0).to_owned(), server.part(1).to_owned());
        let unknown = || Fault::new(FaultKind::Refused, format!("no such server: {server}"));
        self.rooms.get(&key).ok_or_else(unknown)
    }
}
