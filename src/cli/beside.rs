//! `tenantry beside`: what this program does on the host of the backups, told by itself elsewhere.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use tenantry::{
    beside::{self, Order, Place, Repository},
    headless,
    model::{Fault, FaultKind, Moment},
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
    #[arg(long)]
    binaries: PathBuf,
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
            binaries: self.binaries,
            program: self.program,
            config: self.config,
            stanza: self.stanza,
            system: self.system,
        }
    }
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
        Beside::Scan { at, file } => beside::scan(&at.place()?, &file),
    }
}
