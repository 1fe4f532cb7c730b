//! What a plan needs and no watcher asks for: inquiries as data, and the evidence that they bring.
//!
//! An inquiry reads, or tries something that is taken back whatever happens. What it found enters the snapshot as a fact,
//! so that a plan stays a pure function of what is seen.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{Refusal, confirm::digest_of};
use crate::{
    model::{Act, Artefact, Fault, FaultKind, Look, Plan, Process, Say, Sql, Target, Transact, Trial, Words},
    store::{Fact, Snapshot},
};

/// Something to find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inquiry {
    /// The rows of a query, one text each.
    Rows(Sql),
    /// The same, asked as somebody.
    Look(Look),
    /// Statements that are tried.
    Trial(Trial),
    /// A transaction, with the files that it sends, that is rolled back: what it takes and how long.
    Rehearsal(Box<Transact>, Vec<Artefact>),
    /// What the run of this name did, as its journal tells.
    Past(String),
    /// The lines that a child process says which changes nothing.
    Process(Process),
    /// Whether the secrets server says so.
    Says(Say),
    /// What stands at these places of an answer of the secrets server (RFC 6901). No secret may stand there.
    Vault {
        /// The path below `/v1/`.
        path: String,
        /// The places.
        at: Vec<&'static str>,
    },
}

/// What came of an inquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Found {
    /// Rows.
    Rows(Vec<String>),
    /// The first statement that failed, and what the server said; none where all went well.
    Tried(Option<(String, String)>),
    /// What a rehearsal took, or what failed.
    Rehearsed(Result<Rehearsed, String>),
    /// What a run did.
    Past(Box<Past>),
    /// What stood at each place.
    Said(Vec<Json>),
    /// It could not be found out.
    Nothing(Fault),
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its plan.
    pub plan: Plan,
    /// For each of its steps, whether it was done and read back.
    pub done: Vec<bool>,
    /// What its steps kept, by name.
    #[serde(default)]
    pub kept: BTreeMap<String, String>,
    /// It has come to an end.
    pub ended: bool,
}

/// What a rehearsal took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// Locks that others would have waited behind: mode and relation (`pg_locks`).
    pub locks: Vec<String>,
    /// How long it took. It is another each time, so it is no part of the evidence's digest.
    #[serde(skip)]
    pub took: Duration,
    /// How much log the server wrote meanwhile, in bytes, for all its sessions. No part of the digest either.
    #[serde(skip)]
    pub log: u64,
}

/// What was found out for one request, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence(pub BTreeMap<String, Found>);

impl Evidence {
    /// How much was found that a plan is made from, in bytes, where that may be much: rows, and what a run sent.
    pub fn size(&self) -> usize {
        let size = |found: &Found| match found {
            Found::Rows(rows) => rows.iter().map(String::len).sum(),
            Found::Past(past) => past.plan.steps.steps().into_iter().map(|step| sent(&step.act)).sum(),
            Found::Tried(_) | Found::Rehearsed(_) | Found::Said(_) | Found::Nothing(_) => 0,
        };
        self.0.values().map(size).sum()
    }
}

fn sent(act: &Act) -> usize {
    let Act::Transact(transact) = act else { return 0 };
    let text = |words: &Words| match words {
        Words::Text(text) => text.len(),
        Words::File(_) => 0,
        Words::Rows(rows) => usize::try_from(rows.bytes).unwrap_or(usize::MAX),
    };
    transact.statements.iter().map(text).sum()
}

impl Fact for Evidence {
    const NAME: &'static str = "evidence";
}

/// What a survey asks for, by name.
pub type Inquiries = BTreeMap<String, Inquiry>;

/// What was found out so far.
#[derive(Clone, Copy)]
pub struct Known<'a>(Option<&'a Evidence>);

impl<'a> Known<'a> {
    /// In this world.
    pub fn of(world: &'a Snapshot) -> Self {
        Self(world.get::<Evidence>(&Target::fleet()).map(|seen| seen.value))
    }

    fn get(self, name: &str) -> Option<&'a Found> {
        self.0.and_then(|evidence| evidence.0.get(name))
    }

    /// What of this is not known yet.
    pub fn lacks(self, mut inquiries: Inquiries) -> Inquiries {
        inquiries.retain(|name, _| self.get(name).is_none());
        inquiries
    }

    /// Its digest; none where nothing was found out.
    pub fn digest(self) -> Option<String> {
        self.0.filter(|evidence| !evidence.0.is_empty()).map(digest_of)
    }

    /// The rows that were found; none where nobody has asked yet.
    ///
    /// # Errors
    /// Where they could not be found out.
    pub fn rows(self, name: &str) -> Result<Option<&'a [String]>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Found::Rows(rows)) => Ok(Some(rows)),
            Some(other) => Err(unknown(name, other)),
        }
    }

    /// What stood at the places that were asked for; none where nobody has asked yet.
    ///
    /// # Errors
    /// Where it could not be found out.
    pub fn said(self, name: &str) -> Result<Option<&'a [Json]>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Found::Said(values)) => Ok(Some(values)),
            Some(other) => Err(unknown(name, other)),
        }
    }

    /// What a rehearsal took, or what failed; none where nobody has rehearsed yet.
    ///
    /// # Errors
    /// Where it could not be rehearsed.
    pub fn rehearsed(self, name: &str) -> Result<Option<Result<&'a Rehearsed, &'a str>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Found::Rehearsed(found)) => Ok(Some(found.as_ref().map_err(String::as_str))),
            Some(other) => Err(unknown(name, other)),
        }
    }

    /// What a run did; none where nobody has asked yet.
    ///
    /// # Errors
    /// Where its journal could not be read.
    pub fn past(self, name: &str) -> Result<Option<&'a Past>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Found::Past(past)) => Ok(Some(past)),
            Some(other) => Err(unknown(name, other)),
        }
    }

    /// The statement that failed, and why; none where nobody has tried yet.
    ///
    /// # Errors
    /// Where it could not be tried.
    pub fn tried(self, name: &str) -> Result<Option<Option<&'a (String, String)>>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Found::Tried(failed)) => Ok(Some(failed.as_ref())),
            Some(other) => Err(unknown(name, other)),
        }
    }
}

/// Rows that are one JSON text each.
///
/// # Errors
/// Where one is not, or not of this form.
pub fn parsed<T: DeserializeOwned>(rows: &[String]) -> Result<Vec<T>, Refusal> {
    let one = |row: &String| {
        serde_json::from_str(row).map_err(|wrong| Refusal::new(format!("an answer was not understood: {wrong}")))
    };
    rows.iter().map(one).collect()
}

fn unknown(name: &str, found: &Found) -> Refusal {
    let Found::Nothing(fault) = found else {
        return Refusal::new(format!("{name}: the answer is of another kind"));
    };
    let hint = match (&fault.hint, fault.kind) {
        (Some(hint), _) => Some(hint.clone()),
        (None, FaultKind::Denied) => Some("the role that acts must be a member of the one that it acts as".into()),
        (None, _) => None,
    };
    Refusal {
        what: format!("{name} could not be found out: {fault}"),
        hint,
        choose: None,
    }
}
