//! The first schema's files, tried before anything is confirmed: what they take, and that they run at all.

use super::{artefacts, ask::Wishes, choose::Unit, file};
use crate::{
    model::{Bytes, Script, Transact},
    ops::{
        Refusal,
        refusal::primary,
        survey::{Inquiry, Known, Rehearsed},
    },
    store::Snapshot,
};

fn name(unit: &Unit<'_>) -> String {
    format!("a rehearsal on {}", unit.path())
}

/// What is tried: the files that may stand in a transaction. Others cannot be taken back, and so not tried.
pub(super) fn inquiry(
    units: &[Unit<'_>],
    wishes: &Wishes,
    world: &Snapshot,
) -> Result<Option<(String, Inquiry)>, Refusal> {
    let Some(unit) = units.first().filter(|_| wishes.rehearse && !wishes.baseline) else {
        return Ok(None);
    };
    if !unit.scripts().all(Script::stands_together) {
        return Err(Refusal::new("what cannot stand in a transaction cannot be rehearsed").hint("say rehearse=no"));
    }
    let files = unit
        .scripts()
        .flat_map(|script| [file::whole(script), file::again(unit)]);
    let transact = Transact {
        role: Some(unit.owner.clone()),
        settings: vec![("search_path".into(), file::search_path(unit))],
        statements: files.collect(),
        limits: Some(wishes.limits),
        ..Transact::on(primary(world, unit.instance())?.database(unit.database()))
    };
    let inquiry = Inquiry::Rehearsal(Box::new(transact), artefacts(&units[..1]));
    Ok(Some((name(unit), inquiry)))
}

/// What it took.
pub(super) fn seen(units: &[Unit<'_>], known: Known<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let Some(unit) = units.first() else {
        return Ok(Vec::new());
    };
    match known.rehearsed(&name(unit))? {
        None => Ok(Vec::new()),
        Some(Err(why)) => Err(Refusal::new(format!("{} failed: {why}", name(unit)))),
        Some(Ok(rehearsed)) => Ok(told(&name(unit), rehearsed)),
    }
}

fn told(name: &str, rehearsed: &Rehearsed) -> Vec<(String, String)> {
    let took = format!(
        "took {} ms, and {} of log were written meanwhile",
        rehearsed.took.as_millis(),
        Bytes(rehearsed.log)
    );
    let locks = rehearsed
        .locks
        .iter()
        .map(|lock| (name.to_owned(), format!("held {lock}")));
    std::iter::once((name.to_owned(), took)).chain(locks).collect()
}
