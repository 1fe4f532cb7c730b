//! Where a copy is: a directory of its own, below the one for copies.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{record, trouble::refused};
use crate::model::{Beside, Fault};

/// The number in the name of the socket. It means nothing: nobody else is in the directory.
pub const PORT: u16 = 5432;

/// The directory of one copy.
#[derive(Clone, Debug)]
pub struct Place {
    scratch: PathBuf,
    id: String,
}

impl Place {
    /// The place of the copy of this name below the directory for copies.
    ///
    /// # Errors
    /// Where a path would mean something to a shell or to PostgreSQL.
    pub fn new(scratch: &Path, id: &str) -> Result<Self, Fault> {
        let named = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if id.is_empty() || !id.starts_with(|c: char| c.is_ascii_alphanumeric()) || !id.chars().all(named) {
            return Err(refused(format!("{id:?} is no name of a copy")));
        }
        // It stands in settings of PostgreSQL, in words of a shell that pg_ctl starts, and in a list of directories.
        let harmless = |c: char| c.is_ascii_alphanumeric() || "/_.+@:=-".contains(c);
        let text = scratch.display().to_string();
        if !scratch.is_absolute() || !text.chars().all(harmless) {
            let what =
                format!("no copy can be made in {text:?}: letters, digits and `/_.+@:=-` are understood in its path");
            return Err(refused(what).hint("see `scratch` in [instances.backups]"));
        }
        let scratch = scratch
            .canonicalize()
            .map_err(|error| refused(format!("{text}: {error}")).hint("make the directory, as the database's user"))?;
        Ok(Self { scratch, id: id.into() })
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The directory for copies.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Its directory.
    pub fn dir(&self) -> PathBuf {
        self.scratch.join(&self.id)
    }

    /// Something in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The files of its server.
    pub fn data(&self) -> PathBuf {
        self.at("data")
    }

    /// Its directory, for programs that are started in it: the path of a socket has 107 bytes at most (unix(7)), and this one
    /// is short wherever the copy is.
    pub const HERE: &str = "/proc/self/cwd";

    /// Where its server listens, from its directory.
    pub fn socket() -> String {
        format!(".s.PGSQL.{PORT}")
    }

    /// What its server says.
    pub fn log(&self) -> PathBuf {
        self.at("log")
    }

    /// Makes it, with its record in it from the first moment on, closed to everybody else.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn found(&self, copy: &Beside) -> Result<(), Fault> {
        let told = |error: io::Error| refused(format!("{}: {error}", self.scratch.display()));
        let new = self.scratch.join(format!(".{}.{}", self.id, std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&new).map_err(told)?;
        // Nothing takes the place of a directory that has something in it.
        let founded = record::write_in(&new, copy).and_then(|()| fs::rename(&new, self.dir()).map_err(told));
        if founded.is_err() {
            let _ = fs::remove_dir_all(&new);
        }
        founded
    }

    /// Its lock: whoever makes it, goes on with it or removes it holds it.
    ///
    /// # Errors
    /// Where there is no such place.
    pub fn lock(&self) -> Result<File, Fault> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true).mode(0o600);
        options
            .open(self.at("lock"))
            .map_err(|error| refused(format!("{}: {error}", self.dir().display())))
    }
}
