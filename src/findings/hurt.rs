//! Whom a finding hurts: these tenants, or all that live in a place.

use serde::{Deserialize, Serialize};

use crate::{
    facts::tenants::{Tenant, Tenants},
    model::{Isolation, Kind, Target},
};

/// Tenants that a finding hurts. By identity: two instances may have a tenant of the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hurt {
    /// Nobody, as far as is known.
    #[default]
    Nobody,
    /// These.
    These(Vec<Target>),
    /// All that live in this database or on this instance.
    Inhabitants(Target),
    /// All that share the tables of this database.
    Sharers(Target),
}

impl Hurt {
    /// Whether this tenant is among them.
    pub fn includes(&self, tenant: &Tenant) -> bool {
        match self {
            Self::Nobody => false,
            Self::These(tenants) => tenants.contains(&tenant.target),
            Self::Inhabitants(place) => lives(tenant, place),
            Self::Sharers(place) => tenant.model == Isolation::Shared && lives(tenant, place),
        }
    }

    /// Those of them that are known, in the order of the list of tenants.
    pub fn among<'a>(&'a self, all: Option<&'a Tenants>) -> impl Iterator<Item = &'a Tenant> + use<'a> {
        let all = all.map_or(&[][..], |all| &all.tenants);
        all.iter().filter(|tenant| self.includes(tenant))
    }
}

/// A tenant with an instance of its own lives in every database there.
fn lives(tenant: &Tenant, place: &Target) -> bool {
    let everywhere = place.kind() == Kind::Instance || tenant.model == Isolation::Instance;
    tenant.instance() == place.part(0) && (everywhere || tenant.database() == place.part(1))
}

#[cfg(test)]
mod tests {
    use super::Hurt;
    use crate::{
        facts::tenants::{Size, Tenant},
        model::{Isolation, Kind, Target},
    };

    fn tenant(instance: &str, database: &str, id: &str, model: Isolation) -> Tenant {
        Tenant {
            target: Target::new(Kind::Tenant, [instance, database, id]),
            name: "acme".into(),
            model,
            size: Size::Unseen("".into()),
            relations: None,
            rows: None,
            shut: None,
            at: None,
            fault: None,
        }
    }

    #[test]
    fn a_place_hurts_those_who_live_there_and_nobody_of_the_same_name_elsewhere() {
        let sharer = tenant("atlas", "orders", "1", Isolation::Shared);
        let neighbour = tenant("atlas", "orders", "t_acme", Isolation::Schema);
        let apart = tenant("atlas", "suite", "t_acme", Isolation::Schema);
        let alone = tenant("acme", "", "acme", Isolation::Instance);
        let database = Target::database("atlas", "orders");
        let hit = |hurt: Hurt| [&sharer, &neighbour, &apart, &alone].map(|tenant| hurt.includes(tenant));
        assert_eq!(hit(Hurt::Sharers(database.clone())), [true, false, false, false]);
        assert_eq!(hit(Hurt::Inhabitants(database)), [true, true, false, false]);
        assert_eq!(
            hit(Hurt::Inhabitants(Target::instance("atlas"))),
            [true, true, true, false]
        );
        assert_eq!(
            hit(Hurt::Inhabitants(Target::database("acme", "shop"))),
            [false, false, false, true]
        );
        assert_eq!(
            hit(Hurt::These(vec![apart.target.clone()])),
            [false, false, true, false]
        );
    }
}
