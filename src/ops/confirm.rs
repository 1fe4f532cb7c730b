//! From a plan to a confirmed one. [`Confirmed`] is made here and nowhere else, and the engine takes nothing else.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::model::{Carrier, Confirm, Entry, Environment, Plan, Said, Target, hex};

/// A plan somebody answered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    plan: Plan,
    digest: String,
    said: Said,
}

/// Why a plan was not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Nobody lifted the rule that only reading is done, or it holds again.
    #[error("read-only: nothing is changed without leave to write")]
    ReadOnly,
    /// Something else was typed.
    #[error("to confirm, type {wanted}")]
    Word {
        /// What would confirm.
        wanted: String,
    },
    /// Data or access is lost, and nobody said why.
    #[error("data or access is lost: give a reason or a ticket")]
    Reason,
    /// The plan is not the one that was looked at.
    #[error("the plan is not the one that was shown: {shown} then, {now} now")]
    Drift {
        /// The digest of what was shown.
        shown: String,
        /// The digest of what would be run.
        now: String,
    },
}

/// What is at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake<'a> {
    /// It can be taken back, or leaves nothing behind.
    Reversible,
    /// It cannot be taken back, and nobody loses anything by it.
    Final,
    /// Data or access is lost; what to type.
    Loss(&'a str),
}

/// What must be typed: a loss takes a name and a reason; production, many targets and what cannot be taken back take the
/// number of targets.
pub fn tier(environment: Environment, targets: &[Target], stake: Stake<'_>) -> Confirm {
    match stake {
        Stake::Loss(name) => Confirm::Name(name.into()),
        Stake::Reversible if targets.len() == 1 && environment != Environment::Production => Confirm::Yes,
        Stake::Reversible | Stake::Final => Confirm::Count(targets.len()),
    }
}

/// SHA-256 over the plan as it is written down, in hexadecimal.
///
/// The form is that of our own types: fields in their order, maps by key, no number that is not whole. What was only seen
/// beside it is left out.
pub fn digest(plan: &Plan) -> String {
    let plan = Plan {
        seen: Vec::new(),
        ..plan.clone()
    };
    digest_of(&plan)
}

/// SHA-256 over something as it is written down, in hexadecimal.
pub(super) fn digest_of(what: &impl Serialize) -> String {
    hex(&Sha256::digest(serde_json::to_vec(what).unwrap_or_default()))
}

/// Confirms a plan. `shown` is the digest of what the operator looked at.
pub fn confirm(plan: Plan, shown: &str, said: Said) -> Result<Confirmed, Mismatch> {
    let digest = digest(&plan);
    if digest != shown {
        return Err(Mismatch::Drift {
            shown: shown.into(),
            now: digest,
        });
    }
    permitted(&said)?;
    let wanted = plan.confirm.word();
    if said.word != wanted {
        return Err(Mismatch::Word { wanted });
    }
    let reasoned = said.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    if matches!(plan.confirm, Confirm::Name(_)) && !reasoned {
        return Err(Mismatch::Reason);
    }
    Ok(Confirmed { plan, digest, said })
}

/// Whether there is leave to write.
///
/// # Errors
/// Where there is none, or it has ended.
pub fn permitted(said: &Said) -> Result<(), Mismatch> {
    match &said.permit {
        Some(permit) if permit.until >= said.at => Ok(()),
        Some(_) | None => Err(Mismatch::ReadOnly),
    }
}

impl Confirmed {
    /// Confirms the plan of a journal anew, for who takes the run up again.
    ///
    /// # Errors
    /// Where the journal's plan is not the one whose digest stands beside it, or the word is wrong.
    pub fn again(plan: &Plan, digest: &str, said: Said) -> Result<Self, Mismatch> {
        confirm(plan.clone(), digest, said)
    }

    /// The first line of its journal.
    pub fn opened(&self, id: &str, by: Carrier) -> Entry {
        Entry::Opened {
            by,
            id: id.into(),
            plan: Box::new(self.plan.clone()),
            digest: self.digest.clone(),
            said: self.said.clone(),
        }
    }

    /// The line with which a run is taken up again.
    pub fn resumed(&self, by: Carrier) -> Entry {
        Entry::Resumed {
            by,
            said: self.said.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Stake, tier};
    use crate::model::{Confirm, Environment, Target};

    #[test]
    fn what_must_be_typed_follows_from_what_is_at_stake() {
        let one = [Target::instance("atlas")];
        let two = [Target::instance("atlas"), Target::instance("boreas")];
        for (environment, targets, stake, confirm) in [
            (Environment::Staging, &one[..], Stake::Reversible, Confirm::Yes),
            (Environment::Production, &one, Stake::Reversible, Confirm::Count(1)),
            (Environment::Lab, &two, Stake::Reversible, Confirm::Count(2)),
            (Environment::Lab, &one, Stake::Final, Confirm::Count(1)),
            (Environment::Lab, &one, Stake::Loss("x"), Confirm::Name("x".into())),
        ] {
            assert_eq!(tier(environment, targets, stake), confirm);
        }
    }
}
