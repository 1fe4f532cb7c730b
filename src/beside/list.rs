//! All copies that there are, with those that were never finished and those that have died.

use std::{
    fs::{self, File},
    path::Path,
};

use super::{backrest, place::Place, record, server, trouble::refused};
use crate::model::{Beside, Copies, Fault, Making};

/// The copies in a directory, by name, and the room that there is for more.
///
/// # Errors
/// Where it cannot be read.
pub fn list(scratch: &Path) -> Result<Copies, Fault> {
    let told = |error: std::io::Error| refused(format!("{}: {error}", scratch.display()));
    let mut copies = Vec::new();
    for entry in fs::read_dir(scratch).map_err(told)?.flatten() {
        let name = entry.file_name();
        let place = name.to_str().and_then(|name| Place::new(scratch, name).ok());
        // What has no record of ours is not ours.
        if let Some(place) = place
            && let Ok(Some(copy)) = record::read(&place)
        {
            copies.push(as_it_stands(copy, &place));
        }
    }
    copies.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Copies {
        free: backrest::free(scratch)?,
        copies,
    })
}

/// Whether a copy is there and its server answers as what it should be.
///
/// # Errors
/// Where that is not so.
pub fn stands(place: &Place) -> Result<(), Fault> {
    let none = || refused(format!("there is no copy {}", place.id()));
    let copy = as_it_stands(record::read(place)?.ok_or_else(none)?, place);
    let said = server::ask(&copy, place)?;
    let as_recorded = match copy.stage {
        Making::Paused => said.recovery && said.paused,
        Making::Opened => !said.recovery,
        _ => false,
    };
    if as_recorded && said.system == copy.system.raw() {
        return Ok(());
    }
    let why = copy.why.map_or_else(String::new, |why| format!(": {why}"));
    Err(refused(format!("copy {} is {}{why}", place.id(), copy.stage.word())))
}

/// Whether there is nothing left of a copy.
///
/// # Errors
/// Where there is.
pub fn gone(place: &Place) -> Result<(), Fault> {
    match fs::symlink_metadata(place.dir()) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(format!("{}: {error}", place.dir().display()))),
        Ok(_) => Err(refused(format!("{} is still there", place.dir().display()))),
    }
}

/// What its record says, where that is still so.
fn as_it_stands(copy: Beside, place: &Place) -> Beside {
    let pid = server::pid(place);
    // Whoever makes it, or removes it, holds its lock; so does what pgBackRest does for them.
    let held = File::open(place.at("lock")).is_ok_and(|lock| lock.try_lock().is_err());
    let why = match copy.stage {
        Making::Restoring if !held => Some("nobody makes it any more"),
        Making::Replaying if !held => Some("nobody waits for it any more"),
        Making::Paused | Making::Opened if pid.is_none() => Some("its server does not run any more"),
        _ => None,
    };
    match why {
        None => Beside { pid, ..copy },
        Some(why) => Beside {
            pid,
            stage: Making::Stopped,
            why: Some(why.into()),
            ..copy
        },
    }
}
