//! What is found out for a migration: whether we may become the owners, and how many locks each server has.

use std::collections::BTreeMap;

use super::{ask::Wishes, choose::Unit, file, shared};
use crate::{
    model::{Parsed, Trial, plural, quote},
    ops::{
        Refusal,
        refusal::primary,
        survey::{Inquiries, Inquiry, Known},
    },
    store::Snapshot,
};

/// PostgreSQL documentation 20.12: the table of locks has room for so many objects.
const LOCKS: &str = "select (current_setting('max_locks_per_transaction')::bigint * (current_setting('max_connections')::bigint \
    + current_setting('max_prepared_transactions')::bigint))::text";
/// Locks that a migration takes besides its files' objects: catalogs, the history, its index.
const OWN: u64 = 16;

pub(super) fn inquiries(units: &[Unit<'_>], world: &Snapshot) -> Inquiries {
    let mut all = Inquiries::new();
    for unit in units {
        let Ok(place) = primary(world, unit.instance()) else {
            continue;
        };
        all.entry(locks_of(unit.instance()))
            .or_insert_with(|| Inquiry::Rows(place.sql(LOCKS)));
        all.entry(owner(unit)).or_insert_with(|| {
            Inquiry::Trial(Trial {
                place: place.database(unit.database()),
                role: unit.owner.clone(),
                statements: vec![format!("set local search_path = {}", file::search_path(unit))],
            })
        });
        if let Some(flawed) = shared::flawed(unit, world) {
            all.insert(
                shared::name(unit),
                Inquiry::Rows(place.database(unit.database()).sql(flawed)),
            );
        }
    }
    all
}

fn locks_of(instance: &str) -> String {
    format!("room for locks on {instance}")
}

fn owner(unit: &Unit<'_>) -> String {
    format!("becoming {} on {}", quote::ident(&unit.owner), unit.instance())
}

/// We may become every owner.
pub(super) fn may(units: &[Unit<'_>], known: Known<'_>) -> Result<(), Refusal> {
    for unit in units {
        if let Some(Some((_, why))) = known.tried(&owner(unit))? {
            return Err(Refusal::new(format!("{}: {why}", owner(unit))));
        }
    }
    Ok(())
}

/// How many locks are taken at once on each server, and how many there is room for.
pub(super) fn locks(units: &[Unit<'_>], wishes: &Wishes, known: Known<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let mut most: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for unit in units {
        let objects: u64 = unit.scripts().map(|script| objects(&script.parsed)).sum();
        most.entry(unit.instance()).or_default().push(objects + OWN);
    }
    let mut told = Vec::new();
    for (instance, mut each) in most {
        each.sort_unstable();
        let at_once: u64 = each.iter().rev().take(wishes.cap).sum();
        let Some([room]) = known.rows(&locks_of(instance))? else {
            continue;
        };
        let room: u64 = room
            .parse()
            .map_err(|_| Refusal::new("the server does not say how many locks it has room for"))?;
        if at_once > room / 2 {
            return Err(Refusal::new(format!(
                "{instance} has room for {room} locks, and up to {at_once} would be taken at once: others would run out of them"
            ))
            .hint("lower cap, say transaction=file, or raise max_locks_per_transaction"));
        }
        let words = format!(
            "up to {} at once, of {room} that there is room for",
            plural(usize::try_from(at_once).unwrap_or(usize::MAX), "lock")
        );
        told.push((instance.to_owned(), words));
    }
    Ok(told)
}

/// Statements that say the same of the same relations lock nothing new.
fn objects(parsed: &Parsed) -> u64 {
    match parsed {
        Parsed::Statements(all) => {
            let distinct: BTreeMap<&str, u64> = all
                .iter()
                .map(|statement| (statement.what.raw(), statement.objects))
                .collect();
            distinct.values().sum()
        }
        Parsed::Not(_) => OWN,
    }
}
