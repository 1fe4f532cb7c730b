//! One running lab for all test programs: kept from one to the next, removed when none uses it any more.

use std::{
    fs::{self, File, OpenOptions},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

/// The default of `lab up`, asked for, so that a lab of another size is built anew. `TENANTRY_TEST_SIZES` may say otherwise.
const USUAL: &str = "--shared 40 --schemas 30 --databases 12";

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry");

/// The lab that test programs share.
pub struct SharedLab {
    dir: PathBuf,
    /// Held as long as this process lives; `tenantry lab watch` removes the lab when nobody holds it.
    _user: File,
}

/// Brings the lab up, or finds it up, in its usual size.
pub fn shared() -> &'static SharedLab {
    static LAB: OnceLock<SharedLab> = OnceLock::new();
    LAB.get_or_init(|| {
        let home = home();
        fs::create_dir_all(&home).unwrap();
        let users = home.join("users");
        let user = lock_file(&users);
        // Waits while a watch is removing the lab.
        user.lock_shared().unwrap();
        let dir = home.join("lab");
        raise(&dir);
        Command::new("setsid")
            .args(["--fork", PROGRAM, "lab", "--dir"])
            .arg(&dir)
            .arg("watch")
            .arg(&users)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let lab = SharedLab { dir, _user: user };
        // A test program that died may have left something broken.
        let _turn = lab.turn();
        lab.done(&["heal"]);
        lab
    })
}

impl SharedLab {
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    #[allow(dead_code, reason = "not every test program reads it")]
    pub fn fleet(&self) -> PathBuf {
        self.dir.join("fleet.toml")
    }

    /// The lab to oneself, as those need who break it. Ends with what is returned.
    pub fn turn(&self) -> File {
        let file = lock_file(&self.dir.with_extension("turn"));
        file.lock().unwrap();
        file
    }

    /// `tenantry lab …`, whatever comes of it.
    pub fn run(&self, words: &[&str]) -> Output {
        lab(&self.dir, words)
    }

    /// `tenantry lab …`, which must work; what it printed.
    pub fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "lab {words:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// `tenantry lab --dir DIR …`.
pub fn lab(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["lab", "--dir"]).arg(dir).args(words);
    command.stdin(Stdio::null()).output().unwrap()
}

/// What it said to people.
pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A hundred ports whose beginning nobody uses now.
pub fn free_base() -> u16 {
    let start = u16::try_from(std::process::id() % 100).unwrap();
    let bases = (0..100).map(|n| 20_000 + (start + n) % 100 * 100);
    let free = |base: &u16| (1..50).all(|n| TcpListener::bind((Ipv4Addr::LOCALHOST, base + n)).is_ok());
    bases.into_iter().find(free).expect("some ports are free")
}

fn raise(dir: &Path) {
    let sizes = std::env::var("TENANTRY_TEST_SIZES").unwrap_or_else(|_| USUAL.into());
    let words: Vec<&str> = ["up", "--yes", "--fresh"].into_iter().chain(sizes.split(' ')).collect();
    if dir.join("lab.json").exists() {
        if lab(dir, &words).status.success() {
            return;
        }
        // Something else took its ports meanwhile, or it is broken beyond healing.
        assert!(lab(dir, &["wipe", "--down"]).status.success());
    }
    let base = free_base().to_string();
    let output = lab(dir, &[&words[..], &["--port-base", &base]].concat());
    assert!(output.status.success(), "{}", told(&output));
}

fn lock_file(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    options.open(path).unwrap()
}

/// In the target directory, unless PostgreSQL's own user, whom root lends the servers to, cannot get there.
fn home() -> PathBuf {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("shared-lab");
    let shut = |dir: &Path| fs::metadata(dir).is_ok_and(|meta| meta.permissions().mode() & 0o001 == 0);
    if nix::unistd::geteuid().is_root() && target.ancestors().any(shut) {
        let mut hash = std::hash::DefaultHasher::new();
        std::hash::Hash::hash(&target, &mut hash);
        return PathBuf::from(format!(
            "/var/tmp/tenantry-lab-{:016x}",
            std::hash::Hasher::finish(&hash)
        ));
    }
    target
}
