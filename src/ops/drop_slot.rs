//! Drop a replication slot that nobody streams from.

use super::{
    Operation, Refusal,
    actor::Attribute,
    blank,
    confirm::{Stake, tier},
    named,
    refusal::{fresh, place},
    survey::Inquiries,
};
use crate::{
    facts::{
        pulse::{Pulse, Slot},
        server::Setup,
    },
    model::{Act, Check, Kind, Plan, Question, Request, Step, Target, Transact, Tree, Undo, quote},
    store::{Fact, Snapshot},
};

/// The operation.
pub struct DropSlot;

impl Operation for DropSlot {
    fn name(&self) -> &'static str {
        "drop-slot"
    }

    fn letter(&self) -> char {
        'd'
    }

    fn about(&self) -> &'static str {
        "drop replication slots that nobody streams from"
    }

    fn takes(&self) -> Kind {
        Kind::Slot
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let mut inquiries = Inquiries::new();
        for target in &request.targets {
            inquiries.extend(Attribute::Replication.inquiry(&place(world, &server(target))?));
        }
        Ok(inquiries)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let slots: Result<Vec<&Slot>, Refusal> = request.targets.iter().map(|target| idle(world, target)).collect();
        let slots = slots?;
        let steps: Result<Vec<Tree>, Refusal> = request.targets.iter().map(|target| step(world, target)).collect();
        let touches = slots.iter().map(|slot| {
            let whose = match &slot.database {
                Some(database) => format!("{} slot of database {database}", slot.kind),
                None => format!("{} slot", slot.kind),
            };
            let state = slot.invalidation.as_deref().or(slot.status.as_deref());
            (
                slot.name.to_string(),
                format!("{whose}, {}", state.unwrap_or("of unknown state")),
            )
        });
        let lost = slots.iter().map(|slot| {
            format!(
                "who streamed from {} must be made anew, unless its log is still there",
                slot.name
            )
        });
        let name = slots.first().map_or("", |slot| slot.name.raw());
        Ok(Plan {
            title: format!("drop slot {}", named(&request.targets, "slot")),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: 0,
                over: steps?,
            },
            touches: touches.collect(),
            seen: kept(world, &request.targets, &slots),
            lost: lost.collect(),
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(name)),
            ..blank(request, world)
        })
    }
}

/// The slot, where nobody streams from it.
fn idle<'a>(world: &'a Snapshot, target: &Target) -> Result<&'a Slot, Refusal> {
    let pulse = fresh::<Pulse>(world, &server(target))?.value;
    let slot = pulse.slots.iter().find(|slot| slot.name.raw() == target.part(2));
    let slot = slot.ok_or_else(|| Refusal::new(format!("there is no {target}")))?;
    if slot.active {
        let pid = slot.active_pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
        return Err(Refusal::new(format!("somebody streams from {target}{pid}")));
    }
    Ok(slot)
}

/// The server that a slot is on.
fn server(slot: &Target) -> Target {
    Target::server(slot.part(0), slot.part(1))
}

fn step(world: &Snapshot, target: &Target) -> Result<Tree, Refusal> {
    let place = place(world, &server(target))?;
    let this = format!("slot_name = {}", quote::literal(target.part(2)));
    Ok(Tree::step(Step {
        name: format!("drop slot {}", target.name()),
        act: Act::Transact(Transact {
            role: Some(Attribute::Replication.actor(world, &place)?),
            guards: vec![format!(
                "select exists (select from pg_replication_slots where {this} and not active)"
            )],
            statements: vec![format!("select pg_drop_replication_slot({})", quote::literal(target.part(2))).into()],
            ..Transact::on(place.clone())
        }),
        again: true,
        check: Check {
            ask: Question::Sql(place.sql(format!(
                "select not exists (select from pg_replication_slots where {this})"
            ))),
            within: 3,
        },
        undo: Undo::Never("a slot's position cannot be had back".into()),
    }))
}

/// How much log each keeps.
fn kept(world: &Snapshot, targets: &[Target], slots: &[&Slot]) -> Vec<(String, String)> {
    let kept = targets.iter().zip(slots).filter_map(|(target, slot)| {
        let pulse = world.get::<Pulse>(&server(target))?.value;
        let bytes = pulse.lsn?.since(slot.restart?);
        Some((slot.name.to_string(), format!("keeps {bytes} of log")))
    });
    kept.collect()
}
