//! pgBackRest: how much a copy will take, and the restore.

use std::{
    ffi::OsStr,
    fmt::Display,
    fs::File,
    io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use nix::sys::statvfs::statvfs;
use serde_json::Value as Json;

use super::{
    make::Order,
    place::Place,
    trouble::{NO_SPACE, refused, told, unrestored},
};
use crate::model::{Bytes, Fault, Moment};

/// Where programs are, whatever we were started with.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Less than this is no room: a file of the log.
const LEAST: Bytes = Bytes(16 << 20);
const ROOM: &str = "remove copies that nobody needs (the view `copies`), or make room";

/// A child that sees nothing of our environment.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("PATH", PATH)
        .current_dir("/")
        .stdin(Stdio::null());
    if let Some(home) = std::env::var_os("HOME") {
        command.env("HOME", home);
    }
    command
}

/// Where backups and the log of a cluster are, and the programs that read them.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The directory of the server's programs.
    pub binaries: PathBuf,
    /// pgBackRest.
    pub program: String,
    /// Its configuration.
    pub config: Option<PathBuf>,
    /// The stanza.
    pub stanza: String,
    /// The system identifier of the cluster.
    pub system: String,
}

impl Repository {
    /// pgBackRest, with what it is asked still to be said.
    pub fn command(&self) -> Command {
        self.telling("warn")
    }

    /// The same, which tells on its second output all that matters so much.
    pub fn telling(&self, level: &str) -> Command {
        let mut command = command(&self.program);
        let config = self.config.iter().map(|path| format!("--config={}", path.display()));
        command
            .args(config)
            .arg(format!("--stanza={}", self.stanza))
            .args(["--log-level-console=off", "--log-level-file=off"])
            .arg(format!("--log-level-stderr={level}"));
        command
    }

    /// Why it could not be started.
    pub fn unstarted(&self, error: &io::Error) -> Fault {
        refused(format!("{}: {error}", self.program)).hint("see `program` in [instances.backups]")
    }

    /// Runs it to its end, whatever that is.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn run(&self, command: &mut Command) -> Result<Output, Fault> {
        command.output().map_err(|error| self.unstarted(&error))
    }

    /// What it answers to a question, as JSON.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn ask(&self, words: &[&str]) -> Result<Json, Fault> {
        let what = words.join(" ");
        let output = self.run(self.command().arg("--output=json").args(words))?;
        if !output.status.success() {
            let complaint = told(&String::from_utf8_lossy(&output.stderr));
            return Err(refused(format!("pgbackrest {what}: {complaint}")));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| refused(format!("pgbackrest {what} makes no sense: {error}")))
    }
}

/// The clusters in a stanza that are the one of this system identifier, each by the number of its repository and by its own.
///
/// # Errors
/// Where there is none.
pub fn own(stanza: &Json, system: &str) -> Result<Vec<(Json, Json)>, Fault> {
    let clusters = list(stanza, "db").into_iter();
    let own =
        clusters.filter(|cluster| cluster["system-id"].as_u64().map(|id| id.to_string()).as_deref() == Some(system));
    let own: Vec<(Json, Json)> = own
        .map(|cluster| (cluster["repo-key"].clone(), cluster["id"].clone()))
        .collect();
    if own.is_empty() {
        let what = format!("the repository holds no backups of the cluster with the system identifier {system}");
        return Err(refused(what).hint("see `stanza` and `config` in [instances.backups]"));
    }
    Ok(own)
}

/// A list in an answer; empty where there is none.
pub fn list(value: &Json, key: &str) -> Vec<Json> {
    value[key].as_array().cloned().unwrap_or_default()
}

/// Refuses a repository that is another cluster's, and a disk that is too full for the largest backup of this one.
///
/// # Errors
/// Where that is so, or cannot be known.
pub fn fits(order: &Order, place: &Place) -> Result<Bytes, Fault> {
    let size = largest(&order.of.ask(&["info"])?[0], &order.of.system)?;
    let free = free(place.scratch())?;
    let needed = Bytes(size.0 + size.0 / 10);
    if free < needed {
        let what = format!(
            "there is no room for the copy: it takes {size}, with a tenth more for the log {needed}, and {free} are free in {}",
            place.scratch().display()
        );
        return Err(refused(what).hint(ROOM));
    }
    Ok(size)
}

/// The same fault, which is of a full disk where there is no room on it for one more file of the log.
pub fn full(place: &Place, fault: Fault) -> Fault {
    let is_full = free(place.scratch()).is_ok_and(|free| free < LEAST);
    if is_full || fault.what.raw().contains(NO_SPACE) {
        let scratch = place.scratch().display();
        return refused(format!(
            "the disk of the copies in {scratch} is full: {}",
            fault.what.raw()
        ))
        .hint(ROOM);
    }
    fault
}

