//! What the repository has of the log behind what a copy was given of it: where there is something the log has a gap, or a
//! file of it was not fetched, and the copy must not be taken for one that ends there.

use std::fs;

use super::{
    backrest::Repository,
    commits::archive::{File, files},
    place::Place,
    trouble::refused,
};
use crate::model::Fault;

/// A file of the log: of which timeline, and which of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Of {
    timeline: u64,
    number: u64,
}

impl Of {
    fn named(name: &str, segment: u64) -> Option<Self> {
        let part = |from: usize| u64::from_str_radix(name.get(from..from + 8)?, 16).ok();
        let (timeline, high, low) = (part(0)?, part(8)?, part(16)?);
        (name.len() == 24).then(|| Self {
            timeline,
            number: high * ((1 << 32) / segment) + low,
        })
    }

    fn name(self, segment: u64) -> String {
        let each = (1 << 32) / segment;
        format!(
            "{:08X}{:08X}{:08X}",
            self.timeline,
            self.number / each,
            self.number % each
        )
    }
}

/// Why a copy that was given no more of the log must not end there; nothing where the repository has no more.
///
/// # Errors
/// Where the repository does not tell.
pub fn behind(of: &Repository, place: &Place, segment: u64) -> Result<Option<Fault>, Fault> {
    let Some(wanted) = wanted(place, segment) else {
        return Ok(None);
    };
    let all = files(of, u64::MAX, segment)?;
    Ok(next(wanted, &all).map(|file| told(wanted, file, segment)))
}

/// The file that it wants next: the one after the last that it was given, or else the one that the backup begins in.
fn wanted(place: &Place, segment: u64) -> Option<Of> {
    let text = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let log = text(place.log());
    let given = log.lines().filter_map(|line| line.split_once("restored log file \""));
    let mut given = given.filter_map(|(_, rest)| Of::named(rest.split('"').next()?, segment));
    if let Some(last) = given.next_back() {
        let number = last.number + 1;
        return Some(Of { number, ..last });
    }
    let labels = ["backup_label", "backup_label.old"].map(|name| text(place.data().join(name)));
    let begins = labels.iter().find_map(|label| {
        let line = label.lines().find(|line| line.starts_with("START WAL LOCATION:"))?;
        line.split_once("(file ")?.1.strip_suffix(')')
    });
    Of::named(begins?, segment)
}

/// The oldest that there is of those from this one on.
fn next(wanted: Of, all: &[File]) -> Option<&File> {
    let younger =
        |file: &&File| u64::from_str_radix(&file.name[..8], 16).is_ok_and(|timeline| timeline >= wanted.timeline);
    all.iter().filter(younger).find(|file| file.number >= wanted.number)
}

fn told(wanted: Of, file: &File, segment: u64) -> Fault {
    let name = wanted.name(segment);
    if file.number == wanted.number {
        let what = format!(
            "the file {} of the log is in the repository, and was not had from it",
            file.name
        );
        return refused(what).hint("see `pgbackrest verify`, and fetch it by hand: pgbackrest archive-get");
    }
    let what = format!(
        "the log has a gap: its file {name} is missing in the repository, which goes on with {}",
        file.name
    );
    refused(what).hint(
        "choose a moment before the gap, or one after the end of a backup that was made after it; where there is none, make \
         one now",
    )
}

#[cfg(test)]
mod tests {
    use super::{File, Of, next, told};

    const SEGMENT: u64 = 16 << 20;

    fn file(name: &str) -> File {
        File {
            number: Of::named(name, SEGMENT).unwrap().number,
            name: name.into(),
            archived: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn names_are_those_of_the_server() {
        let name = "0000000200000001000000FF";
        let of = Of::named(name, SEGMENT).unwrap();
        assert_eq!((of.timeline, of.number, of.name(SEGMENT)), (2, 511, name.into()));
        assert_eq!(Of::named("00000002.history", SEGMENT), None);
    }

    #[test]
    fn what_is_behind_the_end_is_a_gap_or_was_not_fetched() {
        let all = [
            "000000010000000000000003",
            "000000020000000000000004",
            "000000020000000000000006",
        ]
        .map(file);
        let said = |timeline, number| {
            let wanted = Of { timeline, number };
            next(wanted, &all).map(|file| told(wanted, file, SEGMENT).to_string())
        };
        assert_eq!(said(2, 7), None);
        assert!(said(2, 5).unwrap().contains("file 000000020000000000000005 is missing"));
        assert!(said(2, 6).unwrap().contains("was not had"));
        // What another timeline has is nothing that this one could go on with.
        assert_eq!(said(3, 4), None);
    }
}
