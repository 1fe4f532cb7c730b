//! The secrets server itself: which one it is, whether it is sealed, who leads, how far its clock is off.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::{Doors, vault::Method},
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Asked so that every state is an answer: without these the server says it by an error code (`sys/health`).
const HEALTH: &str = "sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200&drsecondarycode=200";

/// The secrets server, as it is known without a token. Works while it is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultState {
    /// As configured.
    pub address: Text,
    /// Enterprise or OpenBao namespace, as configured.
    pub namespace: Option<Text>,
    /// Where the database engine is mounted, as configured.
    pub mount: Text,
    /// Such as `2.7.2`.
    pub version: Text,
    /// Which of the two it is.
    pub dialect: Dialect,
    /// False before `operator init`.
    pub initialized: bool,
    /// Nothing but this state can be read.
    pub sealed: bool,
    /// What unsealing takes; only where it is sealed.
    pub seal: Option<Seal>,
    /// Another node leads.
    pub standby: bool,
    /// What the cluster calls itself.
    pub cluster: Option<Text>,
    /// How far the server's clock is ahead of ours in seconds, known to one second.
    pub skew: i64,
}

/// Settings and paths that differ go by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// The community's fork. Ignores `rotation_schedule` and automatic root rotation without a word.
    #[serde(rename = "openbao")]
    OpenBao,
    /// Community edition.
    Vault,
    /// With namespaces and replication.
    VaultEnterprise,
}

impl Dialect {
    /// The name for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenBao => "OpenBao",
            Self::Vault => "Vault",
            Self::VaultEnterprise => "Vault Enterprise",
        }
    }
}

/// `sys/seal-status` of a sealed server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// `shamir`, or the service that unseals it.
    pub kind: Text,
    /// Key shares that it takes.
    pub threshold: u64,
    /// Key shares that exist.
    pub shares: u64,
    /// Key shares given so far.
    pub progress: u64,
}

impl Fact for VaultState {
    const NAME: &'static str = "vault";
}

impl VaultState {
    /// A moment of the server's clock, on ours. A skew of a second is only the roundness of what it says.
    pub fn on_our_clock(&self, theirs: Timestamp) -> Timestamp {
        match self.skew {
            -1..=1 => theirs,
            skew => theirs.checked_sub(SignedDuration::from_secs(skew)).unwrap_or(theirs),
        }
    }
}

/// Asks the secrets server, where there is one.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        VaultState::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(3, 4)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        configured(world)
    }

    async fn ask(&self, doors: &Doors, _target: &Target, _world: &Snapshot) -> Result<Sealed, Fault> {
        let vault = door(doors)?;
        let asked = Timestamp::now();
        let health = vault.open_call(Method::Get, HEALTH, None).await?;
        let ours = asked + Timestamp::now().duration_since(asked) / 2;
        let mut state = read(&health, ours)?;
        state.address = vault.address().into();
        state.mount = vault.mount().into();
        state.namespace = vault.namespace().map(Text::from);
        if state.sealed {
            let seal = vault.open_call(Method::Get, "sys/seal-status", None).await?;
            state.seal = Some(shares(&seal));
        }
        Ok(Sealed::of(state))
    }
}

/// The secrets server, where the fleet file names one.
pub fn configured(world: &Snapshot) -> Vec<Target> {
    world.fleet.vault.iter().map(|_| Target::vault()).collect()
}

/// The door to it.
pub fn door(doors: &Doors) -> Result<&crate::provider::vault::Vault, Fault> {
    let missing = || Fault::new(FaultKind::Unsupported, "no secrets server is configured");
    doors.vault.as_deref().ok_or_else(missing)
}

fn read(health: &Json, ours: Timestamp) -> Result<VaultState, Fault> {
    let wrong = |key: &str| Fault::new(FaultKind::Malformed, format!("sys/health: the answer has no {key}"));
    let flag = |key: &str| health[key].as_bool().ok_or_else(|| wrong(key));
    let version = health["version"].as_str().unwrap_or_default();
    let theirs = health["server_time_utc"]
        .as_i64()
        .ok_or_else(|| wrong("server_time_utc"))?;
    Ok(VaultState {
        address: "".into(),
        namespace: None,
        mount: "".into(),
        version: version.into(),
        dialect: dialect(health, version),
        initialized: flag("initialized")?,
        sealed: flag("sealed")?,
        seal: None,
        standby: flag("standby")?,
        cluster: health["cluster_name"].as_str().map(Text::from),
        skew: theirs.saturating_sub(ours.as_second()),
    })
}

/// `OpenBao` has no performance standbys and says nothing of them; Vault always does.
fn dialect(health: &Json, version: &str) -> Dialect {
    match health.get("performance_standby") {
        None => Dialect::OpenBao,
        Some(_) if version.contains("+ent") || health["enterprise"] == true => Dialect::VaultEnterprise,
        Some(_) => Dialect::Vault,
    }
}

fn shares(seal: &Json) -> Seal {
    let number = |key: &str| seal[key].as_u64().unwrap_or_default();
    Seal {
        kind: seal["type"].as_str().unwrap_or("unknown").into(),
        threshold: number("t"),
        shares: number("n"),
        progress: number("progress"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::{Dialect, read};

    const NOW: i64 = 1_795_491_584;

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).expect("a moment")
    }

    #[test]
    fn both_dialects_are_known_by_their_answer() {
        let bao = json!({"initialized":true,"sealed":false,"standby":false,"replication_performance_mode":"primary",
            "server_time_utc":NOW,"version":"2.7.2","cluster_name":"c"});
        let mut vault = bao.clone();
        vault["performance_standby"] = json!(false);
        vault["version"] = json!("1.20.4");
        let mut enterprise = vault.clone();
        enterprise["version"] = json!("1.20.4+ent");
        for (health, dialect) in [
            (bao, Dialect::OpenBao),
            (vault, Dialect::Vault),
            (enterprise, Dialect::VaultEnterprise),
        ] {
            assert_eq!(read(&health, now()).expect("understood").dialect, dialect);
        }
    }

    #[test]
    fn a_clock_that_is_ahead_ends_things_later_on_ours() {
        let health = json!({"initialized":true,"sealed":false,"standby":false,"server_time_utc":NOW + 60});
        let state = read(&health, now()).expect("understood");
        assert_eq!(state.skew, 60);
        let theirs = Timestamp::from_second(NOW + 100).expect("a moment");
        assert_eq!(state.on_our_clock(theirs).as_second(), NOW + 40);
    }

    #[test]
    fn an_answer_that_does_not_say_whether_it_is_sealed_is_no_answer() {
        let health = json!({"initialized":true,"standby":false,"server_time_utc":NOW});
        assert!(read(&health, now()).is_err());
    }
}
