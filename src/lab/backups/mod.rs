//! Backups of the lab's instances: pgBackRest with one repository and a stanza for each, and dumps of a few tenants.
//!
//! A lab is whole without them: where pgBackRest is not installed, that is said, nothing is archived, and the rest comes up.

mod dumps;
mod repository;
mod settings;

use async_trait::async_trait;
use tokio::try_join;

pub use repository::{archiving, conf, is_laid, lay, scratch, stanza};

use super::{
    component::{Component, Part, Stage},
    ground::Ground,
};
use crate::model::Fault;

/// Everything of theirs is under this directory of the lab's.
pub const DIRECTORY: &str = "backups";

/// What is kept of the servers. It has no process of its own: the servers archive, and the lab makes the first backups.
pub struct Backups;

#[async_trait]
impl Component for Backups {
    fn name(&self) -> &'static str {
        DIRECTORY
    }

    async fn make(&self, ground: &Ground, stage: Stage) -> Result<(), Fault> {
        if stage != Stage::Copies || !repository::is_laid(ground) {
            return Ok(());
        }
        try_join!(repository::fill(ground), dumps::make(ground)).map(drop)
    }

    async fn status(&self, ground: &Ground) -> Vec<Part> {
        if !repository::is_laid(ground) {
            return Vec::new();
        }
        let part = |name: &str, count: usize| Part::kept(name, format!("{count} kept"));
        vec![
            part(DIRECTORY, repository::count(ground)),
            part("dumps", dumps::count(ground)),
        ]
    }
}
