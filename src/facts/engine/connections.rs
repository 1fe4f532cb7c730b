//! The engine's connections: where the engine itself logs in to make and drop roles.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Read, browse::browse, dsn, text};
use crate::{
    facts::vault::{configured, door},
    model::{Fault, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// By name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Connections(pub BTreeMap<Text, Read<Connection>>);

/// `<mount>/config/<name>`, without user and password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Such as `postgresql-database-plugin`.
    pub plugin: Option<Text>,
    /// Where it goes; empty means a Unix socket.
    pub hosts: Vec<Text>,
    /// The one database in which statements of its roles run.
    pub database: Option<Text>,
    /// `sslmode`, where one is given.
    pub tls: Option<Text>,
    /// Makes user names, where it is not the engine's own.
    pub template: Option<Text>,
    /// Roles that may use it; `*` is all.
    pub allowed: Vec<Text>,
    /// Connections that the engine opens at most.
    pub max_open: Option<u64>,
    /// How long the engine keeps one; none means for ever, which hides a password that was changed elsewhere.
    pub max_lifetime: Option<Text>,
}

impl Connection {
    /// Goes over a network without a promise of encryption.
    pub fn is_plain(&self) -> bool {
        let weak = matches!(
            self.tls.as_ref().map(Text::raw),
            None | Some("disable" | "allow" | "prefer")
        );
        weak && self.hosts.iter().any(|host| !is_local(host.raw()))
    }
}

fn is_local(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl Fact for Connections {
    const NAME: &'static str = "vault-connections";
}

/// Asks the secrets server, where there is one.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Connections::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(4, 60)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        configured(world)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let vault = door(doors)?;
        let known = world.get::<Connections>(target).map(|seen| &seen.value.0);
        let found = browse(vault, &format!("{}/config", vault.mount()), known, read).await?;
        Ok(Sealed::of(Connections(found)))
    }
}

fn read(data: &Json) -> Connection {
    let details = &data["connection_details"];
    let dsn = dsn::read(details["connection_url"].as_str().unwrap_or_default());
    let allowed = data["allowed_roles"].as_array().into_iter().flatten();
    Connection {
        plugin: text(data, "plugin_name"),
        hosts: dsn.hosts,
        database: dsn.database,
        tls: dsn.tls,
        template: text(details, "username_template"),
        allowed: allowed.filter_map(Json::as_str).map(Text::from).collect(),
        max_open: details["max_open_connections"].as_u64(),
        max_lifetime: text(details, "max_connection_lifetime").filter(|life| !matches!(life.raw(), "0" | "0s")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn a_connection_is_plain_only_where_it_leaves_the_machine_without_tls() {
        for (url, plain) in [
            (
                "postgresql://{{username}}:{{password}}@127.0.0.1:1/x?sslmode=disable",
                false,
            ),
            ("postgresql://{{username}}:{{password}}@localhost/x", false),
            (
                "postgresql://{{username}}:{{password}}@db.example/x?sslmode=disable",
                true,
            ),
            ("postgresql://{{username}}:{{password}}@db.example/x", true),
            (
                "postgresql://{{username}}:{{password}}@db.example/x?sslmode=verify-full",
                false,
            ),
            (
                "postgresql://{{username}}:{{password}}@127.0.0.1,db.example/x?sslmode=prefer",
                true,
            ),
            ("host=/run/postgresql dbname=x", false),
        ] {
            let data = json!({"plugin_name":"p","connection_details":{"connection_url":url,"username":"u"}});
            assert_eq!(read(&data).is_plain(), plain, "{url}");
        }
    }
}
