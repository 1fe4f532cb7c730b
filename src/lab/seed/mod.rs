//! The tenants and their data, in all four isolation models.

mod apart;
pub mod migrations;
pub mod names;
pub mod planted;
mod shared;

pub use apart::{create, doors};
pub use shared::id as tenant_id;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Instant,
};

use async_trait::async_trait;
use tokio::try_join;

use super::{
    component::{Component, Part, Stage},
    ground::Ground,
    say,
};
use crate::model::Fault;

const APP_FILL: &str = include_str!("app_fill.sql");
const ORDERS_FILL: &str = include_str!("orders_fill.sql");

/// What is in the servers. It has no process: it is made once.
pub struct Seed;

#[async_trait]
impl Component for Seed {
    fn name(&self) -> &'static str {
        "tenants"
    }

    async fn make(&self, ground: &Ground, stage: Stage) -> Result<(), Fault> {
        if stage != Stage::Contents {
            return Ok(());
        }
        let sizes = ground.memory.sizes;
        try_join!(
            told(format!("{} in shared tables", sizes.shared), shared::build(ground)),
            told(format!("{} with a schema", sizes.schemas), apart::schemas(ground)),
            told(format!("{} with a database", sizes.databases), apart::databases(ground)),
            told("1 with an instance".into(), apart::instance(ground)),
        )
        .map(drop)
    }

    async fn status(&self, _: &Ground) -> Vec<Part> {
        Vec::new()
    }
}

async fn told(what: String, work: impl Future<Output = Result<(), Fault>>) -> Result<(), Fault> {
    let began = Instant::now();
    work.await?;
    say::line("tenants", &format!("{what} ({:.1} s)", began.elapsed().as_secs_f64()));
    Ok(())
}

/// What the contents of a lab are made from, so that a lab built by another version can be told.
pub fn edition() -> String {
    let mut hasher = DefaultHasher::new();
    (
        super::postgres::ROLES,
        APP_FILL,
        ORDERS_FILL,
        migrations::SHARED.files,
        migrations::APART.files,
        planted::sql(),
        shared::READER,
    )
        .hash(&mut hasher);
    (names::shared(100), names::schemas(100), names::databases(100)).hash(&mut hasher);
    format!("{} {:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
}
