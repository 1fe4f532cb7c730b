//! The repository of an instance is verified: whole it is recorded as such, and of one that is damaged it is said which file,
//! and what cannot be had because of it. What is damaged here is given back.

use std::{
    fs,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value as Json;

use super::{copies, far, json, words};
use crate::ground::Ground;

const WHO: &str = "acme";
const RUN: &str = "run verify-backups acme --write T-1 --confirm y";
const PATIENCE: Duration = Duration::from_mins(2);

/// A file of the repository as it was, which it is again when this is dropped.
struct Kept {
    path: PathBuf,
    /// Where it is meanwhile, outside of the repository.
    aside: PathBuf,
}

impl Kept {
    fn aside(ground: &Ground, path: &Path) -> Self {
        let aside = ground.dir().join("backups/aside");
        fs::rename(path, &aside).unwrap();
        Self {
            path: path.to_owned(),
            aside,
        }
    }

    /// There is another in its place, with some bytes that are not the same.
    fn damaged(ground: &Ground, path: &Path) -> Self {
        let kept = Self::aside(ground, path);
        // With its owner and its mode.
        assert!(done(
            "cp",
            &["-p", kept.aside.to_str().unwrap(), path.to_str().unwrap()]
        ));
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4].iter_mut().for_each(|byte| *byte ^= 0xff);
        fs::write(path, bytes).unwrap();
        kept
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        fs::rename(&self.aside, &self.path).unwrap();
    }
}

fn done(program: &str, arguments: &[&str]) -> bool {
    let mut command = std::process::Command::new(program);
    command.args(arguments).status().is_ok_and(|status| status.success())
}

/// What a command line ends with and says, on the lab's fleet or on another that is it too.
fn says(ground: &Ground, fleet: &Path, line: &str) -> (Option<i32>, String) {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let began = Instant::now();
    let output = ground.command(&words).env("TENANTRY_FLEET", fleet).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    println!("{:>6.1} s  {line}\n{text}", began.elapsed().as_secs_f64());
    (output.status.code(), text)
}

/// The instance's own row of the view of backups.
fn row(ground: &Ground, instance: &str) -> Json {
    let (all, _) = json(ground, "show backups --json");
    let mut rows = all["rows"].as_array().unwrap().iter();
    let own = |row: &&Json| row["target"]["kind"] == "instance" && row["target"]["path"][0] == instance;
    rows.find(own).unwrap().clone()
}

/// Whether it is shown as read and whole.
pub fn is_whole(ground: &Ground, instance: &str) -> bool {
    let row = row(ground, instance);
    println!("{instance}: {} {}", row["state"], row["verified"]);
    row["state"] != "damaged" && row["verified"] != "failed" && row["verified"] != "never"
}

/// The finding that it is damaged, with how bad it is.
/// Backups that are complete, as the repository has them.
pub fn count(ground: &Ground, stanza: &str) -> usize {
    let directory = ground.dir().join("backups/repo/backup").join(stanza);
    let entries = fs::read_dir(directory).unwrap().flatten();
    let complete = entries
        .filter(|entry| !entry.file_type().unwrap().is_symlink() && entry.path().join("backup.manifest").exists());
    complete.count()
}

fn finding(ground: &Ground) -> Option<Json> {
    let (all, _) = json(ground, "show findings --json");
    let mut rows = all["rows"].as_array().unwrap().iter();
    rows.find(|row| row["check"] == "backup-damaged").cloned()
}

/// It fails and says all of this, it is shown, and nothing comforting is said anywhere.
#[track_caller]
fn fails(ground: &Ground, parts: &[&str]) {
    let (code, text) = says(ground, &ground.fleet(), RUN);
    assert_eq!(code, Some(1), "{text}");
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("of the log are whole"), "{text}");
    assert!(!text.contains("no moment is lost"), "{text}");
    let row = row(ground, WHO);
    assert_eq!(
        (&row["state"], &row["verified"]),
        (&"damaged".into(), &"failed".into()),
        "{row}"
    );
    let finding = finding(ground).expect("a finding");
    assert_eq!(finding["severity"], "critical", "{finding}");
    let (_, page) = says(ground, &ground.fleet(), "describe instance acme");
    for part in parts {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[track_caller]
fn succeeds(ground: &Ground, fleet: &Path) {
    let (code, text) = says(ground, fleet, RUN);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("of the log are whole: every moment from"), "{text}");
    assert!(is_whole(ground, WHO));
    assert_eq!(finding(ground), None);
}

/// The repository's files of this instance, of backups or of the log.
fn files(ground: &Ground, part: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&ground.dir().join("backups/repo").join(part).join(WHO), &mut found);
    found.sort();
    found
}

/// The largest file of a full backup, and its label. Small files of a cluster lie in it together (`repo-bundle`).
fn of_a_backup(ground: &Ground) -> (PathBuf, String) {
    let all = files(ground, "backup").into_iter();
    let of_full = all.filter(|path| path.to_str().unwrap().contains("F/bundle/"));
    let path = of_full
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .expect("a bundle");
    let text = path.to_str().unwrap();
    let (label, _) = text.split_once(&format!("/{WHO}/")).unwrap().1.split_once('/').unwrap();
    let label = label.to_owned();
    (path, label)
}

/// Closes a file of the log; where it is once it is archived.
fn archived(ground: &Ground) -> PathBuf {
    let sql = |text: &str| ground.sql("acme-a", "postgres", text);
    ground.execute(
        "acme-a",
        "postgres",
        "select pg_logical_emit_message(true, 'test', 'x')",
    );
    let file = sql("select pg_walfile_name(pg_switch_wal())").remove(0);
    let end = Instant::now() + PATIENCE;
    loop {
        let found = files(ground, "archive").into_iter().find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(&file) && !name.ends_with("tmp")
        });
        if let Some(path) = found {
            return path;
        }
        assert!(Instant::now() < end, "{file} is not archived");
        sleep(Duration::from_millis(100));
    }
}

pub fn verified(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    assert_eq!(row(ground, WHO)["verified"], "never");
    let (code, plan) = says(ground, &ground.fleet(), "plan verify-backups acme");
    assert_eq!(code, Some(3), "{plan}");
    for part in [
        "is read from end to end, where `",
        "nothing is changed",
        "to be read of acme",
    ] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    succeeds(ground, &ground.fleet());

    let (path, label) = of_a_backup(ground);
    let kept = Kept::damaged(ground, &path);
    let name = format!("damaged or missing: {label}/pg_data/");
    let lost = format!("not to be restored: {label} (files of it are damaged)");
    fails(
        ground,
        &[&name, &lost, "moments that cannot be had: ", "make a full backup now"],
    );
    drop(kept);

    archived(ground);
    let missing = archived(ground);
    archived(ground);
    let kept = Kept::aside(ground, &missing);
    let name = &missing.file_name().unwrap().to_str().unwrap()[..24];
    fails(
        ground,
        &[
            &format!("the log lacks {name}"),
            "moments that cannot be had: none since ",
        ],
    );
    drop(kept);
    // There, and not to be read, is as bad.
    let kept = Kept::damaged(ground, &missing);
    fails(
        ground,
        &[
            &format!("the log lacks {name}, damaged"),
            "moments that cannot be had: none since ",
        ],
    );
    drop(kept);

    // What is given back is whole again, on this host and on another.
    succeeds(ground, &ground.fleet());
    succeeds(ground, &far::fleet(ground));
}
