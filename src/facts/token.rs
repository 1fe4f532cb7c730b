//! The console's own token at the secrets server: how long it lives and what it may do. Never the token.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::vault::{configured, door};
use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// `auth/token/lookup-self`, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The name that user names of leases begin with.
    pub name: Text,
    /// Where it was got, such as `auth/approle/login`.
    pub path: Text,
    /// In the server's order.
    pub policies: Vec<Text>,
    /// When it was made.
    pub issued: Option<Timestamp>,
    /// When it ends on our clock, counted from the answer; none where it lives for ever.
    pub ends: Option<Timestamp>,
    /// How long it lives when it is new or renewed; none where it lives for ever.
    pub life: Option<SignedDuration>,
    /// Whether it can be made to live longer.
    pub renewable: bool,
    /// Calls it is good for; none where that is not limited.
    pub uses: Option<u64>,
    /// Dies with no other token.
    pub orphan: bool,
}

impl Fact for Token {
    const NAME: &'static str = "token";
}

/// Asks the secrets server, where there is one.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Token::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(4, 20)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        configured(world)
    }

    async fn ask(&self, doors: &Doors, _target: &Target, _world: &Snapshot) -> Result<Sealed, Fault> {
        let answer = door(doors)?.read("auth/token/lookup-self").await?;
        Ok(Sealed::of(read(&answer["data"], Timestamp::now())?))
    }
}

fn read(data: &Json, now: Timestamp) -> Result<Token, Fault> {
    let wrong = |key: &str| Fault::new(FaultKind::Malformed, format!("lookup-self: the answer has no {key}"));
    let text = |key: &str| Text::from(data[key].as_str().unwrap_or_default());
    let number = |key: &str| data[key].as_u64().filter(|n| *n > 0);
    let span = |key: &str| {
        number(key)
            .and_then(|secs| i64::try_from(secs).ok())
            .map(SignedDuration::from_secs)
    };
    let policies = data["policies"].as_array().ok_or_else(|| wrong("policies"))?;
    data["ttl"].as_u64().ok_or_else(|| wrong("ttl"))?;
    Ok(Token {
        name: text("display_name"),
        path: text("path"),
        policies: policies.iter().filter_map(Json::as_str).map(Text::from).collect(),
        issued: data["issue_time"].as_str().and_then(|at| at.parse().ok()),
        ends: span("ttl").and_then(|left| now.checked_add(left).ok()),
        life: span("period").or_else(|| span("creation_ttl")),
        renewable: data["renewable"].as_bool().unwrap_or(false),
        uses: number("num_uses"),
        orphan: data["orphan"].as_bool().unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::read;

    #[test]
    fn the_token_itself_is_not_kept() {
        let now: Timestamp = "2026-11-24T03:00:00Z".parse().expect("a moment");
        let data = json!({"id":"s.canary","accessor":"a","display_name":"approle","path":"auth/approle/login",
            "policies":["default","watch"],"issue_time":"2026-11-24T02:59:00.1Z","ttl":840,"creation_ttl":900,
            "explicit_max_ttl":0,"num_uses":0,"orphan":true,"renewable":true});
        let token = read(&data, now).expect("understood");
        assert_eq!(token.ends, Some(now + SignedDuration::from_secs(840)));
        assert_eq!(token.life, Some(SignedDuration::from_secs(900)));
        let kept = format!("{token:?}{}", serde_json::to_string(&token).expect("JSON"));
        assert!(!kept.contains("canary"), "{kept}");
    }

    #[test]
    fn a_root_token_lives_for_ever() {
        let data = json!({"display_name":"root","path":"auth/token/root","policies":["root"],"ttl":0,"creation_ttl":0});
        let token = read(&data, Timestamp::UNIX_EPOCH).expect("understood");
        assert_eq!((token.ends, token.life), (None, None));
    }
}
