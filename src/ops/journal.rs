//! The journal of a run: a file, a JSON object a line, each bound to the one before it by a hash.
//!
//! The chain shows that a file was damaged. Who may write the file may write another whole chain: against that only a
//! copy of its last hash elsewhere helps.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Entry, hex};

/// The form of the lines.
const VERSION: u32 = 1;

/// Where the engine writes. A line that was not kept stops the run.
pub trait Journal: Send {
    /// Keeps a line, so that it survives whatever happens next.
    ///
    /// # Errors
    /// Where it may not have been kept. Nothing may be written after that.
    fn write(&mut self, entry: &Entry) -> io::Result<()>;
}

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    v: u32,
    n: usize,
    at: Timestamp,
    entry: Entry,
    /// Over the hash of the line before and this line without its own.
    hash: String,
}

/// What a file tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The lines, as far as they are sound.
    pub entries: Vec<Entry>,
    /// When each was written.
    pub times: Vec<Timestamp>,
    /// What is wrong with the first line that is not, by its number from 1.
    pub wrong: Option<(usize, String)>,
    /// The last line has no end: it was being written when the process died, and nothing followed from it.
    pub torn: bool,
    last: String,
    /// Bytes of the sound lines.
    sound: u64,
}

/// Reads a journal.
///
/// # Errors
/// Where the file cannot be read at all.
pub fn read(path: &Path) -> io::Result<Reading> {
    Ok(parse(&fs::read(path)?))
}

/// Reads the lines of a journal.
pub fn parse(bytes: &[u8]) -> Reading {
    let mut reading = Reading::default();
    reading.take(bytes);
    reading
}

impl Reading {
    /// Reads what follows the sound lines.
    fn take(&mut self, bytes: &[u8]) {
        self.torn = false;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(whole) = line.strip_suffix(b"\n") else {
                self.torn = true;
                return;
            };
            match sound(whole, self.entries.len(), &self.last) {
                Ok(line) => {
                    self.entries.push(line.entry);
                    self.times.push(line.at);
                    self.last = line.hash;
                    self.sound += whole.len() as u64 + 1;
                }
                Err(why) => {
                    self.wrong = Some((self.entries.len() + 1, why));
                    return;
                }
            }
        }
    }

    /// Reads on in its file, which has grown; how many lines were known before.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read_on(&mut self, file: &mut File) -> io::Result<usize> {
        let before = self.entries.len();
        if self.wrong.is_none() {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(self.sound))?;
            file.read_to_end(&mut bytes)?;
            self.take(&bytes);
        }
        Ok(before)
    }

    /// The hash of the last sound line: who keeps it elsewhere can tell whether the whole chain was written anew.
    pub fn head(&self) -> &str {
        &self.last
    }
}

/// The first line of a journal, where it is sound.
///
/// # Errors
/// Where the file cannot be read at all.
pub fn first(path: &Path) -> io::Result<Option<Entry>> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut line)?;
    Ok(parse(&line).entries.into_iter().next())
}

/// A journal that is read while it grows.
#[derive(Debug)]
pub struct Follower {
    file: File,
    /// What it told so far.
    pub reading: Reading,
}

impl Follower {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            reading: Reading::default(),
        })
    }

    /// Reads on; how many lines were known before.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read_on(&mut self) -> io::Result<usize> {
        self.reading.read_on(&mut self.file)
    }

    /// Whether a process is carrying the run out.
    pub fn lives(&self) -> bool {
        let free = self.file.try_lock_shared().is_ok();
        if free {
            // Where this fails the lock goes with the file.
            let _ = self.file.unlock();
        }
        !free
    }
}

fn sound(bytes: &[u8], at: usize, before: &str) -> Result<Line, String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if line.v != VERSION {
        return Err(format!("written in form {}, and this program knows {VERSION}", line.v));
    }
    if line.n != at {
        return Err(format!("it calls itself line {}", line.n + 1));
    }
    if line.hash != hash(before, line.n, line.at, &line.entry).map_err(|error| error.to_string())? {
        return Err("its hash is not that of what it says".into());
    }
    // What reads the same and is written otherwise was not written by us.
    if serde_json::to_vec(&line).map_err(|error| error.to_string())? != bytes {
        return Err("it is not written as we write".into());
    }
    Ok(line)
}

