//! What the applications do: mostly read, now and then take an order, for large tenants more often than for small ones.

use std::time::Duration;

use super::{
    ground::Ground,
    seed::{self, names},
};
use crate::model::quote;

/// A read, as one tenant in whichever schema is first in the path.
const READ: &str = "SELECT o.id, o.status, sum(l.total) FROM orders o JOIN order_line l ON l.order_id = o.id
   WHERE o.placed_at > now() - interval '2 days' GROUP BY o.id, o.status ORDER BY o.id DESC LIMIT 20";

/// A new order for the first customer, and the oldest one gone, so that nothing grows for ever.
const WRITE: &str =
    "WITH placed AS (INSERT INTO orders (customer_id) SELECT id FROM customer ORDER BY id LIMIT 1 RETURNING id)
   INSERT INTO order_line (order_id, line, sku, quantity, cents) SELECT id, 1, 'P-3', 2, 1375 FROM placed;
   UPDATE orders SET status = 'paid' WHERE id = (SELECT max(id) FROM orders);
   DELETE FROM orders WHERE id = (SELECT min(id) FROM orders)";

/// The same where tables are shared: every statement carries the tenant.
const SHARED_WRITE: &str = "WITH placed AS (
     INSERT INTO orders (tenant_id, customer_id) SELECT tenant_id, id FROM customer ORDER BY id LIMIT 1 RETURNING tenant_id, id)
   INSERT INTO order_line (tenant_id, order_id, line, sku, quantity, cents) SELECT tenant_id, id, 1, 'P-3', 2, 1375 FROM placed;
   UPDATE orders SET status = 'paid' WHERE id = (SELECT max(id) FROM orders);
   DELETE FROM orders WHERE id = (SELECT min(id) FROM orders)";

/// An application on an instance.
pub struct Work {
    /// Where it works.
    pub instance: &'static str,
    place: Place,
}

enum Place {
    /// One database whose tables tenants share; their names.
    Shared(Vec<String>),
    /// One database with a schema for each tenant; the schemas.
    Schemas(Vec<String>),
    /// A database for each tenant.
    Databases(Vec<String>),
    /// One database, one tenant.
    Own(&'static str),
}

impl Work {
    /// All applications of the lab.
    pub fn all(ground: &Ground) -> Vec<Self> {
        let sizes = ground.memory.sizes;
        let count = |n: u32| usize::try_from(n).unwrap_or_default();
        let work = |instance, place| Self { instance, place };
        // The database that is named to deceive is left in peace: nobody would deploy to it.
        let databases = names::databases(count(sizes.databases))
            .into_iter()
            .filter(|name| name.is_ascii());
        vec![
            work("atlas", Place::Shared(names::shared(count(sizes.shared)))),
            work("atlas", Place::Shared(names::shared(count(sizes.shared)))),
            work("atlas", Place::Schemas(names::schemas(count(sizes.schemas)))),
            work("boreas", Place::Databases(databases.collect())),
            work("acme", Place::Own("shop")),
        ]
    }

    /// The database to work in next.
    pub fn database(&self) -> String {
        match &self.place {
            Place::Shared(_) => "orders".into(),
            Place::Schemas(_) => "suite".into(),
            Place::Databases(names) => pick(names).to_owned(),
            Place::Own(name) => (*name).to_owned(),
        }
    }

    /// How long to stay in that database.
    pub fn stay(&self) -> Duration {
        match self.place {
            Place::Databases(_) => Duration::from_secs(20),
            Place::Shared(_) | Place::Schemas(_) | Place::Own(_) => Duration::from_hours(24),
        }
    }

    /// The statements of one request, in one transaction.
    pub fn deed(&self) -> String {
        let write = fastrand::u8(..4) == 0;
        let (tenant, name) = match &self.place {
            Place::Shared(names) => (Some(seed::tenant_id(pick(names))), None),
            Place::Schemas(names) => (None, Some(pick(names).to_owned())),
            Place::Databases(_) | Place::Own(_) => (None, None),
        };
        let words = match (&self.place, write) {
            (Place::Shared(_), true) => SHARED_WRITE,
            (_, true) => WRITE,
            (_, false) => READ,
        };
        format!("{} {words}; COMMIT", begin(tenant.as_deref(), name.as_deref()))
    }
}

/// Opens a transaction as a tenant. The application's name says whose it is, as the console expects it.
fn begin(tenant: Option<&str>, schema: Option<&str>) -> String {
    match (tenant, schema) {
        (Some(id), _) => format!(
            "SELECT set_config('application_name', 'orders-api/' || {id}, false); BEGIN;
             SELECT set_config('app.current_tenant', ({id})::text, true);"
        ),
        (None, Some(schema)) => {
            let tenant = schema.strip_prefix("t_").unwrap_or(schema);
            let name = quote::literal(&format!("orders-api/{tenant}"));
            format!(
                "SET application_name = {name}; BEGIN; SET LOCAL search_path = {};",
                quote::ident(schema)
            )
        }
        (None, None) => "SET application_name = 'orders-api'; BEGIN;".into(),
    }
}

/// One of them, the first far more often than the last.
fn pick(names: &[String]) -> &str {
    let at = fastrand::f64().powi(3) * names.len() as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below the number of names"
    )]
    let at = at as usize;
    names.get(at).map_or("", String::as_str)
}
