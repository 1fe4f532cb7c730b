//! A closed directory for files of the log that are read, gone with who made it. What a dead one has left goes with the next.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use crate::{beside::trouble::refused, model::Fault};

/// How the names of such directories begin. No copy is called so.
const PREFIX: &str = ".commits.";

/// The directory.
pub struct Den {
    dir: PathBuf,
    /// Held as long as its maker lives.
    _lock: File,
}

impl Den {
    /// Makes one below the directory for copies, and removes those that nobody is in any more.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn dig(scratch: &Path) -> Result<Self, Fault> {
        let told = |error: io::Error| refused(format!("{}: {error}", scratch.display()));
        let scratch = scratch.canonicalize().map_err(told)?;
        let is_ours = |name: &str| name.starts_with(PREFIX);
        for entry in fs::read_dir(&scratch).map_err(told)?.flatten() {
            if entry.file_name().to_str().is_some_and(is_ours) && is_left(&entry.path()) {
                drop(fs::remove_dir_all(entry.path()));
            }
        }
        let dir = scratch.join(format!("{PREFIX}{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&dir).map_err(told)?;
        // Where this fails the next one finds it without a lock.
        let lock = File::open(&dir).map_err(told)?;
        lock.try_lock().map_err(|error| told(error.into()))?;
        Ok(Self { dir, _lock: lock })
    }

    /// Its path.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Den {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.dir));
    }
}

fn is_left(dir: &Path) -> bool {
    File::open(dir).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Den, PREFIX};

    #[test]
    fn what_a_dead_one_has_left_goes_and_what_somebody_is_in_stays() {
        let scratch = std::env::temp_dir().join(format!("tenantry-den-{}", std::process::id()));
        let left = scratch.join(format!("{PREFIX}1"));
        let used = scratch.join(format!("{PREFIX}2"));
        let copy = scratch.join("copy");
        for dir in [&left, &used, &copy] {
            fs::create_dir_all(dir).unwrap();
        }
        let lock = fs::File::open(&used).unwrap();
        lock.lock().unwrap();
        let den = Den::dig(&scratch).unwrap();
        assert_eq!((left.exists(), used.exists(), copy.exists()), (false, true, true));
        let dir = den.dir().to_owned();
        fs::write(dir.join("file"), "x").unwrap();
        drop(den);
        assert!(!dir.exists());
        fs::remove_dir_all(scratch).unwrap();
    }
}
