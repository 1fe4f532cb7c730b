//! The lab to ourselves, a snapshot that watches it, and a console on a screen.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use portable_pty::CommandBuilder;
use tenantry::{
    config::{self, Flags, Places, Settings},
    facts::{
        self,
        credentials::{Credentials, State},
    },
    findings::{self, Report},
    model::Target,
    ops,
    provider::{
        self, Doors,
        postgres::{Login, Manner, Session},
        vault::{Method, Vault},
    },
    store::{self, Derived, Interest, Probe, Questions, Snapshot},
};
use tokio::{runtime::Runtime, sync::watch};

use crate::{
    lab::{SharedLab, shared},
    terminal::Terminal,
};

/// How long a condition may take on a busy machine. What it took is printed. Some facts are asked for once a minute: what was there
/// for a moment may be seen for as long.
const PATIENCE: Duration = Duration::from_secs(100);
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry");
/// Files of operators who are not there.
const HOME: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/live");

pub struct Ground {
    lab: &'static SharedLab,
    runtime: Runtime,
    world: watch::Receiver<Arc<Snapshot>>,
    screen: Mutex<Terminal>,
    /// When this began.
    pub since: Timestamp,
    _interest: Interest,
    _turn: File,
}

fn questions() -> Questions {
    let all: Vec<Derived> = facts::DERIVED.iter().copied().chain([findings::DERIVED]).collect();
    let asked: Vec<&'static dyn Probe> = facts::ALL.iter().chain(ops::watch::PROBES).copied().collect();
    Questions {
        probes: asked.leak(),
        derived: all.leak(),
    }
}

impl Ground {
    /// Brings up the lab and looks at everything, as the view of findings does.
    pub fn up() -> Self {
        provider::choose_tls();
        let lab = shared();
        let turn = lab.turn();
        let _ = fs::remove_dir_all(HOME);
        fs::create_dir_all(HOME).expect("a place");
        let flags = Flags {
            fleet: Some(lab.fleet()),
            ..Flags::default()
        };
        let settings = config::load(&Places::of_process(flags)).expect("the lab's fleet file is right");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let guard = runtime.enter();
        let doors = Doors {
            journals: Some(Self::runs()),
            ..Doors::new(&settings).expect("doors")
        };
        let fleet = Arc::new(settings.fleet.clone());
        let (world, interest, _task) = store::serve(questions(), fleet, doors, facts::names());
        drop(guard);
        Self {
            lab,
            runtime,
            world,
            screen: Mutex::new(console(lab, (140, 40))),
            since: Timestamp::now(),
            _interest: interest,
            _turn: turn,
        }
    }

    pub fn lab(&self, words: &[&str]) {
        self.lab.done(words);
    }

    /// What the lab's command prints.
    pub fn lab_says(&self, words: &[&str]) -> String {
        self.lab.done(words)
    }

    /// The console that watches all the time, in a terminal of 140x40.
    pub fn screen(&self) -> MutexGuard<'_, Terminal> {
        self.screen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Another console, in a terminal of 80x24.
    pub fn another_console(&self) -> Terminal {
        console(self.lab, (80, 24))
    }

    /// The binary, on this lab, without a terminal.
    pub fn console(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the binary runs")
    }

