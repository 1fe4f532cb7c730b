//! What every component of the lab can do, and the list of them.

use async_trait::async_trait;
use serde::Serialize;

use super::{backups, ground::Ground, openbao, postgres, seed, sshd, traffic};
use crate::model::Fault;

/// The steps in which a lab is built. All components do theirs of a step at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Servers that stand alone: primaries, the secrets server.
    Servers,
    /// What is in them: tenants, roles, engines.
    Contents,
    /// What copies them: standbys; later, backups.
    Copies,
    /// What uses them.
    Use,
}

impl Stage {
    /// In order.
    pub const ALL: [Self; 4] = [Self::Servers, Self::Contents, Self::Copies, Self::Use];
}

/// A part of a component that can be up or down by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name, unique in the lab.
    pub name: String,
    /// Its process, while it runs.
    pub pid: Option<i32>,
    /// Where it listens.
    pub port: Option<u16>,
    /// One or two words.
    pub state: String,
    /// Whether it is only kept on disk: it has no process, and is never down.
    pub kept: bool,
}

impl Part {
    /// A process, or the lack of one.
    pub fn process(name: &str, pid: Option<i32>, port: Option<u16>, state: &str) -> Self {
        Self {
            name: name.into(),
            pid,
            port,
            state: state.into(),
            kept: false,
        }
    }

    /// What is kept on disk, and has no process.
    pub fn kept(name: &str, state: String) -> Self {
        Self {
            name: name.into(),
            pid: None,
            port: None,
            state,
            kept: true,
        }
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.pid.is_some()
    }

    /// Whether it should run and does not.
    pub fn is_down(&self) -> bool {
        !self.kept && !self.is_up()
    }
}

/// A kind of server, or another thing that a lab is made of. What has no process leaves out what processes need.
#[async_trait]
pub trait Component: Send + Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// The ports it listens on, with the name of the part.
    fn ports(&self, _: &Ground) -> Vec<(String, u16)> {
        Vec::new()
    }

    /// Its part in building a lab from nothing.
    async fn make(&self, ground: &Ground, stage: Stage) -> Result<(), Fault>;

    /// Starts what was built before and does not run, and returns at once.
    async fn start(&self, _: &Ground) -> Result<(), Fault> {
        Ok(())
    }

    /// Returns when that which was started serves.
    async fn ready(&self, _: &Ground) -> Result<(), Fault> {
        Ok(())
    }

    /// Stops what the lab started, and nothing else.
    async fn stop(&self, _: &Ground) -> Result<(), Fault> {
        Ok(())
    }

    /// Its parts.
    async fn status(&self, ground: &Ground) -> Vec<Part>;
}

/// Every component; started in this order and stopped in the other. A new one is a file and a line here.
pub const ALL: &[&dyn Component] = &[
    &postgres::Postgres,
    &openbao::OpenBao,
    &seed::Seed,
    &backups::Backups,
    &traffic::Traffic,
    &sshd::Sshd,
];
