//! The repository: made before the servers, so that no attempt to archive fails, and filled when there is something in them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use futures_util::future::try_join_all;
use secrecy::ExposeSecret;
use tokio::process::Command;

use super::{DIRECTORY, settings};
use crate::{
    lab::{
        files,
        ground::Ground,
        plan::{CLUSTERS, Cluster, Site},
        process, programs, say, user,
    },
    model::Fault,
};

/// As whom the databases are asked: what those who run the servers elsewhere are by their Unix socket.
pub const DATABASE_ROLE: &str = "postgres";

/// Where it all is.
pub fn dir(ground: &Ground) -> PathBuf {
    ground.path(DIRECTORY)
}

/// pgBackRest's configuration.
pub fn conf(ground: &Ground) -> PathBuf {
    dir(ground).join("pgbackrest.conf")
}

/// Where copies beside an instance are made.
pub fn scratch(ground: &Ground) -> PathBuf {
    dir(ground).join("scratch")
}

/// Whether this lab has a repository.
pub fn is_laid(ground: &Ground) -> bool {
    conf(ground).is_file()
}

/// Makes the directories and the files of an empty repository, where pgBackRest is installed.
pub async fn lay(ground: &Ground) -> Result<(), Fault> {
    if let Some(why) = programs::no_pgbackrest().await {
        say::line(DIRECTORY, &format!("are left out, {why}: tenantry lab install"));
        return Ok(());
    }
    let dir = dir(ground);
    for part in ["", "repo", "log", "lock", "scratch", "dumps"] {
        files::database_directory(&dir.join(part))?;
    }
    let login = ground.secrets().login(DATABASE_ROLE)?;
    let line = format!("127.0.0.1:*:*:{DATABASE_ROLE}:{}\n", login.password.expose_secret());
    files::private_to_database(&passfile(ground), &line)?;
    files::private_to_database(&conf(ground), &settings::pgbackrest(ground))
}

fn passfile(ground: &Ground) -> PathBuf {
    dir(ground).join("pgpass")
}

/// What a server of this instance must be told to archive; nothing where there is no repository.
pub fn archiving(ground: &Ground, cluster: &Cluster, site: &Site) -> String {
    programs::pgbackrest()
        .filter(|_| is_laid(ground))
        .map_or_else(String::new, |program| {
            settings::archiving(ground, &program, cluster, site)
        })
}

/// Makes the stanza of a primary that was never started: its first file of the log finds it.
pub async fn stanza(ground: &Ground, cluster: &Cluster) -> Result<(), Fault> {
    if !is_laid(ground) {
        return Ok(());
    }
    let mut command = pgbackrest(ground, cluster)?;
    command.args(["--no-online", "stanza-create"]);
    process::run(command).await.map(drop)
}

/// A full backup of every instance and an incremental one after it.
pub async fn fill(ground: &Ground) -> Result<(), Fault> {
    try_join_all(CLUSTERS.iter().map(|cluster| async move {
        let began = Instant::now();
        for kind in ["--type=full", "--type=incr"] {
            let mut command = pgbackrest(ground, cluster)?;
            command.args([kind, "backup"]);
            process::run(command).await?;
        }
        let took = began.elapsed().as_secs_f64();
        say::line(
            DIRECTORY,
            &format!("{}: one full, one incremental ({took:.1} s)", cluster.name),
        );
        Ok(())
    }))
    .await
    .map(drop)
}

fn pgbackrest(ground: &Ground, cluster: &Cluster) -> Result<Command, Fault> {
    let program = programs::needed(programs::pgbackrest(), "pgBackRest")?;
    let mut command = client(ground, &program)?;
    command
        .arg(format!("--config={}", conf(ground).display()))
        .arg(format!("--stanza={}", cluster.name));
    Ok(command)
}

/// A program that asks a server of the lab as its superuser, where there is no socket by a password: pgBackRest knows no
/// other way to say where it is.
pub fn client(ground: &Ground, program: &Path) -> Result<Command, Fault> {
    let mut command = user::command(program)?;
    command.env("PGHOST", "127.0.0.1").env("PGPASSFILE", passfile(ground));
    Ok(command)
}

/// How many backups there are, of all instances.
pub fn count(ground: &Ground) -> usize {
    let entries = |dir: PathBuf| fs::read_dir(dir).into_iter().flatten().flatten();
    // A backup's directory is called after its time; `latest` is a link to one.
    let backup = |entry: &fs::DirEntry| {
        let named = entry
            .file_name()
            .to_string_lossy()
            .starts_with(|c: char| c.is_ascii_digit());
        named && entry.file_type().is_ok_and(|kind| kind.is_dir())
    };
    let stanzas = entries(dir(ground).join("repo/backup"));
    stanzas
        .map(|stanza| entries(stanza.path()).filter(backup).count())
        .sum()
}
