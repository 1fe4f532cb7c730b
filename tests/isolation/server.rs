//! A PostgreSQL server of the test's own, on a socket in a directory of its own.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use nix::unistd::{User, geteuid};
use tenantry::{
    config::{Access, Direct, Settings},
    facts, findings,
    model::{Bytes, Environment, Fleet, Instance, Registry, Server, Target, Tenancy, TlsMode},
    provider::{
        Doors,
        postgres::{Login, Manner, Session},
    },
    store::{Derived, Questions, Snapshot, poll_once},
};

const PORT: u16 = 5432;

pub struct Cluster {
    dir: PathBuf,
    programs: PathBuf,
}

impl Cluster {
    /// Makes and starts a server whose directory carries this name.
    pub fn start(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("tenantry-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        if let Some(user) = lent() {
            chown(&dir, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
        let cluster = Self {
            programs: programs(),
            dir,
        };
        let data = cluster.dir.join("data").display().to_string();
        cluster.run(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-N",
                "-E",
                "UTF8",
                "--locale=C",
            ],
        );
        let settings = format!(
            "listen_addresses = ''\nport = {PORT}\nunix_socket_directories = '{}'\nfsync = off\nshared_buffers = 16MB\n",
            cluster.dir.display()
        );
        fs::write(cluster.dir.join("data/postgresql.auto.conf"), settings).unwrap();
        let log = cluster.dir.join("log").display().to_string();
        cluster.run("pg_ctl", &["-s", "-w", "-D", &data, "-l", &log, "start"]);
        cluster.sql("postgres", "CREATE DATABASE orders");
        cluster
    }

    /// Runs statements one after the other, as a superuser.
    pub fn sql(&self, database: &str, sql: &str) {
        let file = self.dir.join("statements.sql");
        fs::write(&file, sql).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        self.run(
            "psql",
            &[self.psql(database).as_slice(), &["-f", file.to_str().unwrap()]].concat(),
        );
    }

    /// A session that did this and keeps its transaction open until it is dropped.
    pub async fn hold(&self, sql: &str) -> Session {
        let settings = self.settings();
        let login = Login {
            user: "postgres".into(),
            password: "unused".to_owned().into(),
        };
        let server = &settings.fleet.instances[0].servers[0];
        let session = Session::open(server, "orders", &login, Manner::Plain).await.unwrap();
        session.batch("BEGIN").await.unwrap();
        session.batch(sql).await.unwrap();
        session
    }

    fn psql<'a>(&'a self, database: &'a str) -> Vec<&'a str> {
        let host = self.dir.to_str().unwrap();
        vec![
            "-XqAt",
            "-h",
            host,
            "-U",
            "postgres",
            "-d",
            database,
            "-v",
            "ON_ERROR_STOP=1",
        ]
    }

    fn run(&self, program: &str, args: &[&str]) {
        let output = self.command(program, args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}: {said}");
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let program = self.programs.join(program);
        let mut command = match lent() {
            None => Command::new(&program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={}", user.uid))
                    .arg(format!("--regid={}", user.gid))
                    .args(["--init-groups", "--no-new-privs", "--"])
                    .arg(&program);
                command
            }
        };
        command
            .args(args)
            .env("LC_ALL", "C.UTF-8")
            .env("PGPORT", PORT.to_string())
            .current_dir("/");
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped());
        command
    }

    /// The fleet that consists of this server, watched without any special right.
    pub fn settings(&self) -> Settings {
        let passfile = self.dir.join("passfile");
        fs::write(&passfile, "*:*:*:*:unused\n").unwrap();
        fs::set_permissions(&passfile, fs::Permissions::from_mode(0o600)).unwrap();
        let tenancy = Tenancy::Shared {
            database: "orders".into(),
            registry: Registry::Table("public.tenant".into()),
            id: "id".into(),
            name: "name".into(),
            size: None,
            tenant_column: "tenant_id".into(),
            setting: "app.current_tenant".into(),
            runtime_roles: vec!["app_rw".into()],
            reader: None,
            digest_below: Bytes(0),
            register: None,
        };
        let server = Server {
            name: "atlas-a".into(),
            host: self.dir.display().to_string(),
            port: PORT,
            zone: None,
            tls: TlsMode::Disable,
            ca: None,
        };
        let instance = Instance {
            name: "atlas".into(),
            servers: vec![server],
            database: "postgres".into(),
            vault_connection: None,
            operate_connection: None,
            tenancies: vec![tenancy],
            backups: None,
        };
        let fleet = Fleet {
            tracks: Vec::new(),
            name: "test".into(),
            environment: Environment::Lab,
            instances: vec![instance],
            vault: None,
            onboarding: None,
        };
        let access = Access {
            role: None,
            direct: Some(Direct::Passfile {
                user: "watcher".into(),
                passfile: Some(passfile),
            }),
        };
        Settings {
            fleet,
            access: [("atlas".into(), access)].into(),
            ..Settings::default()
        }
    }

    /// What one look at this server shows.
    pub async fn look(&self) -> Snapshot {
        const DERIVED: &[Derived] = &[facts::tenants::DERIVED, findings::DERIVED];
        let settings = self.settings();
        let fleet = Arc::new(settings.fleet.clone());
        let doors = Doors::new(&settings).unwrap();
        let questions = Questions {
            probes: facts::ALL,
            derived: DERIVED,
        };
        poll_once(questions, &["policies"], fleet, doors, Duration::from_secs(20)).await
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.dir.join("data").display().to_string();
        let _ = self
            .command("pg_ctl", &["-s", "-D", &data, "-m", "immediate", "stop"])
            .output();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The database with the shared tables.
pub fn orders() -> Target {
    Target::database("atlas", "orders")
}

/// PostgreSQL does not run as root.
fn lent() -> Option<User> {
    geteuid()
        .is_root()
        .then(|| User::from_name("postgres").unwrap().expect("the user postgres"))
}

/// The newest of Debian's packages, or what is on the path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.extend(std::env::split_paths(&path).collect::<Vec<_>>().into_iter().rev());
    let whole = |dir: &PathBuf| {
        ["initdb", "pg_ctl", "psql"]
            .iter()
            .all(|name| Path::join(dir, name).is_file())
    };
    let given = std::env::var_os("TENANTRY_TEST_POSTGRES").map(PathBuf::from);
    given
        .or_else(|| found.into_iter().rev().find(whole))
        .expect("PostgreSQL is installed")
}
