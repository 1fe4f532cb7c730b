//! Rows of tenants that a run sends: a file beside its journal, for as long as the policy says. Whoever reads it outside the
//! run is written down first.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Refusal, journal, record::Record};
use crate::model::{Kind, Plan, Text, Texts};

/// Somebody read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Who, by the system's word.
    pub by: String,
    /// `SSH_CONNECTION`'s first word, where the session came over one.
    pub from: Option<String>,
    /// What for.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

fn path(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.rows"))
}

fn readers_path(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.readers"))
}

/// Where journals are shared the group takes runs up, and needs what they send.
fn mode(shared: bool) -> u32 {
    if shared { 0o660 } else { 0o600 }
}

/// Keeps what a run sends, before its journal says that it was begun.
///
/// # Errors
/// Where it may not have been kept.
pub fn keep(directory: &Path, id: &str, texts: &Texts, shared: bool) -> io::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path(directory, id))?;
    file.set_permissions(Permissions::from_mode(mode(shared)))?;
    file.write_all(&serde_json::to_vec(texts)?)?;
    file.sync_all()?;
    File::open(directory)?.sync_all()
}

/// Forgets what a run would have sent: it was not begun.
pub(super) fn forget(directory: &Path, id: &str) {
    // Where there is nothing, nothing is to be removed.
    let _ = fs::remove_file(path(directory, id));
}

/// What the run itself sends.
///
/// # Errors
/// Where it is there and cannot be read.
pub(super) fn of_run(directory: &Path, id: &str) -> io::Result<Texts> {
    match fs::read(path(directory, id)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Texts::new()),
        read => Ok(serde_json::from_slice(&read?)?),
    }
}

/// Writes down who reads what a run sent, and reads it.
///
/// # Errors
/// Where it is not kept any more, or it cannot be written down who reads it.
pub fn read(directory: &Path, id: &str, reader: &Reader) -> Result<Texts, Refusal> {
    let failed = |error: io::Error| Refusal::new(format!("the rows of run {}: {error}", Text::from(id)));
    if !path(directory, id).exists() {
        return Err(Refusal::new(format!("the rows of run {} are not kept", Text::from(id)))
            .hint("they go after the time that the policy says: `rows.keep`"));
    }
    note(directory, id, reader).map_err(failed)?;
    of_run(directory, id).map_err(failed)
}

fn note(directory: &Path, id: &str, reader: &Reader) -> io::Result<()> {
    let kept = fs::metadata(path(directory, id))?.permissions().mode() & 0o777;
    let mut line = serde_json::to_vec(reader)?;
    line.push(b'\n');
    let readers = readers_path(directory, id);
    let is_new = !readers.exists();
    let mut options = OpenOptions::new();
    let mut file = options.append(true).create(true).mode(0o600).open(readers)?;
    if is_new {
        file.set_permissions(Permissions::from_mode(kept))?;
    }
    file.write_all(&line)?;
    file.sync_all()
}

/// Who read what a run sent, the first first.
pub fn readers(directory: &Path, id: &str) -> Vec<Reader> {
    let file = File::open(readers_path(directory, id)).ok();
    let lines = file.into_iter().flat_map(|file| BufReader::new(file).lines());
    lines
        .filter_map(|line| serde_json::from_str(&line.ok()?).ok())
        .collect()
}

/// A plan that was read from the journal of this run, or is made of what it did, with the rows that it lacks, as far as they
/// are kept. What was asked for is told to whoever asks who read them.
///
/// # Errors
/// Where they are needed and are not kept, or it cannot be written down who reads them.
pub fn fill(plan: &mut Plan, directory: &Path, run: Option<&str>, reader: &Reader) -> Result<(), Refusal> {
    if !plan.lacks_rows() {
        return Ok(());
    }
    let about = plan.request.targets.iter().filter(|target| target.kind() == Kind::Run);
    let runs: Vec<String> = match run {
        Some(run) => vec![run.to_owned()],
        None => about.map(|target| target.part(0).to_owned()).collect(),
    };
    for run in runs {
        plan.fill(&read(directory, &run, reader)?);
    }
    if plan.lacks_rows() {
        return Err(Refusal::new("rows of this plan are not kept any more"));
    }
    Ok(())
}

/// Removes the rows of runs that ended, where they were kept long enough: the names of those runs.
///
/// # Errors
/// Where the directory cannot be read, or one cannot be removed.
pub fn clear(directory: &Path, keep: SignedDuration, now: SystemTime) -> io::Result<Vec<String>> {
    let mut cleared = Vec::new();
    for (id, journal) in journal::list(directory)? {
        let rows = path(directory, &id);
        let Ok(written) = fs::metadata(&rows).and_then(|found| found.modified()) else {
            continue;
        };
        let age = now.duration_since(written).unwrap_or_default();
        let old = SignedDuration::try_from(age).is_ok_and(|age| age >= keep);
        if old && has_ended(&id, &journal) {
            fs::remove_file(&rows)?;
            cleared.push(id);
        }
    }
    Ok(cleared)
}

/// What may still go on needs its rows.
fn has_ended(id: &str, journal: &Path) -> bool {
    Record::read(id.to_owned(), journal).is_ok_and(|record| {
        let open = record.run.as_ref().is_some_and(|run| run.outcome().is_open());
        !record.lives && !open
    })
}
