//! A standby: a copy of its primary that follows it through a slot of its own.

use std::time::Instant;

use secrecy::ExposeSecret;

use super::{conf, server};
use crate::{
    lab::{
        backups, files,
        ground::Ground,
        plan::{Cluster, Site},
        process, programs, say, user,
    },
    model::Fault,
};

/// Copies the primary, starts the copy, and waits until it serves. What was there before must be gone.
pub async fn build(ground: &Ground, cluster: &Cluster, site: &Site) -> Result<(), Fault> {
    let began = Instant::now();
    copy(ground, cluster, site).await?;
    let conf = ground.data(site).join("postgresql.conf");
    let settings = conf::standby(site, ground.port(site)) + &backups::archiving(ground, cluster, site);
    files::append(&conf, &settings)?;
    server::start(ground, site)?;
    server::wait_ready(ground, site).await?;
    say::line(
        site.name,
        &format!("standby is ready ({:.1} s)", began.elapsed().as_secs_f64()),
    );
    Ok(())
}

async fn copy(ground: &Ground, cluster: &Cluster, site: &Site) -> Result<(), Fault> {
    let programs = programs::needed(programs::postgres(), "PostgreSQL")?;
    // The file is named in the standby's own settings, so the standby's user must be able to read it. Each has its own:
    // standbys are made side by side, and one that writes a common file takes it from the others for a moment.
    let passfile = ground.path("pg").join(format!("{}.pgpass", site.name));
    let login = ground.secrets().login("replicator")?;
    let line = format!("127.0.0.1:*:*:replicator:{}\n", login.password.expose_secret());
    files::private(&passfile, &line)?;
    files::give_to_database(&passfile)?;
    let conninfo = format!(
        "host=127.0.0.1 port={} user=replicator passfile='{}' application_name={}",
        ground.port(&cluster.primary),
        passfile.display(),
        site.name
    );
    let mut command = user::command(&programs.join("pg_basebackup"))?;
    command.arg("-D").arg(ground.data(site)).arg("-d").arg(conninfo);
    command.args([
        // Nobody is there to be asked for a password.
        "-w",
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
        "--no-sync",
        "--no-manifest",
        "-C",
        "-S",
    ]);
    command.arg(site.slot());
    process::run(command).await.map(drop)
}
