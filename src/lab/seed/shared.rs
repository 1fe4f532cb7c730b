//! Tenants that share tables under row-level security, and the faults planted beside them.

use std::fmt::Write;

use super::{ORDERS_FILL, migrations, names, planted};
use crate::{
    lab::{ground::Ground, plan},
    model::{Fault, quote},
};

const PLANS: [&str; 3] = ["enterprise", "business", "starter"];
const REGIONS: [&str; 3] = ["eu-north", "eu-west", "us-east"];

/// What the reader may: look at every table of the tenants, those of later migrations among them, and at their sequences.
pub const READER: &str = "\
    GRANT USAGE ON SCHEMA public, legacy TO app_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA public, legacy TO app_reader;
    GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, legacy TO app_reader;
    ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA public GRANT SELECT ON TABLES TO app_reader;
    ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA public GRANT SELECT ON SEQUENCES TO app_reader;";

/// Fills the database `orders`.
pub async fn build(ground: &Ground) -> Result<(), Fault> {
    let Some(cluster) = plan::cluster("atlas") else {
        return Ok(());
    };
    let session = ground.admin(&cluster.primary, cluster.database).await?;
    session.batch("CREATE EXTENSION pg_stat_statements").await?;
    session.batch(migrations::SHARED.first()).await?;
    let record = migrations::SHARED.record("public");
    session
        .batch(&format!("SET ROLE app_owner; {record} RESET ROLE;"))
        .await?;
    let count = usize::try_from(ground.memory.sizes.shared).unwrap_or_default();
    session.batch(&registry(&names::shared(count))).await?;
    session.batch(ORDERS_FILL).await?;
    session.batch(&planted::sql()).await?;
    session.batch(READER).await?;
    session.batch("ANALYZE").await
}

/// The id of the tenant of this name, as an SQL expression.
pub fn id(name: &str) -> String {
    format!("md5('tenant/' || {})::uuid", quote::literal(name))
}

fn registry(names: &[String]) -> String {
    let mut sql = String::from("INSERT INTO tenant (id, name, plan, region, size_rank) VALUES ");
    for (n, name) in names.iter().enumerate() {
        let plan = PLANS[(n * 3 / names.len().max(1)).min(2)];
        let region = REGIONS[n * 7 % 3];
        let comma = if n == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(
            sql,
            "{comma}({}, {}, '{plan}', '{region}', {})",
            id(name),
            quote::literal(name),
            n + 1
        );
    }
    sql
}
