//! The console's own token is near its end, or is refused.

use jiff::{SignedDuration, Timestamp};

use super::{Check, Finding, moment};
use crate::{
    facts::token::Token,
    model::{FaultKind, Severity, Target},
    store::{Fact, Known, Snapshot},
};

/// The token that the console watches with.
pub struct OwnToken;

/// How near its end a token is. The console renews at half of its life, or logs in again: less than a quarter is only
/// left where neither worked.
pub fn near(token: &Token, now: Timestamp) -> Severity {
    let (Some(ends), Some(life)) = (token.ends, token.life) else {
        return Severity::Ok;
    };
    let left = ends.duration_since(now);
    match left {
        left if left * 10 < life => Severity::Critical,
        left if left * 4 < life => Severity::Warning,
        _ => Severity::Ok,
    }
}

impl Check for OwnToken {
    fn id(&self) -> &'static str {
        "vault-token"
    }

    fn about(&self) -> &'static str {
        "the console's own token, near its end or refused"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Token::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let known = world.known::<Token>(&Target::vault());
        let fault = match known {
            Known::Waiting => None,
            Known::Silent(fault) => Some(fault),
            Known::Seen(seen) => seen.fault,
        };
        match (fault, known.seen()) {
            (Some(fault), _) if matches!(fault.kind, FaultKind::Credential | FaultKind::Denied) => {
                let what = "the secrets server refuses the console's login";
                let usual = "check [vault] auth in the fleet file and the files it names".to_owned();
                let finding = Finding::new(self, &Target::vault(), Severity::Warning, what).evidence("said", fault);
                vec![finding.remedy(fault.hint.clone().unwrap_or(usual), "credentials")]
            }
            (None, Some(seen)) => self.near_its_end(seen.value, world.taken).into_iter().collect(),
            // Sealed or silent: that is told, and a token that nobody could renew is its consequence.
            _ => Vec::new(),
        }
    }
}

impl OwnToken {
    fn near_its_end(&self, token: &Token, now: Timestamp) -> Option<Finding> {
        let severity = Some(near(token, now)).filter(|severity| *severity > Severity::Ok)?;
        let ends = token.ends?;
        let left = ends.duration_since(now).max(SignedDuration::ZERO);
        let what = format!("the console's own token ends in {:.0?}", left.unsigned_abs());
        let finding = Finding::new(self, &Target::vault(), severity, what)
            .evidence("ends", moment(Some(ends)))
            .evidence(
                "renewable",
                if token.renewable {
                    "yes, and it was not renewed"
                } else {
                    "no"
                },
            )
            .evidence("got at", &token.path)
            .until(ends);
        let remedy = "give the console another token, or a way to log in: [vault] auth in the fleet file";
        Some(finding.remedy(remedy, "credentials"))
    }
}
