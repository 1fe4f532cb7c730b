//! Where another tenant would have room: every instance, what it has left of each resource, and why it is out of the question.

mod room;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    facts::tenants::{self, Tenant},
    model::{Instance, Isolation, Target},
    store::Snapshot,
};

/// The tenant that is to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish<'a> {
    /// Where it would live.
    pub model: Isolation,
    /// Connections that it may have; none where nothing limits them.
    pub connections: Option<u64>,
    /// Tenants of this model that are placed before it, by the instance's name.
    pub before: &'a BTreeMap<String, u64>,
}

/// How much is left of something once the tenant is there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Room {
    /// This share of it, between 0 and 1.
    Left(f64),
    /// Too little: it cannot be placed here.
    Never,
    /// It is not known.
    Unseen,
    /// It decides nothing, and is told.
    Told,
}

/// One resource of an instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// Which: a stable word.
    pub of: &'static str,
    /// How much is left of it.
    pub room: Room,
    /// One sentence without a full stop; names from outside in it are escaped.
    pub words: String,
}

/// An instance, and whether a tenant may be placed there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The instance.
    pub instance: Target,
    /// Its tenants of this model now.
    pub tenants: usize,
    /// What it has left, resource by resource.
    pub reasons: Vec<Reason>,
}

/// Whether a tenant may be placed on an instance.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Verdict {
    /// It may not.
    Never,
    /// Not everything that decides was seen.
    Unseen,
    /// It may, and this share is left of what is scarcest then.
    Fits(f64),
}

impl Verdict {
    /// In whole percent: what is nearly as much is as much.
    fn percent(self) -> f64 {
        match self {
            Self::Never => -2.0,
            Self::Unseen => -1.0,
            Self::Fits(share) => (share * 100.0).round(),
        }
    }
}

impl Candidate {
    /// Whether it may be placed here.
    pub fn verdict(&self) -> Verdict {
        let rooms = || self.reasons.iter().map(|reason| reason.room);
        if rooms().any(|room| room == Room::Never) {
            return Verdict::Never;
        }
        if rooms().any(|room| room == Room::Unseen) {
            return Verdict::Unseen;
        }
        let left = rooms().filter_map(|room| match room {
            Room::Left(share) => Some(share),
            Room::Never | Room::Unseen | Room::Told => None,
        });
        Verdict::Fits(left.fold(1.0, f64::min))
    }

    /// What decided: why it may not, what was not seen, or what is scarcest.
    pub fn decides(&self) -> Option<&Reason> {
        let verdict = self.verdict();
        self.reasons.iter().find(|reason| match (verdict, reason.room) {
            (Verdict::Never, Room::Never) | (Verdict::Unseen, Room::Unseen) => true,
            (Verdict::Fits(least), Room::Left(share)) => share <= least,
            _ => false,
        })
    }
}

/// Every instance that has tenants of this model or could have them, the one with most room first. Of two with as much the
/// one with fewer tenants comes first: the fleet stays even.
pub fn candidates(world: &Snapshot, wish: Wish<'_>) -> Vec<Candidate> {
    let instances = world.fleet.instances.iter();
    let mut all: Vec<Candidate> = instances
        .filter_map(|instance| candidate(world, instance, wish))
        .collect();
    let order = |a: &Candidate, b: &Candidate| {
        let most = b.verdict().percent().total_cmp(&a.verdict().percent());
        most.then_with(|| (a.tenants, &a.instance).cmp(&(b.tenants, &b.instance)))
    };
    all.sort_by(order);
    all
}

/// None where the fleet file says of no place for such tenants there.
fn candidate(world: &Snapshot, instance: &Instance, wish: Wish<'_>) -> Option<Candidate> {
    let database = place(instance, wish.model)?;
    let target = Target::instance(&instance.name);
    let all = tenants::of(world).map(|all| all.tenants.as_slice()).unwrap_or_default();
    let here: Vec<&Tenant> = all
        .iter()
        .filter(|tenant| tenant.instance() == instance.name && tenant.model == wish.model)
        .collect();
    let ground = room::Ground::of(world, instance, &target);
    let before = wish.before.get(&instance.name).copied().unwrap_or_default();
    let relations = ground.relations(database, room::usual(all, wish.model), before);
    Some(Candidate {
        tenants: here.len() + usize::try_from(before).unwrap_or_default(),
        reasons: vec![
            ground.health(),
            ground.connections(wish.connections),
            relations,
            ground.transactions(),
            ground.log(),
            ground.size(),
            ground.zones(),
        ],
        instance: target,
    })
}

/// The database that such a tenant would share with others; an empty word where it has one of its own.
fn place(instance: &Instance, model: Isolation) -> Option<&str> {
    use crate::model::Tenancy;
    instance.tenancies.iter().find_map(|tenancy| match (model, tenancy) {
        (Isolation::Shared, Tenancy::Shared { database, .. }) => Some(database.as_str()),
        (Isolation::Schema, Tenancy::Schema { database, .. }) => Some(database.as_str()),
        (Isolation::Database, Tenancy::Database { .. }) => Some(""),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Reason, Room, Verdict};
    use crate::model::Target;

    fn candidate(rooms: &[Room]) -> Candidate {
        let reason = |(n, room): (usize, &Room)| Reason {
            of: ["a", "b", "c"][n],
            room: *room,
            words: String::new(),
        };
        Candidate {
            instance: Target::instance("atlas"),
            tenants: 0,
            reasons: rooms.iter().enumerate().map(reason).collect(),
        }
    }

    #[test]
    fn what_is_scarcest_decides_and_what_is_not_known_is_no_room() {
        for (rooms, verdict, of) in [
            (
                &[Room::Left(0.5), Room::Left(0.2), Room::Told][..],
                Verdict::Fits(0.2),
                "b",
            ),
            (&[Room::Left(0.5), Room::Unseen, Room::Told], Verdict::Unseen, "b"),
            (&[Room::Unseen, Room::Left(0.9), Room::Never], Verdict::Never, "c"),
        ] {
            let one = candidate(rooms);
            assert_eq!(one.verdict(), verdict);
            assert_eq!(one.decides().unwrap().of, of);
        }
        assert!(Verdict::Never < Verdict::Unseen && Verdict::Unseen < Verdict::Fits(0.0));
    }
}
