//! Looks for commits that touched a tenant.

use std::io::{self, Write};

use color_eyre::eyre::Result;
use jiff::Timestamp;
use tenantry::{
    config::Places,
    headless::{self, Exit},
    model::{Bytes, Kind, Reading, Target},
    ops::{
        Refusal,
        act::Acting,
        engine::Hands,
        moments::{self, Asked},
        survey::Known,
    },
    provider::postgres::Operators,
};

use crate::{
    acting::{House, no},
    cli::moments::MomentsArgs,
    ending::{refused, usage},
    run::{look, settings},
};

/// Looks for them. How much there is to read is told before it is read.
pub async fn list(wanted: MomentsArgs, places: &Places) -> Result<Exit> {
    let target = Target::new(Kind::Tenant, wanted.tenant.split('/'));
    let to = wanted.until.unwrap_or_else(Timestamp::now);
    let from = to.checked_sub(wanted.since).map_err(usage)?;
    let mut world = look(places, &moments::NEEDS, wanted.patience).await?;
    let hands = Acting::new(Operators::new(&settings(places)?).map_err(refused)?);
    let mut told = None;
    let learnt = hands
        .learn(
            |world| {
                let asked = Asked::of(&target, (from, to), world)?;
                let known = Known::of(world);
                if told.is_none() {
                    told = moments::estimate(known).map(|reading| estimate(&reading));
                }
                asked.ask(known)
            },
            &mut world,
            &House::of(places)?.journals,
        )
        .await;
    hands.let_go().await;
    learnt.map_err(no)?;
    let asked = Asked::of(&target, (from, to), &world).map_err(no)?;
    let none = || Refusal::new("nothing was found out");
    let found = asked
        .read(Known::of(&world))
        .map_err(no)?
        .ok_or_else(none)
        .map_err(no)?;
    Ok(headless::moments(
        wanted.shape.form(),
        &target,
        &found,
        &mut io::stdout(),
        &mut io::stderr(),
    )?)
}

fn estimate(reading: &Reading) {
    let size = Bytes(reading.to.0.saturating_sub(reading.from.0));
    let _ = writeln!(
        io::stderr(),
        "{} files of the log are to be read, {size}",
        reading.files
    );
}
