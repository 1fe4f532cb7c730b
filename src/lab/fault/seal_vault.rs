//! `seal-vault`: the secrets server runs and gives nothing away.
//!
//! To see: leases and static roles keep their last known ends, counting down and marked stale, with the reason; the
//! console goes on watching with the logins that it has, and one that starts now says that it uses the fall-back.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::Trouble;
use crate::{
    lab::{ground::Ground, openbao},
    model::Fault,
};

/// What the fault is called.
pub const NAME: &str = "seal-vault";

/// See the module.
pub struct SealVault;

#[async_trait]
impl Trouble for SealVault {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "is sealed: no credential can be read, made, renewed or revoked"
    }

    fn targets(&self) -> Vec<&'static str> {
        vec!["openbao"]
    }

    async fn make(&self, ground: &Ground, _: &str, kept: Json) -> Result<Json, Fault> {
        openbao::seal(ground).await?;
        Ok(kept)
    }

    async fn heal(&self, ground: &Ground, _: &str, _: &Json) -> Result<(), Fault> {
        openbao::unseal(ground).await
    }
}
