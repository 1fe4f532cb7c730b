//! A primary from nothing: `initdb`, configuration, first start, and the roles that every copy must have.

use std::fs;

use secrecy::ExposeSecret;

use super::{conf, server};
use crate::{
    lab::{backups, files, ground::Ground, plan::Cluster, process, programs, say, seed, user},
    model::{Fault, quote},
};

/// The roles of every instance.
pub const ROLES: &str = include_str!("roles.sql");
/// Roles that log in with a password of the lab's. Those that the database engine manages get another one at once.
const LOGINS: [&str; 8] = [
    "replicator",
    "tenantry_watch",
    "tenantry_operate",
    "tenantry_fallback",
    "vault_engine",
    "vault_operators",
    "legacy_app",
    "orders_batch",
];

/// Builds and starts the primary of an instance.
pub async fn build(ground: &Ground, cluster: &Cluster) -> Result<(), Fault> {
    let site = &cluster.primary;
    initdb(ground, cluster).await?;
    let data = ground.data(site);
    let settings = conf::primary(ground, site) + &backups::archiving(ground, cluster, site);
    files::append(&data.join("postgresql.conf"), &settings)?;
    let hba = data.join("pg_hba.conf");
    fs::write(&hba, conf::HBA).map_err(|e| files::wrong(&hba, &e))?;
    let map = format!("lab {} postgres\n", quote::ident(&user::ours()?.name));
    files::append(&data.join("pg_ident.conf"), &map)?;
    backups::stanza(ground, cluster).await?;
    server::start(ground, site)?;
    server::wait_ready(ground, site).await?;
    roles(ground, cluster).await?;
    say::line(site.name, "primary is ready");
    Ok(())
}

async fn initdb(ground: &Ground, cluster: &Cluster) -> Result<(), Fault> {
    let site = &cluster.primary;
    let programs = programs::needed(programs::postgres(), "PostgreSQL")?;
    let password = ground.path("pg").join(format!("{}.first", site.name));
    files::private(&password, ground.secrets().make("postgres")?.expose_secret())?;
    files::give_to_database(&password)?;
    let mut command = user::command(&programs.join("initdb"))?;
    command.arg("-D").arg(ground.data(site)).arg("--pwfile").arg(&password);
    command.args([
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
    ]);
    let made = process::run(command).await;
    fs::remove_file(&password).map_err(|e| files::wrong(&password, &e))?;
    made.map(drop)
}

/// Before any copy is taken, so that even a standby that replays late knows who may watch it.
async fn roles(ground: &Ground, cluster: &Cluster) -> Result<(), Fault> {
    let session = ground.admin(&cluster.primary, "postgres").await?;
    session.batch(ROLES).await?;
    for role in LOGINS {
        let login = ground.secrets().login(role)?;
        let password = quote::literal(login.password.expose_secret());
        let sql = format!("ALTER ROLE {} LOGIN PASSWORD {password}", quote::ident(role));
        session.batch(&sql).await?;
    }
    for name in cluster.databases {
        session.batch(&seed::create(name, "template0")).await?;
        session.batch(&seed::doors(name)).await?;
    }
    Ok(())
}
