//! Carries out what changes something: plans it on what is seen now, and hands it to the engine.

use std::{io, path::PathBuf};

use color_eyre::eyre::Result;
use jiff::Timestamp;
use tenantry::{
    config::Places,
    headless::{self, Exit, run::Telling},
    model::{Plan, Said},
    ops::{self, Refusal, act::Acting},
    provider::postgres::Operators,
};

use crate::{
    cli::{Patience, RunArgs, Shape, What},
    ending::{refused, usage},
    run::{look, operator, settings},
};

/// Prints the plan of what was asked for.
pub async fn plan(what: &What, shape: Shape, patience: Patience, places: &Places) -> Result<Exit> {
    let plan = planned(what, places, patience).await?;
    Ok(headless::plan::plan(shape.form(), &plan, &mut io::stdout())?)
}

/// The plan of what was asked for, made on what is seen now.
async fn planned(what: &What, places: &Places, patience: Patience) -> Result<Plan> {
    let name = what.operation.as_deref().unwrap_or_default();
    let operation = ops::find(name).map_err(no)?;
    let request = headless::plan::request(name, &what.targets, what.set.clone()).map_err(no)?;
    let world = look(places, operation.needs(), patience).await?;
    ops::plan(&request, &world).map_err(no)
}

/// Carries out one command `run`.
pub async fn run(args: RunArgs, places: &Places) -> Result<Exit> {
    let said = Said {
        by: operator(),
        from: origin(places),
        word: args.confirm.unwrap_or_default(),
        reason: args.reason,
        at: Timestamp::now(),
    };
    let mut out = io::stdout();
    let telling = Telling {
        json: args.json,
        out: &mut out,
    };
    let hands = Acting::new(Operators::new(&settings(places)?).map_err(refused)?);
    let journals = journals(places)?;
    if let Some(id) = args.resume {
        return Ok(headless::run::resume(&id, said, &journals, &hands, telling).await?);
    }
    let plan = planned(&args.what, places, args.patience).await?;
    Ok(headless::run::begin(plan, args.digest.as_deref(), said, &journals, &hands, telling).await?)
}

/// Where runs are written down. Without a place for that nothing is done.
pub fn journals(places: &Places) -> Result<PathBuf> {
    let nowhere = || usage("there is no home directory to keep journals in: set XDG_STATE_HOME");
    places.runs().ok_or_else(nowhere)
}

/// Where the operator sits, where the session came over a line.
fn origin(places: &Places) -> Option<String> {
    let connection = places.env.get("SSH_CONNECTION")?;
    connection.split(' ').next().map(ToOwned::to_owned)
}

fn no(refusal: Refusal) -> color_eyre::Report {
    let hint = refusal.hint.map(|hint| format!("\n{hint}")).unwrap_or_default();
    usage(format!("{}{hint}", refusal.what))
}
