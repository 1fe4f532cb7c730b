//! What `info` lists of a cluster in one repository.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{
    beside::{
        backrest::{Repository, list, own},
        segment::Segment,
    },
    model::{Fault, Lsn},
};

/// What PostgreSQL is built with: files of the log of 16 MB.
const USUAL: u64 = 16 << 20;

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub label: String,
    /// When it was complete.
    pub ended: Timestamp,
    /// The first and the last file of the log without which it is nothing; none where it was made of a server that stood.
    pub log: Option<(Segment, Segment)>,
    /// Pages with a wrong checksum were met when it was made.
    pub damaged: bool,
}

/// The backups of this cluster in this repository, the oldest first.
///
/// # Errors
/// Where there are none of this cluster.
pub fn of(stanza: &Json, of: &Repository, repository: &Json) -> Result<Vec<Kept>, Fault> {
    let own = own(stanza, &of.system)?;
    let segment = segment(stanza);
    let backups = list(stanza, "backup").into_iter().filter_map(|backup| {
        let database = &backup["database"];
        let ours = own.contains(&(database["repo-key"].clone(), database["id"].clone()));
        if !ours || database["repo-key"] != *repository {
            return None;
        }
        let file = |which: &str| Segment::named(backup["archive"][which].as_str()?, segment);
        Some(Kept {
            label: backup["label"].as_str()?.to_owned(),
            ended: Timestamp::from_second(backup["timestamp"]["stop"].as_i64()?).ok()?,
            log: file("start").zip(file("stop")),
            damaged: backup["error"].as_bool() == Some(true),
        })
    });
    Ok(backups.collect())
}

/// How large a file of the log is, by the names and the positions that backups begin at: the lower half of a name is the
/// lower half of the position, divided by it (`XLogFileName`).
pub fn segment(stanza: &Json) -> u64 {
    let size = |backup: &Json| {
        let name = backup["archive"]["start"].as_str()?;
        let low = u64::from_str_radix(name.get(16..24)?, 16).ok().filter(|low| *low > 0)?;
        let at: Lsn = backup["lsn"]["start"].as_str()?.parse().ok()?;
        (20..=30)
            .map(|bits| 1 << bits)
            .find(|size| (at.0 & 0xffff_ffff) / size == low)
    };
    list(stanza, "backup").iter().find_map(size).unwrap_or(USUAL)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{USUAL, segment};

    #[test]
    fn the_size_of_a_file_follows_from_a_name_and_a_position() {
        let of = |name: &str, lsn: &str| {
            segment(&json!({ "backup": [{ "archive": { "start": name }, "lsn": { "start": lsn } }] }))
        };
        assert_eq!(of("000000010000000000000002", "0/2000028"), USUAL);
        assert_eq!(of("00000001000000A100000003", "A1/C0000028"), 1 << 30);
        assert_eq!(of("000000010000000000000020", "0/2000028"), 1 << 20);
        // Of the first file of four gigabytes it does not.
        assert_eq!(of("000000010000000100000000", "1/28"), USUAL);
        assert_eq!(segment(&json!({})), USUAL);
    }
}
