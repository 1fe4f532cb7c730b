//! What was found of a repository, in words that an operator can act on.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    holes::{Hole, Log, Lost},
    kept::Kept,
    name,
    reading::Heard,
};
use crate::model::{Text, Value, plural};

/// So many of each are named.
const TOLD: usize = 5;
/// The longest that somebody else's words are told, in characters.
const LONGEST: usize = 200;

/// What was found of one repository.
#[derive(Debug)]
pub struct Verdict {
    repository: Json,
    backups: usize,
    files: usize,
    /// The oldest and the newest moment that can be had.
    reach: Option<(Timestamp, Timestamp)>,
    wrong: Wrong,
    segment: u64,
}

#[derive(Debug, Default)]
struct Wrong {
    /// Files that are damaged or missing, and how many more.
    files: Vec<(String, String)>,
    more: usize,
    /// Backups that are not whole, and why.
    backups: Vec<(String, String)>,
    holes: Vec<Hole>,
    lost: Vec<Lost>,
    others: Vec<String>,
}

impl Verdict {
    /// What comes of what was heard and of the log that is there.
    pub fn of(repository: Json, backups: &[Kept], heard: &Heard, log: &Log, segment: u64) -> Self {
        let why = |backup: &Kept| broken(backup, heard, log, segment);
        let broken: Vec<(String, String)> = backups
            .iter()
            .filter_map(|backup| Some((backup.label.clone(), why(backup)?)))
            .collect();
        let good: Vec<&Kept> = backups.iter().filter(|backup| why(backup).is_none()).collect();
        let holes = log.holes(backups);
        let mut others = others(backups, heard);
        let unconnected = log.unconnected(backups).into_iter();
        others.extend(unconnected.map(|timeline| {
            format!("the history of timeline {timeline} is not had: nobody comes to it from a backup of before it")
        }));
        if backups.is_empty() {
            others.push("there is no backup".into());
        }
        let named = !heard.files.is_empty() || !broken.is_empty() || !holes.is_empty() || !others.is_empty();
        if !heard.ok && !named {
            others.push("pgbackrest verify says that something is wrong, and not what".into());
        }
        let files = log.files.values().flat_map(|files| files.values());
        Self {
            repository,
            backups: backups.len(),
            files: files.clone().count(),
            reach: backups
                .iter()
                .map(|backup| backup.ended)
                .min()
                .zip(files.max().copied()),
            wrong: Wrong {
                files: heard.files.clone(),
                more: heard.more,
                backups: broken,
                lost: log.lost(backups, &good),
                holes,
                others,
            },
            segment,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        let wrong = &self.wrong;
        wrong.files.is_empty()
            && wrong.backups.is_empty()
            && wrong.holes.is_empty()
            && wrong.lost.is_empty()
            && wrong.others.is_empty()
    }

    /// Whether files of the log are missing: some may only come late.
    pub fn lacks(&self) -> bool {
        !self.wrong.holes.is_empty()
    }

    /// What is whole, and what can be had of it.
    pub fn whole(&self) -> String {
        let reach = self
            .reach
            .map(|(from, to)| format!(": every moment from {} to {} can be had", at(from), at(to)));
        format!(
            "repository {}: {} and {} of the log are whole{}",
            self.repository,
            plural(self.backups, "backup"),
            plural(self.files, "file"),
            reach.unwrap_or_default()
        )
    }

    /// What is wrong, and what cannot be had because of it.
    pub fn wrong(&self) -> String {
        let wrong = &self.wrong;
        let count = wrong.files.len() + wrong.more;
        let file = |(path, why): &(String, String)| format!("{} ({})", Text::from(path.as_str()), bounded(why));
        let backup = |(label, why): &(String, String)| format!("{} ({why})", Text::from(label.as_str()));
        let are = if count == 1 { "file is" } else { "files are" };
        let parts = [
            told(
                &format!("{count} {are} damaged or missing: "),
                &wrong.files,
                count,
                file,
            ),
            told("not to be restored: ", &wrong.backups, wrong.backups.len(), backup),
            told("the log lacks ", &wrong.holes, wrong.holes.len(), |hole| {
                self.hole(hole)
            }),
            self.lost(),
            told("", &wrong.others, wrong.others.len(), |words| bounded(words)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("repository {}: {}", self.repository, parts.join("; "))
    }

    /// Where files of the log are missing, or not all that is wrong is understood, nothing comforting is said.
    fn lost(&self) -> Option<String> {
        let wrong = &self.wrong;
        let span = |(from, to): &Lost| match to {
            Some(to) => format!("from {} to {}", at(*from), at(*to)),
            None => format!("none since {}", at(*from)),
        };
        let harmless = wrong.others.is_empty() && wrong.holes.is_empty();
        let none = harmless.then(|| "no moment is lost by it: what is whole reaches all of them".to_owned());
        told("moments that cannot be had: ", &wrong.lost, wrong.lost.len(), span).or(none)
    }

    fn hole(&self, hole: &Hole) -> String {
        let name = |number| name((hole.timeline, number), self.segment);
        let count = usize::try_from(hole.to - hole.from + 1).unwrap_or(usize::MAX);
        let damaged = match hole.damaged {
            0 => String::new(),
            n if n == count => ", damaged".into(),
            n => format!(", {n} damaged"),
        };
        match count {
            1 => format!("{}{damaged}", name(hole.from)),
            _ => format!(
                "{} to {} ({}{damaged})",
                name(hole.from),
                name(hole.to),
                plural(count, "file")
            ),
        }
    }
}

/// Why a backup is not to be restored.
fn broken(backup: &Kept, heard: &Heard, log: &Log, segment: u64) -> Option<String> {
    if let Some(missing) = log.lacks(backup) {
        return Some(format!("its own log lacks {}", name(missing, segment)));
    }
    if backup.damaged {
        return Some("pages with wrong checksums were met when it was made".into());
    }
    match heard.backups.get(&backup.label).map(String::as_str) {
        Some("valid") => None,
        Some("invalid") => {
            let own = format!("{}/", backup.label);
            let manifest = format!("{own}backup.manifest");
            let what = if heard.others.iter().any(|words| words.contains(&manifest)) {
                "its manifest cannot be read"
            } else if heard.files.iter().any(|(path, _)| path.starts_with(&own)) {
                "files of it are damaged"
            } else {
                "files that it needs are damaged"
            };
            Some(what.into())
        }
        Some(word) => Some(bounded(word)),
        None => Some("it is listed, and was not found".into()),
    }
}

/// What else was complained of; not of backups that are not listed any more, or not yet.
fn others(backups: &[Kept], heard: &Heard) -> Vec<String> {
    let is_ours = |words: &&String| {
        let of_one = words.contains("backup.manifest") || words.contains("manifest missing");
        !of_one || backups.iter().any(|backup| words.contains(&backup.label))
    };
    heard.others.iter().filter(is_ours).cloned().collect()
}

/// The first of them, and how many more there are; nothing where there are none.
fn told<T>(what: &str, all: &[T], count: usize, words: impl Fn(&T) -> String) -> Option<String> {
    let mut first: Vec<String> = all.iter().take(TOLD).map(words).collect();
    if first.is_empty() {
        return None;
    }
    let more = count - first.len();
    first.extend((more > 0).then(|| format!("and {more} more")));
    Some(format!("{what}{}", first.join(", ")))
}

fn bounded(words: &str) -> String {
    Text::from(words.chars().take(LONGEST).collect::<String>()).to_string()
}

/// A moment as views print it.
fn at(time: Timestamp) -> String {
    Value::At(time).words(time)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::{Heard, Kept, Log, Verdict};
    use crate::beside::segment::Segment;

    const SEGMENT: u64 = 16 << 20;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn log(numbers: &[u64]) -> Log {
        let files = numbers
            .iter()
            .map(|n| (*n, at(i64::try_from(*n).unwrap() * 10)))
            .collect();
        Log {
            files: [(1, files)].into(),
            ..Log::default()
        }
    }

    fn backup(label: &str, number: u64) -> Kept {
        let file = Segment { timeline: 1, number };
        Kept {
            label: label.into(),
            ended: at(i64::try_from(number).unwrap() * 10 - 1),
            log: Some((file, file)),
            damaged: false,
        }
    }

    fn heard(backups: &[(&str, &str)]) -> Heard {
        Heard {
            backups: backups
                .iter()
                .map(|(label, word)| ((*label).into(), (*word).into()))
                .collect(),
            ok: true,
            ..Heard::default()
        }
    }

    fn verdict(backups: &[Kept], heard: &Heard, log: &Log) -> Verdict {
        Verdict::of(json!(1), backups, heard, log, SEGMENT)
    }

    #[test]
    fn what_is_whole_is_counted_and_its_moments_are_told() {
        let backups = [backup("F", 2), backup("F_I", 4)];
        let found = verdict(
            &backups,
            &heard(&[("F", "valid"), ("F_I", "valid")]),
            &log(&[2, 3, 4, 5]),
        );
        assert!(found.is_whole(), "{found:?}");
        let words = "repository 1: 2 backups and 4 files of the log are whole: every moment from 1970-01-01 00:00:19Z to \
                     1970-01-01 00:00:50Z can be had";
        assert_eq!(found.whole(), words);
    }

    #[test]
    fn a_damaged_file_names_its_backup_and_what_is_lost_with_it() {
        let backups = [backup("F", 2), backup("F_I", 4)];
        let mut said = heard(&[("F", "invalid"), ("F_I", "invalid")]);
        said.files
            .push(("F/pg_data/base/5/16384.lz4".into(), "invalid checksum".into()));
        said.ok = false;
        let words = verdict(&backups, &said, &log(&[2, 3, 4, 5])).wrong();
        for part in [
            "1 file is damaged or missing: F/pg_data/base/5/16384.lz4 (invalid checksum)",
            "not to be restored: F (files of it are damaged), F_I (files that it needs are damaged)",
            "moments that cannot be had: none since 1970-01-01 00:00:19Z",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        said.backups.insert("F".into(), "valid".into());
        let words = verdict(&backups, &said, &log(&[2, 3, 4, 5])).wrong();
        assert!(words.contains("no moment is lost by it"), "{words}");
    }

    #[test]
    fn holes_are_named_and_so_is_a_backup_that_is_not_found() {
        let backups = [backup("F", 2), backup("G", 7)];
        let said = heard(&[("F", "valid"), ("G", "manifest missing")]);
        let found = verdict(&backups, &said, &log(&[2, 3, 6, 7, 8]));
        assert!(found.lacks() && !found.is_whole());
        let words = found.wrong();
        for part in [
            "the log lacks 000000010000000000000004 to 000000010000000000000005 (2 files)",
            "not to be restored: G (manifest missing)",
            "none since 1970-01-01 00:00:30Z",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let words = verdict(&backups, &heard(&[("F", "valid")]), &log(&[2, 3, 4, 5, 6, 7, 8])).wrong();
        assert!(words.contains("G (it is listed, and was not found)"), "{words}");
    }

    #[test]
    fn nothing_comforting_is_said_of_what_was_not_said_to_be_well() {
        let backups = [backup("F", 2)];
        let mut said = heard(&[("F", "valid")]);
        said.ok = false;
        let found = verdict(&backups, &said, &log(&[2, 3]));
        assert!(!found.is_whole() && found.wrong().contains("and not what"), "{found:?}");
        said.ok = true;
        said.others
            .push("<REPO:BACKUP>/G/backup.manifest is missing or unusable".into());
        assert!(
            verdict(&backups, &said, &log(&[2, 3])).is_whole(),
            "one that was removed meanwhile"
        );
        assert!(!verdict(&[], &heard(&[]), &log(&[2, 3])).is_whole(), "without a backup");
    }

    #[test]
    fn however_much_is_damaged_the_words_are_few() {
        let backups: Vec<Kept> = (2..400).map(|n| backup(&format!("20261127-001712F_{n}"), n)).collect();
        let mut said = heard(&[]);
        said.more = 1_000_000;
        for n in 0..1000 {
            said.files.push((format!("F/pg_data/base/{n}"), "x".repeat(5000)));
            said.others.push("y".repeat(5000));
        }
        let log = log(&(1..800).step_by(2).collect::<Vec<u64>>());
        let words = verdict(&backups, &said, &log).wrong();
        assert!(words.len() < 4000, "{}: {words}", words.len());
        assert!(words.contains("and 1000995 more"), "{words}");
    }
}
