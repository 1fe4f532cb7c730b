//! What the repository has of the log behind what a copy was given of it: where there is something the log has a gap, or a
//! file of it was not fetched, and the copy must not be taken for one that ends there.

use std::fs;

use super::{
    backrest::Repository,
    commits::archive::{File, files},
    place::Place,
    segment::Segment,
    trouble::refused,
};
use crate::model::Fault;

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
fn wanted(place: &Place, segment: u64) -> Option<Segment> {
    let text = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let log = text(place.log());
    let given = log.lines().filter_map(|line| line.split_once("restored log file \""));
    let mut given = given.filter_map(|(_, rest)| Segment::named(rest.split('"').next()?, segment));
    if let Some(last) = given.next_back() {
        let number = last.number + 1;
        return Some(Segment { number, ..last });
    }
    let labels = ["backup_label", "backup_label.old"].map(|name| text(place.data().join(name)));
    let begins = labels.iter().find_map(|label| {
        let line = label.lines().find(|line| line.starts_with("START WAL LOCATION:"))?;
        line.split_once("(file ")?.1.strip_suffix(')')
    });
    Segment::named(begins?, segment)
}

/// The oldest that there is of those from this one on.
fn next(wanted: Segment, all: &[File]) -> Option<&File> {
    all.iter()
        .find(|file| file.at.timeline >= wanted.timeline && file.at.number >= wanted.number)
}

fn told(wanted: Segment, file: &File, segment: u64) -> Fault {
    let name = wanted.name(segment);
    if file.at.number == wanted.number {
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
    use super::{File, Segment, next, told};

    const SEGMENT: u64 = 16 << 20;

    fn file(name: &str) -> File {
        File {
            at: Segment::named(name, SEGMENT).unwrap(),
            name: name.into(),
            archived: jiff::Timestamp::UNIX_EPOCH,
        }
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
            let wanted = Segment { timeline, number };
            next(wanted, &all).map(|file| told(wanted, file, SEGMENT).to_string())
        };
        assert_eq!(said(2, 7), None);
        assert!(said(2, 5).unwrap().contains("file 000000020000000000000005 is missing"));
        assert!(said(2, 6).unwrap().contains("was not had"));
        // What another timeline has is nothing that this one could go on with.
        assert_eq!(said(3, 4), None);
    }
}
