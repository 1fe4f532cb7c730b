//! The policy file as it is written: its keys, their types and what stands in for a key that is left out.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Environment;

/// More than anybody names at once or begins in a day.
const MOST: usize = 1_000_000;

/// What operators of this bastion may do with the console.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    /// Where everybody's journals of runs are kept: an absolute path to a setgid directory that the operators' group may
    /// write. Left out: each operator's own.
    pub(super) runs: Option<PathBuf>,
    /// Tells syslog of runs too, where there is a socket for it.
    #[serde(default = "yes")]
    pub(super) syslog: bool,
    /// How a second person approves.
    #[serde(default)]
    pub(super) approval: Approval,
    /// What becomes of rows of tenants that runs have sent.
    #[serde(default)]
    pub(super) rows: Rows,
    /// What goes before a tenant's data is taken away for good, and stays behind.
    #[serde(default)]
    pub(super) purge: Purge,
    /// The first that matches an operation decides. Where none does, everybody may, alone and without a bound.
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

/// How a second person approves.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Approval {
    /// How long an approval holds, such as `15m` or `1h 30m`; a week at most.
    pub(super) within: String,
}

impl Default for Approval {
    fn default() -> Self {
        Self { within: "15m".into() }
    }
}

/// What becomes of rows of tenants that runs have sent, such as those of a restore and of its way back.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rows {
    /// How long they are kept, such as `30d`; without them nothing of it can be taken back any more.
    pub(super) keep: String,
}

impl Default for Rows {
    fn default() -> Self {
        Self { keep: "30d".into() }
    }
}

/// What goes before a tenant's data is taken away for good, and stays behind.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Purge {
    /// How long it must have been shut out, such as `7d`.
    pub(super) wait: String,
    /// How long backups with it must be kept, such as `30d`.
    pub(super) keep: String,
}

impl Default for Purge {
    fn default() -> Self {
        Self {
            wait: "7d".into(),
            keep: "30d".into(),
        }
    }
}

/// Who may do what, to how many at once, how often, and whether alone.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Names of operations; `*` at the end matches any ending. Left out: every operation.
    pub(super) operations: Option<Vec<String>>,
    /// What is at stake in the fleet. Left out: every environment.
    pub(super) environments: Option<Vec<Environment>>,
    /// `false`: nobody may.
    #[serde(default = "yes")]
    pub(super) allow: bool,
    /// Unix users who may. Left out together with `groups`: everybody.
    pub(super) users: Option<Vec<String>>,
    /// Unix groups whose members may.
    pub(super) groups: Option<Vec<String>>,
    /// At most so many targets at once. Left out: no bound.
    #[schemars(range(min = 1, max = MOST))]
    pub(super) targets: Option<usize>,
    /// 2: a second person must approve.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 2))]
    pub(super) persons: u8,
    /// At most so many runs by this rule a day, of all operators together. Left out: no bound.
    #[schemars(range(min = 1, max = MOST))]
    pub(super) cap: Option<usize>,
}

fn yes() -> bool {
    true
}

fn one() -> u8 {
    1
}