fn hash(before: &str, n: usize, at: Timestamp, entry: &Entry) -> serde_json::Result<String> {
    let said = serde_json::to_vec(&(VERSION, n, at, entry))?;
    Ok(hex(&Sha256::new().chain_update(before).chain_update(said).finalize()))
}

/// A journal that is being written. Nobody else writes it meanwhile.
#[derive(Debug)]
pub struct Lines {
    file: File,
    /// How many there are.
    count: usize,
    last: String,
    /// After a line that may not have been kept nothing is written any more.
    broken: bool,
}

impl Lines {
    /// A new journal in this directory. A directory of one's own is made where there is none; one that is shared is there,
    /// and the group it belongs to reads what is in it and may take runs up.
    ///
    /// # Errors
    /// Where it cannot be made, or not kept.
    pub fn create(directory: &Path, id: &str, shared: bool) -> io::Result<Self> {
        if shared {
            is_shared(directory)?;
        } else {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let path = path(directory, id);
        let mut options = OpenOptions::new();
        let file = options.append(true).create_new(true).mode(0o600).open(&path)?;
        if shared {
            // Whatever the umask: who takes a run up goes on writing here.
            file.set_permissions(Permissions::from_mode(0o660))?;
        }
        // The name of the file must survive too.
        File::open(directory)?.sync_all()?;
        Self::over(file)
    }

    /// Goes on with a journal. A line without an end is cut off.
    ///
    /// # Errors
    /// Where it cannot be read or written, a line is wrong, or another process is writing it.
    pub fn go_on(directory: &Path, id: &str) -> io::Result<(Self, Reading)> {
        let path = path(directory, id);
        let file = OpenOptions::new().append(true).open(&path)?;
        let lines = Self::over(file)?;
        let reading = read(&path)?;
        if let Some((line, why)) = &reading.wrong {
            return Err(io::Error::other(format!("{}: line {line}: {why}", path.display())));
        }
        if reading.torn {
            lines.file.set_len(reading.sound)?;
            lines.file.sync_all()?;
        }
        Ok((
            Self {
                count: reading.entries.len(),
                last: reading.last.clone(),
                ..lines
            },
            reading,
        ))
    }

    fn over(file: File) -> io::Result<Self> {
        file.try_lock()
            .map_err(|_| io::Error::new(io::ErrorKind::WouldBlock, "another process carries this run out"))?;
        Ok(Self {
            file,
            count: 0,
            last: String::new(),
            broken: false,
        })
    }
}

impl Lines {
    /// The hash of the last line.
    pub fn head(&self) -> &str {
        &self.last
    }
}

impl Journal for Lines {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier line may not have been kept"));
        }
        let at = Timestamp::now();
        let hash = hash(&self.last, self.count, at, entry)?;
        let line = Line {
            v: VERSION,
            n: self.count,
            at,
            entry: entry.clone(),
            hash,
        };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        self.broken = true;
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        self.broken = false;
        self.count += 1;
        self.last = line.hash;
        Ok(())
    }
}

/// Whether what is made in this directory belongs to its group.
fn is_shared(directory: &Path) -> io::Result<()> {
    let mode = fs::metadata(directory)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", directory.display())))?
        .permissions()
        .mode();
    let (group, others) = (mode & 0o2070, mode & 0o007);
    if group == 0o2070 && others == 0 {
        return Ok(());
    }
    let why = format!(
        "{}: shared journals want a directory that its group may write, that hands its group on, and that is shut to others: chmod 2770",
        directory.display()
    );
    Err(io::Error::other(why))
}

/// The file of a run.
pub fn path(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.jsonl"))
}

/// The runs of this directory, newest first, each with its file.
///
/// # Errors
/// Where the directory is there and cannot be read.
pub fn list(directory: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let (Some(id), true) = (path.file_stem(), path.extension().is_some_and(|end| end == "jsonl")) {
            found.push((id.to_string_lossy().into_owned(), path));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found)
}
