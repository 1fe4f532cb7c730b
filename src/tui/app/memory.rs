//! What is kept between runs: lines that were typed, bookmarks, and the line that was open last.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use serde::{Deserialize, Serialize};

/// How many lines of history are kept.
const LINES: usize = 200;

/// What is kept between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Lines typed after `:`, oldest first.
    pub history: Vec<String>,
    /// Filters typed after `/`, oldest first.
    pub filters: Vec<String>,
    /// Lines by the name they were given.
    pub bookmarks: BTreeMap<String, String>,
    /// The view that was open last.
    pub last: Option<String>,
}

impl Memory {
    /// Reads it; what cannot be read is as good as nothing, for nothing depends on it.
    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Writes it so that only the operator can read it, whole or not at all.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        if let Some(folder) = file.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let draft = file.with_extension(format!("{}.new", std::process::id()));
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        serde_json::to_writer(&mut out, self)?;
        out.flush()?;
        fs::rename(&draft, file)
    }

    /// Remembers a line; a line that is known becomes the youngest.
    pub fn keep(lines: &mut Vec<String>, line: &str) {
        lines.retain(|known| known != line);
        lines.push(line.to_owned());
        let surplus = lines.len().saturating_sub(LINES);
        lines.drain(..surplus);
    }
}
