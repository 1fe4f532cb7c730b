//! Lists the leases each time; looks new ones up at once, and known ones a few at a time.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    Lease, Leases,
    lookup::{self, Outcome},
};
use crate::{
    facts::vault::{configured, door},
    model::{Fault, FaultKind, Target, Text},
    provider::{Doors, vault::Vault},
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Calls under way at the same time.
const AT_ONCE: usize = 8;

/// Asks the secrets server, where there is one.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Leases::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(2, 20)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        configured(world)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let vault = door(doors)?;
        let known = world.get::<Leases>(target).map(|seen| &seen.value.leases);
        let mut found = Leases {
            listed: Timestamp::now(),
            leases: listed(vault, known).await?,
            ..Leases::default()
        };
        mark(vault, &mut found).await?;
        let due = lookup::due(&found.leases, Timestamp::now());
        for (id, outcome) in lookup::all(vault, due).await? {
            match outcome {
                Outcome::Read(terms) => {
                    if let Some(lease) = found.leases.get_mut(&id) {
                        lease.terms = Some(terms);
                    }
                }
                Outcome::Gone => drop(found.leases.remove(&id)),
                Outcome::Failed(fault) => found.unread = Some(fault),
            }
        }
        Ok(Sealed::of(found))
    }
}

/// Every id that is listed, with the terms that were known of it.
///
/// The roles are listed too: a lease outlives the definition of the role it was issued for.
async fn listed(vault: &Vault, known: Option<&BTreeMap<Text, Lease>>) -> Result<BTreeMap<Text, Lease>, Fault> {
    let place = format!("{}/creds/", vault.mount());
    let roles = list(vault, &place).await?;
    let roles = roles.into_iter().filter(|role| role.ends_with('/'));
    let place = place.as_str();
    let of_role = roles.map(|role| async move {
        let path = format!("{place}{role}");
        let ids = list(vault, &path).await?;
        Ok::<_, Fault>((role, ids.into_iter().map(move |id| format!("{path}{id}"))))
    });
    let found: Vec<_> = stream::iter(of_role).buffer_unordered(AT_ONCE).try_collect().await?;
    let entry = |role: &str, id: String| {
        let id = Text::from(id);
        let lease = Lease {
            role: role.trim_end_matches('/').into(),
            terms: known
                .and_then(|known| known.get(&id))
                .and_then(|lease| lease.terms.clone()),
            irrevocable: None,
        };
        (id, lease)
    };
    Ok(found
        .into_iter()
        .flat_map(|(role, ids)| ids.map(move |id| entry(&role, id)).collect::<Vec<_>>())
        .collect())
}

async fn list(vault: &Vault, place: &str) -> Result<Vec<String>, Fault> {
    let answer = vault.list(&format!("sys/leases/lookup/{place}")).await;
    answer.map_err(|fault| match fault.kind {
        FaultKind::Denied => {
            let needed = "needs capabilities = [\"list\", \"sudo\"] in the console's policy";
            fault.hint(format!("path \"sys/leases/lookup/{}/creds/*\" {needed}", vault.mount()))
        }
        _ => fault,
    })
}

/// Notes which ones the server gave up revoking. Who may not see that is told so; the rest is known all the same.
async fn mark(vault: &Vault, found: &mut Leases) -> Result<(), Fault> {
    let answer = match vault.read("sys/leases?type=irrevocable").await {
        Err(fault)
            if matches!(
                fault.kind,
                FaultKind::Denied | FaultKind::Refused | FaultKind::Unsupported
            ) =>
        {
            let hint = "path \"sys/leases\" needs capabilities = [\"read\", \"sudo\"] in the console's policy";
            found.irrevocable_unseen = Some(fault.hint(hint));
            return Ok(());
        }
        other => other?,
    };
    let place = format!("{}/creds/", vault.mount());
    for lease in answer["data"]["leases"].as_array().into_iter().flatten() {
        let Some((id, role)) = id_and_role(lease, &place) else {
            continue;
        };
        let why = lease["error"].as_str().unwrap_or("no reason given");
        let entry = found.leases.entry(id).or_insert_with(|| Lease {
            role,
            terms: None,
            irrevocable: None,
        });
        entry.irrevocable = Some(why.into());
    }
    Ok(())
}

fn id_and_role(lease: &Json, place: &str) -> Option<(Text, Text)> {
    let id = lease["lease_id"].as_str()?;
    let (role, _) = id.strip_prefix(place)?.split_once('/')?;
    Some((id.into(), role.into()))
}
