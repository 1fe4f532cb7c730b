//! A backup that is made, and whether there is one that is young enough.

use super::{
    backrest::{self, Repository},
    trouble::{refused, told},
};
use crate::model::Fault;

/// Makes a backup of this kind, unless there is one that was complete after this moment, in seconds since 1970.
///
/// # Errors
/// Where it is not made.
pub fn back_up(of: &Repository, kind: &str, after: u64) -> Result<(), Fault> {
    if youngest(of)? > after {
        return Ok(());
    }
    let mut command = of.command();
    let output = of.run(command.args([&format!("--type={kind}"), "backup"]))?;
    if output.status.success() {
        return Ok(());
    }
    let said = told(&String::from_utf8_lossy(&output.stderr));
    Err(refused(format!("pgbackrest backup: {said}")).hint("another one may be under way: the view `backups` tells"))
}

/// Whether there is a backup that was complete after this moment, in seconds since 1970.
///
/// # Errors
/// Where there is none.
pub fn backed_up(of: &Repository, after: u64) -> Result<(), Fault> {
    match youngest(of)? {
        at if at > after => Ok(()),
        _ => Err(refused("there is no younger backup")),
    }
}

/// When the youngest backup of this cluster was complete that met no error; 0 where there is none.
fn youngest(of: &Repository) -> Result<u64, Fault> {
    let stanza = &of.ask(&["info"])?[0];
    let backups = backrest::backups(stanza, &of.system)?;
    let good = backups.iter().filter(|backup| backup["error"] != true);
    Ok(good
        .filter_map(|backup| backup["timestamp"]["stop"].as_u64())
        .max()
        .unwrap_or(0))
}