    /// The binary, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).envs(environment(self.lab)).stdin(Stdio::null());
        command
    }

    /// A session of the lab's superuser.
    async fn superuser(&self, server: &str, database: &str) -> Session {
        let fleet = self.now().fleet.clone();
        let mut servers = fleet.instances.iter().flat_map(|instance| &instance.servers);
        let server = servers.find(|one| one.name == server).expect("a server");
        let password = fs::read_to_string(self.lab.dir().join("secrets/postgres")).expect("the superuser's password");
        let login = Login {
            user: "postgres".into(),
            password: password.trim().into(),
        };
        Session::open(server, database, &login, Manner::Plain)
            .await
            .expect("a session")
    }

    /// The first column of each row, as the lab's superuser.
    pub fn sql(&self, server: &str, database: &str, text: &str) -> Vec<String> {
        self.block_on(async {
            let session = self.superuser(server, database).await;
            let rows = session.column::<String>(text, &[]).await;
            rows.unwrap_or_else(|fault| panic!("{text}: {fault}"))
        })
    }

    /// Statements whose rows do not matter, as the lab's superuser.
    pub fn execute(&self, server: &str, database: &str, statements: &str) {
        self.block_on(async {
            let session = self.superuser(server, database).await;
            session
                .batch(statements)
                .await
                .unwrap_or_else(|fault| panic!("{statements}: {fault}"));
        });
    }

    /// A statement of the lab's superuser that fails; what the server says.
    pub fn fails(&self, server: &str, database: &str, statement: &str) -> String {
        self.block_on(async {
            let session = self.superuser(server, database).await;
            let fault = session.batch(statement).await.expect_err(statement);
            fault.to_string()
        })
    }

    /// The secrets server, as its root.
    pub fn vault(&self) -> Vault {
        let token = fs::read_to_string(self.lab.dir().join("secrets/vault-root-token")).expect("the root token");
        let settings = self.settings().vault.expect("a secrets server");
        Vault::with_token(settings, token.trim()).expect("a door")
    }

    /// What the lab's fleet file says.
    pub fn settings(&self) -> Settings {
        let flags = Flags {
            fleet: Some(self.lab.fleet()),
            ..Flags::default()
        };
        config::load(&Places::of_process(flags)).expect("the lab's fleet file is right")
    }

    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Where the lab is.
    pub fn dir(&self) -> &Path {
        self.lab.dir()
    }

    /// The lab's fleet file.
    pub fn fleet(&self) -> PathBuf {
        self.lab.fleet()
    }

    /// Where a server listens.
    pub fn port(&self, server: &str) -> u16 {
        let fleet = &self.now().fleet;
        let mut servers = fleet.instances.iter().flat_map(|instance| &instance.servers);
        servers.find(|one| one.name == server).expect("a server").port
    }

    /// A file of the test's own.
    pub fn scratch(name: &str) -> PathBuf {
        PathBuf::from(HOME).join(name)
    }

    /// Where the journals of runs are.
    pub fn runs() -> PathBuf {
        format!("{HOME}/state/tenantry/runs").into()
    }

    /// All journals of runs, one after the other.
    pub fn journal_texts() -> String {
        let files = fs::read_dir(format!("{HOME}/state/tenantry/runs"))
            .into_iter()
            .flatten()
            .flatten();
        files.map(|file| fs::read_to_string(file.path()).unwrap()).collect()
    }

    /// Bytes of all journals of runs.
    pub fn journals() -> u64 {
        let files = fs::read_dir(format!("{HOME}/state/tenantry/runs"))
            .into_iter()
            .flatten()
            .flatten();
        files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
    }

    /// Everything in the lab's own secret files that is long enough to be one.
    pub fn secrets(&self) -> Vec<String> {
        let files = ["secrets", "vault"].map(|name| self.lab.dir().join(name));
        let files = files
            .iter()
            .flat_map(|dir| fs::read_dir(dir).into_iter().flatten().flatten());
        let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
        let words = texts.flat_map(|text| text.split(['"', '\n', ':', ' ']).map(str::to_owned).collect::<Vec<_>>());
        let secrets: Vec<String> = words
            .filter(|word| word.len() >= 16 && !word.starts_with('/'))
            .collect();
        assert!(secrets.len() >= 3, "the lab keeps its secrets elsewhere");
        secrets
    }

    pub fn now(&self) -> Arc<Snapshot> {
        self.world.borrow().clone()
    }

    /// The first snapshot from now on of which this is true; the time it took is printed.
    pub fn wait<T>(&self, what: &str, is: impl FnMut(&Snapshot) -> Option<T>) -> T {
        let start = Instant::now();
        let Some(found) = self.runtime.block_on(first(self.world.clone(), is)) else {
            panic!("not within {PATIENCE:?}: {what}\n{:#?}", heard(&self.now()))
        };
        println!("{:>6.1} s  {what}", start.elapsed().as_secs_f64());
        found
    }

    /// Waits until everything was seen and nothing is found but what is planted in the shared tables.
    ///
    /// A secrets server whose client or whose own process dies in the middle of a call keeps a lease without its role, or
    /// a role without its lease, until its time is over: what is left of that is taken away.
    pub fn settle(&self) -> BTreeSet<String> {
        let what = "everything is seen, and what is found is what is planted";
        let settled = |world: &Snapshot| {
            let mut found = unplanted(world);
            (world.complete(facts::names()) && found.next().is_none()).then(|| heard(world))
        };
        let halved = |world: &Snapshot| {
            let mut found = unplanted(world);
            let (leases, roles) = halves(world);
            (found.all(|finding| HALVES.contains(&finding.check.as_str())) && !(leases.is_empty() && roles.is_empty()))
                .then_some((leases, roles))
        };
        let found = self.wait(what, |world| settled(world).map(Ok).or_else(|| halved(world).map(Err)));
        let (leases, roles) = match found {
            Ok(heard) => return heard,
            Err(halves) => halves,
        };
        let vault = self.vault();
        for lease in leases {
            println!("{lease} has lost its role");
            let path = format!("sys/leases/revoke-force/{lease}");
            let forced = self.block_on(vault.call(Method::Post, &path, Some(&serde_json::json!({}))));
            forced.unwrap_or_else(|fault| panic!("{path}: {fault}"));
        }
        for (instance, role) in roles {
            println!("{role} on {instance} has lost its lease");
            self.execute(
                &format!("{instance}-a"),
                "postgres",
                &format!("drop role if exists \"{role}\""),
            );
        }
        self.wait(what, settled)
    }
}

