//! The command line. Its texts are part of the product.
#![allow(clippy::doc_markdown, reason = "the comments are the help that people read")]

pub mod acting;
pub mod beside;
pub mod lab;
pub mod moments;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};
use clap_complete::Shell;
use tenantry::{
    config::Flags,
    headless::{Bound, Exit, Form},
    model::Kind,
    views,
};

/// A terminal admin console for people who operate multi-tenant PostgreSQL.
#[derive(Parser)]
#[command(name = "tenantry", version, about, after_help = after(), arg_required_else_help = false)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    /// Open the console with leave to write for a quarter of an hour: a ticket, or a word that others understand
    #[arg(long, value_name = "TICKET", value_parser = NonEmptyStringValueParser::new())]
    pub write: Option<String>,
    /// Nothing opens the console.
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Args)]
pub struct Global {
    /// The fleet file [default: $XDG_CONFIG_HOME/tenantry/fleet.toml, or TENANTRY_FLEET]
    #[arg(long, global = true, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// The theme; `tenantry themes` lists them
    #[arg(long, global = true, value_name = "NAME")]
    theme: Option<String>,
    /// The keymap: default, vim, emacs, or one of your own
    #[arg(long, global = true, value_name = "NAME")]
    keymap: Option<String>,
    /// Colours: auto, always, never, 16, 256 or truecolor
    #[arg(long, global = true, value_name = "WHICH")]
    color: Option<String>,
    /// Draw with ASCII only
    #[arg(long, global = true)]
    ascii: bool,
    /// Take the mouse
    #[arg(long, global = true)]
    mouse: bool,
    /// Open this line first, such as `tenants /model=schema sort:size:desc`
    #[arg(long, global = true, value_name = "LINE")]
    pub open: Option<String>,
}

impl Global {
    pub fn flags(&self) -> Flags {
        Flags {
            fleet: self.fleet.clone(),
            theme: self.theme.clone(),
            keymap: self.keymap.clone(),
            color: self.color.clone(),
            ascii: self.ascii,
            mouse: self.mouse,
        }
    }
}

/// How something is written.
#[derive(Args, Clone, Copy)]
pub struct Shape {
    /// The stable form for programs
    #[arg(long)]
    json: bool,
    /// One `label: value` a line, for screen readers
    #[arg(long, conflicts_with = "json")]
    plain: bool,
}

impl Shape {
    pub fn form(self) -> Form {
        match (self.json, self.plain) {
            (true, _) => Form::Json,
            (false, true) => Form::Plain,
            (false, false) => Form::Table,
        }
    }
}

/// How long answers may take.
#[derive(Args, Clone, Copy)]
pub struct Patience {
    /// How long to wait for answers, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub deadline: Duration,
}

#[derive(Subcommand)]
pub enum Command {
    /// Show a view once: tenantry show tenants /model=schema sort:size:desc --json
    Show {
        /// The view
        #[arg(value_parser = view_names())]
        view: String,
        /// Filter, sort:COLUMN[:desc], cols:A,B, as after `:` in the console
        query: Vec<String>,
        #[command(flatten)]
        shape: Shape,
        #[command(flatten)]
        patience: Patience,
    },
    /// Show everything known of one thing: tenantry describe server atlas/atlas-a
    Describe {
        /// fleet, vault, instance, server, standby, slot, database, tenant, session, relation, role, lease, static-role,
        /// finding, run, copy
        kind: Kind,
        /// Its path, or its name where that tells it apart; the fleet and the vault have none
        #[arg(default_value = "", hide_default_value = true)]
        name: String,
        #[command(flatten)]
        shape: Shape,
        #[command(flatten)]
        patience: Patience,
    },
    /// Show the statement of one session as it is, with its literals: tenantry reveal atlas/atlas-a/4711
    Reveal {
        /// Its path: instance/server/pid
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        session: String,
        #[command(flatten)]
        patience: Patience,
    },
    /// List commits that touched a tenant, newest first, and the moment just before each: tenantry moments atlas/orders/17
    Moments(moments::MomentsArgs),
    /// Tell what is wrong, with an exit code by the worst: for cron
    Findings {
        #[command(subcommand)]
        mute: Option<Mute>,
        #[command(flatten)]
        shape: Shape,
        /// From which severity on the exit code is not 0
        #[arg(long, value_enum, default_value = "warning")]
        fail_on: FailOn,
        #[command(flatten)]
        patience: Patience,
    },
    /// Look at everything the console needs: terminal, files, servers, Vault, privileges, clocks
    Doctor {
        #[command(flatten)]
        shape: Shape,
        #[command(flatten)]
        patience: Patience,
    },
    #[command(flatten)]
    Act(acting::Act),
    /// Check, show and explain the files that configure the console
    Config {
        #[command(subcommand)]
        what: Config,
    },
    /// List the keys of the keymap
    Keys {
        #[command(flatten)]
        shape: Shape,
    },
    /// List the themes
    Themes {
        #[command(flatten)]
        shape: Shape,
    },
    /// A real fleet on loopback, to try, to train and to test with
    Lab(lab::LabArgs),
    /// Copies beside an instance, on the host of its backups; started by this program itself
    #[command(hide = true)]
    Beside {
        #[command(subcommand)]
        what: beside::Beside,
    },
    /// Print completions for a shell
    Completions { shell: Shell },
    /// Print the manual page
    Man,
}

#[derive(Subcommand)]
pub enum Mute {
    /// Do not hear of a finding for a while
    Mute {
        /// The finding's id: its check and what it is about, as in `show findings --json`
        id: String,
        /// Why
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        reason: String,
        /// For how long, such as 4h or 2d
        #[arg(long = "for", value_name = "SPAN", default_value = "4h")]
        span: jiff::SignedDuration,
    },
    /// Hear of it again
    Unmute {
        /// The finding's id
        id: String,
    },
}

#[derive(Subcommand)]
pub enum Config {
    /// Tell every mistake with file, line, column and the nearest right word
    Check,
    /// Print each value with its source
    Show {
        #[command(flatten)]
        shape: Shape,
    },
    /// Print where the files are
    Path {
        #[command(flatten)]
        shape: Shape,
    },
    /// Print a commented fleet file that works
    Init,
    /// Print the JSON schema of the fleet file
    Schema {
        /// Of the console file instead
        #[arg(long)]
        console: bool,
        /// Of the policy file instead
        #[arg(long, conflicts_with = "console")]
        policy: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum FailOn {
    Warning,
    Critical,
}

impl From<FailOn> for Bound {
    fn from(word: FailOn) -> Self {
        match word {
            FailOn::Warning => Self::Warning,
            FailOn::Critical => Self::Critical,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn view_names() -> Vec<&'static str> {
    views::ALL
        .iter()
        .flat_map(|view| std::iter::once(view.name()).chain(view.aliases().iter().copied()))
        .collect()
}

fn after() -> String {
    let views: String = views::ALL
        .iter()
        .map(|view| format!("  {:<12}{}\n", view.name(), view.about()))
        .collect();
    let exits: String = Exit::ALL
        .iter()
        .map(|(exit, about)| format!("  {:<4}{about}\n", *exit as u8))
        .collect();
    format!("Views:\n{views}\nExit codes:\n{exits}")
}
