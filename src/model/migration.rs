//! Files of SQL that bring a schema from one version to the next, as they were read: what they are, not what became of
//! them anywhere.

use std::{cmp::Ordering, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Severity, Text};

/// A version: numbers with dots between them, `3`, `1.2.10`, `20260104093000`. Trailing zeros count for nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(Vec<u64>);

/// The migrations of one directory, the first version first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Where they were read.
    pub path: PathBuf,
    /// Each version once.
    pub migrations: Vec<Migration>,
    /// Files that are no migrations, by name, and why not.
    pub others: Vec<(Text, String)>,
}

/// One step from a version to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// The version that it leads to.
    pub version: Version,
    /// What it is called.
    pub name: Text,
    /// The way forth.
    pub forth: Script,
    /// The way back, where there is one.
    pub back: Option<Script>,
}

/// A file of SQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its name in the directory.
    pub file: Text,
    /// SHA-256 over its bytes as they are on disk, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// What a parser made of it.
    pub parsed: Parsed,
    /// What was found in it that somebody should know before it runs; the worst first.
    pub advice: Vec<Advice>,
}

/// What a parser made of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parsed {
    /// Its statements, in their order.
    Statements(Vec<Statement>),
    /// It was not understood: it is sent whole, and nothing is known of it. Where and why, in words.
    Not(Text),
}

/// One statement of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Where it begins, in bytes from the beginning of the text, which is the file without a byte order mark.
    pub from: u64,
    /// Where it ends, its semicolon not counted.
    pub to: u64,
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its first words, such as `ALTER TABLE orders`.
    pub what: Text,
    /// Whether it may stand in a transaction with others.
    pub stands: Stands,
    /// Locks that it takes on relations that are there already, the heaviest mode for each (PostgreSQL documentation
    /// 13.3.1): relation as written, and mode, such as `ACCESS EXCLUSIVE`.
    pub locks: Vec<(Text, String)>,
    /// How many relations it makes or touches: what it adds to the server's table of locks, by count of names.
    pub objects: u64,
}

/// Whether a statement may stand in a transaction with others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stands {
    /// In one with others.
    Together,
    /// It begins or ends transactions itself (`BEGIN`, `COMMIT`, `ROLLBACK`).
    Controls,
    /// By itself only (`CREATE INDEX CONCURRENTLY`, `VACUUM`). The index that it builds, as written, where it does.
    Alone {
        /// The index.
        index: Option<Text>,
    },
}

/// Something about a file that somebody should know before it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// The rule, in kebab case.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The line in the file, from 1.
    pub line: u64,
    /// What is the case.
    pub what: Text,
    /// What could be done.
    pub help: Option<Text>,
}

impl Directory {
    /// The last version that there is.
    pub fn last(&self) -> Option<&Version> {
        self.migrations.last().map(|migration| &migration.version)
    }

    /// The migration to this version.
    pub fn migration(&self, version: &Version) -> Option<&Migration> {
        self.migrations.iter().find(|migration| migration.version == *version)
    }
}

impl Script {
    /// Whether it may stand in a transaction with others. What was not understood is taken to.
    pub fn stands_together(&self) -> bool {
        match &self.parsed {
            Parsed::Statements(all) => all.iter().all(|statement| statement.stands == Stands::Together),
            Parsed::Not(_) => true,
        }
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let number = |part: &str| part.parse::<u64>().map_err(|_| format!("{words:?} is no version"));
        words.split('.').map(number).collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(words: String) -> Result<Self, String> {
        words.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

impl Version {
    fn significant(&self) -> &[u64] {
        let end = self.0.iter().rposition(|part| *part != 0).map_or(0, |last| last + 1);
        &self.0[..end]
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.significant().cmp(other.significant())
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

#[cfg(test)]
mod tests {
    use super::Version;

    fn version(words: &str) -> Version {
        words.parse().unwrap()
    }

    #[test]
    fn versions_are_numbers_with_dots() {
        assert!(version("2") < version("10"));
        assert!(version("1.2.9") < version("1.2.10"));
        assert!(version("1") < version("1.0.1"));
        assert_eq!(version("1"), version("1.0"));
        assert_eq!(version("01.2").to_string(), "1.2");
        assert!("1..2".parse::<Version>().is_err());
        assert!("".parse::<Version>().is_err());
    }
}