/// What is found and nobody planted: no restore was ever tried in a new lab.
fn unplanted(world: &Snapshot) -> impl Iterator<Item = &findings::Finding> {
    report(world).filter(|finding| !finding.view.starts_with("policies") && finding.check != "restore-untested")
}

/// What is found of the halves of a call of the secrets server that was cut off.
const HALVES: [&str; 3] = ["lease-without-role", "role-without-lease", "lease-irrevocable"];

/// Leases whose role is gone, and roles whose lease is, with their instance.
fn halves(world: &Snapshot) -> (Vec<String>, Vec<(String, String)>) {
    let Some(seen) = world.get::<Credentials>(&Target::vault()).map(|seen| seen.value) else {
        return (Vec::new(), Vec::new());
    };
    let gone = |state: &State| matches!(state, State::RoleGone | State::Irrevocable { .. });
    let leases = seen.leases.iter().filter(|holding| gone(&holding.state));
    let roles = seen
        .leftovers
        .iter()
        .filter(|left| matches!(left.state, State::NoLease { .. }));
    (
        leases.map(|holding| holding.id.raw().to_owned()).collect(),
        roles
            .map(|left| (left.instance.raw().to_owned(), left.user.raw().to_owned()))
            .collect(),
    )
}

async fn first<T>(mut world: watch::Receiver<Arc<Snapshot>>, mut is: impl FnMut(&Snapshot) -> Option<T>) -> Option<T> {
    let looking = async {
        loop {
            if let Some(found) = is(&world.borrow_and_update()) {
                return found;
            }
            world.changed().await.expect("the poller lives");
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.ok()
}

/// What is found and not muted.
fn report(world: &Snapshot) -> impl Iterator<Item = &findings::Finding> {
    let report = world.get::<Report>(&Target::fleet()).map(|seen| seen.value);
    report.into_iter().flat_map(Report::heard)
}

/// The ids of it.
pub fn heard(world: &Snapshot) -> BTreeSet<String> {
    report(world).map(findings::Finding::id).collect()
}

fn environment(lab: &SharedLab) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("TENANTRY_FLEET", lab.fleet()),
        ("XDG_STATE_HOME", format!("{HOME}/state").into()),
        ("XDG_CONFIG_HOME", format!("{HOME}/config").into()),
    ]
}

fn console(lab: &SharedLab, size: (u16, u16)) -> Terminal {
    let mut command = CommandBuilder::new(PROGRAM);
    for name in ["TMUX", "SSH_TTY", "SSH_CONNECTION", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    for (name, path) in environment(lab) {
        command.env(name, path);
    }
    Terminal::start(command, size)
}
