//! Commands that change something, and those that tell what was changed.
#![allow(clippy::doc_markdown, reason = "the comments are the help that people read")]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, builder::PossibleValuesParser};
use tenantry::{model, ops};

use super::{Patience, Shape};

#[derive(Subcommand)]
pub enum Act {
    /// Show everything that an operation would do: tenantry plan end-sessions atlas/atlas-a/4711 --set how=terminate
    #[command(after_help = operations())]
    Plan {
        #[command(flatten)]
        what: What,
        #[command(flatten)]
        shape: Shape,
        /// As Markdown, to be put into a ticket
        #[arg(long, conflicts_with_all = ["json", "plain"])]
        markdown: bool,
        #[command(flatten)]
        patience: Patience,
    },
    /// Do it: the plan is made anew, confirmed with a word, carried out, read back and written down
    #[command(after_help = operations())]
    Run(RunArgs),
    /// Tell how a run goes, to its end
    Follow {
        /// Its name, as `runs` lists it
        run: String,
        /// Tell each line of the journal as JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell a run that is under way what to do
    Tell {
        /// Its name, as `runs` lists it
        run: String,
        /// What it should do
        #[arg(value_enum)]
        what: Order,
    },
    /// List runs, those under way and those that ended
    Runs {
        #[command(flatten)]
        shape: Shape,
    },
    /// Tell who did what, to what, and what came of it; from the journals of runs
    Audit {
        /// `verify`: check that every journal is whole
        #[arg(value_parser = ["verify"])]
        verify: Option<String>,
        #[command(flatten)]
        shape: Shape,
    },
    /// Tell the rows of tenants that a run sent, which is written down; they are kept apart from its journal
    Rows {
        /// Its name, as `runs` lists it
        #[arg(required_unless_present = "purge")]
        run: Option<String>,
        /// Remove those that were kept as long as the policy says
        #[arg(long, conflicts_with = "run")]
        purge: bool,
        #[command(flatten)]
        shape: Shape,
    },
    /// Carry out what is read from the standard input; started by this program itself
    #[command(hide = true)]
    Carry,
}

/// A run to begin, or to take up.
#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub what: What,
    /// What it is for: a ticket, or a word that others understand. Without it only reading is done
    #[arg(long, value_name = "TICKET")]
    pub write: Option<String>,
    /// The word that `plan` asks for
    #[arg(long, value_name = "WORD")]
    pub confirm: Option<String>,
    /// The digest of the plan that was looked at: another plan is not carried out
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// Why; a plan that loses data or access wants it
    #[arg(long, value_name = "WHY")]
    pub reason: Option<String>,
    /// Take up this run where it stopped, or confirm it as the second person
    #[arg(long, value_name = "RUN", conflicts_with = "operation")]
    pub resume: Option<String>,
    /// Show the plan, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Tell each line of the journal as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub patience: Patience,
}

/// What is to be done, to what.
#[derive(Args)]
pub struct What {
    /// The operation
    #[arg(value_parser = operation_names())]
    pub operation: Option<String>,
    /// What to do it to, by path: instance/server, instance/server/pid
    pub targets: Vec<String>,
    /// What a file lists instead: a table with a heading (.csv), or entries (.toml)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["targets", "rows"])]
    pub from: Option<PathBuf>,
    /// Rows of a view instead, as after `:` in the console: --rows 'credentials /role=atlas-runtime-user'
    #[arg(long, value_name = "LINE", conflicts_with = "targets")]
    pub rows: Option<String>,
    /// Something that the operation asks
    #[arg(long = "set", value_name = "NAME=WORD", value_parser = assignment)]
    pub set: Vec<(String, String)>,
}

/// What a run can be told.
#[derive(Clone, Copy, ValueEnum)]
pub enum Order {
    /// Begin nothing new
    Pause,
    /// Go on
    Continue,
    /// Begin nothing new, and take back what was done
    Abort,
}

impl From<Order> for model::Command {
    fn from(order: Order) -> Self {
        match order {
            Order::Pause => Self::Pause,
            Order::Continue => Self::Continue,
            Order::Abort => Self::Abort,
        }
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, word) = text.split_once('=').ok_or("not of the form NAME=WORD")?;
    Ok((name.to_owned(), word.to_owned()))
}

fn operation_names() -> PossibleValuesParser {
    PossibleValuesParser::new(ops::names())
}

fn operations() -> String {
    let line = |operation: &&dyn ops::Operation| {
        let asks = operation.asks().iter().map(|ask| {
            let words = if ask.words.is_empty() {
                "…".into()
            } else {
                ask.words.join("|")
            };
            format!("  {:<18}{}={words}: {}\n", "", ask.name, ask.about)
        });
        let takes = operation.takes().word();
        format!(
            "  {:<18}{} (takes: {takes})\n{}",
            operation.name(),
            operation.about(),
            asks.collect::<String>()
        )
    };
    format!("Operations:\n{}", ops::ALL.iter().map(line).collect::<String>())
}
