//! What every component stands on: the lab's directory, its ports, its secrets, its processes.

use std::path::{Path, PathBuf};

use super::{
    memory::Memory,
    plan::{self, Cluster, Site},
    process::Record,
    secrets::Secrets,
};
use crate::{
    model::{Fault, FaultKind},
    provider::postgres::{Manner, Session},
};

/// A lab whose size and ports are decided.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Everything of the lab is under here.
    pub dir: PathBuf,
    /// The program whose hidden subcommands the lab runs as processes.
    pub program: PathBuf,
    /// What the lab remembers.
    pub memory: Memory,
}

impl Ground {
    /// A path under the lab's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Where a process writes.
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join("log").join(format!("{name}.log"))
    }

    /// The data of a PostgreSQL server.
    pub fn data(&self, site: &Site) -> PathBuf {
        self.dir.join("pg").join(site.name)
    }

    /// The lab's secrets.
    pub fn secrets(&self) -> Secrets {
        Secrets::of(&self.dir)
    }

    /// The record of a process.
    pub fn record(&self, name: &str) -> Record {
        Record::of(&self.dir, name)
    }

    /// The port of a site.
    pub fn port(&self, site: &Site) -> u16 {
        self.memory.port_base + site.offset
    }

    /// OpenBao's port.
    pub fn vault_port(&self) -> u16 {
        self.memory.port_base + plan::OPENBAO
    }

    /// The port of OpenSSH's server.
    pub fn ssh_port(&self) -> u16 {
        self.memory.port_base + plan::SSHD
    }

    /// A session of a role whose password the lab keeps.
    pub async fn session(&self, site: &Site, database: &str, role: &str) -> Result<Session, Fault> {
        let login = self.secrets().login(role)?;
        Session::open(&site.server(self.memory.port_base), database, &login, Manner::Plain).await
    }

    /// A session of the superuser.
    pub async fn admin(&self, site: &Site, database: &str) -> Result<Session, Fault> {
        self.session(site, database, "postgres").await
    }

    /// A hidden subcommand of this program, as a process of this lab.
    pub fn own(&self, words: &[&str]) -> tokio::process::Command {
        let mut command = super::process::apart(&self.program);
        command.args(["lab", "--dir"]).arg(&self.dir).args(words);
        super::user::plain(&mut command);
        command
    }
}

/// The instance of this name, or those that there are.
pub fn cluster(name: &str) -> Result<&'static Cluster, Fault> {
    plan::cluster(name).ok_or_else(|| {
        let names: Vec<&str> = plan::CLUSTERS.iter().map(|cluster| cluster.name).collect();
        unknown("instance", name, &names)
    })
}

/// The standby of this name, with its instance.
pub fn standby(name: &str) -> Result<(&'static Cluster, &'static Site), Fault> {
    let found = plan::site_named(name).filter(|(cluster, site)| cluster.primary.name != site.name);
    found.ok_or_else(|| {
        let standbys = plan::CLUSTERS.iter().flat_map(|cluster| cluster.standbys);
        let names: Vec<&str> = standbys.map(|site| site.name).collect();
        unknown("standby", name, &names)
    })
}

fn unknown(kind: &str, name: &str, names: &[&str]) -> Fault {
    let what = format!("the lab has no {kind} {:?}", crate::model::Text::from(name));
    Fault::new(FaultKind::Refused, what).hint(format!("one of {}", names.join(", ")))
}

/// Where a program of this name is on the path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

/// Whether this is a file.
pub fn is_program(path: &Path) -> bool {
    path.is_file()
}
