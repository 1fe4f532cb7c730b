//! Lines that are lost: to the terminal, to the secrets server, to a server, in the middle of a run.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value as Json;
use tenantry::{
    model::Server,
    provider::postgres::{Login, Manner, Session},
};

use super::{answer, credentials, newest, seeded, state};
use crate::{
    faults::Heals,
    ground::Ground,
    proxy::{Cut, Proxy},
    terminal::Terminal,
};

/// What is done to a line.
type Blow = fn(&Terminal);

const PATIENCE: Duration = Duration::from_secs(40);
/// So often the secrets server, and a primary, go away at some moment of a run.
const TIMES: u32 = 6;

/// A session with the password in force: a rotation waits some seconds for it to end by itself, and lists it then.
pub fn lingering(ground: &Ground) -> Session {
    let fleet = ground.now().fleet.clone();
    let servers = fleet.instances.iter().flat_map(|instance| instance.servers.clone());
    let server: Server = servers.into_iter().find(|one| one.name == "atlas-a").unwrap();
    let (user, password) = credentials::password(ground, "legacy-app");
    let login = Login {
        user,
        password: password.into(),
    };
    ground
        .block_on(Session::open(&server, "orders", &login, Manner::Plain))
        .expect("a session")
}

/// Runs as those who logged in over ssh see them, over a new login.
pub fn runs(ground: &Ground) -> Vec<Json> {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(ground.dir().join("ssh/ssh_config"));
    let output = command.args(["-T", "lab", "tenantry runs --json"]).output().unwrap();
    let value: Json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    value["runs"].as_array().unwrap().clone()
}

