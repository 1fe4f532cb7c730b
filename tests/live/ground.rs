//! A small lab of its own, and a console that watches it.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use tenantry::{
    config::{self, Flags, Places},
    facts,
    findings::{self, Report},
    model::Target,
    provider::{self, Doors},
    store::{self, Derived, Interest, Questions, Snapshot},
};
use tokio::{runtime::Runtime, sync::watch};

/// How long a condition may take on a busy machine. What it took is printed.
const PATIENCE: Duration = Duration::from_secs(40);

pub struct Ground {
    dir: PathBuf,
    runtime: Runtime,
    world: watch::Receiver<Arc<Snapshot>>,
    _interest: Interest,
}

fn questions() -> Questions {
    let all: Vec<Derived> = facts::DERIVED.iter().copied().chain([findings::DERIVED]).collect();
    Questions {
        probes: facts::ALL,
        derived: all.leak(),
    }
}

impl Ground {
    /// Brings up the lab and looks at everything, as the view of findings does.
    pub fn up() -> Self {
        provider::choose_tls();
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("live-{}", std::process::id()));
        // PostgreSQL's own user must be able to reach its data.
        let dir = if nix::unistd::Uid::effective().is_root() {
            PathBuf::from(format!("/var/tmp/tenantry-live-{}", std::process::id()))
        } else {
            dir
        };
        let base = free_base().to_string();
        let up = lab(&dir, &["up", "--yes", "--port-base", &base]);
        assert!(up.status.success(), "lab up: {}", String::from_utf8_lossy(&up.stderr));
        let flags = Flags {
            fleet: Some(dir.join("fleet.toml")),
            ..Flags::default()
        };
        let settings = config::load(&Places::of_process(flags)).expect("the lab's fleet file is right");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let guard = runtime.enter();
        let doors = Doors::new(&settings).expect("doors");
        let fleet = Arc::new(settings.fleet.clone());
        let (world, interest, _task) = store::serve(questions(), fleet, doors, facts::names());
        drop(guard);
        Self {
            dir,
            runtime,
            world,
            _interest: interest,
        }
    }

    pub fn down(&self) {
        let wiped = lab(&self.dir, &["down"]).status.success() && lab(&self.dir, &["wipe"]).status.success();
        if !wiped {
            println!("the lab at {} could not be removed", self.dir.display());
        }
    }

    pub fn lab(&self, args: &[&str]) {
        let output = lab(&self.dir, args);
        assert!(
            output.status.success(),
            "lab {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// The binary, on this lab.
    pub fn console(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(args).env("TENANTRY_FLEET", self.dir.join("fleet.toml"));
        command
            .env("XDG_STATE_HOME", self.dir.join("state"))
            .env("XDG_CONFIG_HOME", self.dir.join("config"));
        command.stdin(Stdio::null()).output().expect("the binary runs")
    }

    /// Everything in the lab's own secret files that is long enough to be one.
    pub fn secrets(&self) -> Vec<String> {
        let files = ["secrets", "vault"].map(|name| self.dir.join(name));
        let files = files
            .iter()
            .flat_map(|dir| std::fs::read_dir(dir).into_iter().flatten().flatten());
        let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
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
    pub fn wait<T>(&self, what: &str, is: impl Fn(&Snapshot) -> Option<T>) -> T {
        let start = Instant::now();
        let mut world = self.world.clone();
        let found = self.runtime.block_on(async {
            tokio::time::timeout(PATIENCE, async {
                loop {
                    if let Some(found) = is(&world.borrow_and_update()) {
                        return found;
                    }
                    world.changed().await.expect("the poller lives");
                }
            })
            .await
        });
        let Ok(found) = found else {
            panic!("not within {PATIENCE:?}: {what}\n{:#?}", heard(&self.now()))
        };
        println!("{:>6.1} s  {what}", start.elapsed().as_secs_f64());
        found
    }

    /// Waits until everything was seen and nothing is found but what is planted in the shared tables.
    pub fn settle(&self) -> BTreeSet<String> {
        self.wait("everything is seen", |world| {
            world.complete(facts::names()).then_some(())
        });
        self.wait("what is found is what is planted", |world| {
            let all = report(world).all(|finding| finding.view.starts_with("policies"));
            all.then(|| heard(world))
        })
    }
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

fn lab(dir: &std::path::Path, args: &[&str]) -> Output {
    let dir = dir.to_str().expect("a plain path");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command
        .args(["lab", "--dir", dir])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

/// A stretch of ports below the range that the system hands out, begun at random and found free.
fn free_base() -> u16 {
    let seed = std::process::id();
    let mut random = fastrand::Rng::with_seed(u64::from(seed));
    println!("ports chosen with seed {seed}");
    let free = |base: &u16| (*base..base + 100).all(|port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    std::iter::repeat_with(|| random.u16(180..300) * 100)
        .find(free)
        .expect("free ports")
}
