//! `tenantry beside`: what this program does on the host of the backups, told by itself elsewhere.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use tenantry::{
    beside::{self, Content, Order, Place, Repository, Span},
    headless,
    model::{Fault, FaultKind, Moment, plain},
};

#[derive(Subcommand)]
pub enum Beside {
    /// Make a copy, or go on with it
    Make {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        of: Of,
        #[arg(long)]
        moment: Moment,
    },
    /// List the copies
    List {
        #[arg(long)]
        scratch: PathBuf,
    },
    /// Tell by how it ends whether a copy is there and answers
    Stands {
        #[command(flatten)]
        at: At,
    },
    /// Tell by how it ends whether nothing is left of a copy
    Gone {
        #[command(flatten)]
        at: At,
    },
    /// Remove a copy
    Drop {
        #[command(flatten)]
        at: At,
    },
    /// Carry what is said to a copy's server, and what it says
    Connect {
        #[command(flatten)]
        at: At,
    },
    /// Tell which commits touched certain files, out of the log in the repository
    Commits {
        #[arg(long)]
        scratch: PathBuf,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        span: OfTheLog,
        /// Only tell how much there is to read
        #[arg(long)]
        only_tell: bool,
    },
    /// Read every file of all backups and of the log in the repository, and say what is not whole
    Verify {
        #[command(flatten)]
        of: Of,
    },
    /// Make a backup, unless there is one that was complete after a moment
    BackUp {
        #[command(flatten)]
        of: Of,
        #[arg(long, value_parser = ["incr", "diff", "full"])]
        kind: String,
        /// In seconds since 1970
        #[arg(long)]
        after: u64,
    },
    /// Tell by how it ends whether there is a backup that was complete after a moment
    BackedUp {
        #[command(flatten)]
        of: Of,
        /// In seconds since 1970
        #[arg(long)]
        after: u64,
    },
    /// Say how long the repository keeps backups
    Retention {
        #[command(flatten)]
        of: Of,
    },
    /// Say what is in a copy, as SQL; names as this program writes them to itself
    Dump {
        #[command(flatten)]
        at: At,
        #[arg(long, value_parser = name)]
        database: String,
        #[arg(long, value_parser = name)]
        schema: Option<String>,
        /// Without owners and rights
        #[arg(long)]
        unowned: bool,
    },
    /// Look into a file of the log before a copy replays it
    Scan {
        #[command(flatten)]
        at: At,
        file: String,
    },
}

/// Which copy.
#[derive(Args)]
pub struct At {
    #[arg(long)]
    scratch: PathBuf,
    #[arg(long)]
    id: String,
}

impl At {
    fn place(&self) -> Result<Place, Fault> {
        Place::new(&self.scratch, &self.id)
    }
}

/// Of what.
#[derive(Args)]
pub struct Of {
    /// Where the server's programs are; nothing where none of them is needed
    #[arg(long)]
    binaries: Option<PathBuf>,
    #[arg(long)]
    program: String,
    #[arg(long)]
    config: Option<PathBuf>,
    #[arg(long)]
    stanza: String,
    #[arg(long)]
    system: String,
}

impl Of {
    fn repository(self) -> Repository {
        Repository {
            binaries: self.binaries.unwrap_or_default(),
            program: self.program,
            config: self.config,
            stanza: self.stanza,
            system: self.system,
        }
    }
}

/// What of the log.
#[derive(Args)]
pub struct OfTheLog {
    #[arg(long)]
    timeline: u64,
    /// The size of a file of the log in bytes
    #[arg(long)]
    segment: u64,
    #[arg(long)]
    from: Timestamp,
    #[arg(long)]
    to: Timestamp,
    /// tablespace/database/file, each as a number
    #[arg(long, value_delimiter = ',')]
    relations: Vec<String>,
    /// So many files of the log at most
    #[arg(long)]
    most: usize,
    /// How long it may take, in seconds
    #[arg(long)]
    within: u64,
}

impl From<OfTheLog> for Span {
    fn from(words: OfTheLog) -> Self {
        Self {
            timeline: words.timeline,
            segment: words.segment,
            from: words.from,
            to: words.to,
            files: words.relations.into_iter().collect(),
            most: words.most,
            within: Duration::from_secs(words.within),
        }
    }
}

/// A name that stands there in a form that no shell reads anything from.
fn name(plain: &str) -> Result<String, String> {
    plain::named(plain).ok_or_else(|| format!("{plain:?} is no name in that form"))
}

/// Does it.
pub fn run(what: Beside) -> Result<(), Fault> {
    match what {
        Beside::Make { at, of, moment } => {
            let order = Order {
                of: of.repository(),
                moment,
            };
            beside::make(&at.place()?, &order)
        }
        Beside::List { scratch } => {
            let copies = beside::list(&scratch)?;
            let mut out = io::stdout();
            headless::print_json(&mut out, &copies)
                .and_then(|()| out.flush())
                .map_err(|error| Fault::new(FaultKind::Malformed, error.to_string()))
        }
        Beside::Stands { at } => beside::stands(&at.place()?),
        Beside::Gone { at } => beside::gone(&at.place()?),
        Beside::Drop { at } => beside::drop(&at.place()?),
        Beside::Connect { at } => beside::connect(&at.place()?),
        Beside::Commits {
            scratch,
            of,
            span,
            only_tell,
        } => beside::commits(&scratch, &of.repository(), &span.into(), only_tell, &mut io::stdout()),
        Beside::Verify { of } => beside::verify(&of.repository(), &mut io::stdout()),
        Beside::BackUp { of, kind, after } => beside::back_up(&of.repository(), &kind, after),
        Beside::BackedUp { of, after } => beside::backed_up(&of.repository(), after),
        Beside::Retention { of } => beside::retention(&of.repository(), &mut io::stdout()),
        Beside::Dump {
            at,
            database,
            schema,
            unowned,
        } => {
            let content = Content {
                database,
                schema,
                unowned,
            };
            beside::dump(&at.place()?, &content)
        }
        Beside::Scan { at, file } => beside::scan(&at.place()?, &file),
    }
}
