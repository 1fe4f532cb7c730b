//! OpenSSH's server, so that the console can be used where it is used elsewhere: over ssh, by somebody who is not root.
//!
//! Whoever logs in is the user that the lab's servers run as, since a server that is not root's can let in no other.

mod conf;
mod login;
mod means;
mod place;
mod server;

use async_trait::async_trait;

use super::{
    component::{Component, Part, Stage},
    fleet_file,
    ground::Ground,
    say,
};
use crate::model::Fault;
use means::Means;

/// The server that lets people in.
pub struct Sshd;

/// Its name in records and in `lab status`.
const NAME: &str = "sshd";

#[async_trait]
impl Component for Sshd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ports(&self, ground: &Ground) -> Vec<(String, u16)> {
        vec![(NAME.into(), ground.ssh_port())]
    }

    async fn make(&self, ground: &Ground, stage: Stage) -> Result<(), Fault> {
        if stage != Stage::Servers {
            return Ok(());
        }
        self.start(ground).await?;
        self.ready(ground).await
    }

    /// A lab is whole without it: where it cannot serve, that is said, and the rest comes up.
    async fn start(&self, ground: &Ground) -> Result<(), Fault> {
        let means = match Means::of(ground) {
            Ok(means) => means,
            Err(why) => {
                let remedy = why.hint.as_deref().map(|hint| format!(": {hint}")).unwrap_or_default();
                say::line(NAME, &format!("is left out, {why}{remedy}"));
                return Ok(());
            }
        };
        if !place::is_made(ground) {
            // A version that had no such server may have built this lab.
            fleet_file::lend(ground)?;
            place::make(ground, &means).await?;
        }
        place::bring_program(ground)?;
        server::start_unless_running(ground, &means)
    }

    async fn ready(&self, ground: &Ground) -> Result<(), Fault> {
        if Means::of(ground).is_err() {
            return Ok(());
        }
        server::wait_ready(ground).await
    }

    async fn stop(&self, ground: &Ground) -> Result<(), Fault> {
        if server::stop(ground).await? {
            say::line(NAME, "stopped");
        }
        Ok(())
    }

    async fn status(&self, ground: &Ground) -> Vec<Part> {
        let part = server::part(ground);
        if !part.is_up() && Means::of(ground).is_err() {
            return Vec::new();
        }
        vec![part]
    }
}
