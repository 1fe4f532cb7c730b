//! The copy that something is restored from.

use super::Refusal;
use crate::{
    facts::copies,
    model::{Beside, Copies, Making, Request, Target},
    store::Snapshot,
};

/// The copy that is named, or the only one that can be read.
///
/// # Errors
/// Where there is none, or more than one and none is named.
pub fn chosen<'a>(request: &Request, target: &Target, world: &'a Snapshot) -> Result<&'a Beside, Refusal> {
    let instance = target.part(0);
    let seen = world.get::<Copies>(&Target::instance(instance));
    let all = seen.map(|seen| seen.value.copies.as_slice()).unwrap_or_default();
    let readable = |copy: &&Beside| matches!(copy.stage, Making::Paused | Making::Opened);
    let make = format!("make one first: tenantry run beside {instance} --set moment=…");
    let said = request.arguments.get("from").map_or("", |said| said.trim());
    if !said.is_empty() {
        let copy = copies::find(world, &Target::copy(instance, said)).filter(readable);
        let none = || Refusal::new(format!("there is no copy {said} of {instance} that can be read"));
        return copy.ok_or_else(|| none().hint(make));
    }
    let mut all = all.iter().filter(readable);
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Refusal::new(format!("there is no copy of {instance} to restore from")).hint(make)),
        (Some(_), Some(_)) => {
            Err(Refusal::new(format!("there are several copies of {instance}")).hint("say which: from=NAME"))
        }
    }
}
