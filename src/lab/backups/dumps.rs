//! Dumps of single tenants, one of each model that a dump can take whole: a schema, a database, an instance's database.

use std::{fs, path::PathBuf};

use futures_util::future::try_join_all;

use super::repository;
use crate::{
    lab::{
        ground::{self, Ground},
        plan::Cluster,
        process, programs,
        seed::names,
    },
    model::{Fault, quote},
};

/// What is dumped: a database, or a schema of it.
struct Dump {
    cluster: &'static Cluster,
    database: String,
    schema: Option<String>,
}

/// Makes all of them.
pub async fn make(ground: &Ground) -> Result<(), Fault> {
    let dumps = wanted()?;
    try_join_all(dumps.iter().map(|dump| dump.make(ground))).await.map(drop)
}

/// How many there are.
pub fn count(ground: &Ground) -> usize {
    let entries = fs::read_dir(dir(ground)).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(SUFFIX))
        .count()
}

const SUFFIX: &str = ".dump";

fn dir(ground: &Ground) -> PathBuf {
    repository::dir(ground).join("dumps")
}

fn wanted() -> Result<Vec<Dump>, Fault> {
    let dump = |instance, database: Option<String>, schema| {
        let cluster = ground::cluster(instance)?;
        let database = database.unwrap_or_else(|| cluster.database.into());
        Ok(Dump {
            cluster,
            database,
            schema,
        })
    };
    Ok(vec![
        dump("atlas", Some("suite".into()), names::schemas(1).pop())?,
        dump("boreas", names::databases(3).into_iter().next(), None)?,
        dump("acme", None, None)?,
    ])
}

impl Dump {
    async fn make(&self, ground: &Ground) -> Result<(), Fault> {
        let programs = programs::needed(programs::postgres(), "PostgreSQL")?;
        let mut command = repository::client(ground, &programs.join("pg_dump"))?;
        let schema = self.schema.iter();
        let name: Vec<&str> = [self.cluster.name, &self.database]
            .into_iter()
            .chain(schema.clone().map(String::as_str))
            .collect();
        command
            .args(["-w", "-Fc", "-Z1", "-U", repository::DATABASE_ROLE, "-p"])
            .arg(ground.port(&self.cluster.primary).to_string())
            .arg("-f")
            .arg(dir(ground).join(name.join(".") + SUFFIX))
            .args(schema.map(|schema| format!("--schema={}", quote::ident(schema))))
            .arg(format!("--dbname={}", self.database));
        process::run(command).await.map(drop)
    }
}
