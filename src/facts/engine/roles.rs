//! The engine's dynamic roles: each read of one makes a role in PostgreSQL that lives as long as its lease.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Read, browse::browse, seconds, stated, text};
use crate::{
    facts::vault::{configured, door},
    model::{Fault, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// By name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DynamicRoles(pub BTreeMap<Text, Read<DynamicRole>>);

/// `<mount>/roles/<name>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DynamicRole {
    /// The connection it uses.
    pub connection: Option<Text>,
    /// How long a lease lives at first. Nothing means the mount's default, which is 768 hours where nobody set it.
    pub default_ttl: Option<SignedDuration>,
    /// How long it can be made to live.
    pub max_ttl: Option<SignedDuration>,
    /// Whether there are statements that make the role.
    pub creates: bool,
    /// Whether the statements that make it say when it ends.
    pub ends: bool,
    /// Whether there are statements that drop it; the engine's own fail where the role owns anything.
    pub revokes: bool,
}

impl Fact for DynamicRoles {
    const NAME: &'static str = "vault-roles";
}

/// Asks the secrets server, where there is one.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        DynamicRoles::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(4, 60)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        configured(world)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let vault = door(doors)?;
        let known = world.get::<DynamicRoles>(target).map(|seen| &seen.value.0);
        let found = browse(vault, &format!("{}/roles", vault.mount()), known, read).await?;
        Ok(Sealed::of(DynamicRoles(found)))
    }
}

fn read(data: &Json) -> DynamicRole {
    let span = |key| {
        let secs = i64::try_from(seconds(data, key)).unwrap_or(i64::MAX);
        (secs > 0).then(|| SignedDuration::from_secs(secs))
    };
    DynamicRole {
        connection: text(data, "db_name"),
        default_ttl: span("default_ttl"),
        max_ttl: span("max_ttl"),
        creates: stated(data, "creation_statements"),
        ends: data["creation_statements"].to_string().contains("{{expiration}}"),
        revokes: stated(data, "revocation_statements"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::read;

    #[test]
    fn a_role_without_a_default_life_has_none() {
        let role = read(
            &json!({"db_name":"atlas","default_ttl":0,"max_ttl":3600,"revocation_statements":[],
            "creation_statements":["CREATE ROLE \"{{name}}\" VALID UNTIL '{{expiration}}'"]}),
        );
        assert_eq!(role.default_ttl, None);
        assert_eq!(role.max_ttl, Some(SignedDuration::from_hours(1)));
        assert!(role.creates && role.ends && !role.revokes);
    }
}
