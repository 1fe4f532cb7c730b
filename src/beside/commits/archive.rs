//! The files of the log that a repository has, which of them are wanted, and one of them fetched.

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Span;
use crate::{
    beside::{
        backrest::{Repository, list, own},
        segment::Segment,
        trouble::{refused, told},
    },
    model::{Fault, Lsn, Text},
};

/// A file of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Which it is.
    pub at: Segment,
    /// Its name.
    pub name: String,
    /// When it was archived: all that it has is earlier.
    pub archived: Timestamp,
}

/// Files that follow one on another.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The oldest first.
    pub files: Vec<File>,
    /// What is left out, and why.
    pub cut: Vec<Text>,
}

/// Where a repository has the log of a cluster.
#[derive(Debug)]
pub struct Folder {
    /// The number of the repository.
    pub repository: Json,
    path: String,
}

/// Where a stanza has the log of the cluster with this system identifier: in each repository, and for each of its versions.
///
/// # Errors
/// Where it has none of it.
pub fn folders(of: &Repository, stanza: &Json) -> Result<Vec<Folder>, Fault> {
    let own = own(stanza, &of.system)?;
    let folder = |archive: &Json| {
        let database = &archive["database"];
        let ours = own.contains(&(database["repo-key"].clone(), database["id"].clone()));
        let id = archive["id"].as_str().filter(|_| ours)?;
        Some(Folder {
            repository: database["repo-key"].clone(),
            path: format!("archive/{}/{id}", of.stanza),
        })
    };
    Ok(list(stanza, "archive").iter().filter_map(folder).collect())
}

impl Folder {
    /// All names in it.
    ///
    /// # Errors
    /// Where the repository does not tell.
    pub fn names(&self, of: &Repository) -> Result<Json, Fault> {
        of.ask(&[&self.option(), "--recurse", "repo-ls", &self.path])
    }

    /// What stands in a file right in it.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub fn read(&self, of: &Repository, name: &str) -> Result<String, Fault> {
        let path = format!("{}/{name}", self.path);
        let output = of.run(of.command().args([&self.option(), "repo-get", &path]))?;
        if !output.status.success() {
            let said = told(&String::from_utf8_lossy(&output.stderr));
            return Err(refused(format!("pgbackrest repo-get {path}: {said}")));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn option(&self) -> String {
        format!("--repo={}", self.repository)
    }
}

/// All files of the log of this cluster up to a timeline, the oldest first. Where several timelines have one the youngest
/// counts, which is the one that the server went on with.
///
/// # Errors
/// Where the repository does not tell.
pub fn files(of: &Repository, timeline: u64, segment: u64) -> Result<Vec<File>, Fault> {
    let info = of.ask(&["info"])?;
    let mut found = BTreeMap::new();
    for folder in folders(of, &info[0])? {
        collect(&folder.names(of)?, (timeline, segment), &mut found);
    }
    Ok(found.into_values().collect())
}

fn collect(names: &Json, (most, segment): (u64, u64), found: &mut BTreeMap<u64, File>) {
    for file in each(names, segment).filter(|file| file.at.timeline <= most) {
        match found.get(&file.at.number) {
            Some(known) if known.at.timeline >= file.at.timeline => {}
            _ => drop(found.insert(file.at.number, file)),
        }
    }
}

/// The files of the log among these names, of whatever timeline.
pub fn each(names: &Json, segment: u64) -> impl Iterator<Item = File> {
    names
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(move |(path, about)| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let (name, _) = name.split_once('-')?;
            let at = Segment::named(name, segment)?;
            let archived = Timestamp::from_second(about["time"].as_i64()?).ok()?;
            Some(File {
                at,
                name: name.to_owned(),
                archived,
            })
        })
}

/// Those that have what was committed in a span of time, the newest where there are too many.
pub fn choose(all: &[File], span: &Span) -> Chosen {
    let mut cut = Vec::new();
    let Some(first) = all.iter().position(|file| file.archived >= span.from) else {
        cut.push("nothing that was committed since is archived yet".into());
        return Chosen { files: Vec::new(), cut };
    };
    // One more: clocks differ, and a transaction that was committed in the next one may have begun in this.
    let first = first.saturating_sub(1);
    let aim = all
        .iter()
        .position(|file| file.archived >= span.to)
        .unwrap_or(all.len() - 1);
    let mut begin = first.max((aim + 1).saturating_sub(span.most));
    if begin > first {
        cut.push(
            format!(
                "only {} files of the log are read at once: the older ones, archived before {}, were not",
                span.most, all[begin].archived
            )
            .into(),
        );
    }
    let follows = |at: usize| all[at].at.number == all[at - 1].at.number + 1;
    if let Some(hole) = (begin + 1..=aim).rev().find(|at| !follows(*at)) {
        cut.push(
            format!(
                "files of the log are missing before {}: older ones were not read",
                all[hole].name
            )
            .into(),
        );
        begin = hole;
    }
    // What was archived late is read too, as long as it is early enough.
    let end = (aim + 1..all.len().min(begin + span.most)).find(|at| !follows(*at));
    let end = end.unwrap_or(all.len().min(begin + span.most)).max(aim + 1);
    Chosen {
        files: all[begin..end].to_vec(),
        cut,
    }
}

