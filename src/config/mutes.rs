//! Findings that an operator does not want to hear of for a while: whose, why, and until when.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One finding, muted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    /// The finding's id.
    pub finding: String,
    /// Why. Never empty.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When it was muted.
    pub since: Timestamp,
    /// When it is heard again.
    pub until: Timestamp,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mute: Vec<Mute>,
}

/// Where this operator's mutes are kept: `$XDG_STATE_HOME/tenantry/mutes.toml`.
pub fn path() -> PathBuf {
    let dirs = directories::ProjectDirs::from("", "", "tenantry");
    let state = dirs.as_ref().and_then(|dirs| dirs.state_dir());
    state.map_or_else(PathBuf::new, Path::to_owned).join("mutes.toml")
}

/// Those in force and those that have ended. None where there is no file.
pub fn read(path: &Path) -> io::Result<Vec<Mute>> {
    let text = match fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let file: File = toml::from_str(&text).map_err(|e| io::Error::other(format!("{}: {e}", path.display())))?;
    Ok(file.mute)
}

/// Adds one in place of an earlier one of the same finding, and drops what has ended.
pub fn add(path: &Path, mute: Mute) -> io::Result<()> {
    let kept = read(path)?
        .into_iter()
        .filter(|old| old.finding != mute.finding && old.until > mute.since);
    let all = kept.chain([mute.clone()]).collect();
    write(path, all)
}

/// Removes the mute of a finding; says whether there was one.
pub fn remove(path: &Path, finding: &str) -> io::Result<bool> {
    let all = read(path)?;
    let kept: Vec<Mute> = all.iter().filter(|mute| mute.finding != finding).cloned().collect();
    let found = kept.len() < all.len();
    if found {
        write(path, kept)?;
    }
    Ok(found)
}

/// Whole or not at all, and for nobody else to read.
fn write(path: &Path, mute: Vec<Mute>) -> io::Result<()> {
    let text = toml::to_string(&File { mute }).map_err(io::Error::other)?;
    if let Some(directory) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Mute, add, read, remove};

    fn mute(finding: &str, hours: i64) -> Mute {
        let since = Timestamp::UNIX_EPOCH;
        let until = since + SignedDuration::from_hours(hours);
        Mute {
            finding: finding.into(),
            reason: "known".into(),
            by: "ada".into(),
            since,
            until,
        }
    }

    #[test]
    fn a_mute_replaces_an_earlier_one_and_can_be_taken_back() {
        let directory = std::env::temp_dir().join(format!("tenantry-mutes-{}", std::process::id()));
        let path = directory.join("state").join("mutes.toml");
        assert_eq!(read(&path).unwrap(), []);
        add(&path, mute("a", 1)).unwrap();
        add(&path, mute("b", 1)).unwrap();
        add(&path, mute("a", 2)).unwrap();
        assert_eq!(read(&path).unwrap(), [mute("b", 1), mute("a", 2)]);
        assert!(remove(&path, "b").unwrap());
        assert!(!remove(&path, "b").unwrap());
        assert_eq!(read(&path).unwrap(), [mute("a", 2)]);
        std::fs::remove_dir_all(directory).unwrap();
    }
}
