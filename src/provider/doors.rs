//! One of each door. Built once, when the program is wired.

use std::{path::PathBuf, sync::Arc};

use super::{backups::Repositories, beside::Copies, postgres::Servers, vault::Vault};
use crate::{
    config::{Settings, mutes},
    model::Fault,
};

/// What the probes ask through. Cheap to clone.
#[derive(Clone)]
pub struct Doors {
    /// Every PostgreSQL server of the fleet.
    pub servers: Arc<Servers>,
    /// The secrets server, where one is configured.
    pub vault: Option<Arc<Vault>>,
    /// Every repository of backups.
    pub repositories: Arc<Repositories>,
    /// Every copy beside an instance.
    pub copies: Arc<Copies>,
    /// The file with the findings that this operator muted.
    pub mutes: PathBuf,
    /// Where the journals of runs are; none where there is no such place.
    pub journals: Option<PathBuf>,
}

impl Doors {
    /// Connects to nothing yet. Fails where the settings of the secrets server make no client.
    pub fn new(settings: &Settings) -> Result<Self, Fault> {
        let vault = settings.vault.clone().map(Vault::new).transpose()?.map(Arc::new);
        Ok(Self {
            servers: Arc::new(Servers::new(settings, vault.as_ref())),
            vault,
            repositories: Arc::default(),
            copies: Arc::default(),
            mutes: mutes::path(),
            journals: None,
        })
    }
}