impl File {
    /// Where it begins.
    pub fn begins(&self, segment: u64) -> Lsn {
        Lsn(self.at.number * segment)
    }

    /// Its name as if it were of this timeline: one that is read after another must be called so.
    pub fn as_of(&self, timeline: u64) -> String {
        format!("{timeline:08X}{}", &self.name[8..])
    }

    /// Fetches it. pgBackRest wants to see the files of a cluster of the same system identifier: those of its configuration,
    /// or else those of a copy.
    ///
    /// # Errors
    /// Where it is not had.
    pub fn fetch(&self, of: &Repository, scratch: &Path, to: &Path) -> Result<(), Fault> {
        let copies = std::fs::read_dir(scratch).into_iter().flatten().flatten();
        let clusters = copies.map(|entry| entry.path().join("data"));
        let clusters = clusters.filter(|data| data.join("global/pg_control").exists());
        let mut first = None;
        for cluster in std::iter::once(None).chain(clusters.map(Some)) {
            let mut command = of.command();
            command.args(cluster.map(|data| format!("--pg1-path={}", data.display())));
            command.args(["--no-archive-async", "archive-get", &self.name]).arg(to);
            let output = of.run(&mut command)?;
            if output.status.success() {
                return Ok(());
            }
            let said = told(&String::from_utf8_lossy(&output.stderr));
            first.get_or_insert(said);
        }
        let what = format!("pgbackrest archive-get {}: {}", self.name, first.unwrap_or_default());
        Err(refused(what).hint(
            "it needs the files of the cluster, or of a copy of it, on that host: make one (tenantry run beside), and look again",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use super::{File, Segment, Span, choose, collect};

    fn span(from: i64, to: i64, most: usize) -> Span {
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        Span {
            timeline: 2,
            segment: 16 << 20,
            from: at(from),
            to: at(to),
            files: BTreeSet::new(),
            most,
            within: std::time::Duration::from_secs(1),
        }
    }

    fn files(numbers: &[u64]) -> Vec<File> {
        let one = |number: &u64| File {
            at: Segment {
                timeline: 0,
                number: *number,
            },
            name: format!("{:024X}", *number),
            archived: jiff::Timestamp::from_second(i64::try_from(*number).unwrap() * 10).unwrap(),
        };
        numbers.iter().map(one).collect()
    }

    fn numbers(all: &[u64], span: &Span) -> (Vec<u64>, String) {
        let chosen = choose(&files(all), span);
        let cut: Vec<String> = chosen.cut.iter().map(ToString::to_string).collect();
        (chosen.files.iter().map(|file| file.at.number).collect(), cut.join("; "))
    }

    #[test]
    fn names_are_numbers_and_the_younger_timeline_counts() {
        let path = |name: &str| format!("15-1/{}/{name}-96e40ba7.lz4", &name[..16]);
        let names = json!({
            path("0000000100000000000000FF"): {"time": 10},
            path("000000010000000100000000"): {"time": 20},
            path("000000020000000100000000"): {"time": 30},
            path("000000030000000100000000"): {"time": 40},
            "15-1/0000000100000000/000000010000000000000002.00000028.backup": {"time": 1},
        });
        let mut found = BTreeMap::new();
        collect(&names, (2, 16 << 20), &mut found);
        let found: Vec<(u64, String)> = found
            .into_values()
            .map(|file| (file.at.number, file.as_of(7)))
            .collect();
        assert_eq!(
            found,
            [
                (255, "0000000700000000000000FF".to_owned()),
                (256, "000000070000000100000000".to_owned())
            ]
        );
    }

    #[test]
    fn what_is_asked_for_is_read_and_what_is_left_out_is_said() {
        let all = [1, 2, 3, 4, 5, 6, 7];
        assert_eq!(numbers(&all, &span(45, 999, 9)), (vec![4, 5, 6, 7], String::new()));
        let (few, cut) = numbers(&all, &span(5, 999, 3));
        assert_eq!(few, [5, 6, 7]);
        assert!(cut.contains("only 3 files") && cut.contains("older"), "{cut}");
        // What was archived late may have what is early enough.
        assert_eq!(numbers(&all, &span(25, 35, 9)).0, [2, 3, 4, 5, 6, 7]);
        let (after, cut) = numbers(&[1, 2, 4, 5], &span(5, 999, 9));
        assert_eq!(after, [4, 5]);
        assert!(cut.contains("missing before"), "{cut}");
        assert_eq!(numbers(&[1, 2, 4, 5], &span(5, 15, 9)).0, [1, 2]);
        let (none, cut) = numbers(&all, &span(99, 999, 9));
        assert!(none.is_empty() && cut.contains("archived yet"), "{cut}");
        assert!(numbers(&[], &span(0, 9, 9)).0.is_empty());
    }
}
