//! Commits that touched a tenant: moments to go back to just before.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Lsn, Moment, Text};

/// A commit that touched a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// When it was committed, by the clock of its server.
    pub at: Timestamp,
    /// The number of its transaction.
    pub xid: String,
    /// Where in the log it was committed; none where the log was not read there.
    pub lsn: Option<Lsn>,
    /// What it did, table by table.
    pub tables: Vec<Touched>,
    /// From where that is known.
    pub source: Source,
    /// Whose rows it touched.
    pub whose: Whose,
}

/// What a commit did to a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// The table, as `schema.name`.
    pub table: Text,
    /// What the log says.
    pub logged: Option<Written>,
    /// Rows of the tenant that are now as this commit wrote them: inserted or changed, that is not told.
    pub standing: Option<u64>,
}

/// From where a commit is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// From rows that are as it wrote them. What it deleted, and what was written over since, is not seen.
    Rows,
    /// From the log.
    Log,
    /// From both.
    Both,
}

/// Whose rows a commit touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// The tenant's, all that are told of.
    Tenant,
    /// Some of them are the tenant's; the log of tables that tenants share does not tell about the others.
    Among,
    /// The log of tables that tenants share does not tell.
    Unknown,
}

/// How many rows of a table were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Inserted.
    pub inserted: u64,
    /// Changed.
    pub changed: u64,
    /// Deleted.
    pub deleted: u64,
    /// The file of the table was made anew: by `TRUNCATE`, by a rewrite, or because the table is new. What was in the file
    /// before is not counted, and what was done to it before that commit is not seen.
    #[serde(default)]
    pub anew: bool,
}

impl Written {
    /// The same and this besides.
    pub fn add(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.changed += other.changed;
        self.deleted += other.deleted;
        self.anew |= other.anew;
    }
}

/// One line of what is read out of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLine {
    /// A commit.
    Commit(Logged),
    /// What was read at all. It comes last.
    Reading(Reading),
}

/// A commit as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// When.
    pub at: Timestamp,
    /// The number of its transaction.
    pub xid: u32,
    /// The numbers that it wrote under, those of its savepoints among them.
    pub parts: Vec<u32>,
    /// Where the record of the commit begins.
    pub lsn: Lsn,
    /// What it wrote, by file: `tablespace/database/file`, each as a number.
    pub tables: BTreeMap<String, Written>,
}

/// What of the log is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// How many files.
    pub files: usize,
    /// From where.
    pub from: Lsn,
    /// To where; what is later is not archived yet, or is later than was asked for.
    pub to: Lsn,
    /// When the last of these files was archived.
    #[serde(default)]
    pub archived: Option<Timestamp>,
    /// What was left out, and why.
    #[serde(default)]
    pub cut: Vec<Text>,
}

impl Source {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Log => "log",
            Self::Both => "log and rows",
        }
    }
}

impl Whose {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Among => "among",
            Self::Unknown => "unknown",
        }
    }
}

impl Touched {
    /// What was done to the table, in words: what is not known is not said.
    pub fn did(&self) -> String {
        let logged = self.logged.unwrap_or_default();
        let counted = |count: u64, word: &str| (count > 0).then(|| format!("{count} {word}"));
        let mut words: Vec<String> = [
            logged.anew.then(|| "made anew".to_owned()),
            counted(logged.inserted, "inserted"),
            counted(logged.changed, "changed"),
            counted(logged.deleted, "deleted"),
        ]
        .into_iter()
        .flatten()
        .collect();
        words.extend(self.standing.map(|standing| format!("{standing} as it wrote them now")));
        format!("{} {}", self.table, words.join(", "))
    }
}

impl Commit {
    /// What it did, table by table, in words.
    pub fn did(&self) -> String {
        self.tables.iter().map(Touched::did).collect::<Vec<_>>().join("; ")
    }

    /// How many rows it changed or deleted, as far as the log tells; a file that was made anew counts as one.
    pub fn taken(&self) -> u64 {
        let taken = |written: Written| written.changed + written.deleted + u64::from(written.anew);
        let logged = self.tables.iter().filter_map(|touched| touched.logged);
        logged.map(taken).sum()
    }

    /// Just before it. Exact where its place in the log is known; else the last moment at which it was not committed yet by
    /// the clock, where others that were committed in the same instant may be missing.
    pub fn before(&self) -> Moment {
        match self.lsn {
            Some(lsn) => Moment::Before(lsn, Some(self.at)),
            None => Moment::Time(self.at - SignedDuration::from_micros(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Touched, Written};

    #[test]
    fn what_is_not_known_is_not_said() {
        let touched = |logged, standing| Touched {
            table: "public.t".into(),
            logged,
            standing,
        };
        let written = Written {
            changed: 9,
            deleted: 10,
            ..Written::default()
        };
        assert_eq!(touched(Some(written), None).did(), "public.t 9 changed, 10 deleted");
        assert_eq!(touched(None, Some(3)).did(), "public.t 3 as it wrote them now");
    }
}
