//! OpenBao as it is run elsewhere: raft storage, an audit device, unsealed with a key that the lab keeps.

mod access;
mod engine;
mod server;

use async_trait::async_trait;

pub use access::{APPLICATION, door, root};
pub use engine::role;
pub use server::{seal, unseal};

use super::{
    component::{Component, Part, Stage},
    ground::Ground,
    say,
};
use crate::model::Fault;

/// The secrets server.
pub struct OpenBao;

/// Its name in records and in `lab status`.
const NAME: &str = "openbao";

#[async_trait]
impl Component for OpenBao {
    fn name(&self) -> &'static str {
        NAME
    }

    fn ports(&self, ground: &Ground) -> Vec<(String, u16)> {
        let port = ground.vault_port();
        vec![(NAME.into(), port), (format!("{NAME} cluster"), port + 1)]
    }

    async fn make(&self, ground: &Ground, stage: Stage) -> Result<(), Fault> {
        match stage {
            Stage::Servers => server::build(ground).await,
            Stage::Contents => {
                let vault = access::root(ground)?;
                access::grant(ground, &vault).await?;
                engine::mount(ground, &vault).await?;
                say::line(NAME, "database engine and logins are ready");
                Ok(())
            }
            Stage::Copies | Stage::Use => Ok(()),
        }
    }

    async fn start(&self, ground: &Ground) -> Result<(), Fault> {
        server::start_unless_running(ground)
    }

    async fn ready(&self, ground: &Ground) -> Result<(), Fault> {
        unseal(ground).await
    }

    async fn stop(&self, ground: &Ground) -> Result<(), Fault> {
        if server::stop(ground).await? {
            say::line(NAME, "stopped");
        }
        Ok(())
    }

    async fn status(&self, ground: &Ground) -> Vec<Part> {
        vec![server::part(ground).await]
    }
}
