//! The directory `ssh/` of a lab: keys, OpenSSH's files, the program as a login finds it, and what that keeps.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{Means, conf};
use crate::{
    lab::{files, ground::Ground, process, user},
    model::Fault,
};

/// Where it all is.
pub fn dir(ground: &Ground) -> PathBuf {
    ground.path("ssh")
}

/// The client's file, written last.
pub fn client_file(ground: &Ground) -> PathBuf {
    dir(ground).join("ssh_config")
}

/// Whether everything was made.
pub fn is_made(ground: &Ground) -> bool {
    client_file(ground).is_file()
}

/// Makes everything, in place of what may be left of an attempt.
pub async fn make(ground: &Ground, means: &Means) -> Result<(), Fault> {
    let dir = dir(ground);
    files::remove(&dir)?;
    for part in ["", "bin", "state"] {
        files::database_directory(&dir.join(part))?;
    }
    let host = key(ground, means, "host_key").await?;
    let client = key(ground, means, "client_key").await?;
    let known = format!("[127.0.0.1]:{} {host}", ground.ssh_port());
    let name = &means.user.name;
    for (file, text) in [
        ("known_hosts", known),
        ("authorized_keys", client),
        ("sshd_config", conf::server(ground, name)),
        ("ssh_config", conf::client(ground, name)),
    ] {
        files::private_to_database(&dir.join(file), &text)?;
    }
    Ok(())
}

/// Makes a key that belongs to the lab's user; its public half.
async fn key(ground: &Ground, means: &Means, name: &str) -> Result<String, Fault> {
    let path = dir(ground).join(name);
    let mut command = user::command(&means.programs.keygen)?;
    command
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "tenantry-lab", "-f"])
        .arg(&path);
    process::run(command).await?;
    files::read(&path.with_extension("pub"))
}

/// Puts this very program where a login finds it.
pub fn bring_program(ground: &Ground) -> Result<(), Fault> {
    let (from, to) = (&ground.program, dir(ground).join("bin/tenantry"));
    let beside = to.with_extension("new");
    let shut = user::database()?.is_some() && files::barrier(from).is_some();
    let bring = || {
        if is_brought(from, &to, shut) {
            return Ok(());
        }
        if fs::symlink_metadata(&beside).is_ok() {
            fs::remove_file(&beside)?;
        }
        if shut {
            fs::copy(from, &beside)?;
        } else {
            symlink(from, &beside)?;
        }
        // A login that runs the old one goes on with it.
        fs::rename(&beside, &to)
    };
    bring().map_err(|e: io::Error| files::wrong(&to, &e))
}

/// Whether that was done: by a link, or by a copy where a link would lead behind a closed door.
fn is_brought(from: &Path, to: &Path, shut: bool) -> bool {
    if !shut {
        return fs::read_link(to).is_ok_and(|path| path == *from);
    }
    let age = |path: &Path| fs::symlink_metadata(path).and_then(|meta| Ok((meta.modified()?, meta.len())));
    match (age(from), age(to)) {
        (Ok((made, size)), Ok((copied, same))) => copied >= made && size == same,
        _ => false,
    }
}