/// The backups of this cluster in a stanza.
///
/// # Errors
/// Where the stanza is another cluster's.
pub fn backups(stanza: &Json, system: &str) -> Result<Vec<Json>, Fault> {
    let own = own(stanza, system)?;
    let mut backups = list(stanza, "backup");
    backups.retain(|backup| {
        let database = &backup["database"];
        own.contains(&(database["repo-key"].clone(), database["id"].clone()))
    });
    Ok(backups)
}

/// The size of the largest backup of this cluster in a stanza.
fn largest(stanza: &Json, system: &str) -> Result<Bytes, Fault> {
    let backups = backups(stanza, system)?;
    let size = backups
        .iter()
        .filter_map(|backup| backup["info"]["size"].as_u64())
        .max();
    size.map(Bytes)
        .ok_or_else(|| refused("there is no backup yet").hint("make one: pgbackrest --type=full backup"))
}

/// What may still be written where this is.
pub fn free(path: &Path) -> Result<Bytes, Fault> {
    let found = statvfs(path).map_err(|error| refused(format!("{}: {error}", path.display())))?;
    Ok(Bytes(found.blocks_available() * found.fragment_size()))
}

/// Restores into the place. What holds the copy's lock stands open at the child's input, so that the lock is held as long as
/// it lives.
///
/// # Errors
/// Where it does not.
pub fn restore(order: &Order, place: &Place, lock: &File) -> Result<(), Fault> {
    let data = place.data();
    let begun = ["PG_VERSION", "backup.manifest"]
        .iter()
        .any(|name| data.join(name).exists());
    if !begun {
        // Nothing that could be gone on with.
        for dir in [&data, &tablespaces(place)] {
            drop(std::fs::remove_dir_all(dir));
        }
    }
    let mut command = order.of.command();
    command.arg("--archive-mode=off").args(target(&order.moment));
    command
        .arg(format!("--pg1-path={}", data.display()))
        .arg(format!("--tablespace-map-all={}", tablespaces(place).display()));
    if begun {
        command.arg("--delta");
    }
    let input = lock
        .try_clone()
        .map_err(|error| refused(format!("{}: {error}", place.dir().display())))?;
    let output = order.of.run(command.stdin(input).arg("restore"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(unrestored(&said, &order.moment))
}

/// Where tablespaces of the copy are: never where those of the live server are.
pub fn tablespaces(place: &Place) -> PathBuf {
    place.at("tablespaces")
}

/// A time is taken with a blank and with minutes of the offset alone; with `T` or `Z` it is refused, and without an offset
/// it would be local.
fn target(moment: &Moment) -> Vec<String> {
    let mut words = match moment {
        // Nobody leads it: it is paused once there is nothing left to replay.
        Moment::Latest => return vec!["--type=standby".into()],
        Moment::Time(time) => kind("time", &time.strftime("%Y-%m-%d %H:%M:%S.%6f+00")),
        Moment::Name(name) => kind("name", name),
        Moment::Lsn(lsn) => kind("lsn", lsn),
        // What begins at that position is not replayed (PostgreSQL documentation 20.5.5).
        Moment::Before(lsn, _) => [kind("lsn", lsn), vec!["--target-exclusive".into()]].concat(),
    };
    words.push("--target-action=pause".into());
    words
}

fn kind(kind: &str, value: &dyn Display) -> Vec<String> {
    vec![format!("--type={kind}"), format!("--target={value}")]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{largest, target};
    use crate::model::Bytes;

    // B4, B9
    #[test]
    fn a_time_is_written_as_pgbackrest_reads_it() {
        let words = target(&"2026-11-26T03:00:00.5+01".parse().unwrap());
        assert_eq!(words[1], "--target=2026-11-26 02:00:00.500000+00");
        assert_eq!(target(&"latest".parse().unwrap()), ["--type=standby"]);
        assert_eq!(
            target(&"name:before_x".parse().unwrap())[..2],
            ["--type=name", "--target=before_x"]
        );
        assert_eq!(target(&"lsn:0/1F".parse().unwrap())[1], "--target=0/1F");
        assert_eq!(
            target(&"before:0/1F@2026-11-26T03:00:00Z".parse().unwrap()),
            [
                "--type=lsn",
                "--target=0/1F",
                "--target-exclusive",
                "--target-action=pause"
            ]
        );
    }

    #[test]
    fn only_backups_of_the_cluster_count() {
        let backup = |id: u64, size: u64| json!({"database": {"id": id, "repo-key": 1}, "info": {"size": size}});
        let stanza = json!({
            "db": [{"id": 1, "repo-key": 1, "system-id": 77}, {"id": 2, "repo-key": 1, "system-id": 78}],
            "backup": [backup(1, 900), backup(2, 10), backup(2, 20)],
        });
        assert_eq!(largest(&stanza, "78"), Ok(Bytes(20)));
        assert!(largest(&stanza, "79").unwrap_err().to_string().contains("79"));
        assert!(largest(&json!([]), "79").is_err());
    }
}
