//! The lab's shared tables, with files of a test's own behind the lab's.

use std::{fs, path::PathBuf};

use super::course::text;
use crate::ground::Ground;

pub struct Pool<'a> {
    ground: &'a Ground,
    dir: PathBuf,
    fleet: PathBuf,
}

impl<'a> Pool<'a> {
    pub fn new(ground: &'a Ground, name: &str) -> Self {
        let dir = Ground::scratch(name);
        let _ = fs::remove_dir_all(&dir);
        let lab = ground.dir().join("migrations/shared");
        fs::create_dir_all(&dir).unwrap();
        for file in fs::read_dir(&lab).unwrap().flatten() {
            fs::copy(file.path(), dir.join(file.file_name())).unwrap();
        }
        let fleet = Ground::scratch(&format!("{name}.toml"));
        let text = fs::read_to_string(ground.fleet()).unwrap();
        fs::write(&fleet, text.replace(lab.to_str().unwrap(), dir.to_str().unwrap())).unwrap();
        Self { ground, dir, fleet }
    }

    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.dir.join(name), text).unwrap();
    }

    /// `run migrate`, confirmed.
    pub fn run(&self, more: &[&str]) -> (Option<i32>, String) {
        let fleet = self.fleet.to_str().unwrap();
        let mut words = vec!["--fleet", fleet, "run", "migrate", "atlas/orders/public"];
        words.extend(["--write", "T-4", "--confirm", "1"]);
        words.extend(more);
        let output = self.ground.console(&words);
        (output.status.code(), text(&output))
    }

    pub fn versions(&self) -> Vec<String> {
        let sql = "select version from public.tenantry_migration order by 1";
        self.ground.sql("atlas-a", "orders", sql)
    }
}
