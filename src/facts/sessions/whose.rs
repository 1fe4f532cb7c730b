//! Which tenant a session works for, where that can be known.
//!
//! The instance or the database tells where a tenant has one of its own. Where tenants share a database, only the
//! application can say: a session whose `application_name` ends in `/` and the id or the name of a tenant of that
//! database, as in `orders/acme`, is that tenant's. Nothing else is guessed, and a name that two tenants bear tells
//! nothing.

use super::Session;
use crate::{
    facts::tenants::{self, Roll, Tenant},
    model::Target,
    store::Snapshot,
};

/// Finds the tenants of sessions.
pub struct Whose<'a> {
    tenants: &'a [Tenant],
    roll: Option<&'a Roll>,
}

impl<'a> Whose<'a> {
    /// Knows the tenants that the snapshot knows.
    pub fn of(world: &'a Snapshot) -> Self {
        let known = tenants::of(world);
        Self {
            tenants: known.map_or(&[], |known| &known.tenants),
            roll: known.map(|known| &known.roll),
        }
    }

    /// The tenant that this session of this server works for.
    pub fn tenant(&self, server: &Target, session: &Session) -> Option<&'a Tenant> {
        let database = session.database.as_ref()?.raw();
        let application = session.application.as_ref().map_or("", |name| name.raw());
        let word = application.rsplit_once('/').map(|(_, word)| word);
        self.tenants.get(self.roll?.find(server.part(0), database, word)?)
    }
}

#[cfg(test)]
mod tests {
    use super::Whose;
    use crate::{
        facts::{
            sessions::Session,
            tenants::{Roll, Size, Tenant},
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
            shut: None,
            at: None,
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
        let roll = Roll::of(&tenants);
        let whose = Whose {
            tenants: &tenants,
            roll: Some(&roll),
        };
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
