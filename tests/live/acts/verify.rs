//! Whether tenants can be had back is tried on real backups: it counts where every row was read, and only there.

use std::{fs, path::PathBuf};

use serde_json::Value as Json;

use super::{copies, json, says};
use crate::ground::Ground;

/// A folder of the repository under another name, until this is dropped.
struct Hidden(PathBuf);

impl Hidden {
    fn new(path: PathBuf) -> Self {
        fs::rename(&path, path.with_extension("hidden")).unwrap();
        Self(path)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        fs::rename(self.0.with_extension("hidden"), &self.0).unwrap();
    }
}

struct Dropped<'a>(&'a Ground, &'a str);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0
            .execute("atlas-a", "orders", &format!("drop table if exists {}", self.1));
    }
}

/// The first tenant of this model, and what the view of backups says of its last test.
fn tenant(ground: &Ground, model: &str) -> (String, Json) {
    let (all, _) = json(ground, "show tenants --json");
    let rows = all["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["model"] == model).unwrap();
    let path: Vec<&str> = row["target"]["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part.as_str().unwrap())
        .collect();
    let (backups, _) = json(ground, "show backups --json");
    let mut rows = backups["rows"].as_array().unwrap().iter();
    let found = rows.find(|of| of["target"]["path"] == row["target"]["path"]).unwrap();
    (path.join("/"), found["tested"].clone())
}

/// Copies of all instances.
fn count(ground: &Ground) -> usize {
    let all = ["atlas", "boreas", "acme"].map(|instance| copies::stages(ground, instance).len());
    all.iter().sum()
}

pub fn restores(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let models = ["shared", "schema", "database", "instance"];
    let all = models.map(|model| tenant(ground, model));
    assert!(all.iter().all(|(_, tested)| tested == "never"), "{all:?}");
    let paths = all.map(|(path, _)| path);
    says(
        ground,
        &format!("run verify-restore {} --write T-1 --confirm 4", paths.join(" ")),
        0,
        "done: ",
    );
    for model in models {
        let (path, tested) = tenant(ground, model);
        assert_ne!(tested, "never", "{path}");
    }
    // Every database of a copy can be read (B10).
    assert_eq!(count(ground), 0, "it is thrown away");
    broken(ground);
}

/// Neither what is not there nor what cannot be read counts, and nothing of it stays.
fn broken(ground: &Ground) {
    let (path, before) = tenant(ground, "shared");
    // A table that the copy cannot have: it came after what is archived of its moment.
    let moment = ground.sql(
        "atlas-a",
        "orders",
        "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
    );
    ground.execute("atlas-a", "orders", "create table public.too_late (tenant_id uuid)");
    let table = Dropped(ground, "public.too_late");
    says(
        ground,
        &format!(
            "run verify-restore {path} --set moment={} --write T-1 --confirm y",
            moment[0]
        ),
        1,
        "1 table that the copy has not as it is now left: public.too_late",
    );
    drop(table);
    assert_eq!(count(ground), 0, "it is thrown away where it failed too");
    // A repository that has lost the files of its backups, and says that it has them.
    let repo = ground.dir().join("backups/repo/backup/atlas");
    let full = fs::read_dir(&repo).unwrap().flatten().map(|entry| entry.path());
    let full = full
        .filter(|path| path.is_dir() && path.to_str().unwrap().ends_with('F'))
        .max()
        .unwrap();
    let hidden = Hidden::new(full.join("bundle"));
    says(
        ground,
        &format!("run verify-restore {path} --write T-1 --confirm y"),
        1,
        "restore copy",
    );
    drop(hidden);
    assert_eq!(count(ground), 0);
    assert_eq!(tenant(ground, "shared").1, before, "what failed is no test");
}
