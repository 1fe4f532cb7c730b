//! pgBackRest itself, on a cluster of the test's own.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use jiff::Timestamp;
use nix::unistd::{User, geteuid};
use tenantry::{
    model::{BackupKind, Backups, FaultKind},
    provider::backups::Repositories,
};

use crate::{WITHIN, settings};

struct Ground {
    dir: PathBuf,
    programs: PathBuf,
}

impl Ground {
    /// A cluster that archives into a repository beside it.
    fn start(programs: PathBuf) -> Self {
        let dir = std::env::temp_dir().join(format!("tenantry-backups-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        let ground = Self { dir, programs };
        let dir = ground.dir.display().to_string();
        let conf = format!(
            "[global]\nrepo1-path={dir}/repo\nrepo1-retention-full=2\nlock-path={dir}/lock\nlog-level-file=off\n\
             log-level-console=warn\nstart-fast=y\narchive-timeout=20\n[atlas]\npg1-path={dir}/data\npg1-socket-path={dir}\n\
             pg1-user=postgres\n"
        );
        fs::write(ground.dir.join("pgbackrest.conf"), conf).unwrap();
        if let Some(user) = lent() {
            for path in [ground.dir.clone(), ground.dir.join("pgbackrest.conf")] {
                chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
            }
        }
        Self::run(
            &ground.program("initdb"),
            &[
                "-D",
                &format!("{dir}/data"),
                "-U",
                "postgres",
                "-A",
                "trust",
                "-N",
                "-k",
            ],
        );
        let options = format!(
            "listen_addresses = ''\nunix_socket_directories = '{dir}'\nfsync = off\nshared_buffers = 16MB\narchive_mode = on\n\
             archive_command = 'pgbackrest --config={dir}/pgbackrest.conf --stanza=atlas archive-push %p'\n"
        );
        fs::write(ground.dir.join("data/postgresql.auto.conf"), options).unwrap();
        ground.server("start");
        ground
    }

    fn program(&self, name: &str) -> String {
        self.programs.join(name).display().to_string()
    }

    fn server(&self, what: &str) {
        let (data, log) = (
            self.dir.join("data").display().to_string(),
            self.dir.join("log").display().to_string(),
        );
        Self::run(
            &self.program("pg_ctl"),
            &["-s", "-w", "-m", "immediate", "-D", &data, "-l", &log, what],
        );
    }

    fn pgbackrest(&self, words: &[&str]) {
        let config = format!("--config={}/pgbackrest.conf", self.dir.display());
        Self::run("pgbackrest", &[&[config.as_str(), "--stanza=atlas"], words].concat());
    }

    fn run(program: &str, arguments: &[&str]) {
        let reach = reach();
        let words: Vec<&str> = reach
            .iter()
            .map(String::as_str)
            .chain([program])
            .chain(arguments.iter().copied())
            .collect();
        let output = Command::new(words[0])
            .args(&words[1..])
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{program}: {said}");
    }

    fn settings(&self) -> Backups {
        Backups {
            config: Some(self.dir.join("pgbackrest.conf")),
            reach: reach(),
            ..settings(&[])
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.server("stop");
        }
        fs::remove_dir_all(&self.dir).unwrap();
    }
}

/// PostgreSQL does not run as root.
fn lent() -> Option<User> {
    geteuid()
        .is_root()
        .then(|| User::from_name("postgres").unwrap().expect("a user postgres"))
}

fn reach() -> Vec<String> {
    let Some(user) = lent() else { return Vec::new() };
    let words = ["--init-groups", "--no-new-privs", "--"].map(str::to_owned);
    [format!("--reuid={}", user.uid), format!("--regid={}", user.gid)]
        .into_iter()
        .fold(vec!["setpriv".to_owned()], |all, word| [all, vec![word]].concat())
        .into_iter()
        .chain(words)
        .collect()
}

/// Debian's programs, where pgBackRest is installed beside them.
fn programs() -> Option<PathBuf> {
    let found = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = found.map(|entry| entry.path().join("bin")).collect();
    found.sort();
    let there = Path::new("/usr/bin/pgbackrest").exists();
    found.into_iter().rfind(|bin| there && bin.join("initdb").is_file())
}

#[tokio::test]
async fn what_pgbackrest_keeps_is_seen_from_no_stanza_to_an_incremental_backup() {
    let programs = programs().expect("PostgreSQL and pgBackRest, as `tenantry lab install` installs them");
    let ground = Ground::start(programs);
    let repositories = Repositories::default();
    let ask = async || repositories.stanza(&ground.settings(), WITHIN).await;
    let none = ask().await.unwrap_err();
    assert_eq!(
        (none.kind, none.what.raw()),
        (FaultKind::Refused, "the repository holds no stanza atlas")
    );
    ground.pgbackrest(&["stanza-create"]);
    let empty = ask().await.unwrap();
    assert_eq!(
        (empty.status.code, empty.backups.len(), empty.clusters.len()),
        (2, 0, 1)
    );
    ground.pgbackrest(&["--type=full", "backup"]);
    ground.pgbackrest(&["--type=incr", "backup"]);
    let kept = ask().await.unwrap();
    let kinds: Vec<BackupKind> = kept.backups.iter().map(|backup| backup.kind).collect();
    assert_eq!((kept.status.code, kinds), (0, vec![BackupKind::Full, BackupKind::Incr]));
    let age = Timestamp::now().duration_since(kept.backups[1].ended);
    assert!(age.as_secs().abs() < 60, "{age}");
    assert!(kept.backups[1].span.is_some() && kept.archives[0].last >= kept.backups[1].log.clone().map(|log| log.1));
    let mut elsewhere = ground.settings();
    elsewhere.config = Some("/none/pgbackrest.conf".into());
    let gone = repositories.stanza(&elsewhere, WITHIN).await.unwrap_err();
    assert!(
        gone.what
            .raw()
            .contains("unable to open missing file '/none/pgbackrest.conf'"),
        "{gone:?}"
    );
}
