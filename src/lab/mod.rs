//! A real fleet on loopback, to try, to train and to test with: PostgreSQL, OpenBao and a way in over ssh, as they are installed elsewhere.
//!
//! A lab is a directory. Each component is a file or a folder here and a line in [`component::ALL`]; each fault is a
//! file under `fault/` and a line in [`fault::ALL`]. The lab writes a fleet file, and the console reads it like any other.

mod backups;
mod component;
mod down;
pub mod fault;
mod files;
mod fleet_file;
mod ground;
mod install;
mod memory;
mod openbao;
mod place;
mod plan;
mod ports;
mod postgres;
mod process;
mod programs;
mod say;
mod secrets;
pub mod seed;
mod sshd;
mod traffic;
mod up;
mod user;
mod watch;
mod work;

use std::path::{Path, PathBuf};

pub use component::Part;
pub use memory::{Sizes, Wanted};

use crate::model::{Fault, FaultKind};
use ground::Ground;
use memory::Memory;

/// A lab, whether it exists or not.
#[derive(Clone, Debug)]
pub struct Lab {
    dir: PathBuf,
    program: PathBuf,
}

impl Lab {
    /// The lab at this directory, or at the usual one: `$XDG_STATE_HOME/tenantry/lab`, for root `/var/lib/tenantry/lab`.
    pub fn at(dir: Option<PathBuf>) -> Result<Self, Fault> {
        let dir = dir.map_or_else(place::usual, Ok)?;
        let dir = std::path::absolute(&dir).map_err(|e| files::wrong(&dir, &e))?;
        let unknown = |e| Fault::new(FaultKind::Refused, format!("where is this program? {e}"));
        let program = std::env::current_exe().map_err(unknown)?;
        Ok(Self { dir, program })
    }

    /// Everything of the lab is under here.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The fleet file that the lab writes.
    pub fn fleet_file(&self) -> PathBuf {
        self.dir.join("fleet.toml")
    }

    /// The parts of every component. Empty where there is no lab.
    pub async fn status(&self) -> Result<Vec<Part>, Fault> {
        let Some(ground) = self.ground()? else {
            return Ok(Vec::new());
        };
        let mut parts = Vec::new();
        for component in component::ALL {
            parts.extend(component.status(&ground).await);
        }
        Ok(parts)
    }

    /// Shell commands that make the console and `psql` find the lab.
    pub fn env(&self) -> Result<String, Fault> {
        let ground = self.built()?;
        let psql = |name: &str, port: u16| format!("# psql -h 127.0.0.1 -p {port} -U postgres postgres    # {name}\n");
        let mut text = format!(
            "export TENANTRY_FLEET={}\nexport PGPASSFILE={}\n",
            self.fleet_file().display(),
            ground.path("admin.pgpass").display()
        );
        for component in component::ALL
            .iter()
            .filter(|component| component.name() == "postgresql")
        {
            text.extend(component.ports(&ground).iter().map(|(name, port)| psql(name, *port)));
        }
        Ok(text)
    }

    fn ground(&self) -> Result<Option<Ground>, Fault> {
        Ok(Memory::load(&self.dir)?.map(|memory| self.with(memory)))
    }

    fn with(&self, memory: Memory) -> Ground {
        Ground {
            dir: self.dir.clone(),
            program: self.program.clone(),
            memory,
        }
    }

    /// The lab's ground, or a refusal that says what to do.
    fn built(&self) -> Result<Ground, Fault> {
        let absent = || Fault::new(FaultKind::Refused, format!("there is no lab at {}", self.dir.display()));
        self.ground()?.ok_or_else(|| absent().hint("tenantry lab up"))
    }
}
