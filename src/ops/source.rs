//! The copy that something is restored from.

use super::{
    Refusal,
    refusal::primary,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{
    model::{Beside, Copies, Process, Request, Target},
    store::Snapshot,
};

/// Asks for the copy.
pub const FROM: &str = "from";
const THERE: &str = "the copies that are there now";
/// How long the host of the backups may take to list them, in seconds.
const WITHIN: u64 = 30;

/// What there is to find out: whether a copy that is named and was not seen is there by now. It may have been made a moment
/// ago, and copies are looked for only now and then.
pub fn ask(request: &Request, world: &Snapshot) -> Inquiries {
    let (Some(name), [target]) = (request.said(FROM), request.targets.as_slice()) else {
        return Inquiries::new();
    };
    let instance = world.fleet.instance(target.part(0));
    let words = instance.and_then(|instance| instance.backups.as_ref()?.beside(&["list"]));
    let is_seen = seen(target, world).any(|copy| copy.id.raw() == name && copy.can_be_read());
    match (words, primary(world, target.part(0))) {
        (Some(words), Ok(place)) if !is_seen => {
            let within = WITHIN;
            let process = Process { place, words, within };
            Known::of(world).lacks([(THERE.to_owned(), Inquiry::Process(process))].into())
        }
        _ => Inquiries::new(),
    }
}

/// The copy that is named.
///
/// # Errors
/// Where there is none of that name that can be read.
pub fn chosen(request: &Request, target: &Target, world: &Snapshot) -> Result<Beside, Refusal> {
    let (name, instance) = (request.said(FROM).unwrap_or_default(), target.part(0));
    let readable = |copy: &&Beside| copy.id.raw() == name && copy.can_be_read();
    if let Some(known) = seen(target, world).find(readable) {
        return Ok(known.clone());
    }
    let found = there(world)?.iter().find(readable).cloned();
    let none = || Refusal::new(format!("there is no copy {name} of {instance} that can be read"));
    let make = || format!("make one first: tenantry run beside {instance} --set moment=…");
    found.ok_or_else(|| none().hint(make()))
}

fn seen<'a>(target: &Target, world: &'a Snapshot) -> impl Iterator<Item = &'a Beside> {
    let seen = world.get::<Copies>(&Target::instance(target.part(0)));
    seen.into_iter().flat_map(|seen| &seen.value.copies)
}

/// Those that were found when they were asked for.
fn there(world: &Snapshot) -> Result<Vec<Beside>, Refusal> {
    let Some(lines) = Known::of(world).rows(THERE)? else {
        return Ok(Vec::new());
    };
    let all: Copies = serde_json::from_str(&lines.concat())
        .map_err(|wrong| Refusal::new(format!("the list of copies was not understood: {wrong}")))?;
    Ok(all.copies)
}
