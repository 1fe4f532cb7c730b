//! `drop-force`: a migration took FORCE from a table that had it.
//!
//! To see: the table's verdict in the policies view becomes bad under rule 3.2: its owner, and so everybody with a lease
//! of `db-admin`, sees and changes the rows of all tenants. Nothing fails, which is what makes it dangerous.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::Trouble;
use crate::{
    lab::ground::{self, Ground},
    model::Fault,
};

/// See the module.
pub struct DropForce;

#[async_trait]
impl Trouble for DropForce {
    fn name(&self) -> &'static str {
        "drop-force"
    }

    fn about(&self) -> &'static str {
        "row-level security is no longer forced"
    }

    fn targets(&self) -> Vec<&'static str> {
        vec![
            "public.customer",
            "public.product",
            "public.orders",
            "public.order_line",
            "public.event",
        ]
    }

    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault> {
        alter(ground, target, "NO FORCE").await?;
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, target: &str, _: &Json) -> Result<(), Fault> {
        alter(ground, target, "FORCE").await
    }

    async fn leave(&self, _: &Ground, _: &str, _: &Json) -> bool {
        true
    }
}

/// The table is one of the list above.
async fn alter(ground: &Ground, table: &str, force: &str) -> Result<(), Fault> {
    let cluster = ground::cluster("atlas")?;
    let session = ground.admin(&cluster.primary, cluster.database).await?;
    session.batch("SET lock_timeout = '10s'").await?;
    session
        .batch(&format!("ALTER TABLE {table} {force} ROW LEVEL SECURITY"))
        .await
}
