//! From a plan to a confirmed one. [`Confirmed`] is made here and nowhere else, and the engine takes nothing else.

use sha2::{Digest, Sha256};

use crate::model::{Confirm, Entry, Environment, Plan, Said, Target};

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

/// What must be typed: production or many targets take the number of targets, a loss takes a name and a reason.
pub fn tier(environment: Environment, targets: &[Target], loses: bool) -> Confirm {
    match targets {
        [first, ..] if loses => Confirm::Name(first.name().to_string()),
        many if many.len() > 1 || environment == Environment::Production => Confirm::Count(many.len()),
        _ => Confirm::Yes,
    }
}

/// SHA-256 over the plan as it is written down, in hexadecimal.
///
/// The form is that of our own types: fields in their order, maps by key, no number that is not whole.
pub fn digest(plan: &Plan) -> String {
    let bytes = serde_json::to_vec(plan).unwrap_or_default();
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
    let wanted = plan.confirm.word();
    if said.word != wanted {
        return Err(Mismatch::Word { wanted });
    }
    let reasoned = said.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    if matches!(plan.confirm, Confirm::Name(_)) && !reasoned {
        return Err(Mismatch::Reason);
    }
    Ok(Confirmed { plan, digest, said })
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
    pub fn opened(&self, id: &str) -> Entry {
        Entry::Opened {
            id: id.into(),
            plan: Box::new(self.plan.clone()),
            digest: self.digest.clone(),
            said: self.said.clone(),
        }
    }

    /// The line with which a run is taken up again.
    pub fn resumed(&self) -> Entry {
        Entry::Resumed {
            said: self.said.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tier;
    use crate::model::{Confirm, Environment, Target};

    #[test]
    fn what_must_be_typed_follows_from_what_is_at_stake() {
        let one = [Target::instance("atlas")];
        let two = [Target::instance("atlas"), Target::instance("boreas")];
        assert_eq!(tier(Environment::Staging, &one, false), Confirm::Yes);
        assert_eq!(tier(Environment::Production, &one, false), Confirm::Count(1));
        assert_eq!(tier(Environment::Lab, &two, false), Confirm::Count(2));
        assert_eq!(tier(Environment::Lab, &one, true), Confirm::Name("atlas".into()));
    }
}
