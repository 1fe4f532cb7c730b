//! Takes away all that was made for a new tenant, whatever came of the test that made it.

use serde_json::json;
use tenantry::provider::vault::Method;

use crate::ground::Ground;

/// As much of a role's name as a login of it has.
pub const CUT: usize = 20;

/// What one has of its own.
#[derive(Clone, Copy)]
pub enum Home {
    /// The row of the registry in the database `orders` that has this name, and rows of tables.
    Rows(&'static str),
    /// This schema in the database `suite`.
    Schema(&'static str),
    /// This database.
    Database(&'static str),
}

/// What was made for one.
pub struct Clears<'a> {
    pub ground: &'a Ground,
    pub instance: &'static str,
    pub slug: &'static str,
    pub home: Home,
}

impl Clears<'_> {
    /// The roles of the secrets server.
    fn leased(&self) -> [String; 2] {
        ["runtime", "migrate"].map(|kind| format!("{}-{kind}-{}", self.instance, self.slug))
    }
}

impl Drop for Clears<'_> {
    fn drop(&mut self) {
        // Whoever carried something out lets go of what it holds.
        super::quiet();
        let (ground, home) = (self.ground, self.home);
        let server = format!("{}-a", self.instance);
        for role in self.leased() {
            let vault = ground.vault();
            let force = format!("sys/leases/revoke-force/database/creds/{role}");
            let _ = ground.block_on(vault.call(Method::Post, &force, Some(&json!({}))));
            let _ = ground.block_on(vault.call(Method::Delete, &format!("database/roles/{role}"), None));
        }
        let (database, drop, home) = match home {
            Home::Rows(name) => {
                let whose = format!("tenant_id in (select id from tenant where name = '{name}')");
                let tables = ["event", "order_line", "orders", "product", "customer"];
                let mut drop: Vec<String> = tables
                    .iter()
                    .map(|table| format!("delete from {table} where {whose}"))
                    .collect();
                drop.push(format!("delete from tenant where name = '{name}'"));
                ("orders", drop.join("; "), "nobody")
            }
            Home::Schema(name) => ("suite", format!("drop schema if exists {name} cascade"), name),
            Home::Database(name) => ("postgres", format!("drop database if exists {name} with (force)"), name),
        };
        ground.execute(&server, database, &drop);
        let logins = self.leased().map(|role| role.chars().take(CUT).collect::<String>());
        let left = format!(
            "select format('drop role %I', rolname) from pg_roles where rolname ~ '^v-.*-({})' \
             or rolname ~ '^{home}_(owner|rw|ro)$' order by rolname desc",
            logins.join("|")
        );
        for statement in ground.sql(&server, database, &left) {
            ground.execute(&server, database, &statement);
        }
    }
}
