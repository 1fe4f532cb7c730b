//! PostgreSQL: primaries built from nothing, standbys copied from them, and the processes of both.

mod conf;
mod primary;
mod server;
mod standby;

use async_trait::async_trait;
use futures_util::future::try_join_all;

pub use conf::{SLOT_KEEPS_MB, sockets, value};
pub use primary::ROLES;
pub use server::{pid, start_unless_running, stop, wait_ready};
pub use standby::build as build_standby;

use super::{
    backups,
    component::{Component, Part, Stage},
    files,
    ground::Ground,
    plan::CLUSTERS,
    say,
};
use crate::model::Fault;

/// All servers of all instances.
pub struct Postgres;

#[async_trait]
impl Component for Postgres {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    fn ports(&self, ground: &Ground) -> Vec<(String, u16)> {
        let sites = CLUSTERS.iter().flat_map(super::plan::Cluster::sites);
        sites.map(|site| (site.name.to_owned(), ground.port(site))).collect()
    }

    async fn make(&self, ground: &Ground, stage: Stage) -> Result<(), Fault> {
        match stage {
            Stage::Servers => {
                files::database_directory(&ground.path("pg"))?;
                backups::lay(ground).await?;
                try_join_all(CLUSTERS.iter().map(|cluster| primary::build(ground, cluster))).await?;
            }
            Stage::Copies => {
                let standbys = CLUSTERS
                    .iter()
                    .flat_map(|cluster| cluster.standbys.iter().map(move |site| (cluster, site)));
                try_join_all(standbys.map(|(cluster, site)| standby::build(ground, cluster, site))).await?;
            }
            Stage::Contents | Stage::Use => {}
        }
        Ok(())
    }

    async fn start(&self, ground: &Ground) -> Result<(), Fault> {
        for site in CLUSTERS.iter().flat_map(super::plan::Cluster::sites) {
            server::start_unless_running(ground, site)?;
        }
        Ok(())
    }

    async fn ready(&self, ground: &Ground) -> Result<(), Fault> {
        for site in CLUSTERS.iter().flat_map(super::plan::Cluster::sites) {
            server::wait_ready(ground, site).await?;
        }
        Ok(())
    }

    async fn stop(&self, ground: &Ground) -> Result<(), Fault> {
        // Primaries first: they hand their last log to the standbys.
        try_join_all(CLUSTERS.iter().map(|cluster| async move {
            for site in cluster.sites() {
                if server::stop(ground, site).await? {
                    say::line(site.name, "stopped");
                }
            }
            Ok(())
        }))
        .await
        .map(drop)
    }

    async fn status(&self, ground: &Ground) -> Vec<Part> {
        let part = |site| server::part(ground, site);
        CLUSTERS
            .iter()
            .flat_map(super::plan::Cluster::sites)
            .map(part)
            .collect()
    }
}
