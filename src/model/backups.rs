//! Where the backups of an instance are, how they are asked for, and how old they may be.

use std::{fmt, path::PathBuf, str::FromStr};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The backups of one instance, made by pgBackRest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backups {
    /// pgBackRest's name for the cluster.
    pub stanza: String,
    /// Its configuration on the host where it runs; its own default where none is named.
    pub config: Option<PathBuf>,
    /// The program: a name on that host's search path, or a path from the root.
    pub program: String,
    /// Words in front of each command, by which the host and the user of the backups are reached; none where that is
    /// whoever runs the console.
    pub reach: Vec<String>,
    /// The directory of the server's programs on that host.
    pub binaries: Option<PathBuf>,
    /// The directory on that host where copies beside the instance are made.
    pub scratch: Option<PathBuf>,
    /// This program on that host, which makes them; where none is named, the path of the one that runs here.
    #[serde(default)]
    pub tenantry: Option<PathBuf>,
    /// The youngest full backup must be younger.
    pub full_within: SignedDuration,
    /// The youngest backup of any kind must be younger.
    pub backup_within: SignedDuration,
    /// The last tested restore of each tenant must be younger.
    pub tested_within: SignedDuration,
    /// The last time that all files in the repository were read and found whole must be younger; none where nobody asks for
    /// that.
    #[serde(default)]
    pub verified_within: Option<SignedDuration>,
}

impl Backups {
    /// How this program on the host of the backups begins to say that a repository was read and is not whole.
    pub const UNWHOLE: &str = "the backups are not whole";

    /// The words that ask pgBackRest for something about this stanza, the program first, or what reaches it.
    pub fn command(&self, words: &[&str]) -> Vec<String> {
        let config = self.config.iter().map(|path| format!("--config={}", path.display()));
        self.reach
            .iter()
            .cloned()
            .chain([self.program.clone()])
            .chain(config)
            .chain([format!("--stanza={}", self.stanza)])
            .chain(words.iter().map(|word| (*word).to_owned()))
            .collect()
    }

    /// The words that tell this program on that host of which cluster it reads the backups, and with what.
    pub fn repository(&self, system: &str) -> Vec<String> {
        let path =
            |name: &str, path: &Option<PathBuf>| path.as_ref().map(|path| format!("--{name}={}", path.display()));
        let words = [
            path("binaries", &self.binaries),
            Some(format!("--program={}", self.program)),
            path("config", &self.config),
            Some(format!("--stanza={}", self.stanza)),
            Some(format!("--system={system}")),
        ];
        words.into_iter().flatten().collect()
    }

    /// The words that ask this program on that host for something about copies beside the instance; none where the fleet
    /// file does not say where they are.
    pub fn beside(&self, words: &[&str]) -> Option<Vec<String>> {
        let scratch = format!("--scratch={}", self.scratch.as_ref()?.display());
        let (first, rest) = words.split_first()?;
        Some(self.worker(&[&[*first, scratch.as_str()][..], rest].concat()))
    }

    /// The words that ask this program on that host for something.
    pub fn worker(&self, words: &[&str]) -> Vec<String> {
        let own = self.tenantry.as_ref();
        let own = own.map_or_else(|| "tenantry".to_owned(), |path| path.display().to_string());
        let words = words.iter().map(|word| (*word).to_owned());
        self.reach
            .iter()
            .cloned()
            .chain([own, "beside".into()])
            .chain(words)
            .collect()
    }
}

/// How long a repository keeps full backups, and what builds on them, as its configuration says (`repo-retention-full`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retention {
    /// Nothing is ever removed.
    Always,
    /// The youngest for at least so many days.
    Days(u64),
    /// The youngest until there are so many younger ones.
    Fulls(u64),
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => write!(f, "always"),
            Self::Days(days) => write!(f, "days {days}"),
            Self::Fulls(count) => write!(f, "fulls {count}"),
        }
    }
}

impl FromStr for Retention {
    type Err = ();

    fn from_str(words: &str) -> Result<Self, ()> {
        let number = |words: &str| words.parse().map_err(drop);
        match words.split_once(' ') {
            None if words == "always" => Ok(Self::Always),
            Some(("days", days)) => Ok(Self::Days(number(days)?)),
            Some(("fulls", count)) => Ok(Self::Fulls(number(count)?)),
            _ => Err(()),
        }
    }
}
