//! Takes away all that was made for a new tenant, whatever came of the test that made it.

use serde_json::json;
use tenantry::provider::vault::Method;

use crate::ground::Ground;

/// As much of a role's name as a login of it has.
pub const CUT: usize = 20;

/// What was made for one.
pub struct Clears<'a> {
    pub ground: &'a Ground,
    pub instance: &'static str,
    pub slug: &'static str,
    /// Its schema in the database `suite`, or its database.
    pub home: &'static str,
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
        let shared = self.instance == "atlas";
        let database = if shared { "suite" } else { "postgres" };
        let drop = if shared {
            format!("drop schema if exists {home} cascade")
        } else {
            format!("drop database if exists {home} with (force)")
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
