//! Where a lab lives on disk.

use std::path::PathBuf;

use nix::unistd::geteuid;

use crate::model::{Fault, FaultKind};

/// The lab's directories are under here, and the programs that `lab install` fetches.
///
/// Root's own state directory is closed to the user that the database must run as, so root's labs are under `/var/lib`.
pub fn base() -> Result<PathBuf, Fault> {
    if geteuid().is_root() {
        return Ok("/var/lib/tenantry".into());
    }
    let dirs = directories::ProjectDirs::from("", "", "tenantry");
    let state = dirs.and_then(|dirs| dirs.state_dir().map(ToOwned::to_owned));
    state.ok_or_else(|| Fault::new(FaultKind::Refused, "there is no home directory to keep a lab in").hint("--dir DIR"))
}

/// The directory of the lab that is meant where none is named.
pub fn usual() -> Result<PathBuf, Fault> {
    Ok(base()?.join("lab"))
}
