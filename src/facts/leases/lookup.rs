//! Looks leases up one by one, as the API wants it, without asking for all of them at every beat.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tokio::time::{Instant, timeout_at};

use super::{Lease, Terms};
use crate::{
    model::{Fault, FaultKind, Text},
    provider::vault::{Method, Vault},
};

/// Known leases that are looked up again in one beat.
const AGAIN: usize = 24;
/// Of those, the ones that end within this time come first: they may have been renewed.
const SOON: SignedDuration = SignedDuration::from_secs(120);
/// Calls under way at the same time.
const AT_ONCE: usize = 16;
/// What has not been looked up in this time waits for the next beat.
const PATIENCE: Duration = Duration::from_millis(3500);

/// What came of looking one up.
pub enum Outcome {
    /// It lives, or waits to be revoked.
    Read(Terms),
    /// There is no such lease any more.
    Gone,
    /// It could not be read.
    Failed(Fault),
}

/// The leases to look up now: all that were never read, then those that end soon, then the longest unread.
pub fn due(leases: &BTreeMap<Text, Lease>, now: Timestamp) -> Vec<Text> {
    let fresh = leases
        .iter()
        .filter(|(_, lease)| lease.terms.is_none())
        .map(|(id, _)| id);
    let mut known: Vec<_> = leases
        .iter()
        .filter_map(|(id, lease)| lease.terms.as_ref().map(|terms| (id, terms)))
        .collect();
    let soon = |terms: &Terms| terms.expires.is_some_and(|end| end.duration_since(now) < SOON);
    known.sort_by_key(|(_, terms)| terms.at);
    // Half for those that end soon, so that many of them do not keep the rest waiting for ever.
    let (urgent, calm): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, terms)| soon(terms));
    let urgent = urgent.into_iter().take(AGAIN / 2);
    let again = urgent.chain(calm).take(AGAIN).map(|(id, _)| id);
    fresh.chain(again).cloned().collect()
}

/// Looks these up. A server that does not answer is a fault of the whole.
pub async fn all(vault: &Vault, due: Vec<Text>) -> Result<Vec<(Text, Outcome)>, Fault> {
    let end = Instant::now() + PATIENCE;
    let calls = due.into_iter().map(|id| async move {
        let body = json!({ "lease_id": id.raw() });
        let answer = vault.call(Method::Put, "sys/leases/lookup", Some(&body)).await;
        (id, answer)
    });
    let mut answers = stream::iter(calls).buffer_unordered(AT_ONCE);
    let mut outcomes = Vec::new();
    while let Ok(Some((id, answer))) = timeout_at(end, answers.next()).await {
        let outcome = match answer {
            Ok(answer) => Outcome::Read(terms(&answer["data"])?),
            Err(fault) => failed(fault)?,
        };
        // A denial is the same for all of them.
        let denied = matches!(outcome, Outcome::Failed(_));
        outcomes.push((id, outcome));
        if denied {
            break;
        }
    }
    Ok(outcomes)
}

fn failed(fault: Fault) -> Result<Outcome, Fault> {
    match fault.kind {
        FaultKind::Refused if fault.what.raw().contains("invalid lease") => Ok(Outcome::Gone),
        FaultKind::Denied => {
            let hint = "path \"sys/leases/lookup\" needs capabilities = [\"update\"] in the console's policy";
            Ok(Outcome::Failed(fault.hint(hint)))
        }
        _ => Err(fault),
    }
}

fn terms(data: &Json) -> Result<Terms, Fault> {
    let moment = |key: &str| data[key].as_str().and_then(|at| at.parse().ok());
    let issued = moment("issue_time");
    Ok(Terms {
        issued: issued.ok_or_else(|| Fault::new(FaultKind::Malformed, "lease lookup: the answer has no issue_time"))?,
        expires: moment("expire_time"),
        renewed: moment("last_renewal"),
        renewable: data["renewable"].as_bool().unwrap_or(false),
        at: Timestamp::now(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::{AGAIN, due, terms};
    use crate::{
        facts::leases::{Lease, Terms},
        model::Text,
    };

    fn lease(read: Option<i64>, ends_in: i64) -> Lease {
        let now = Timestamp::UNIX_EPOCH;
        let terms = |ago| Terms {
            issued: now,
            expires: Some(now + SignedDuration::from_secs(ends_in)),
            renewed: None,
            renewable: true,
            at: now - SignedDuration::from_secs(ago),
        };
        Lease {
            role: "r".into(),
            terms: read.map(terms),
            irrevocable: None,
        }
    }

    #[test]
    fn two_thousand_known_leases_cost_a_few_calls_and_none_is_forgotten() {
        let mut all: BTreeMap<Text, Lease> = (0..2000_i64)
            .map(|n| (Text::from(format!("known-{n:04}")), lease(Some(n), 3600)))
            .collect();
        all.insert("new".into(), lease(None, 0));
        all.insert("soon".into(), lease(Some(0), 30));
        let due = due(&all, Timestamp::UNIX_EPOCH);
        assert_eq!(due.len(), 1 + AGAIN);
        assert_eq!(due[0], Text::from("new"));
        assert_eq!(due[1], Text::from("soon"));
        assert_eq!(due[2], Text::from("known-1999"), "the longest unread");
    }

    #[test]
    fn a_lease_that_was_never_renewed_says_so() {
        let read = terms(
            &json!({"expire_time":"2026-11-24T03:44:44.252227474Z","issue_time":"2026-11-24T03:39:44.2Z",
            "last_renewal":null,"renewable":true,"ttl":300}),
        )
        .expect("understood");
        assert_eq!(read.renewed, None);
        assert!(read.renewable && read.expires.is_some());
        assert!(terms(&json!({"ttl":300})).is_err());
    }
}
