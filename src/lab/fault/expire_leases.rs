//! `expire-leases`: two leases have ended, and their roles have not.
//!
//! Both roles own a table in a database that the engine does not look into, which is how it happens in life: the engine's
//! DROP ROLE is refused there, and its whole revocation with it.
//!
//! - The first lease was revoked. To see: a lease whose time is over and whose role can still log in; OpenBao tries six
//!   times in some ten minutes and then calls it irrevocable, with the refusal as the reason.
//! - The second lease was removed by force, and somebody took the end from its role so that a job would go on. To see: a
//!   role made by a lease that has no lease, and logs in for ever.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::{Trouble, instances};
use crate::{
    lab::{
        ground::{self, Ground},
        openbao,
        plan::Cluster,
        seed::names,
    },
    model::{Fault, FaultKind, quote},
    provider::vault::{Method, Vault},
};

/// See the module.
pub struct ExpireLeases;

#[async_trait]
impl Trouble for ExpireLeases {
    fn name(&self) -> &'static str {
        "expire-leases"
    }

    fn about(&self) -> &'static str {
        "one lease is over and its role is not; one role has no lease and no end"
    }

    fn targets(&self) -> Vec<&'static str> {
        instances()
    }

    async fn survey(&self, ground: &Ground, target: &str) -> Result<Json, Fault> {
        let vault = openbao::root(ground)?;
        let path = format!("database/creds/{}", openbao::role(target, "runtime-user"));
        let mut kept = Vec::new();
        for _ in 0..2 {
            let answer = vault.read(&path).await?;
            kept.push(json!({ "lease": answer["lease_id"], "role": answer["data"]["username"] }));
        }
        Ok(Json::Array(kept))
    }

    async fn make(&self, ground: &Ground, target: &str, kept: Json) -> Result<Json, Fault> {
        let cluster = ground::cluster(target)?;
        let session = ground.admin(&cluster.primary, &elsewhere(ground, cluster)).await?;
        for (n, role) in roles(&kept).into_iter().enumerate() {
            let role = quote::ident(role);
            session
                .batch(&format!(
                    "CREATE TABLE left_behind_{n} (n int); ALTER TABLE left_behind_{n} OWNER TO {role}"
                ))
                .await?;
        }
        let vault = openbao::root(ground)?;
        let [revoked, forced] = [lease(&kept, 0)?, lease(&kept, 1)?];
        let body = json!({ "lease_id": revoked, "sync": false });
        vault.call(Method::Put, "sys/leases/revoke", Some(&body)).await?;
        remove_by_force(&vault, forced).await?;
        if let Some(role) = roles(&kept).get(1) {
            let endless = format!("ALTER ROLE {} LOGIN VALID UNTIL 'infinity'", quote::ident(role));
            session.batch(&endless).await?;
        }
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, target: &str, kept: &Json) -> Result<(), Fault> {
        let cluster = ground::cluster(target)?;
        let session = ground.admin(&cluster.primary, &elsewhere(ground, cluster)).await?;
        session
            .batch("DROP TABLE IF EXISTS left_behind_0, left_behind_1")
            .await?;
        let vault = openbao::root(ground)?;
        for n in 0..2 {
            remove_by_force(&vault, lease(kept, n)?).await?;
        }
        for role in roles(kept) {
            session
                .batch(&format!("DROP ROLE IF EXISTS {}", quote::ident(role)))
                .await?;
        }
        Ok(())
    }

    async fn leave(&self, _: &Ground, _: &str, _: &Json) -> bool {
        true
    }
}

/// A database of the instance that the engine's connection does not go to.
fn elsewhere(ground: &Ground, cluster: &Cluster) -> String {
    let count = usize::try_from(ground.memory.sizes.databases).unwrap_or_default();
    match cluster.name {
        "atlas" => "suite".into(),
        "boreas" => names::databases(count).swap_remove(0),
        _ => "postgres".into(),
    }
}

/// Takes a lease from the server's books, whatever the database says, and drops the role if it can.
async fn remove_by_force(vault: &Vault, lease: &str) -> Result<(), Fault> {
    let path = format!("sys/leases/revoke-force/{lease}");
    vault.call(Method::Put, &path, None).await.map(drop)
}

fn roles(kept: &Json) -> Vec<&str> {
    let each = kept.as_array().into_iter().flatten();
    each.filter_map(|one| one["role"].as_str()).collect()
}

fn lease(kept: &Json, n: usize) -> Result<&str, Fault> {
    let absent = || Fault::new(FaultKind::Malformed, "the record of the fault has no lease");
    kept[n]["lease"].as_str().ok_or_else(absent)
}
