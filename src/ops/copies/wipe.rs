//! Remove copies beside an instance.

use super::steps;
use crate::{
    facts::copies,
    model::{Copies, Kind, Place, Plan, Request, Target, Tree, Undo},
    ops::{
        Operation, Refusal, blank,
        confirm::{Stake, tier},
        refusal::fresh,
    },
    store::{Fact, Snapshot},
};

/// The operation.
pub struct WipeCopy;

impl Operation for WipeCopy {
    fn name(&self) -> &'static str {
        "wipe-copy"
    }

    fn letter(&self) -> char {
        'w'
    }

    fn about(&self) -> &'static str {
        "remove copies beside an instance, with their servers and their files"
    }

    fn takes(&self) -> Kind {
        Kind::Copy
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Copies::NAME]
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let steps: Result<Vec<Tree>, Refusal> = request.targets.iter().map(|target| step(world, target)).collect();
        let touches = request.targets.iter().filter_map(|target| {
            let copy = copies::find(world, target)?;
            let size = copy.server.as_ref().map(|server| format!(", {}", server.bytes));
            let words = format!("{}, at {}{}", copy.stage.word(), copy.moment, size.unwrap_or_default());
            Some((target.to_string(), words))
        });
        Ok(Plan {
            title: match request.targets.as_slice() {
                [one] => format!("remove copy {}", one.name()),
                many => format!("remove {} copies", many.len()),
            },
            steps: Tree::Each {
                cap: 4,
                waves: Vec::new(),
                gate: None,
                budget: request.targets.len(),
                over: steps?,
            },
            touches: touches.collect(),
            confirm: tier(world.fleet.environment, &request.targets, Stake::Final),
            ..blank(request, world)
        })
    }
}

fn step(world: &Snapshot, target: &Target) -> Result<Tree, Refusal> {
    let instance = target.part(0);
    let backups = world
        .fleet
        .instance(instance)
        .and_then(|instance| instance.backups.as_ref());
    let none = || Refusal::new(format!("there is no {target}"));
    let backups = backups.ok_or_else(none)?;
    fresh::<Copies>(world, &Target::instance(instance))?;
    let copy = copies::find(world, target).ok_or_else(none)?;
    let place = Place::copy(instance, copy.id.raw(), copy.system.raw());
    let undo = Undo::Never("a copy is made anew from the backups".into());
    Ok(Tree::step(steps::removal(backups, &place, undo)?))
}
