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
        let output = Self::command(program, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{program}: {said}");
    }

    /// As the database's own user.
    fn command(program: &str, arguments: &[&str]) -> Command {
        let reach = reach();
        let mut words = reach
            .iter()
            .map(String::as_str)
            .chain([program])
            .chain(arguments.iter().copied());
        let mut command = Command::new(words.next().unwrap());
        command.args(words).env("LC_ALL", "C.UTF-8").current_dir("/");
        command
    }

    fn settings(&self) -> Backups {
        Backups {
            config: Some(self.dir.join("pgbackrest.conf")),
            reach: reach(),
            ..settings(&[])
        }
    }

    /// Statements, each for itself, and what they say, without what is around it.
    fn sql(&self, host: &Path, port: &str, text: &str) -> String {
        let host = host.display().to_string();
        let words = [
            "-X", "-A", "-t", "-h", &host, "-p", port, "-U", "postgres", "-d", "postgres", "-c", text,
        ];
        let output = Self::command(&self.program("psql"), &words).output().unwrap();
        assert!(
            output.status.success(),
            "{text}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A directory of the database's own user.
    fn directory(&self, name: &str) -> PathBuf {
        let path = self.dir.join(name);
        fs::create_dir(&path).unwrap();
        if let Some(user) = lent() {
            chown(&path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
        path
    }

    /// What this program does beside the cluster, as its user; or as whoever we are. Whether it is done, and what it says.
    fn beside(&self, reach: Vec<String>, what: &str, more: &[String]) -> (bool, String) {
        let backups = Backups {
            reach,
            tenantry: Some(env!("CARGO_BIN_EXE_tenantry").into()),
            scratch: Some(self.dir.join("scratch")),
            ..self.settings()
        };
        let words: Vec<&str> = [what, "--id=aside"]
            .into_iter()
            .chain(more.iter().map(String::as_str))
            .collect();
        let words = backups.beside(&words).unwrap();
        let output = Command::new(&words[0])
            .args(&words[1..])
            .current_dir("/")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        (output.status.success(), said)
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
    tablespaces(&ground);
}

/// To replay the making of a tablespace is to empty and fill the directory that the log names: the live server's (B11).
fn tablespaces(ground: &Ground) {
    let (live, scratch) = (ground.directory("live-space"), ground.directory("scratch"));
    let sql = |text: &str| ground.sql(&ground.dir, "5432", text);
    sql(&format!("create tablespace aside location '{}'", live.display()));
    sql("create table held tablespace aside as select generate_series(1, 1000) as n");
    let file = sql("select pg_relation_filepath('held')");
    let rows = || fs::read(ground.dir.join("data").join(&file)).unwrap();
    // From now on reading changes no byte of it.
    sql("vacuum (freeze) held");
    sql("checkpoint");
    let before = rows();
    // Until all that is archived.
    ground.pgbackrest(&["check"]);
    let (binaries, system) = (
        ground.programs.display(),
        sql("select system_identifier from pg_control_system()"),
    );
    let order = [
        format!("--binaries={binaries}"),
        "--program=pgbackrest".into(),
        format!("--config={}/pgbackrest.conf", ground.dir.display()),
        "--stanza=atlas".into(),
        format!("--system={system}"),
        "--moment=latest".into(),
    ];
    // What root leaves in a repository breaks the next backup (B1).
    if lent().is_some() {
        let (done, said) = ground.beside(Vec::new(), "make", &order);
        assert!(
            !done && said.contains("by the database's own user, and this is root"),
            "{said}"
        );
    }
    let (done, said) = ground.beside(reach(), "make", &order);
    assert!(
        !done && said.contains("to replay that would touch the live directory"),
        "{said}"
    );
    assert!(ground.beside(reach(), "drop", &[]).0);
    assert!(
        rows() == before && sql("select count(*) from held") == "1000",
        "nobody has touched it"
    );
    // What is in a backup is put elsewhere.
    ground.pgbackrest(&["--type=incr", "backup"]);
    let (done, said) = ground.beside(reach(), "make", &order);
    assert!(done, "{said}");
    let copy = |text: &str| ground.sql(&scratch.join("aside"), "5432", text);
    let there = copy("select pg_tablespace_location(oid) from pg_tablespace where spcname = 'aside'");
    assert!(there.starts_with(scratch.to_str().unwrap()), "{there}");
    assert_eq!(copy("select count(*) from held"), "1000");
    assert!(ground.beside(reach(), "drop", &[]).0);
    assert!(
        rows() == before && sql("select count(*) from held") == "1000",
        "nobody has touched it"
    );
}
