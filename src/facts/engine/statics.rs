//! The engine's static roles: roles that stay, with a password that the engine changes at its period.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Read, browse::browse, seconds, text};
use crate::{
    facts::vault::{configured, door},
    model::{Fault, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// By name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StaticRoles(pub BTreeMap<Text, Read<StaticRole>>);

/// `<mount>/static-roles/<name>`, which tells no password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticRole {
    /// The connection it uses.
    pub connection: Option<Text>,
    /// The role in PostgreSQL.
    pub username: Option<Text>,
    /// How often the password changes.
    pub period: Option<SignedDuration>,
    /// A schedule instead of a period; Vault since 1.15, `OpenBao` ignores it.
    pub schedule: Option<Text>,
    /// When it last changed, by the server's clock (`last_vault_rotation`, in both dialects).
    pub rotated: Option<Timestamp>,
}

impl StaticRole {
    /// When the password should change next, by the server's clock.
    pub fn due(&self) -> Option<Timestamp> {
        self.rotated?.checked_add(self.period?).ok()
    }
}

impl Fact for StaticRoles {
    const NAME: &'static str = "static-roles";
}

/// Asks the secrets server, where there is one.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        StaticRoles::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(4, 30)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        configured(world)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let vault = door(doors)?;
        let known = world.get::<StaticRoles>(target).map(|seen| &seen.value.0);
        let found = browse(vault, &format!("{}/static-roles", vault.mount()), known, read).await?;
        Ok(Sealed::of(StaticRoles(found)))
    }
}

fn read(data: &Json) -> StaticRole {
    let period = i64::try_from(seconds(data, "rotation_period")).unwrap_or(i64::MAX);
    StaticRole {
        connection: text(data, "db_name"),
        username: text(data, "username"),
        period: (period > 0).then(|| SignedDuration::from_secs(period)),
        schedule: text(data, "rotation_schedule"),
        rotated: data["last_vault_rotation"].as_str().and_then(|at| at.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn the_next_rotation_follows_from_the_last() {
        let role = read(&json!({"db_name":"atlas","username":"watcher","rotation_period":86400,
            "last_vault_rotation":"2026-11-24T03:39:43.577157344Z"}));
        let due = role.due().expect("known");
        assert_eq!(due.to_string(), "2026-11-25T03:39:43.577157344Z");
        assert_eq!(read(&json!({"username":"x"})).due(), None);
    }
}
