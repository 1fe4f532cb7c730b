//! A throw-away server of one version, started from its own programs and gone with the test.

use std::{
    collections::BTreeMap,
    env, fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use nix::unistd::{Uid, User, chown};
use secrecy::SecretString;
use tenantry::{
    config::{Access, Direct, Settings, Watch},
    facts, findings,
    model::{Environment, Fleet, Instance, Server, Target, TlsMode},
    provider::{
        Doors,
        postgres::{Login, Manner, Session},
    },
    store::{Derived, Questions, Snapshot, poll_once},
};

/// Directories with the programs of each version: Debian's, and what `TENANTRY_TEST_POSTGRES` names, parted by colons.
pub fn programs() -> Vec<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let named = env::var_os("TENANTRY_TEST_POSTGRES").unwrap_or_default();
    let named: Vec<PathBuf> = env::split_paths(&named).collect();
    let found = packaged.map(|entry| entry.path().join("bin")).chain(named);
    found
        .filter(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
        .collect()
}

pub struct Cluster {
    programs: PathBuf,
    home: PathBuf,
    server: Server,
}

impl Cluster {
    pub fn start(programs: &Path) -> Self {
        Self::prepared(programs, |_| String::new())
    }

    /// A server that also gets these options; `prepare` may put files into its home, which PostgreSQL's user owns.
    pub fn prepared(programs: &Path, prepare: impl Fn(&Self) -> String) -> Self {
        let home = env::temp_dir().join(format!(
            "tenantry-versions-{}-{}",
            std::process::id(),
            fastrand::u32(..)
        ));
        fs::create_dir(&home).expect("a place");
        if Uid::effective().is_root() {
            let postgres = User::from_name("postgres")
                .expect("users")
                .expect("a user postgres to run servers as");
            chown(&home, Some(postgres.uid), Some(postgres.gid)).expect("given away");
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("a port")
            .port();
        let server = Server {
            name: "one".into(),
            host: "127.0.0.1".into(),
            port,
            zone: None,
            tls: TlsMode::Disable,
            ca: None,
        };
        let cluster = Self {
            programs: programs.to_owned(),
            home,
            server,
        };
        cluster.run(
            "initdb",
            &["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"],
        );
        let more = prepare(&cluster);
        let options = format!(
            "{more} -c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories= -c fsync=off -c shared_buffers=16MB \
             -c max_prepared_transactions=2 -c autovacuum=off"
        );
        let log = cluster.home.join("log");
        cluster.run(
            "pg_ctl",
            &["start", "-s", "-w", "-l", log.to_str().expect("a path"), "-o", &options],
        );
        cluster
    }

    /// Where its files are.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The server as the fleet file would name it.
    pub fn server(&self) -> Server {
        self.server.clone()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let out = self.command(program, arguments);
        assert!(
            out.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        let data = self.home.join("data").display().to_string();
        self.lent(&self.programs.join(program), &[arguments, &["-D", &data]].concat())
    }

    /// Runs a program as PostgreSQL's own user, where that is somebody else.
    pub fn lent(&self, program: &Path, arguments: &[&str]) -> Output {
        let mut command = if Uid::effective().is_root() {
            let mut command = Command::new("setpriv");
            command
                .args([
                    "--reuid=postgres",
                    "--regid=postgres",
                    "--init-groups",
                    "--no-new-privs",
                    "--",
                ])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(arguments)
            .current_dir(&self.home)
            .output()
            .expect("started")
    }

    /// A session with the server's own defaults.
    pub async fn session(&self, user: &str, database: &str) -> Session {
        let login = Login {
            user: user.into(),
            password: SecretString::from(""),
        };
        Session::open(&self.server, database, &login, Manner::Plain)
            .await
            .expect("a session")
    }

    /// The doors of a console that watches as `user`.
    pub fn watched_by(&self, user: &str) -> (Arc<Fleet>, Doors) {
        let passfile = self.home.join(format!("pass-{user}"));
        fs::write(&passfile, format!("*:*:*:{user}:none\n")).expect("written");
        fs::set_permissions(&passfile, fs::Permissions::from_mode(0o600)).expect("kept private");
        let instance = Instance {
            name: "scratch".into(),
            servers: vec![self.server.clone()],
            database: "postgres".into(),
            vault_connection: None,
            operate_connection: None,
            tenancies: vec![],
            backups: None,
        };
        let fleet = Fleet {
            tracks: Vec::new(),
            name: "versions".into(),
            environment: Environment::Lab,
            instances: vec![instance],
            vault: None,
            onboarding: None,
        };
        let direct = Direct::Passfile {
            user: user.into(),
            passfile: Some(passfile),
        };
        let access = Access {
            role: None,
            direct: Some(direct),
        };
        let settings = Settings {
            fleet,
            access: BTreeMap::from([("scratch".into(), access)]),
            watch: Watch::default(),
            ..Settings::default()
        };
        (Arc::new(settings.fleet.clone()), Doors::new(&settings).expect("doors"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.command("pg_ctl", &["stop", "-s", "-w", "-m", "immediate"]);
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// What one look at the server shows.
pub async fn look(fleet: &Arc<Fleet>, doors: &Doors, wanted: &[&str]) -> Snapshot {
    const ALL: &[Derived] = &[
        facts::replication::DERIVED,
        facts::tenants::DERIVED,
        facts::credentials::DERIVED,
        findings::DERIVED,
    ];
    let questions = Questions {
        probes: facts::ALL,
        derived: ALL,
    };
    let patience = Duration::from_secs(10);
    poll_once(questions, wanted, fleet.clone(), doors.clone(), patience).await
}

pub fn server() -> Target {
    Target::server("scratch", "one")
}
