//! Finds a tenant by where a session is and what it says. Made once, when the tenants are joined.

use std::collections::HashMap;

use super::Tenant;
use crate::model::{Isolation, Text};

/// Where in the list of tenants each is, by instance, database and word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roll(HashMap<Text, HashMap<Text, Place>>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    owner: Option<usize>,
    /// `None` where several tenants bear the name.
    told: HashMap<Text, Option<usize>>,
}

impl Roll {
    /// Of these tenants, by their places in the list.
    pub fn of(tenants: &[Tenant]) -> Self {
        let mut roll = Self::default();
        for (at, tenant) in tenants.iter().enumerate() {
            // The whole instance is one place, whatever its databases are called.
            let database = if tenant.model == Isolation::Instance {
                ""
            } else {
                tenant.database()
            };
            let databases = roll.0.entry(tenant.instance().into()).or_default();
            let place = databases.entry(database.into()).or_default();
            match tenant.model {
                Isolation::Instance | Isolation::Database => place.owner = Some(at),
                Isolation::Shared | Isolation::Schema => place.teach(tenants, at),
            }
        }
        roll
    }

    /// The tenant whose own the place is, or else the one whose id or name this word is.
    pub fn find(&self, instance: &str, database: &str, word: Option<&str>) -> Option<usize> {
        let databases = self.0.get(instance)?;
        let owner = |database: &str| databases.get(database).and_then(|place| place.owner);
        let told = || *databases.get(database)?.told.get(word?)?;
        owner("").or_else(|| owner(database)).or_else(told)
    }
}

impl Place {
    /// An id is worth more than a name: ids are unique in a place.
    fn teach(&mut self, tenants: &[Tenant], at: usize) {
        let tenant = &tenants[at];
        self.told.insert(tenant.id().into(), Some(at));
        match self.told.get(tenant.name.raw()).copied() {
            None => drop(self.told.insert(tenant.name.clone(), Some(at))),
            Some(Some(known)) if known == at || tenants[known].id() == tenant.name.raw() => {}
            Some(_) => drop(self.told.insert(tenant.name.clone(), None)),
        }
    }
}
