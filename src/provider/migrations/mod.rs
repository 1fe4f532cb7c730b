//! The door to directories of SQL migrations: files by their names, with their checksums, and what a parser sees in them.
//!
//! Nothing is sent from here, and nothing is changed. What is read is what the tools read that people have: [`name`].

mod file;
mod lint;
mod locks;
mod mode;
mod name;
mod own;
mod script;
mod stands;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use self::{
    file::{Whole, unread, whole},
    name::{Name, Way, told},
};
use crate::model::{Directory, Fault, FaultKind, Migration, Script, Text, Version};

/// Files of SQL in the largest directory that is read.
const MOST: usize = 10_000;

/// The two ways of a version, as far as they were found.
#[derive(Default)]
struct Ways {
    forth: Option<(String, String)>,
    back: Option<(String, String)>,
}

/// Reads a directory, and each migration in it. Directories within it are not entered.
///
/// It is refused whole where it cannot be read, holds two files for one version or more than 10,000, or where a
/// migration is larger than 64 MB or not UTF-8: half a history is none.
pub fn read(directory: &Path) -> Result<Directory, Fault> {
    read_anew(directory, None)
}

/// As [`read`], for a directory that was read before: a file that is still the same is not parsed again.
pub fn read_anew(directory: &Path, before: Option<&Directory>) -> Result<Directory, Fault> {
    let before = Before::of(before);
    let mut found: BTreeMap<Version, Ways> = BTreeMap::new();
    let mut others = Vec::new();
    for file in files(directory)? {
        match file {
            Ok((file, Name { version, title, way })) => {
                let ways = found.entry(version).or_default();
                let slot = match way {
                    Way::Forth => &mut ways.forth,
                    Way::Back => &mut ways.back,
                };
                if let Some((first, _)) = slot {
                    return Err(twice(directory, first, &file));
                }
                *slot = Some((file, title));
            }
            Err((file, why)) => others.push((Text::from(file), why)),
        }
    }
    let mut migrations = Vec::new();
    for (version, Ways { forth, back }) in found {
        match (forth, back) {
            (Some((file, name)), back) => migrations.push(Migration {
                version,
                name: Text::from(name),
                forth: script(directory, &file, &before)?,
                back: back.map(|(file, _)| script(directory, &file, &before)).transpose()?,
            }),
            (None, Some((file, _))) => {
                others.push((
                    Text::from(file),
                    format!("the way back of version {version}, to which none leads"),
                ));
            }
            (None, None) => {}
        }
    }
    others.sort();
    Ok(Directory {
        path: directory.to_owned(),
        migrations,
        others,
    })
}

/// Reads one file of a directory again, whole, and refuses it where it is not the file with this checksum. Its text is
/// without a byte order mark.
pub fn load(directory: &Path, file: &str, sha256: &str) -> Result<String, Fault> {
    if file.contains('/') || matches!(file, "" | "." | "..") {
        let what = Text::from(format!("{file:?} is no name of a file in {}", directory.display()));
        return Err(Fault::new(FaultKind::Refused, what));
    }
    let whole = whole(&directory.join(file))?;
    if whole.sha256 == sha256 {
        return Ok(whole.text);
    }
    let what = format!("{file} is not the file that the plan was made from");
    Err(Fault::new(FaultKind::Refused, what).hint("Put the file back as it was, or plan anew to run it as it is now"))
}

/// What the directory holds of SQL, by name: migrations, and others with the reason.
#[expect(clippy::type_complexity, reason = "one caller, and each half is used once")]
fn files(directory: &Path) -> Result<Vec<Result<(String, Name), (String, String)>>, Fault> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(|e| unread(directory, &e))? {
        let entry = entry.map_err(|e| unread(directory, &e))?;
        let raw = entry.file_name();
        let file = raw.to_string_lossy().into_owned();
        let Some(said) = told(&file) else { continue };
        if names.len() == MOST {
            let what = format!("{} holds more than {MOST} files of SQL", directory.display());
            return Err(Fault::new(FaultKind::Refused, what).hint("Name the directory that holds the migrations only"));
        }
        let is_file = fs::metadata(entry.path())
            .map_err(|e| unread(&entry.path(), &e))?
            .is_file();
        names.push(match said {
            Err(why) => Err((file, why)),
            Ok(_) if raw.to_str().is_none() => Err((file, "its name is not UTF-8".to_owned())),
            Ok(_) if !is_file => Err((file, "it is no file".to_owned())),
            Ok(name) => Ok((file, name)),
        });
    }
    // The order of a directory is nobody's: which of two files is named first should not be, either.
    names.sort_by(|a, b| named(a).cmp(named(b)));
    Ok(names)
}

fn named<A>(file: &Result<(String, A), (String, String)>) -> &str {
    match file {
        Ok((file, _)) | Err((file, _)) => file,
    }
}

fn script(directory: &Path, file: &str, before: &Before<'_>) -> Result<Script, Fault> {
    let whole = whole(&directory.join(file))?;
    if let Some(same) = before.same(file, &whole) {
        return Ok(same.clone());
    }
    let Whole { text, sha256, bytes } = whole;
    let (parsed, advice) = script::seen(&text);
    Ok(Script {
        file: Text::from(file),
        sha256,
        bytes,
        parsed,
        advice,
    })
}

/// The files of a directory as they were when it was read before, by name.
struct Before<'a>(HashMap<&'a str, &'a Script>);

impl<'a> Before<'a> {
    fn of(directory: Option<&'a Directory>) -> Self {
        let migrations = directory.into_iter().flat_map(|directory| &directory.migrations);
        let scripts = migrations.flat_map(|migration| std::iter::once(&migration.forth).chain(&migration.back));
        Self(scripts.map(|script| (script.file.raw(), script)).collect())
    }

    /// This file, where it is what it was.
    fn same(&self, file: &str, now: &Whole) -> Option<&'a Script> {
        self.0.get(file).copied().filter(|script| script.sha256 == now.sha256)
    }
}

fn twice(directory: &Path, first: &str, second: &str) -> Fault {
    let what = format!("{first} and {second} in {} are one version", directory.display());
    Fault::new(FaultKind::Malformed, what)
        .hint("Give one of them the next free version, or take it out of the directory")
}
