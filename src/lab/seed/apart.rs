//! Tenants that share no table: a schema, a database, an instance of their own.

use std::fmt::Write;

use super::{APP_FILL, migrations::APART, names};
use crate::{
    lab::{
        ground::{self, Ground},
        plan::Cluster,
    },
    model::{Fault, quote},
    provider::postgres::Session,
};

/// Schemas that are made in one transaction: their locks must fit into the server's table of locks.
const BATCH: usize = 50;
/// Tenants with a database whose data differ; further ones have what the template has.
const FILLED: usize = 12;
const TEMPLATE: &str = "template_tenant";
/// The catalogs are left to autovacuum.
const ANALYZE: &str = "ANALYZE customer, product, orders, order_line, event";

/// Fills the database `suite` with a schema for each tenant.
pub async fn schemas(ground: &Ground) -> Result<(), Fault> {
    let cluster = ground::cluster("atlas")?;
    let session = ground.admin(&cluster.primary, "suite").await?;
    let count = usize::try_from(ground.memory.sizes.schemas).unwrap_or_default();
    let names = names::schemas(count);
    for (batch, names) in names.chunks(BATCH).enumerate() {
        let mut sql = String::from("BEGIN;");
        for (n, name) in names.iter().enumerate() {
            sql += &schema(name, weight(batch * BATCH + n, 400));
        }
        session.batch(&(sql + "COMMIT;")).await?;
    }
    session
        .batch("GRANT CONNECT ON DATABASE suite TO tenants; ANALYZE")
        .await
}

fn schema(name: &str, customers: usize) -> String {
    let (app, record) = (APART.first(), APART.record(name));
    let name = quote::ident(name);
    format!(
        "CREATE SCHEMA {name} AUTHORIZATION app_owner; GRANT USAGE ON SCHEMA {name} TO app_rw;
         SET LOCAL ROLE app_owner; SET LOCAL search_path = {name}; {app} {record} {} RESET ROLE; RESET search_path;",
        fill(customers)
    )
}

/// Makes a database for each tenant, as copies of a template.
pub async fn databases(ground: &Ground) -> Result<(), Fault> {
    let cluster = ground::cluster("boreas")?;
    let session = ground.admin(&cluster.primary, "postgres").await?;
    session.batch(&create(TEMPLATE, "template0")).await?;
    let template = ground.admin(&cluster.primary, TEMPLATE).await?;
    application(&template, 4).await?;
    drop(template);
    let count = usize::try_from(ground.memory.sizes.databases).unwrap_or_default();
    let names = names::databases(count);
    quiet(&session, TEMPLATE).await?;
    // From 15 on the usual way writes the whole copy to the log, which every standby would have to fetch.
    let copied = if session.major() >= 15 {
        " STRATEGY file_copy"
    } else {
        ""
    };
    let mut access = doors(TEMPLATE);
    for name in &names {
        session.batch(&format!("{}{copied}", create(name, TEMPLATE))).await?;
        // Writing to a string cannot fail.
        let _ = write!(access, "{}", doors(name));
    }
    session.batch(&access).await?;
    for (n, name) in names.iter().enumerate().take(FILLED) {
        let own = ground.admin(&cluster.primary, name).await?;
        own.batch(&fill(weight(n, 900))).await?;
        own.batch(ANALYZE).await?;
    }
    Ok(())
}

/// Waits until nobody is connected to a database: one that is in use cannot be copied.
async fn quiet(session: &Session, database: &str) -> Result<(), Fault> {
    let sql = format!(
        "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = {}) LOOP
           PERFORM pg_sleep(0.02); PERFORM pg_stat_clear_snapshot();
         END LOOP; END $$",
        quote::literal(database)
    );
    session.batch(&sql).await
}

/// Fills the instance that is one tenant's.
pub async fn instance(ground: &Ground) -> Result<(), Fault> {
    let cluster: &Cluster = ground::cluster("acme")?;
    let session = ground.admin(&cluster.primary, cluster.database).await?;
    application(&session, 1500).await
}

/// The application in the schema `public`.
async fn application(session: &Session, customers: usize) -> Result<(), Fault> {
    let (app, record) = (APART.first(), APART.record("public"));
    let sql = format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO app_owner;
         SET ROLE app_owner; SET search_path = public; {app} {record} {} RESET ROLE;",
        fill(customers)
    );
    session.batch(&sql).await?;
    session.batch(ANALYZE).await
}

fn fill(customers: usize) -> String {
    APP_FILL.replace("{customers}", &customers.to_string())
}

/// `CREATE DATABASE`, which must stand alone.
pub fn create(name: &str, template: &str) -> String {
    let (name, template) = (quote::ident(name), quote::ident(template));
    format!("CREATE DATABASE {name} OWNER app_owner TEMPLATE {template}")
}

/// Who may enter a database: not everybody, as is the default.
pub fn doors(name: &str) -> String {
    let application = if name == "orders" { "app_rw" } else { "app_apart" };
    let name = quote::ident(name);
    format!(
        "REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC;
         GRANT CONNECT ON DATABASE {name} TO app_owner, {application}, watchers, vault_engine;"
    )
}

/// How many customers the tenant at this rank has: a few have many, most have few.
fn weight(rank: usize, most: usize) -> usize {
    (most / (rank + 1)).max(2)
}
