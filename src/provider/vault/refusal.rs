//! What a call's failure means: sealed, down, late, denied and nonsense are told apart, each with what to do.

use rustify::errors::ClientError;
use serde_json::Value as Json;

use crate::{
    model::{Fault, FaultKind},
    provider::unnumbered,
};

/// The fault behind an error of the driver. Secrets that the server quotes are struck out.
pub fn fault(path: &str, error: ClientError, secrets: &[&str]) -> Fault {
    match error {
        ClientError::ServerResponseError { code, content } => {
            refused(path, code, content.as_deref().unwrap_or_default(), secrets)
        }
        ClientError::RequestError { source, .. } | ClientError::ResponseError { source } => {
            let driver = source.downcast_ref::<reqwest::Error>();
            unanswered(driver.is_some_and(reqwest::Error::is_timeout), source.as_ref())
        }
        other => Fault::new(FaultKind::Unreachable, other.to_string()),
    }
}

fn unanswered(late: bool, error: &(dyn std::error::Error + 'static)) -> Fault {
    if late {
        return Fault::new(FaultKind::Timeout, "no answer from the secrets server in 3s");
    }
    let why = unnumbered(&root(error)).to_owned();
    let fault = Fault::new(FaultKind::Unreachable, why.clone());
    if why.contains("certificate") {
        return fault.hint("name the authority that signed the secrets server's certificate under [vault] ca");
    }
    fault.hint("is the secrets server running, and is [vault] address right?")
}

fn refused(path: &str, code: u16, content: &str, secrets: &[&str]) -> Fault {
    let parsed: Json = serde_json::from_str(content).unwrap_or_default();
    let errors = parsed["errors"].as_array();
    let said: Vec<&str> = errors.into_iter().flatten().filter_map(Json::as_str).collect();
    let mut said = said.join("; ").split_whitespace().collect::<Vec<_>>().join(" ");
    for secret in secrets {
        said = said.replace(secret, "[secret]");
    }
    let kind = kind(code, &said);
    let words = if said.is_empty() { "refused" } else { &said };
    let fault = Fault::new(kind, format!("{path}: {words} (HTTP {code})"));
    match hint(path, code, kind) {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

fn kind(code: u16, said: &str) -> FaultKind {
    match code {
        503 if said.contains("sealed") => FaultKind::Sealed,
        403 => FaultKind::Denied,
        // Without a word of explanation there is just nothing under this path.
        404 if said.is_empty() => FaultKind::Unsupported,
        472 | 473 | 502..=504 => FaultKind::Unreachable,
        _ => FaultKind::Refused,
    }
}

fn hint(path: &str, code: u16, kind: FaultKind) -> Option<String> {
    Some(match (kind, code) {
        (FaultKind::Sealed, _) => "unseal it: `bao operator unseal`, or `vault operator unseal`".into(),
        (FaultKind::Denied, _) => format!("the policy of the console's token must allow {path}"),
        (FaultKind::Refused, 404) => "is [vault] mount right?".into(),
        (_, 429) => "a rate limit of the secrets server is reached".into(),
        _ => return None,
    })
}

/// The innermost reason: the outer ones only say that a request failed.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(cause) = inner.source() {
        inner = cause;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use rustify::errors::ClientError;

    use super::fault;
    use crate::model::FaultKind;

    fn answered(code: u16, content: &str) -> crate::model::Fault {
        let content = Some(content.to_owned());
        fault(
            "database/roles",
            ClientError::ServerResponseError { code, content },
            &["s.canary"],
        )
    }

    #[test]
    fn sealed_down_denied_and_absent_are_told_apart() {
        for (code, content, kind, hinted) in [
            (503, r#"{"errors":["Vault is sealed"]}"#, FaultKind::Sealed, true),
            (
                503,
                r#"{"errors":["local node not active"]}"#,
                FaultKind::Unreachable,
                false,
            ),
            (
                403,
                r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#,
                FaultKind::Denied,
                true,
            ),
            (404, r#"{"errors":[]}"#, FaultKind::Unsupported, false),
            (
                404,
                r#"{"errors":["no handler for route \"x/\""]}"#,
                FaultKind::Refused,
                true,
            ),
            (400, r#"{"errors":["invalid lease"]}"#, FaultKind::Refused, false),
            (429, "", FaultKind::Refused, true),
            (502, "<html>bad gateway</html>", FaultKind::Unreachable, false),
        ] {
            let fault = answered(code, content);
            assert_eq!((fault.kind, fault.hint.is_some()), (kind, hinted), "{fault:?}");
        }
    }

    #[test]
    fn a_server_that_quotes_the_token_does_not_put_it_into_the_fault() {
        let fault = answered(400, r#"{"errors":["bad token s.canary given"]}"#);
        assert!(!format!("{fault:?}").contains("canary"), "{fault:?}");
    }
}
