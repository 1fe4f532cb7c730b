//! Faults that can be made and healed, to train and to test with. One file each; each says what an operator should see.

mod block;
mod botch;
mod drop_force;
mod expire_leases;
mod flood_connections;
mod hold;
mod idle_in_transaction;
mod lose_slot;
mod pause_replay;
mod record;
mod seal_vault;
mod sever_replica;
mod stall_receiver;
mod stop_primary;

use async_trait::async_trait;
use serde_json::Value as Json;

pub use record::Made;

use super::{Lab, ground::Ground, plan::CLUSTERS, say};
use crate::model::{Fault, FaultKind, Text};

/// A fault. Its names for what is broken are those of the fleet file.
#[async_trait]
pub trait Trouble: Send + Sync {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;

    /// What an operator should see, in one line.
    fn about(&self) -> &'static str;

    /// What can be broken; the first where nothing is named.
    fn targets(&self) -> Vec<&'static str>;

    /// What is broken where this is named, or nothing is.
    fn chosen(&self, _: &Ground, named: Option<&str>) -> Result<String, Fault> {
        let targets = self.targets();
        let wanted = |known: &&&'static str| named.is_none_or(|named| named == **known);
        let found = targets.iter().find(wanted).map(|target| (*target).to_owned());
        found.ok_or_else(|| refused(self.name(), named).hint(format!("one of {}", targets.join(", "))))
    }

    /// What healing must know, found out before anything is broken.
    async fn survey(&self, _: &Ground, _: &str) -> Result<Json, Fault> {
        Ok(Json::Null)
    }

    /// Makes it. May add to what healing must know.
    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault>;

    /// What heals it where the lab does not: it is then forgotten, and stays.
    fn remedy(&self) -> Option<&'static str> {
        None
    }

    /// Undoes it, also when it was made halfway only.
    async fn heal(&self, ground: &Ground, target: &str, kept: &Json) -> Result<(), Fault>;

    /// The servers are about to stop: ends what would hinder or outlive them. Says whether the fault outlives them.
    async fn leave(&self, _: &Ground, _: &str, _: &Json) -> bool {
        false
    }
}

/// Every fault.
pub const ALL: &[&dyn Trouble] = &[
    &pause_replay::PauseReplay,
    &sever_replica::SeverReplica,
    &stall_receiver::StallReceiver,
    &lose_slot::LoseSlot,
    &stop_primary::StopPrimary,
    &seal_vault::SealVault,
    &expire_leases::ExpireLeases,
    &drop_force::DropForce,
    &block::Block,
    &idle_in_transaction::IdleInTransaction,
    &flood_connections::FloodConnections,
    &botch::Botch,
];

/// The names of all faults, each with what an operator should see.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().map(|trouble| (trouble.name(), trouble.about()))
}

impl Lab {
    /// Makes a fault, on its usual target where none is named. One that is made already is refused.
    pub async fn fault(&self, name: &str, target: Option<&str>) -> Result<(), Fault> {
        let ground = self.built()?;
        let _alone = self.alone()?;
        let trouble = named(name)?;
        let target = trouble.chosen(&ground, target)?;
        let target = target.as_str();
        let made = Made::new(name, target);
        if made.is_kept(&ground) {
            let fault = Fault::new(FaultKind::Refused, format!("{name} {target} is made already"));
            return Err(fault.hint(format!("tenantry lab heal {name}")));
        }
        let made = made.with(trouble.survey(&ground, target).await?);
        // Written down before anything breaks, so that whatever happens now can be healed.
        made.keep(&ground)?;
        let kept = trouble.make(&ground, target, made.kept.clone()).await?;
        made.with(kept).keep(&ground)?;
        say::line(target, &format!("{name}: {}", trouble.about()));
        Ok(())
    }

    /// Heals a fault wherever it was made, or every fault where none is named. Tries all, and says what failed last.
    pub async fn heal(&self, name: Option<&str>) -> Result<(), Fault> {
        let ground = self.built()?;
        let _alone = self.alone()?;
        if let Some(name) = name {
            named(name)?;
        }
        let mut result = Ok(());
        // The latest first, as one undoes what one did.
        for made in Made::all(&ground)?.into_iter().rev() {
            if name.is_some_and(|name| name != made.fault) {
                continue;
            }
            match heal_one(&ground, &made).await {
                Ok(healed) => say::line(&made.target, &format!("{} {healed}", made.fault)),
                Err(fault) => {
                    say::line(&made.target, &format!("{} is not healed: {fault}", made.fault));
                    result = Err(fault);
                }
            }
        }
        result
    }

    /// The faults that are made now, the oldest first. Empty where there is no lab.
    pub fn faults(&self) -> Result<Vec<Made>, Fault> {
        self.ground()?
            .map_or_else(|| Ok(Vec::new()), |ground| Made::all(&ground))
    }
}

/// What became of it.
async fn heal_one(ground: &Ground, made: &Made) -> Result<String, Fault> {
    let trouble = named(&made.fault)?;
    trouble.heal(ground, &made.target, &made.kept).await?;
    made.forget(ground)?;
    let stays = |remedy| format!("is forgotten and stays: {remedy}");
    Ok(trouble.remedy().map_or_else(|| "is healed".into(), stays))
}

/// Before the servers stop: lets go of what is held, forgets what a stop heals.
pub(super) async fn leave(ground: &Ground) -> Result<(), Fault> {
    for made in Made::all(ground)? {
        if !named(&made.fault)?.leave(ground, &made.target, &made.kept).await {
            made.forget(ground)?;
        }
    }
    Ok(())
}

/// After everything was started: a stopped primary and a sealed Vault are faults no longer.
pub(super) fn risen(ground: &Ground) -> Result<(), Fault> {
    for made in Made::all(ground)? {
        if [stop_primary::NAME, seal_vault::NAME].contains(&made.fault.as_str()) {
            made.forget(ground)?;
        }
    }
    Ok(())
}

fn named(name: &str) -> Result<&'static dyn Trouble, Fault> {
    let found = ALL.iter().copied().find(|trouble| trouble.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|trouble| trouble.name()).collect();
        Fault::new(FaultKind::Refused, format!("there is no fault {:?}", Text::from(name)))
            .hint(format!("one of {}", names.join(", ")))
    })
}

fn refused(name: &str, target: Option<&str>) -> Fault {
    let target = Text::from(target.unwrap_or_default());
    Fault::new(FaultKind::Refused, format!("{name} cannot be made on {target:?}"))
}

/// The names of all standbys. The first follows without delay.
fn standbys() -> Vec<&'static str> {
    let sites = CLUSTERS.iter().flat_map(|cluster| cluster.standbys);
    sites.map(|site| site.name).collect()
}

/// The names of all instances.
fn instances() -> Vec<&'static str> {
    CLUSTERS.iter().map(|cluster| cluster.name).collect()
}
