//! What is made of each relation.

use serde::{Deserialize, Serialize};

use super::Rule;
use crate::{
    findings::Finding,
    model::{Severity, Target, Text},
    store::Fact,
};

/// Whether a tenant's rows are its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", content = "why", rename_all = "lowercase")]
pub enum Verdict {
    /// No application reaches another tenant's rows, whatever it says of itself; why.
    Isolated(String),
    /// They are, as long as the application names the right tenant: whoever can send SQL picks the tenant (3.12).
    Trusting,
    /// The catalogs do not tell; why.
    NotProved(String),
    /// They are not.
    Leaks,
}

/// One rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// Which.
    pub rule: Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// One sentence without a full stop, without the relation's name; names in it are escaped.
    pub what: String,
    /// What was observed.
    pub evidence: Vec<(String, String)>,
    /// SQL or advice.
    pub remedy: String,
    /// What the finding is about, where that is not the relation: its cause. Told once, with the cause.
    pub cause: Option<Target>,
}

/// One relation or function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// `instance/database/schema/name`
    pub target: Target,
    /// The relation's or function's oid.
    pub oid: u32,
    /// The verdict.
    pub verdict: Verdict,
    /// Worst first.
    pub holes: Vec<Hole>,
    /// Roles that log in and that no policy of it binds.
    pub bypassing: Vec<Text>,
}

/// What is made of one database with shared tables. Derived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isolation {
    /// Stamps and generations of what this was made from.
    pub(super) from: (Text, String),
    /// By name; functions that run with their owner's rights after the relations.
    pub judged: Vec<Judged>,
    /// What is to be told, each once.
    pub findings: Vec<Finding>,
}

impl Fact for Isolation {
    const NAME: &'static str = "isolation";
}

impl Verdict {
    /// The words for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Isolated(_) => "isolated",
            Self::Trusting => "trusts the application",
            Self::NotProved(_) => "not proved",
            Self::Leaks => "leaks",
        }
    }

    /// Why, where there is more to say than the word.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Isolated(why) | Self::NotProved(why) => Some(why),
            Self::Trusting | Self::Leaks => None,
        }
    }
}

impl Hole {
    /// A hole without evidence.
    pub fn new(rule: Rule, severity: Severity, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            what: what.into(),
            evidence: Vec::new(),
            remedy: remedy.into(),
            cause: None,
        }
    }

    /// Adds something that was observed.
    pub fn evidence(mut self, label: impl Into<String>, value: impl ToString) -> Self {
        self.evidence.push((label.into(), value.to_string()));
        self
    }

    /// The same hole, seen through another thing than its cause.
    pub fn through(mut self, cause: &Target) -> Self {
        self.cause = Some(cause.clone());
        self
    }

    /// Whether rows get to somebody whose they are not; otherwise it is a weakness or a cost.
    pub fn leaks(&self) -> bool {
        self.severity >= Severity::Warning
    }
}

impl Judged {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.holes.iter().map(|hole| hole.severity).max().unwrap_or_default()
    }

    /// The numbers of the rules that are broken, worst first, without repeating one.
    pub fn numbers(&self) -> String {
        let mut numbers: Vec<&str> = Vec::new();
        for hole in &self.holes {
            if !numbers.contains(&hole.rule.number()) {
                numbers.push(hole.rule.number());
            }
        }
        numbers.join(" ")
    }
}
