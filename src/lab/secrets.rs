//! The lab's own secrets: random, one file each, mode 0600.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};

use super::files;
use crate::{model::Fault, provider::postgres::Login};

/// Where the secrets are.
#[derive(Clone, Debug)]
pub struct Secrets(PathBuf);

impl Secrets {
    /// Those of the lab at `dir`.
    pub fn of(dir: &Path) -> Self {
        Self(dir.join("secrets"))
    }

    /// The file of a secret.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Reads a secret.
    pub fn read(&self, name: &str) -> Result<SecretString, Fault> {
        Ok(SecretString::from(files::read(&self.path(name))?.trim().to_owned()))
    }

    /// Keeps a secret that somebody else made.
    pub fn keep(&self, name: &str, secret: &str) -> Result<(), Fault> {
        files::directory(&self.0, 0o700)?;
        files::private(&self.path(name), secret)
    }

    /// The secret of this name, made now if there is none.
    pub fn make(&self, name: &str) -> Result<SecretString, Fault> {
        if !fs::exists(self.path(name)).unwrap_or(false) {
            self.keep(name, random()?.expose_secret())?;
        }
        self.read(name)
    }

    /// The login of a role of PostgreSQL whose password is kept here under the role's name.
    pub fn login(&self, role: &str) -> Result<Login, Fault> {
        Ok(Login {
            user: role.to_owned(),
            password: self.make(role)?,
        })
    }
}

/// 128 random bits in hexadecimal, which need quoting nowhere.
fn random() -> Result<SecretString, Fault> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 16];
    let mut read = || File::open(source)?.read_exact(&mut bytes);
    read().map_err(|e| files::wrong(source, &e))?;
    Ok(SecretString::from(format!("{:032x}", u128::from_be_bytes(bytes))))
}
