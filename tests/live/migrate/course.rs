//! Schemas of a test's own, and the files that they follow: beside the lab's tenants, seen by nobody else.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value as Json;

use crate::ground::Ground;

/// How long anything is waited for.
pub const PATIENCE: Duration = Duration::from_secs(40);
/// Schemas that are made or dropped in one transaction: their locks must fit.
const BATCH: usize = 50;

/// They are dropped with it.
pub struct Course<'a> {
    pub ground: &'a Ground,
    /// Where the files are.
    pub dir: PathBuf,
    fleet: PathBuf,
    prefix: String,
    count: usize,
}

impl<'a> Course<'a> {
    /// So many empty schemas in the database `suite`, and a fleet file in which they alone are tenants there.
    pub fn new(ground: &'a Ground, prefix: &str, count: usize) -> Self {
        let dir = Ground::scratch(&format!("{prefix}-files"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let course = Self {
            ground,
            fleet: Ground::scratch(&format!("{prefix}.toml")),
            dir,
            prefix: prefix.to_owned(),
            count,
        };
        course.every("drop schema if exists {} cascade");
        course.every("create schema {} authorization app_owner; grant usage on schema {} to app_rw");
        let fleet = fs::read_to_string(ground.fleet()).unwrap();
        let apart = ground.dir().join("migrations/apart");
        assert!(fleet.contains("\"^t_(?<tenant>.+)$\"") && fleet.contains(apart.to_str().unwrap()));
        let fleet = fleet
            .replace("\"^t_(?<tenant>.+)$\"", &format!("\"^{prefix}_(?<tenant>.+)$\""))
            .replace(apart.to_str().unwrap(), course.dir.to_str().unwrap())
            .replace(r#"["schema", "database", "instance"]"#, r#"["schema"]"#);
        fs::write(&course.fleet, fleet).unwrap();
        course
    }

    fn every(&self, statement: &str) {
        let names: Vec<String> = (0..self.count).map(|n| self.schema(n)).collect();
        for names in names.chunks(BATCH) {
            let all: Vec<String> = names.iter().map(|name| statement.replace("{}", name)).collect();
            self.execute(&all.join(";"));
        }
    }

    /// The name of one of them.
    pub fn schema(&self, n: usize) -> String {
        format!("{}_{n:03}", self.prefix)
    }

    /// Its path.
    pub fn path(&self, n: usize) -> String {
        format!("atlas/suite/{}", self.schema(n))
    }

    pub fn execute(&self, statements: &str) {
        self.ground.execute("atlas-a", "suite", statements);
    }

    /// What a query tells of each of them that it is true of, `{}` being its name: the names.
    pub fn those(&self, question: &str) -> Vec<String> {
        let names: Vec<String> = (0..self.count).map(|n| self.schema(n)).collect();
        let ask = |names: &[String]| {
            let all: Vec<String> = names
                .iter()
                .map(|name| format!("select '{name}' where ({})", question.replace("{}", name)))
                .collect();
            self.ground.sql("atlas-a", "suite", &all.join(" union all "))
        };
        names.chunks(BATCH).flat_map(ask).collect()
    }

    /// The console acts as a login that is made for the run, and ends with it.
    pub fn act_by_lease(&self) {
        let text = fs::read_to_string(&self.fleet).unwrap();
        let stays = "operate_role = \"tenantry-operate-atlas\"";
        assert!(text.contains(stays), "{text}");
        fs::write(&self.fleet, text.replace(stays, "operate_lease = \"atlas-operate\"")).unwrap();
    }

    /// Writes a file of migrations.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.dir.join(name), text).unwrap();
    }

    /// The words of a command about all of them.
    pub fn words(&self, command: &str, more: &[&str]) -> Vec<String> {
        let head = [
            "--fleet",
            self.fleet.to_str().unwrap(),
            command,
            "migrate",
            "--deadline",
            "60",
        ]
        .map(ToOwned::to_owned);
        let units = (0..self.count).map(|n| self.path(n));
        let more = more.iter().map(|word| (*word).to_owned());
        head.into_iter().chain(units).chain(more).collect()
    }

    /// `plan migrate`, as JSON; what it said instead where it is refused.
    pub fn plan(&self, more: &[&str]) -> Result<Json, String> {
        let words = self.words("plan", &[more, &["--json"]].concat());
        let output = self.command(&words).output().unwrap();
        serde_json::from_slice(&output.stdout).map_err(|_| text(&output))
    }

    /// `run migrate`, confirmed.
    pub fn run(&self, more: &[&str]) -> (Option<i32>, String) {
        let output = self.command(&self.running(more)).output().unwrap();
        (output.status.code(), text(&output))
    }

    fn running(&self, more: &[&str]) -> Vec<String> {
        let count = self.count.to_string();
        self.words("run", &[&["--write", "T-4", "--confirm", &count], more].concat())
    }

    /// The same, under way; what it says goes into a file.
    pub fn start(&self, more: &[&str]) -> Child {
        self.spawn(&self.running(more))
    }

    /// `run --resume`.
    pub fn resume(&self, run: &str) -> Child {
        let (fleet, count) = (self.fleet.to_str().unwrap(), self.count.to_string());
        let words = [
            "--fleet",
            fleet,
            "run",
            "--resume",
            run,
            "--write",
            "T-4",
            "--confirm",
            &count,
        ];
        self.spawn(&words.map(ToOwned::to_owned))
    }

    fn spawn(&self, words: &[String]) -> Child {
        let said = fs::File::create(self.said_in()).unwrap();
        let mut command = self.command(words);
        command
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .stdin(Stdio::null());
        command.spawn().unwrap()
    }

    fn said_in(&self) -> PathBuf {
        Ground::scratch(&format!("{}-said", self.prefix))
    }

    /// What the last one that was started said so far.
    pub fn said(&self) -> String {
        fs::read_to_string(self.said_in()).unwrap_or_default()
    }

    fn command(&self, words: &[String]) -> Command {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.ground.command(&words)
    }
}

impl Drop for Course<'_> {
    fn drop(&mut self) {
        self.every("drop schema if exists {} cascade");
    }
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
