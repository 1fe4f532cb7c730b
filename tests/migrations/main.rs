//! Directories of migrations, as real files in a directory of their own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod advice;
mod files;
mod locks;
mod statements;

use std::{fs, path::PathBuf};

use tenantry::{
    model::{Directory, Fault, Parsed, Script, Statement},
    provider::migrations::read,
};

/// A directory that is gone when the test is.
struct Ground(PathBuf);

impl Ground {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tenantry-{}-{}", std::process::id(), fastrand::u64(..)));
        fs::create_dir(&path).expect("a directory");
        Self(path)
    }

    fn with(files: &[&str]) -> Self {
        let ground = Self::new();
        for file in files {
            ground.file(file, "SELECT 1;");
        }
        ground
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).expect("written");
    }

    fn read(&self) -> Result<Directory, Fault> {
        read(&self.0)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("removed");
    }
}

/// The one file of a directory that holds this.
fn script(sql: impl AsRef<[u8]>) -> Script {
    let ground = Ground::new();
    ground.file("V1__x.sql", sql);
    ground.read().expect("read").migrations.remove(0).forth
}

fn statements(sql: &str) -> Vec<Statement> {
    match script(sql).parsed {
        Parsed::Statements(all) => all,
        Parsed::Not(why) => panic!("{why} in {sql}"),
    }
}