/// The newest of so many runs, once nobody carries it out any more.
pub fn ended(ground: &Ground, count: usize) -> Json {
    let end = Instant::now() + PATIENCE;
    loop {
        let all = runs(ground);
        assert!(all.len() <= count, "{all:?}");
        if all.len() == count && all[0]["lives"] == false {
            return all[0].clone();
        }
        assert!(Instant::now() < end, "{all:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

pub fn over_ssh(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let cuts: [(&str, Blow); 3] = [
        ("the client is killed", |terminal| {
            kill(terminal.pid(), Signal::SIGKILL).unwrap();
        }),
        ("the server of the line is killed", |terminal| {
            let console = terminal.remote().as_raw();
            // Who serves the terminal is the parent of its shell, which the console has become.
            kill(Pid::from_raw(parent(console)), Signal::SIGKILL).unwrap();
        }),
        ("the client freezes", |terminal| {
            kill(terminal.pid(), Signal::SIGSTOP).unwrap();
        }),
    ];
    for (what, cut) in cuts {
        credentials::remember(ground, "legacy-app");
        let session = lingering(ground);
        let before = runs(ground).len();
        let args = ["run", "rotate", "legacy-app", "--write", "T-8", "--confirm", "1"];
        let terminal = Terminal::over_ssh(ground.dir(), &[], &args, (140, 40));
        terminal.sees("the old password of legacy_app is refused: seen: yes");
        cut(&terminal);
        let end = Instant::now() + PATIENCE;
        let run = loop {
            let all = runs(ground);
            assert_eq!(all.len(), before + 1, "{what}");
            if all[0]["lives"] == false {
                break all[0].clone();
            }
            assert!(Instant::now() < end, "{what}: {all:?}");
            thread::sleep(Duration::from_millis(100));
        };
        assert_eq!(run["state"], "done", "{what}: {run}");
        assert_eq!(run["said"][0]["from"], "127.0.0.1", "{what}: {run}");
        credentials::is_rotated(ground, "legacy-app");
        let story = run.to_string();
        for words in [
            "the new password of legacy_app logs in",
            "that began with the old password left: pid ",
        ] {
            assert!(story.contains(words), "{what}: {story}");
        }
        // A new login follows what there is to follow.
        let follow = ["follow", run["run"].as_str().unwrap()];
        let again = Terminal::over_ssh(ground.dir(), &[], &follow, (140, 40));
        again.sees("done: ");
        drop(session);
        println!("{what}: the run ended done");
    }
}

fn parent(pid: i32) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    rest.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Begins it, breaks something once a moment was waited for, mends it, and takes it up until it has ended.
pub fn broken(ground: &Ground, line: &str, fault: &[&str], wait: impl FnOnce()) -> String {
    let before = newest(ground).map(|(id, _)| id);
    let run = |line: &str| answer(ground, line);
    thread::scope(|scope| {
        let running = scope.spawn(|| run(line));
        wait();
        ground.lab(&[&["fault"], fault].concat());
        let _ = running.join().unwrap();
    });
    ground.lab(&["heal"]);
    for _ in 0..5 {
        let Some((id, state)) = newest(ground).filter(|(id, _)| Some(id) != before.as_ref()) else {
            return "nothing".into();
        };
        if !["interrupted", "stuck", "running"].contains(&state.as_str()) {
            return state;
        }
        let (_, rest) = line.split_once(" --write").unwrap();
        run(&format!("run --resume {id} --write{rest}"));
    }
    let (id, state) = newest(ground).unwrap();
    panic!("{id} is {state} for ever");
}

/// A moment that chance decides.
fn soon(random: &mut fastrand::Rng) {
    thread::sleep(Duration::from_millis(random.u64(0..400)));
}

pub fn sealed(ground: &Ground) {
    let _heals = Heals(ground);
    let mut random = seeded("sealed");
    let mut ends = Vec::new();
    for _ in 0..TIMES {
        ground.settle();
        credentials::remember(ground, "legacy-app");
        let line = "run rotate legacy-app --write T-9 --confirm 1";
        let end = broken(ground, line, &["seal-vault", "openbao"], || soon(&mut random));
        match end.as_str() {
            "done" => credentials::is_rotated(ground, "legacy-app"),
            "undone" | "nothing" => credentials::is_as_it_was(ground, "legacy-app"),
            other => panic!("{other}"),
        }
        ends.push(end);
    }
    println!("sealed in the middle: {ends:?}");
}

pub fn stopped(ground: &Ground) {
    let _heals = Heals(ground);
    let mut random = seeded("stopped");
    let mut ends = Vec::new();
    for n in 0..TIMES {
        ground.settle();
        ground.execute("atlas-a", "orders", &format!("create role gone_{n} login password 'x'"));
        let line = format!("run lock-out atlas/gone_{n} --write T-10 --confirm gone_{n} --reason drill");
        let end = broken(ground, &line, &["stop-primary", "atlas"], || soon(&mut random));
        let left = ground.sql(
            "atlas-a",
            "orders",
            &format!("select rolcanlogin::text from pg_roles where rolname = 'gone_{n}'"),
        );
        match end.as_str() {
            "done" => assert_eq!(left, [""; 0]),
            "undone" | "nothing" => assert_eq!(left, ["true"], "{end}"),
            other => panic!("{other}"),
        }
        ground.execute("atlas-a", "orders", &format!("drop role if exists gone_{n}"));
        ends.push(end);
    }
    println!("the primary stopped in the middle: {ends:?}");
}

/// The fleet as it is, but for the port of one server.
fn detour(ground: &Ground, from: u16, to: u16) -> std::path::PathBuf {
    let fleet = fs::read_to_string(ground.fleet()).unwrap();
    let path = Ground::scratch("detour.toml");
    fs::write(
        &path,
        fleet.replace(&format!("port = {from},"), &format!("port = {to},")),
    )
    .unwrap();
    path
}

pub fn cut(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let port = ground.port("atlas-b");
    for (cut, said, heard) in [(Cut::BeforeTheAnswer, 1, 1), (Cut::BeforeTheServer, 2, 1)] {
        ground.lab(&["fault", "pause-replay", "atlas-b"]);
        let proxy = Proxy::to(port, "pg_wal_replay_resume", cut);
        let mut command = ground.command(&[
            "run",
            "resume-replay",
            "atlas/atlas-b",
            "--write",
            "T-7",
            "--confirm",
            "y",
        ]);
        let output = command
            .env("TENANTRY_FLEET", detour(ground, port, proxy.port))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{cut:?}: {text}");
        assert!(
            text.contains("no answer") && text.contains("read back: yes"),
            "{cut:?}: {text}"
        );
        assert_eq!(proxy.counts(), (said, heard), "{cut:?}: {text}");
        assert_ne!(state(ground, "atlas-b"), "replay paused", "{cut:?}");
        ground.lab(&["heal"]);
    }
}

/// The answer to a commit is lost: the server is asked what became of the transaction, and nothing is done twice.
pub fn commit(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let port = ground.port("atlas-a");
    for (cut, heard) in [
        (Cut::BeforeTheAnswer, "yes"),
        (Cut::BeforeTheServer, "refused: transaction "),
    ] {
        ground.execute("atlas-a", "orders", "create role leaky_line login password 'x'");
        let proxy = Proxy::to(port, "commit\0", cut);
        let words = "run lock-out atlas/leaky_line --write T-11 --confirm leaky_line --reason drill";
        let words: Vec<&str> = words.split(' ').collect();
        let mut command = ground.command(&words);
        let output = command
            .env("TENANTRY_FLEET", detour(ground, port, proxy.port))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let told = format!("leaky_line may not log in any more: carried out: {heard}");
        assert!(text.contains(&told), "{cut:?}: {text}");
        let left = ground.sql(
            "atlas-a",
            "orders",
            "select rolname::text from pg_roles where rolname = 'leaky_line' and rolcanlogin",
        );
        assert_eq!(left.is_empty(), cut == Cut::BeforeTheAnswer, "{cut:?}: {text}");
        ground.execute("atlas-a", "orders", "drop role if exists leaky_line");
    }
}
