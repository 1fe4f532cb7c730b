//! What a copy is and how it stands, in a file in its directory. Where that is not, nothing is ours.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{place::Place, trouble::refused};
use crate::model::{Beside, Fault};

const NAME: &str = "copy.json";

/// What stands there; none where there is no such file.
///
/// # Errors
/// Where there is one that is not understood, or is that of another copy.
pub fn read(place: &Place) -> Result<Option<Beside>, Fault> {
    let path = place.at(NAME);
    let Ok(text) = fs::read(&path) else { return Ok(None) };
    let wrong = |what: &str| refused(format!("{}: {what}", path.display()));
    let copy: Beside = serde_json::from_slice(&text).map_err(|error| wrong(&error.to_string()))?;
    if copy.id.raw() == place.id() {
        Ok(Some(copy))
    } else {
        Err(wrong(&format!("this is the record of {}", copy.id)))
    }
}

/// Writes it anew, whole or not at all.
///
/// # Errors
/// Where that is not possible.
pub fn write(place: &Place, copy: &Beside) -> Result<(), Fault> {
    write_in(&place.dir(), copy)
}

/// The same into a directory that is not in its place yet.
pub fn write_in(dir: &Path, copy: &Beside) -> Result<(), Fault> {
    let told = |error: &dyn std::fmt::Display| refused(format!("{}: {error}", dir.display()));
    let text = serde_json::to_vec_pretty(copy).map_err(|error| told(&error))?;
    let new = dir.join("copy.json.new");
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(true).write(true).mode(0o600).open(&new);
    file.and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, dir.join(NAME)))
        .map_err(|error| told(&error))
}
