//! Over ssh, as on a bastion: what can be seen there, who is let in, and that nothing stays when the line is cut.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};
use portable_pty::CommandBuilder;
use serde_json::Value as Json;

use super::{
    status,
    support::{shared, told},
    terminal::Terminal,
};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_login_in_a_terminal_shows_the_fleet() {
    let lab = shared();
    let _turn = lab.turn();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(["lab", "--dir"]);
    command.arg(lab.dir());
    command.args(["ssh", "--", "test -t 0 && tenantry show fleet && echo all of it"]);
    let mut terminal = Terminal::start(command, (140, 40));
    terminal.sees("3 instances");
    terminal.sees("all of it");
    terminal.ends();
}

#[test]
fn without_a_terminal_a_login_is_a_pipe() {
    let lab = shared();
    let _turn = lab.turn();
    let shown = lab.done(&["ssh", "--", "test ! -t 1 && tenantry show fleet --json"]);
    let shown: Json = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["rows"].as_array().unwrap().len(), 3, "{shown}");
    assert_eq!(lab.run(&["ssh", "--", "exit 7"]).status.code(), Some(7));
}

#[test]
fn a_server_with_another_host_key_is_not_trusted() {
    let lab = shared();
    let ssh = |option: &str| {
        let mut command = Command::new("ssh");
        command.arg("-F").arg(lab.dir().join("ssh/ssh_config"));
        command.args(["-T", "-o", option, "lab", "true"]).output().unwrap()
    };
    assert!(ssh("UserKnownHostsFile=/dev/null").status.code() == Some(255));
    let right = ssh("LogLevel=INFO");
    assert!(right.status.success(), "{}", told(&right));
    let other = fs::read_to_string(lab.dir().join("ssh/client_key.pub")).unwrap();
    let port = port(&status(lab));
    let file = lab.dir().with_extension(format!("hosts-{}", std::process::id()));
    fs::write(&file, format!("[127.0.0.1]:{port} {other}")).unwrap();
    let wrong = ssh(&format!("UserKnownHostsFile=\"{}\"", file.display()));
    fs::remove_file(&file).unwrap();
    assert!(
        told(&wrong).contains("Host key verification failed"),
        "{}",
        told(&wrong)
    );
}

#[test]
fn a_cut_line_ends_the_console_and_leaves_no_process() {
    let lab = shared();
    let _turn = lab.turn();
    let terminal = Terminal::over_ssh(lab.dir(), &[], &["--open", "tenants"], (140, 40));
    terminal.until("the tenants", |screen| {
        screen.alternate_screen() && screen.contents().contains("acme")
    });
    let line = line(terminal.remote().as_raw(), listener(&status(lab)));
    assert!(line.len() >= 2, "the console, and who serves its terminal: {line:?}");
    kill(terminal.pid(), Signal::SIGKILL).unwrap();
    let end = Instant::now() + PATIENCE;
    while line.iter().any(|pid| parent(*pid).is_some()) {
        assert!(Instant::now() < end, "something of {line:?} is left");
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(sshd(&status(lab))["state"], "up", "who listens goes on to do so");
}

fn sshd(status: &Json) -> &Json {
    let parts = status["parts"].as_array().unwrap();
    parts.iter().find(|part| part["name"] == "sshd").unwrap()
}

fn port(status: &Json) -> u64 {
    sshd(status)["port"].as_u64().unwrap()
}

fn listener(status: &Json) -> i32 {
    i32::try_from(sshd(status)["pid"].as_i64().unwrap()).unwrap()
}

/// A process and those that it comes from, up to the one that listens.
fn line(pid: i32, listener: i32) -> Vec<i32> {
    let above = |pid: &i32| parent(*pid).filter(|above| *above != listener);
    let line: Vec<i32> = std::iter::successors(Some(pid), above).collect();
    assert_eq!(parent(*line.last().unwrap()), Some(listener), "{line:?}");
    line
}

/// The parent of a process that lives; one that only waits to be buried does not.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    (fields.next()? != "Z").then(|| fields.next()?.parse().ok()).flatten()
}
