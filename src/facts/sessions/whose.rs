//! Which tenant a session works for, where that can be known.
//!
//! The instance or the database tells where a tenant has one of its own. Where tenants share a database, only the
//! application can say: a session whose `application_name` ends in `/` and the id or the name of a tenant of that
//! database, as in `orders/acme`, is that tenant's. Nothing else is guessed, and a name that two tenants bear tells
//! nothing.

use std::collections::HashMap;

use super::Session;
use crate::{
    facts::tenants::{self, Tenant},
    model::{Isolation, Target},
    store::Snapshot,
};

/// Finds the tenants of sessions. Made once for all sessions of a snapshot.
pub struct Whose<'a> {
    /// By instance, database and what a session says; `None` where several tenants fit.
    places: HashMap<(&'a str, &'a str), Place<'a>>,
}

#[derive(Default)]
struct Place<'a> {
    owner: Option<&'a Tenant>,
    told: HashMap<&'a str, Option<&'a Tenant>>,
}

impl<'a> Whose<'a> {
    /// Knows the tenants that the snapshot knows.
    pub fn of(world: &'a Snapshot) -> Self {
        Self::among(tenants::of(world).map_or(&[], |tenants| &tenants.tenants))
    }

    fn among(tenants: &'a [Tenant]) -> Self {
        let mut whose = Self { places: HashMap::new() };
        for tenant in tenants {
            // The whole instance is one place, whatever its databases are called.
            let database = if tenant.model == Isolation::Instance {
                ""
            } else {
                tenant.database()
            };
            let place = whose.places.entry((tenant.instance(), database)).or_default();
            match tenant.model {
                Isolation::Instance | Isolation::Database => place.owner = Some(tenant),
                Isolation::Shared | Isolation::Schema => place.teach(tenant),
            }
        }
        whose
    }

    /// The tenant that this session of this server works for.
    pub fn tenant(&self, server: &Target, session: &Session) -> Option<&'a Tenant> {
        let instance = server.part(0);
        let owner = |database| self.places.get(&(instance, database)).and_then(|place| place.owner);
        let database = session.database.as_ref()?.raw();
        let told = || {
            let (_, word) = session.application.as_ref()?.raw().rsplit_once('/')?;
            *self.places.get(&(instance, database))?.told.get(word)?
        };
        owner("").or_else(|| owner(database)).or_else(told)
    }
}

impl<'a> Place<'a> {
    /// An id is worth more than a name: ids are unique in a place.
    fn teach(&mut self, tenant: &'a Tenant) {
        self.told.insert(tenant.id(), Some(tenant));
        match self.told.get(tenant.name.raw()).copied() {
            None => drop(self.told.insert(tenant.name.raw(), Some(tenant))),
            Some(Some(known)) if known.target == tenant.target || known.id() == tenant.name.raw() => {}
            Some(_) => drop(self.told.insert(tenant.name.raw(), None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Whose;
    use crate::{
        facts::{
            sessions::Session,
            tenants::{Size, Tenant},
        },
        model::{Isolation, Kind, Target},
    };

    fn tenant(model: Isolation, path: [&str; 3], name: &str) -> Tenant {
        Tenant {
            target: Target::new(Kind::Tenant, path),
            name: name.into(),
            model,
            size: Size::Unseen("not asked".into()),
            relations: None,
            rows: None,
            at: Timestamp::UNIX_EPOCH,
            fault: None,
        }
    }

    fn whose(server: &str, database: &str, application: &str) -> Option<String> {
        let tenants = [
            tenant(Isolation::Shared, ["atlas", "app", "7f3c"], "acme"),
            tenant(Isolation::Shared, ["atlas", "app", "91aa"], "twin"),
            tenant(Isolation::Shared, ["atlas", "app", "91ab"], "twin"),
            tenant(Isolation::Schema, ["atlas", "schemas", "t_bolt"], "bolt"),
            tenant(Isolation::Database, ["atlas", "db_corp", "db_corp"], "corp"),
            tenant(Isolation::Instance, ["own", "", "dora"], "dora"),
        ];
        let session = Session {
            database: Some(database.into()),
            application: Some(application.into()),
            ..Session::default()
        };
        let whose = Whose::among(&tenants);
        let found = whose.tenant(&Target::server(server, "a"), &session);
        found.map(|tenant| tenant.target.to_string())
    }

    #[test]
    fn a_tenant_is_told_by_instance_database_or_application_and_never_guessed() {
        for (server, database, application, tenant) in [
            ("own", "whatever", "psql", Some("tenant own//dora")),
            ("atlas", "db_corp", "psql", Some("tenant atlas/db_corp/db_corp")),
            ("atlas", "app", "orders/7f3c", Some("tenant atlas/app/7f3c")),
            ("atlas", "app", "orders/acme", Some("tenant atlas/app/7f3c")),
            ("atlas", "schemas", "orders/bolt", Some("tenant atlas/schemas/t_bolt")),
            ("atlas", "app", "orders/twin", None),
            ("atlas", "app", "orders/91ab", Some("tenant atlas/app/91ab")),
            ("atlas", "app", "orders", None),
            ("atlas", "postgres", "orders/acme", None),
            ("boreas", "app", "orders/acme", None),
        ] {
            assert_eq!(whose(server, database, application).as_deref(), tenant, "{application}");
        }
    }
}
