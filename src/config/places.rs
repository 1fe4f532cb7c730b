//! Where the operator's files are and what was asked on the command line and in the environment.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The variables that are looked at. The rest of the environment is not kept.
const VARIABLES: [&str; 16] = [
    "CLICOLOR_FORCE",
    "COLORTERM",
    "HOME",
    "NO_COLOR",
    "SSH_CONNECTION",
    "SSH_TTY",
    "TENANTRY_ASCII",
    "TENANTRY_COLOR",
    "TENANTRY_ESC_TIMEOUT_MS",
    "TENANTRY_FLEET",
    "TENANTRY_KEYMAP",
    "TENANTRY_MOUSE",
    "TENANTRY_THEME",
    "TERM",
    "VAULT_SKIP_VERIFY",
    "XDG_CONFIG_HOME",
];

/// The policy file of the house. Nothing that a user can set moves it.
const POLICY: &str = "/etc/tenantry/policy.toml";

/// Everything outside the files that decides what is configured. Made once, in `main`; tests make their own.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The console's directory: `$XDG_CONFIG_HOME/tenantry`.
    pub directory: PathBuf,
    /// What was asked on the command line.
    pub flags: Flags,
    /// The variables that count, as they are set.
    pub env: BTreeMap<String, String>,
    /// What the console remembers: `$XDG_STATE_HOME/tenantry`. None where there is no home.
    pub state: Option<PathBuf>,
    /// The fleet file of a lab on this machine: read where the operator has none.
    pub lab: Option<PathBuf>,
    /// What operators of this bastion may do: `/etc/tenantry/policy.toml`. Empty, there is none.
    pub policy: PathBuf,
}

/// What was asked on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--fleet FILE`.
    pub fleet: Option<PathBuf>,
    /// `--theme NAME`.
    pub theme: Option<String>,
    /// `--keymap NAME`.
    pub keymap: Option<String>,
    /// `--color auto|always|never|16|256|truecolor`.
    pub color: Option<String>,
    /// `--ascii`.
    pub ascii: bool,
    /// `--mouse`.
    pub mouse: bool,
}

impl Places {
    /// Those of this process.
    pub fn of_process(flags: Flags) -> Self {
        let dirs = directories::ProjectDirs::from("", "", "tenantry");
        let directory = dirs
            .as_ref()
            .map_or_else(PathBuf::new, |dirs| dirs.config_dir().to_owned());
        let state = dirs.as_ref().and_then(|dirs| dirs.state_dir());
        let variable = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
        Self {
            directory,
            state: state.map(Path::to_owned),
            flags,
            env: VARIABLES.into_iter().filter_map(variable).collect(),
            lab: None,
            policy: POLICY.into(),
        }
    }

    /// The fleet file, and what decided that it is this one.
    pub fn fleet(&self) -> (PathBuf, &'static str) {
        if let Some(file) = &self.flags.fleet {
            return (file.clone(), "--fleet");
        }
        if let Some(file) = self.variable("TENANTRY_FLEET") {
            return (file.into(), "TENANTRY_FLEET");
        }
        let usual = self.directory.join("fleet.toml");
        match &self.lab {
            Some(lab) if !usual.exists() => (lab.clone(), "lab"),
            _ => (usual, "default"),
        }
    }

    /// The console file.
    pub fn console(&self) -> PathBuf {
        self.directory.join("console.toml")
    }

    /// Where the journals of runs are.
    pub fn runs(&self) -> Option<PathBuf> {
        self.state.as_ref().map(|state| state.join("runs"))
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A path as a file writes it: `~/` is the home directory, what is relative counts from the file's directory.
    pub(super) fn resolve(&self, file: &Path, written: &Path) -> PathBuf {
        let home = self.variable("HOME").map(Path::new);
        match (written.strip_prefix("~"), home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => file.parent().unwrap_or(Path::new("")).join(written),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Flags, Places};

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_default() {
        let mut places = Places {
            directory: "/etc/x".into(),
            ..Places::default()
        };
        assert_eq!(places.fleet(), ("/etc/x/fleet.toml".into(), "default"));
        places.env.insert("TENANTRY_FLEET".into(), "/env.toml".into());
        assert_eq!(places.fleet(), ("/env.toml".into(), "TENANTRY_FLEET"));
        places.flags = Flags {
            fleet: Some("/flag.toml".into()),
            ..Flags::default()
        };
        assert_eq!(places.fleet(), ("/flag.toml".into(), "--fleet"));
    }

    #[test]
    fn paths_count_from_the_file_and_from_home() {
        let mut places = Places::default();
        places.env.insert("HOME".into(), "/home/op".into());
        let file = Path::new("/a/fleet.toml");
        assert_eq!(places.resolve(file, Path::new("x/y")), Path::new("/a/x/y"));
        assert_eq!(places.resolve(file, Path::new("/x")), Path::new("/x"));
        assert_eq!(places.resolve(file, Path::new("~/x")), Path::new("/home/op/x"));
    }
}
