//! The verbs: all that a step may do and all that it may ask, as data. Secrets are not in it.

use serde::{Deserialize, Serialize};

use super::{Attempts, Call, Kind, Login, Rows, Say, Target, Text};

/// The verbs. A closed set: operations compose them, `ops::act` carries them out.
///
/// To end sessions is a statement; to start or stop a server is a child process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Nothing: the step is its check.
    Look,
    /// One statement that commits by itself.
    Sql(Sql),
    /// Statements that commit together, and only if what must be so is so.
    Transact(Transact),
    /// The same, with what a child process says besides.
    Pour(Pour),
    /// Statements that cannot stand in one transaction.
    Series(Series),
    /// A call of the secrets server.
    Vault(Call),
    /// A child process.
    Process(Process),
}

/// What a check asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// Whether a query that yields one boolean says so.
    Sql(Sql),
    /// The same, asked as somebody.
    Look(Look),
    /// What a query yields as one text. It is kept under this name for the steps that follow; always so.
    Take(String, Sql),
    /// The same, asked as somebody.
    TakeAs(String, Look),
    /// The rows of a query, one text each. They are told and hold nothing up; where there are none at once, so much the
    /// better: they may become fewer until the check's time is over.
    List(String, Sql),
    /// Whether the secrets server says so.
    Vault(Say),
    /// Whether a login is accepted.
    Login(Login),
    /// Whether all of it goes through.
    Trial(Trial),
    /// Whether all that a login tries comes out as it should.
    Attempts(Attempts),
    /// Whether a child process that changes nothing ends well.
    Process(Process),
    /// The same, of one that looks into something: what it says is told, and where it does not end well that is why.
    Verdict(Process),
    /// All of these, in this order.
    All(Vec<Question>),
}

/// A statement, and the server on which alone it may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sql {
    /// Where.
    pub place: Place,
    /// Exactly what. `:'name'` stands for what an earlier step kept under that name, as a string constant.
    pub text: String,
}

/// A query in a transaction of its own that is rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// What is asked, and where.
    pub sql: Sql,
    /// The role that asks, by `SET LOCAL ROLE`.
    pub role: Option<String>,
    /// What is set for it besides, by `SET LOCAL`: name, and value as SQL.
    pub settings: Vec<(String, String)>,
}

/// Statements one after the other, in a transaction that is rolled back whatever happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Where.
    pub place: Place,
    /// The role that they run as, by `SET LOCAL ROLE`.
    pub role: String,
    /// What is tried.
    pub statements: Vec<String>,
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transact {
    /// Where.
    pub place: Place,
    /// The role that it is done as, by `SET LOCAL ROLE`.
    pub role: Option<String>,
    /// What is set for it besides, by `SET LOCAL`: name, and value as SQL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<(String, String)>,
    /// A query that yields one boolean. Where it says yes, all this is done already, and nothing more is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// Everything in it sees the rows of one moment, and its own (`REPEATABLE READ`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    /// Queries that yield one boolean each. Where one says no, nothing is done.
    pub guards: Vec<String>,
    /// Who looks on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Witness>,
    /// What is done.
    pub statements: Vec<Words>,
    /// Queries that yield one boolean each. Where one says no, nothing is kept.
    pub proofs: Vec<String>,
    /// How long others may have to wait because of it; where none are set, as long as a session to act with lets them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
}

/// A dump that is poured into a transaction, after its own statements and before its proofs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pour {
    /// The transaction.
    pub into: Transact,
    /// What says the dump, as `pg_dump` writes it.
    pub from: Process,
}

/// What another role sees before the first statement and after the last. It looks with `row_security = off`: it sees every
/// row, or the server refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The role, by `SET LOCAL ROLE`.
    pub role: String,
    /// A query that yields one text, asked before. Where there is none, `after` must be so before too.
    pub before: Option<String>,
    /// A query that yields one boolean, asked after; `:'before'` stands for that text. Where it says no, nothing is kept.
    pub after: String,
}

/// Statements that cannot stand in one transaction: one after the other, in one session, each for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Where.
    pub place: Place,
    /// The role that it is done as, by `SET ROLE`.
    pub role: Option<String>,
    /// What is set for it besides, by `SET`: name, and value as SQL.
    pub settings: Vec<(String, String)>,
    /// A query that yields one boolean. Where it says yes, all this is done already, and nothing more is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// Queries that yield one boolean each. Where one says no, nothing is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
    /// What is done.
    pub statements: Vec<Words>,
    /// A query that yields one boolean: nothing of this is done. It is asked where a statement was refused; without it
    /// something may have been done then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untouched: Option<String>,
    /// How long others may have to wait because of it.
    pub limits: Limits,
}

