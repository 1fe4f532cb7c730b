//! Directories and files of the lab, with the modes that they need.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use super::user;
use crate::model::{Fault, FaultKind};

/// A failure of the file system, with the path that it is about.
pub fn wrong(path: &Path, error: &io::Error) -> Fault {
    Fault::new(FaultKind::Refused, format!("{}: {error}", path.display()))
}

/// Makes a directory and its parents; the directory itself gets this mode.
pub fn directory(path: &Path, mode: u32) -> Result<(), Fault> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o755).create(path);
    made.and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
        .map_err(|e| wrong(path, &e))
}

/// Makes a directory that only the database's user may enter.
pub fn database_directory(path: &Path) -> Result<(), Fault> {
    directory(path, 0o700)?;
    give_to_database(path)
}

/// Writes a file that nobody else may read, whole or not at all.
pub fn private(path: &Path, text: &str) -> Result<(), Fault> {
    let beside = path.with_extension("new");
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&beside, path)
    };
    write().map_err(|e| wrong(path, &e))
}

/// Writes a file that everybody may read.
pub fn public(path: &Path, text: &str) -> Result<(), Fault> {
    private(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(|e| wrong(path, &e))
}

/// Reads a text file.
pub fn read(path: &Path) -> Result<String, Fault> {
    fs::read_to_string(path).map_err(|e| wrong(path, &e))
}

/// Adds lines to a file of the database's.
pub fn append(path: &Path, text: &str) -> Result<(), Fault> {
    let write = || OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes());
    write().map_err(|e| wrong(path, &e))
}

/// Makes the database's user the owner, where that is somebody else than we are.
pub fn give_to_database(path: &Path) -> Result<(), Fault> {
    match user::database()? {
        Some(user) => chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).map_err(|e| wrong(path, &e)),
        None => Ok(()),
    }
}

/// Writes a file that only the database's user, and root, may read.
pub fn private_to_database(path: &Path, text: &str) -> Result<(), Fault> {
    private(path, text)?;
    give_to_database(path)
}

/// Removes a directory with all that is in it; one that is not there is fine.
pub fn remove(path: &Path) -> Result<(), Fault> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(wrong(path, &e)),
        _ => Ok(()),
    }
}

/// The first directory on the way to `path` that the database's user may not pass.
pub fn barrier(path: &Path) -> Option<PathBuf> {
    let shut = |dir: &&Path| fs::metadata(dir).is_ok_and(|meta| meta.permissions().mode() & 0o001 == 0);
    path.ancestors().skip(1).filter(shut).last().map(Path::to_owned)
}
