//! The words that ask for commits which touched a tenant.
#![allow(clippy::doc_markdown, reason = "the comments are the help that people read")]

use clap::{Args, builder::NonEmptyStringValueParser};
use jiff::{SignedDuration, Timestamp};

use super::{Patience, Shape};

/// Whose, and of which time.
#[derive(Args)]
#[command(after_help = ABOUT)]
pub struct MomentsArgs {
    /// Its path: instance/database/id, as in `target` of `show tenants --json`
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub tenant: String,
    /// How far back, such as 2h or 3d
    #[arg(long, value_name = "SPAN", default_value = "2h")]
    pub since: SignedDuration,
    /// Not what was committed after this time, written with its zone
    #[arg(long, value_name = "TIME")]
    pub until: Option<Timestamp>,
    #[command(flatten)]
    pub shape: Shape,
    #[command(flatten)]
    pub patience: Patience,
}

const ABOUT: &str = "\
Two know of commits, and neither knows all.

rows: what is in the tenant's tables now tells who wrote it last, where track_commit_timestamp is on; not what was deleted, \
and not what was written over since.

log: the files of the log in the repository of the backups tell of every insert, change and delete by table, as far as they \
are archived, and as long as the file of the table was not made anew (TRUNCATE, VACUUM FULL); of tables that tenants share \
not whose rows they were: `unknown`, or `among` where the tenant's are among them.

The moment just before a commit is exact where its position in the log is known: tenantry run beside INSTANCE \
--set moment=before:POSITION. Else it is its time less a microsecond: that commit is surely not in it, others of the same \
instant may be missing.

At most 256 files of the log are read, the newest; what is left out is said. Nothing is changed: each table of the tenant is \
read once, and files of the log lie in the directory for copies while they are read.";
