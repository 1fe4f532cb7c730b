//! `lab down` and `lab wipe`.

use std::fs;

use super::{Lab, backups, component::ALL, fault, files, ground::Ground, say, seed::migrations};
use crate::model::{Fault, FaultKind};

/// What a lab keeps in its directory. Nothing else is ever removed.
const OURS: [&str; 15] = [
    "run",
    "log",
    "secrets",
    "faults",
    "pg",
    backups::DIRECTORY,
    "openbao",
    "vault",
    migrations::DIRECTORY,
    "ssh",
    "fleet.toml",
    "passfile",
    "admin.pgpass",
    "watch",
    "lab.json",
];

impl Lab {
    /// Stops everything that the lab started.
    pub async fn down(&self) -> Result<(), Fault> {
        let ground = self.built()?;
        let _alone = self.alone()?;
        self.stop_all(&ground).await?;
        say::line("lab", "all is down");
        Ok(())
    }

    /// Removes the lab from the disk. One that is up is refused, unless it may be stopped first.
    pub async fn wipe(&self, stop: bool) -> Result<(), Fault> {
        let Some(ground) = self.ground()? else {
            return Ok(());
        };
        let alone = self.alone()?;
        if stop {
            self.stop_all(&ground).await?;
        } else if self.status().await?.iter().any(super::Part::is_up) {
            let fault = Fault::new(FaultKind::Refused, format!("the lab at {} is up", self.dir.display()));
            return Err(fault.hint("tenantry lab wipe --down"));
        }
        self.clear()?;
        drop(alone);
        fs::remove_file(self.dir.join("lock")).map_err(|e| files::wrong(&self.dir, &e))?;
        // It stays where somebody else keeps something in it.
        let _ = fs::remove_dir(&self.dir);
        say::line("lab", &format!("{} is gone", self.dir.display()));
        Ok(())
    }

    pub(super) async fn stop_all(&self, ground: &Ground) -> Result<(), Fault> {
        if ground.path("faults").is_dir() {
            fault::leave(ground).await?;
        }
        for component in ALL.iter().rev() {
            component.stop(ground).await?;
        }
        Ok(())
    }

    /// Removes what a lab keeps.
    pub(super) fn clear(&self) -> Result<(), Fault> {
        for name in OURS {
            let path = self.dir.join(name);
            if path.is_dir() {
                files::remove(&path)?;
            } else if path.exists() {
                fs::remove_file(&path).map_err(|e| files::wrong(&path, &e))?;
            }
        }
        Ok(())
    }
}
