//! A look into each file of the log before the server of a copy replays it. To replay the making of a tablespace is to empty
//! and fill a directory that the log names: that of the live server.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::{backrest, place::Place, record, trouble::refused};
use crate::model::Fault;

/// What is said of a file that must not be replayed, in the log of the copy's server.
pub const FORBIDDEN: &str = "CREATE TABLESPACE is in the log";

/// What is put behind the command that fetches a file. The path of this program was found harmless before.
pub fn command(place: &Place) -> String {
    let own = std::env::current_exe().unwrap_or_else(|_| "tenantry".into());
    let (own, scratch) = (own.display().to_string(), place.scratch().display().to_string());
    format!("{own} beside scan --scratch={scratch} --id={} %f", place.id())
}

/// Looks into the file of the log that was fetched last.
///
/// # Errors
/// Where it holds what must not be replayed, or cannot be read.
pub fn scan(place: &Place, file: &str) -> Result<(), Fault> {
    // Of histories of timelines there is nothing to replay.
    if file.len() != 24 || !file.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    let none = || refused("there is no such copy");
    let copy = record::read(place)?.ok_or_else(none)?;
    let told = |error: std::io::Error| refused(format!("{}: {error}", place.dir().display()));
    // pg_waldump wants to see the file under its own name.
    let dir = place.at("scan");
    fs::create_dir_all(&dir).map_err(told)?;
    let named = dir.join(file);
    drop(fs::remove_file(&named));
    symlink(place.data().join("pg_wal/RECOVERYXLOG"), &named).map_err(told)?;
    let looked = forbidden(&copy.binaries.join("pg_waldump"), &dir, file);
    drop(fs::remove_file(&named));
    match looked? {
        Some(line) => {
            let words: Vec<&str> = line.split_whitespace().collect();
            Err(refused(format!("{FORBIDDEN}: {}", words.join(" "))))
        }
        None => Ok(()),
    }
}

fn forbidden(program: &Path, dir: &Path, file: &str) -> Result<Option<String>, Fault> {
    let mut command = backrest::command(program);
    command.arg("--rmgr=Tablespace").arg("--path").arg(dir).arg(file);
    // How it ends tells nothing: the last record of a file is seldom whole.
    let output = command
        .output()
        .map_err(|error| refused(format!("{}: {error}", program.display())))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.stdout.is_empty() && complaint.contains("could not open") {
        return Err(refused(format!("{}: {complaint}", program.display())));
    }
    Ok(text
        .lines()
        .find(|line| line.contains(" desc: CREATE "))
        .map(ToOwned::to_owned))
}
