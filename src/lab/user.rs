//! Who runs the servers: PostgreSQL refuses to run as root, so root lends it the package's own user.

use std::path::Path;

use nix::unistd::{Group, User, geteuid};
use tokio::process::Command;

use crate::model::{Fault, FaultKind};

/// The user that Debian's package makes.
const NAME: &str = "postgres";

/// The user that the database runs as, where that is not ourselves.
pub fn database() -> Result<Option<User>, Fault> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let absent = || {
        Fault::new(
            FaultKind::Refused,
            format!("there is no user {NAME} to run PostgreSQL as"),
        )
        .hint("tenantry lab install")
    };
    User::from_name(NAME).ok().flatten().map(Some).ok_or_else(absent)
}

/// The user that the lab's servers run as: the database's, or ourselves.
pub fn ours() -> Result<User, Fault> {
    if let Some(user) = database()? {
        return Ok(user);
    }
    let uid = geteuid();
    let nameless = || {
        Fault::new(
            FaultKind::Refused,
            format!("the user {uid} has no name on this machine"),
        )
    };
    User::from_uid(uid).ok().flatten().ok_or_else(nameless)
}

/// A command that will run as the database's user, in the same process (no PAM, no session, no shell).
pub fn command(program: &Path) -> Result<Command, Fault> {
    Ok(lent(program, database()?, "--init-groups"))
}

/// Words in front of a command that make it run as the database's user; none where that is ourselves.
///
/// The groups are left as they are: whoever logs in as that user reads the same words, and may not set any.
pub fn reach() -> Vec<String> {
    let Ok(Some(user)) = database() else {
        return Vec::new();
    };
    let (uid, gid) = (format!("--reuid={}", user.uid), format!("--regid={}", user.gid));
    ["setpriv", &uid, &gid, "--keep-groups", "--no-new-privs", "--"]
        .map(String::from)
        .into()
}

/// The same for what gives terminals to people: it may make them the group tty's, as terminals are.
pub fn command_with_terminals(program: &Path) -> Result<Command, Fault> {
    let user = database()?;
    let tty = Group::from_name("tty").ok().flatten();
    let groups = match (&user, tty) {
        (Some(user), Some(tty)) => format!("--groups={},{}", user.gid, tty.gid),
        _ => "--init-groups".into(),
    };
    Ok(lent(program, user, &groups))
}

fn lent(program: &Path, user: Option<User>, groups: &str) -> Command {
    let mut command = match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={}", user.uid))
                .arg(format!("--regid={}", user.gid))
                .args([groups, "--no-new-privs", "--"])
                .arg(program);
            command
        }
    };
    plain(&mut command);
    command
}

/// Takes away what the environment could change behind the lab's back.
pub fn plain(command: &mut Command) {
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in variables.filter(|name| ["PG", "VAULT_", "BAO_"].iter().any(|start| name.starts_with(start))) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C.UTF-8").current_dir("/");
}
