//! A lab that is up already, and schemas of a benchmark's own in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tenantry::{
    config::{self, Flags, Places, Settings},
    provider::{
        self,
        postgres::{Login, Manner, Session},
    },
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry");
/// Schemas that are made or dropped in one transaction: their locks must fit.
const BATCH: usize = 50;

pub struct Lab {
    dir: PathBuf,
    settings: Settings,
}

impl Lab {
    /// The lab of this directory.
    pub fn at(dir: PathBuf) -> Self {
        provider::choose_tls();
        let flags = Flags {
            fleet: Some(dir.join("fleet.toml")),
            ..Flags::default()
        };
        let settings = config::load(&Places::of_process(flags)).expect("a lab with a fleet file");
        Self { dir, settings }
    }

    pub fn instance(&self, name: &str) -> &tenantry::model::Instance {
        self.settings.fleet.instance(name).expect("an instance")
    }

    fn server(&self) -> &tenantry::model::Server {
        self.instance("atlas").servers.first().expect("a server")
    }

    /// A session of the superuser in the database `suite`.
    pub async fn superuser(&self) -> Session {
        let password = fs::read_to_string(self.dir.join("secrets/postgres")).expect("run as who owns the lab");
        let login = Login {
            user: "postgres".into(),
            password: password.trim().into(),
        };
        let session = Session::open(self.server(), "suite", &login, Manner::Plain).await;
        session.expect("a session")
    }

    /// `psql` as the superuser in the database `suite`, as an operator would have it: words, environment.
    pub fn psql(&self) -> (String, PathBuf) {
        let port = self.server().port;
        let words = format!("psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p {port} -U postgres -d suite");
        (words, self.dir.join("admin.pgpass"))
    }

    /// What statements yield in a database of an instance's first server, by `psql` as the superuser.
    pub fn sql(&self, instance: &str, database: &str, sql: &str) -> String {
        let port = self
            .instance(instance)
            .servers
            .first()
            .expect("a server")
            .port
            .to_string();
        let mut psql = Command::new("psql");
        psql.args([
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-p",
            &port,
            "-d",
            database,
            "-c",
            sql,
        ]);
        let output = psql
            .env("PGPASSFILE", self.psql().1)
            .stdin(Stdio::null())
            .output()
            .expect("psql");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The program on this lab, with runs of its own.
    pub fn tenantry(&self, words: &[&str]) -> Output {
        let fleet = self.dir.join("fleet.toml");
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench/state");
        let mut tenantry = Command::new(PROGRAM);
        tenantry
            .arg("--fleet")
            .arg(fleet)
            .args(words)
            .env("XDG_STATE_HOME", state);
        tenantry.stdin(Stdio::null()).output().expect("the program runs")
    }

    /// A script of the shell that may call `psql`.
    pub fn shell(&self, script: &str) -> Output {
        let mut command = Command::new("bash");
        command.args(["-ec", script]).env("PGPASSFILE", self.psql().1);
        command.stdin(Stdio::null()).output().expect("a shell")
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// Schemas of a benchmark's own in the database `suite`, dropped with it, and the files that they follow.
pub struct Schemas<'a> {
    pub lab: &'a Lab,
    pub dir: PathBuf,
    pub prefix: &'static str,
    pub count: usize,
    fleet: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Schemas<'a> {
    pub fn make(lab: &'a Lab, prefix: &'static str, count: usize) -> Self {
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
        let dir = scratch.join(prefix);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let fleet = scratch.join(format!("{prefix}.toml"));
        let text = fs::read_to_string(lab.dir().join("fleet.toml")).unwrap();
        let apart = lab.dir().join("migrations/apart");
        let text = text
            .replace("\"^t_(?<tenant>.+)$\"", &format!("\"^{prefix}_(?<tenant>.+)$\""))
            .replace(apart.to_str().unwrap(), dir.to_str().unwrap())
            .replace(r#"["schema", "database", "instance"]"#, r#"["schema"]"#);
        fs::write(&fleet, text).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let schemas = Self {
            lab,
            dir,
            prefix,
            count,
            fleet,
            runtime,
        };
        schemas.every("drop schema if exists {} cascade");
        schemas.every("create schema {} authorization app_owner");
        schemas
    }

    pub fn name(&self, n: usize) -> String {
        format!("{}_{n:04}", self.prefix)
    }

    pub fn names(&self) -> Vec<String> {
        (0..self.count).map(|n| self.name(n)).collect()
    }

    /// A statement for each of them, `{}` being its name.
    pub fn every(&self, statement: &str) {
        self.block_on(async {
            let session = self.lab.superuser().await;
            for names in self.names().chunks(BATCH) {
                let all: Vec<String> = names.iter().map(|name| statement.replace("{}", name)).collect();
                session.batch(&all.join(";")).await.unwrap();
            }
        });
    }

    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.dir.join(name), text).unwrap();
    }

    /// `tenantry COMMAND migrate` of all of them.
    pub fn tenantry(&self, command: &str, more: &[&str]) -> Output {
        let count = self.count.to_string();
        let mut words = vec!["--fleet", self.fleet.to_str().unwrap(), command, "migrate"];
        words.extend(["--rows", "migrations /database=suite", "--deadline", "60"]);
        if command == "run" {
            words.extend(["--write", "T-0", "--confirm", &count]);
        }
        words.extend(more);
        let mut tenantry = Command::new(PROGRAM);
        tenantry
            .args(words)
            .stdin(Stdio::null())
            .output()
            .expect("the program runs")
    }
}

impl Drop for Schemas<'_> {
    fn drop(&mut self) {
        self.every("drop schema if exists {} cascade");
    }
}
