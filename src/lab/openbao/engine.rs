//! The database engine: a connection per instance, dynamic roles that can be revoked, static roles.

use futures_util::future::try_join_all;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use crate::{
    lab::{
        ground::Ground,
        plan::{CLUSTERS, Cluster},
    },
    model::Fault,
    provider::vault::{Method, Vault},
};

/// Valid only as long as the lease, so that a role that nobody dropped does not log in for ever.
const LOGIN: &str = r#"CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"#;
const RENEW: &str = r#"ALTER ROLE "{{name}}" VALID UNTIL '{{expiration}}'"#;
/// Shuts the door, ends the sessions, hands over what the role owns, and drops it. Needs no superuser.
const REVOKE: [&str; 6] = [
    r#"ALTER ROLE "{{name}}" NOLOGIN"#,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}'",
    r#"GRANT "{{name}}" TO CURRENT_USER"#,
    r#"REASSIGN OWNED BY "{{name}}" TO app_owner"#,
    r#"DROP OWNED BY "{{name}}""#,
    r#"DROP ROLE "{{name}}""#,
];
/// As much of the role's name is in the user's name as 63 bytes have room for beside the moment, by which a session is told to
/// belong to its lease.
const USER_NAME: &str =
    r#"{{ printf "v-%s-%s-%s-%s" (.DisplayName | truncate 8) (.RoleName | truncate 20) (random 20) (unix_time) }}"#;

/// A role belongs to one connection, so its name begins with that of the instance: `atlas-db-admin`.
pub fn role(instance: &str, kind: &str) -> String {
    format!("{instance}-{kind}")
}

/// Mounts the engine and tells it everything.
pub async fn mount(ground: &Ground, vault: &Vault) -> Result<(), Fault> {
    let kind = json!({ "type": "database" });
    vault.call(Method::Post, "sys/mounts/database", Some(&kind)).await?;
    try_join_all(CLUSTERS.iter().map(|cluster| connect(ground, vault, cluster)))
        .await
        .map(drop)
}

async fn connect(ground: &Ground, vault: &Vault, cluster: &Cluster) -> Result<(), Fault> {
    let name = cluster.name;
    let write = async |path: String, body: Json| vault.call(Method::Post, &path, Some(&body)).await.map(drop);
    let (applications, acting) = (Connection::of_applications(cluster), Connection::to_act(cluster));
    for connection in [&applications, &acting] {
        let body = connection.json(ground, cluster)?;
        write(format!("database/config/{}", connection.name), body).await?;
        // From here on nobody but the engine knows its password.
        write(format!("database/rotate-root/{}", connection.name), json!({})).await?;
    }
    for (kind, body) in [("db-admin", admin(name)), ("runtime-user", runtime(name))] {
        write(format!("database/roles/{}", role(name, kind)), body).await?;
    }
    let watch = json!({ "db_name": name, "username": "tenantry_watch", "rotation_period": "24h" });
    write(format!("database/static-roles/tenantry-watch-{name}"), watch).await?;
    write(
        format!("database/roles/{}", role(name, "operate")),
        operate(&acting.name),
    )
    .await?;
    let operate = json!({ "db_name": acting.name, "username": "tenantry_operate", "rotation_period": "24h" });
    write(format!("database/static-roles/tenantry-operate-{name}"), operate).await?;
    if name == "atlas" {
        let legacy = json!({ "db_name": name, "username": "legacy_app", "rotation_period": "24h" });
        write("database/static-roles/legacy-app".into(), legacy).await?;
    }
    Ok(())
}

/// A login of the engine's own, and the roles that it makes or turns.
struct Connection {
    name: String,
    login: &'static str,
    database: &'static str,
    roles: Vec<String>,
}

impl Connection {
    fn of_applications(cluster: &Cluster) -> Self {
        let name = cluster.name;
        Self {
            name: name.into(),
            login: "vault_engine",
            database: cluster.database,
            roles: vec![
                role(name, "db-admin"),
                role(name, "runtime-user"),
                role("tenantry-watch", name),
                "legacy-app".into(),
                // Those of tenants that are brought in.
                role(name, "runtime-*"),
                role(name, "migrate-*"),
            ],
        }
    }

    /// Another one for those who act: they may become the first.
    fn to_act(cluster: &Cluster) -> Self {
        Self {
            name: format!("{}-operators", cluster.name),
            login: "vault_operators",
            database: "postgres",
            roles: vec![role("tenantry-operate", cluster.name), role(cluster.name, "operate")],
        }
    }

    fn json(&self, ground: &Ground, cluster: &Cluster) -> Result<Json, Fault> {
        let port = ground.port(&cluster.primary);
        let login = ground.secrets().login(self.login)?;
        Ok(json!({
            "plugin_name": "postgresql-database-plugin",
            "connection_url": format!(
                "postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{port}/{}?sslmode=disable",
                self.database
            ),
            "username": login.user,
            "password": login.password.expose_secret(),
            "password_authentication": "scram-sha-256",
            "username_template": USER_NAME,
            "allowed_roles": self.roles,
            "max_open_connections": 4,
            "max_idle_connections": 1,
        }))
    }
}

/// What migrations run as: what they make belongs to the owner of everything.
fn admin(connection: &str) -> Json {
    json!({
        "db_name": connection,
        "creation_statements": [
            format!("{LOGIN} IN ROLE app_owner CONNECTION LIMIT 5"),
            r#"ALTER ROLE "{{name}}" SET role = 'app_owner'"#,
        ],
        "renew_statements": [RENEW],
        "revocation_statements": REVOKE,
        "rollback_statements": [r#"DROP ROLE IF EXISTS "{{name}}""#],
        "default_ttl": "5m",
        "max_ttl": "1h",
    })
}

/// What one run acts as, where that is nobody who stays: whatever who stays may do.
fn operate(connection: &str) -> Json {
    json!({
        "db_name": connection,
        "creation_statements": [format!("{LOGIN} IN ROLE tenantry_operate")],
        "renew_statements": [RENEW],
        // It owns nothing, because whatever it makes it makes as an owner; whoever may not hand over could not do more.
        "revocation_statements": [REVOKE[0], REVOKE[2], REVOKE[1], REVOKE[5]],
        "rollback_statements": [r#"DROP ROLE IF EXISTS "{{name}}""#],
        "default_ttl": "10m",
        "max_ttl": "12h",
    })
}

/// What applications run as: membership, no grants of its own, so no access list grows with the leases.
fn runtime(connection: &str) -> Json {
    json!({
        "db_name": connection,
        "creation_statements": [format!("{LOGIN} IN ROLE app_rw, app_apart")],
        "renew_statements": [RENEW],
        "revocation_statements": REVOKE,
        "rollback_statements": [r#"DROP ROLE IF EXISTS "{{name}}""#],
        "default_ttl": "30m",
        "max_ttl": "1h",
    })
}
