//! Removes a copy, with its server and with whoever makes it.

use std::{fs, time::Duration};

use super::{holders, place::Place, record, server, trouble::refused};
use crate::model::{Beside, Fault, Making};

/// How long whoever is at work on it may take to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// Removes it. Where it is gone already, so much the better; what is no copy of ours is not touched.
///
/// # Errors
/// Where it is none, or cannot be removed.
pub fn drop(place: &Place) -> Result<(), Fault> {
    let told = |error: std::io::Error| refused(format!("{}: {error}", place.dir().display()));
    match fs::symlink_metadata(place.dir()) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(told(error)),
        Ok(meta) if !meta.is_dir() => return Err(refused(format!("{} is no directory", place.dir().display()))),
        Ok(_) => {}
    }
    let Some(copy) = record::read(place)? else {
        return Err(refused(format!("{} is no copy of ours", place.dir().display())));
    };
    let _lock = holders::take(place, PATIENCE, false)?;
    // A full disk does not take that word, and what is removed makes room on it.
    let leaving = Beside {
        stage: Making::Leaving,
        ..copy.clone()
    };
    let _ = record::write(place, &leaving);
    server::stop(&copy.binaries, place)?;
    // The record goes last: without it nobody would know that the rest is ours.
    for entry in fs::read_dir(place.dir()).map_err(told)?.flatten() {
        let path = entry.path();
        if path.file_name().is_some_and(|name| name == "copy.json") {
            continue;
        }
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let gone = if is_dir {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        gone.map_err(told)?;
    }
    fs::remove_dir_all(place.dir()).map_err(told)
}
