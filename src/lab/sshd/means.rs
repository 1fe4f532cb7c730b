//! What it takes to let somebody in: OpenSSH's programs, a user who can log in, a path that its files can name.

use nix::unistd::User;

use crate::{
    lab::{
        ground::Ground,
        programs::{self, OpenSsh},
        user,
    },
    model::{Fault, FaultKind},
};

/// Characters that OpenSSH's files give a meaning to, even in quotes.
const MEANT: [char; 5] = ['"', '\\', '%', '$', '\n'];

/// All that it takes.
pub struct Means {
    /// The programs.
    pub programs: OpenSsh,
    /// Who logs in.
    pub user: User,
}

impl Means {
    /// All of it, or what is missing.
    pub fn of(ground: &Ground) -> Result<Self, Fault> {
        let absent = || refused("OpenSSH's server and client are not installed".into()).hint("tenantry lab install");
        let programs = programs::openssh().ok_or_else(absent)?;
        let user = user::ours()?;
        let shell = user.shell.display().to_string();
        if ["nologin", "false"].iter().any(|no| user.shell.ends_with(no)) {
            let (name, what) = (
                &user.name,
                format!("{} may not log in, its shell is {shell}", user.name),
            );
            return Err(refused(what).hint(format!("chsh -s /bin/sh {name}")));
        }
        if !user.shell.is_file() && !shell.is_empty() {
            return Err(refused(format!(
                "{} cannot log in, there is no shell {shell}",
                user.name
            )));
        }
        if ground.dir.to_str().is_none_or(|dir| dir.contains(MEANT)) {
            let what = format!("OpenSSH cannot be told of {}", ground.dir.display());
            return Err(refused(what).hint("--dir DIR, of letters and digits"));
        }
        Ok(Self { programs, user })
    }
}

fn refused(what: String) -> Fault {
    Fault::new(FaultKind::Refused, what)
}
