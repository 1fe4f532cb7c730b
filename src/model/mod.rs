//! Nouns and units of the fleet. Knows no screen, no driver and no clock.

mod attempt;
mod backups;
mod beside;
mod call;
mod commit;
mod entry;
mod fault;
mod fleet;
mod headway;
mod hex;
pub mod history;
mod login;
mod migration;
mod moment;
mod onboarding;
pub mod plain;
mod plan;
pub mod quote;
mod row;
mod rows;
pub mod shut;
pub mod slug;
mod stanza;
mod target;
mod text;
mod timeline;
mod units;
mod value;
mod verb;

pub use attempt::{Attempt, Attempts, Login, Tried, With};
pub use backups::{Backups, Retention};
pub use beside::{Beside, BesideServer, Copies, Making};
pub use call::{Call, Is, Say};
pub use commit::{Commit, LogLine, Logged, Reading, Source, Touched, Whose, Written};
pub use entry::{Answer, Carrier, Command, Deed, Entry, Order};
pub use fault::{Fault, FaultKind};
pub use fleet::{
    Environment, Fleet, Instance, Isolation, Register, Registry, Server, Sharing, Tenancy, TlsMode, Track,
};
pub use headway::Headway;
pub use hex::hex;
pub use login::LoginSource;
pub use migration::{Advice, Directory, Migration, Parsed, Script, Stands, Statement, Version};
pub use moment::Moment;
pub use onboarding::{Onboarding, Tier};
pub use plan::{Approval, Artefact, Check, Confirm, Farewell, Permit, Plan, Request, Said, Step, Tree, Undo};
pub use row::{Align, Cell, Column, Detail, Line, Row, Section, Table};
pub use rows::{Rows, Texts};
pub use stanza::{Archive, Backup, BackupKind, Cluster, Repository, Stanza, Status};
pub use target::{Kind, Target};
pub use text::Text;
pub use timeline::{Event, Happened, Timeline};
pub use units::{Bytes, Lsn, Severity, plural};
pub use value::Value;
pub use verb::{Act, Limits, Look, Part, Place, Pour, Process, Question, Series, Sql, Transact, Trial, Witness, Words};