/// What is sent to a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// This. `:'name'` stands for what an earlier step kept under that name, as a string constant.
    Text(String),
    /// What stands in one of the plan's artefacts, as it is.
    File(Part),
    /// Rows of tenants, as they are.
    Rows(Rows),
}

/// A file of the plan, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, for people.
    pub file: Text,
    /// The SHA-256 of the whole file, in hexadecimal, by which the plan's artefact is found.
    pub sha256: String,
    /// From which byte of its text to which; the whole text where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(u64, u64)>,
}

/// How long others may have to wait because of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest that a statement waits for a lock, in milliseconds, while others wait behind it (`lock_timeout`).
    pub lock: u64,
    /// So often it is tried again where a lock was not had.
    pub retries: u32,
    /// Longest that all tries together may hold locks or wait for them, in milliseconds.
    pub budget: u64,
}

/// A child process without input, in a session of its own. It is told to end when the run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Where it works: the server whose files it touches.
    pub place: Place,
    /// Program, by its whole path, and arguments. No secret is in them.
    pub words: Vec<String>,
    /// How long it may take, in seconds.
    pub within: u64,
}

/// A server as it was when the plan was made. A server of the same name that is not the same is not touched. Of a copy only
/// the system identifier counts: it may be younger than the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `instance/server`, or a copy: `instance/id`; of its backups only the instance.
    pub server: Target,
    /// The database; the instance's maintenance database where none is named.
    pub database: Option<String>,
    /// `pg_control_system().system_identifier`
    pub system: String,
    /// The timeline it was on.
    pub timeline: i64,
    /// Whether it was a standby.
    pub recovery: bool,
}

impl Place {
    /// A copy beside an instance.
    pub fn copy(instance: &str, id: &str, system: impl Into<String>) -> Self {
        Self {
            server: Target::copy(instance, id),
            database: None,
            system: system.into(),
            timeline: 0,
            recovery: true,
        }
    }

    /// The repository of an instance's backups.
    pub fn repository(instance: &str, system: impl Into<String>) -> Self {
        Self {
            server: Target::instance(instance),
            ..Self::copy(instance, "", system)
        }
    }

    /// Whether it is a copy: nothing is changed there, and nobody else is at work there.
    pub fn is_copy(&self) -> bool {
        self.server.kind() == Kind::Copy
    }

    /// Whether it is a server that lives, where a run must be alone.
    pub fn is_live(&self) -> bool {
        !matches!(self.server.kind(), Kind::Copy | Kind::Instance)
    }

    /// The same server, in this database.
    pub fn database(&self, name: impl Into<String>) -> Self {
        Self {
            database: Some(name.into()),
            ..self.clone()
        }
    }

    /// A statement that runs here.
    pub fn sql(&self, text: impl Into<String>) -> Sql {
        Sql {
            place: self.clone(),
            text: text.into(),
        }
    }
}

impl Transact {
    /// A transaction here that does nothing yet.
    pub fn on(place: Place) -> Self {
        Self {
            place,
            role: None,
            settings: Vec::new(),
            unless: None,
            frozen: false,
            guards: Vec::new(),
            witnesses: Vec::new(),
            statements: Vec::new(),
            proofs: Vec::new(),
            limits: None,
        }
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Act {
    /// Where it is done; none where it is not done on a server.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Look | Self::Vault(_) => None,
            Self::Sql(sql) => Some(&sql.place),
            Self::Transact(transact) => Some(&transact.place),
            Self::Pour(pour) => Some(&pour.into.place),
            Self::Series(series) => Some(&series.place),
            Self::Process(process) => Some(&process.place),
        }
    }
}

impl Question {
    /// Where it is asked.
    pub fn places(&self) -> Vec<&Place> {
        match self {
            Self::Sql(sql) | Self::Take(_, sql) | Self::List(_, sql) => vec![&sql.place],
            Self::Look(look) | Self::TakeAs(_, look) => vec![&look.sql.place],
            Self::Vault(_) => Vec::new(),
            Self::Login(login) => vec![&login.place],
            Self::Trial(trial) => vec![&trial.place],
            Self::Attempts(attempts) => vec![&attempts.place],
            Self::Process(process) | Self::Verdict(process) => vec![&process.place],
            Self::All(all) => all.iter().flat_map(Self::places).collect(),
        }
    }
}
