//! One file as it is on disk: its bytes, their checksum, their text.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::model::{Fault, FaultKind, hex};

/// Bytes of the largest file that is read: more than any migration that people wrote, less than hurts.
pub(super) const LARGEST: u64 = 64 * 1024 * 1024;

const MARK: &[u8] = "\u{feff}".as_bytes();

/// A file that was read.
pub(super) struct Whole {
    /// What the server is sent: the file without a byte order mark, which PostgreSQL would take for a letter.
    pub text: String,
    /// SHA-256 over the bytes on disk, in hexadecimal.
    pub sha256: String,
    /// Bytes on disk.
    pub bytes: u64,
}

/// The whole file. It is refused where it is no file, too large, not UTF-8, or holds what PostgreSQL takes in no text.
pub(super) fn whole(path: &Path) -> Result<Whole, Fault> {
    let file = File::open(path).map_err(|e| unread(path, &e))?;
    let meta = file.metadata().map_err(|e| unread(path, &e))?;
    if !meta.is_file() {
        return Err(Fault::new(
            FaultKind::Refused,
            format!("{} is not a file", path.display()),
        ));
    }
    let mut bytes = Vec::new();
    // One byte more than may be: the file may have grown since it was asked for its size.
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|e| unread(path, &e))?;
    let size = bytes.len() as u64;
    if size > LARGEST {
        let what = format!("{} is larger than {} MB", path.display(), LARGEST / 1024 / 1024);
        let hint = "Load this much with psql or COPY, and keep the migration to what changes the schema";
        return Err(Fault::new(FaultKind::Refused, what).hint(hint));
    }
    let sha256 = hex(&Sha256::digest(&bytes));
    Ok(Whole {
        text: text(path, bytes)?,
        sha256,
        bytes: size,
    })
}

fn text(path: &Path, mut bytes: Vec<u8>) -> Result<String, Fault> {
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(no_text(
            path,
            &bytes,
            at,
            "holds a zero byte, which no text of PostgreSQL may",
        ));
    }
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        no_text(path, e.as_bytes(), at, "is not UTF-8")
    })
}

fn no_text(path: &Path, bytes: &[u8], at: usize, why: &str) -> Fault {
    let line = bytes[..at].split(|byte| *byte == b'\n').count();
    let what = format!("{} {why}: byte {} in line {line}", path.display(), at + 1);
    Fault::new(FaultKind::Malformed, what).hint("Save it as UTF-8, for instance with iconv -t UTF-8")
}

/// The fault of a path that the system does not read.
pub(super) fn unread(path: &Path, error: &std::io::Error) -> Fault {
    let kind = match error.kind() {
        ErrorKind::PermissionDenied => FaultKind::Denied,
        _ => FaultKind::Refused,
    };
    let words = error.to_string();
    let fault = Fault::new(
        kind,
        format!("{}: {}", path.display(), super::super::unnumbered(&words)),
    );
    match error.kind() {
        ErrorKind::NotFound => fault.hint("Check where the fleet file says that the migrations are"),
        ErrorKind::PermissionDenied => fault.hint(format!("Let this user read it: ls -ld {}", path.display())),
        _ => fault.hint("Check the disk that it is on"),
    }
}
