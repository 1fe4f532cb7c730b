//! How the door behaves towards servers that are sealed, slow, lying, or tired of our token.

use std::time::{Duration, Instant};

use tenantry::{
    config::{Auth, VaultSettings},
    model::{Fault, FaultKind},
    provider::vault::{Method, Vault},
};

use crate::fake::{Answer, Asked, Fake, says};

const LOGIN: &str = "/v1/auth/userpass/login/ada";
const SELF: &str = "/v1/auth/token/lookup-self";
const RENEW: &str = "/v1/auth/token/renew-self";

/// A login that gives this token for so many seconds.
fn login(token: &str, seconds: u64) -> Answer {
    let body = format!(r#"{{"auth":{{"client_token":"{token}","lease_duration":{seconds},"renewable":true}}}}"#);
    says(200, &body)
}

fn all_of(fault: &Fault) -> String {
    format!("{fault} {fault:?} {:?}", serde_json::to_string(fault))
}

/// Waits until the clock says that a token of one second is past its half.
async fn half_a_second_later(since: Instant) {
    tokio::time::sleep_until((since + Duration::from_millis(600)).into()).await;
}

#[tokio::test]
async fn a_token_is_got_once_and_goes_with_the_namespace_in_headers_only() {
    let fake = Fake::start(|asked: &Asked| match asked.path.as_str() {
        LOGIN => login("canary-token", 3600),
        _ => says(200, r#"{"data":{"keys":["a","b"]}}"#),
    })
    .await;
    let door = fake.door();
    assert_eq!(door.list("database/roles").await.unwrap(), ["a", "b"]);
    door.read("database/roles/a").await.unwrap();
    assert_eq!(fake.count(LOGIN), 1);
    let asked = &fake.asked()[2];
    let head = asked.head.to_ascii_lowercase();
    assert!(
        head.contains("x-vault-token: canary-token") && head.contains("x-vault-namespace: team"),
        "{head}"
    );
    assert!(!asked.path.contains("canary"));
    assert_eq!(asked.method, "GET");
}

#[tokio::test]
async fn a_run_makes_a_token_of_its_own_of_one_that_it_is_lent_and_ends_only_that() {
    let fake = Fake::start(|asked: &Asked| match asked.path.as_str() {
        "/v1/auth/token/create" => login("canary-child", 3600),
        SELF => says(200, r#"{"data":{"ttl":3600,"renewable":true}}"#),
        _ => says(200, "{}"),
    })
    .await;
    let door = fake.for_a_run();
    door.read("database/roles/a").await.unwrap();
    door.leave().await;
    let sent = |path: &str| {
        let all = fake.asked();
        let found = all.into_iter().find(|asked| asked.path == path);
        found.map(|asked| asked.head.to_ascii_lowercase()).unwrap_or_default()
    };
    assert!(sent("/v1/auth/token/create").contains("x-vault-token: canary-of-the-file"));
    assert!(sent("/v1/database/roles/a").contains("x-vault-token: canary-child"));
    assert!(sent("/v1/auth/token/revoke-self").contains("x-vault-token: canary-child"));
    // Watching makes none, and ends none.
    let door = fake.with_file();
    door.read("database/roles/b").await.unwrap();
    door.leave().await;
    assert!(sent("/v1/database/roles/b").contains("x-vault-token: canary-of-the-file"));
    assert_eq!(fake.count("/v1/auth/token/revoke-self"), 1);
}

#[tokio::test]
async fn a_lent_token_that_may_make_none_is_used_and_left_alive() {
    let fake = Fake::start(|asked: &Asked| match asked.path.as_str() {
        "/v1/auth/token/create" => says(403, r#"{"errors":["permission denied"]}"#),
        SELF => says(200, r#"{"data":{"ttl":3600,"renewable":true}}"#),
        _ => says(200, "{}"),
    })
    .await;
    let door = fake.for_a_run();
    door.read("database/roles/a").await.unwrap();
    door.leave().await;
    assert_eq!(fake.count("/v1/database/roles/a"), 1);
    assert_eq!(fake.count("/v1/auth/token/revoke-self"), 0);
}

#[tokio::test]
async fn the_state_of_the_server_is_asked_without_token_and_namespace() {
    let fake = Fake::start(|_: &Asked| says(200, "{}")).await;
    fake.door()
        .open_call(Method::Get, "sys/health?standbyok=true", None)
        .await
        .unwrap();
    let asked = &fake.asked()[0];
    assert_eq!(asked.path, "/v1/sys/health?standbyok=true");
    let head = asked.head.to_ascii_lowercase();
    assert!(
        !head.contains("x-vault-token") && !head.contains("x-vault-namespace"),
        "{head}"
    );
}

#[tokio::test]
async fn a_server_that_repeats_our_secrets_puts_none_into_a_fault() {
    let fake = Fake::start(|asked: &Asked| match asked.path.as_str() {
        LOGIN if asked.body.contains("canary-of-the-file") => login("canary-token", 3600),
        LOGIN => says(400, r#"{"errors":["user ada said other-canary"]}"#),
        "/v1/echo" => says(403, r#"{"errors":["no: canary-token"]}"#),
        "/v1/broken" => says(200, r#"{"data":{"password":"canary-token""#),
        _ => says(200, "{}"),
    })
    .await;
    let door = fake.door();
    for path in ["echo", "broken"] {
        let fault = door.read(path).await.unwrap_err();
        assert!(!all_of(&fault).contains("canary"), "{fault:?}");
    }
    fake.change("other-canary");
    let fault = fake.door().read("x").await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Credential);
    assert!(!all_of(&fault).contains("canary"), "{fault:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_within_its_deadline() {
    let fake = Fake::start(|_: &Asked| None).await;
    let since = Instant::now();
    let fault = fake
        .door()
        .open_call(Method::Get, "sys/health", None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert!(since.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn sealed_denied_absent_and_down_are_told_apart() {
    let fake = Fake::start(|asked: &Asked| match asked.path.as_str() {
        LOGIN => login("t", 3600),
        SELF => says(200, r#"{"data":{}}"#),
        "/v1/sealed" => says(503, r#"{"errors":["Vault is sealed"]}"#),
        "/v1/denied" => says(403, r#"{"errors":["permission denied"]}"#),
        _ => says(404, r#"{"errors":[]}"#),
    })
    .await;
    let door = fake.door();
    for (path, kind) in [
        ("sealed", FaultKind::Sealed),
        ("denied", FaultKind::Denied),
        ("absent", FaultKind::Unsupported),
    ] {
        assert_eq!(door.read(path).await.unwrap_err().kind, kind, "{path}");
    }
    assert_eq!(
        door.list("absent").await.unwrap(),
        [""; 0],
        "nothing under a path is no fault"
    );
    assert_eq!(
        fake.count(LOGIN),
        1,
        "a denial is no reason to log in again while the token lives"
    );
    let settings = fake.settings(Auth::TokenFile {
        path: "/nowhere".into(),
    });
    drop(fake);
    let down = Vault::with_token(settings, "t").unwrap().read("x").await.unwrap_err();
    assert_eq!(down.kind, FaultKind::Unreachable);
    assert!(down.hint.is_some());
}

#[tokio::test]
async fn a_token_that_was_revoked_is_replaced_once() {
    let fake = Fake::start(|asked: &Asked| {
        let second = asked.head.contains("second") || asked.body.contains("second");
        match asked.path.as_str() {
            LOGIN => login(if second { "second" } else { "first" }, 3600),
            _ if second => says(200, r#"{"data":{}}"#),
            _ => says(403, r#"{"errors":["permission denied"]}"#),
        }
    })
    .await;
    let door = fake.door();
    let denied = door.read("x").await.unwrap_err();
    assert_eq!(denied.kind, FaultKind::Denied, "the same token again");
    fake.change("second");
    door.read("x").await.unwrap();
    assert_eq!(fake.count(LOGIN), 3);
}

#[tokio::test]
async fn a_token_is_renewed_at_half_its_life() {
    let fake = Fake::start(|asked: &Asked| match asked.path.as_str() {
        LOGIN => login("t", 1),
        RENEW => says(200, r#"{"auth":{"lease_duration":3600}}"#),
        _ => says(200, "{}"),
    })
    .await;
    let door = fake.door();
    let since = Instant::now();
    door.read("x").await.unwrap();
    half_a_second_later(since).await;
    door.read("x").await.unwrap();
    door.read("x").await.unwrap();
    assert_eq!((fake.count(LOGIN), fake.count(RENEW)), (1, 1));
}

#[tokio::test]
async fn a_token_that_renewing_does_not_lengthen_is_got_anew() {
    let fake = Fake::start(|asked: &Asked| match asked.path.as_str() {
        LOGIN => login("t", 3),
        RENEW => says(200, r#"{"auth":{"lease_duration":1}}"#),
        _ => says(200, "{}"),
    })
    .await;
    let door = fake.door();
    let since = Instant::now();
    door.read("x").await.unwrap();
    tokio::time::sleep_until((since + Duration::from_millis(1600)).into()).await;
    door.read("x").await.unwrap();
    assert_eq!((fake.count(LOGIN), fake.count(RENEW)), (2, 1));
}

#[tokio::test]
async fn a_token_from_a_file_is_looked_up_renewed_and_read_again_when_it_is_dead() {
    let fake = Fake::start(
        |asked: &Asked| match (asked.path.as_str(), asked.head.contains("next")) {
            (SELF, false) => says(200, r#"{"data":{"ttl":1,"renewable":true}}"#),
            (SELF, true) => says(200, r#"{"data":{"ttl":3600,"renewable":true}}"#),
            (RENEW, false) => says(403, r#"{"errors":["permission denied"]}"#),
            _ => says(200, "{}"),
        },
    )
    .await;
    let door = fake.with_file();
    let since = Instant::now();
    door.read("x").await.unwrap();
    half_a_second_later(since).await;
    fake.change("next");
    door.read("x").await.unwrap();
    let last = fake.asked().pop().unwrap();
    assert!(last.head.contains("next"), "{last:?}");
    assert_eq!(fake.count(RENEW), 1);
}

#[tokio::test]
async fn after_a_refused_login_whoever_waits_gets_the_same_answer() {
    let fake = Fake::start(|_: &Asked| says(503, r#"{"errors":["Vault is sealed"]}"#)).await;
    let door = fake.door();
    let (a, b, c) = tokio::join!(door.read("x"), door.read("y"), door.read("z"));
    for fault in [a, b, c].map(Result::unwrap_err) {
        assert_eq!(fault.kind, FaultKind::Sealed);
    }
    assert_eq!(fake.count(LOGIN), 1);
}

#[tokio::test]
async fn the_token_is_never_sent_where_a_second_redirect_leads() {
    let thief = Fake::start(|_: &Asked| says(200, "{}")).await;
    let there = format!("Location: http://127.0.0.1:{}/v1/x\r\n", thief.port);
    let again = Fake::start(move |_: &Asked| Some((307, there.clone(), String::new()))).await;
    let there = format!("Location: http://127.0.0.1:{}/v1/x\r\n", again.port);
    let first = Fake::start(move |_: &Asked| Some((307, there.clone(), String::new()))).await;
    let settings = first.settings(Auth::TokenFile {
        path: "/nowhere".into(),
    });
    let door = Vault::with_token(settings, "canary-token").unwrap();
    assert!(door.read("x").await.is_err());
    assert!(thief.asked().is_empty(), "{:?}", thief.asked());
    let away =
        Fake::start(|_: &Asked| Some((307, "Location: http://vault.invalid/v1/x\r\n".into(), String::new()))).await;
    let settings = away.settings(Auth::TokenFile {
        path: "/nowhere".into(),
    });
    let fault = Vault::with_token(settings, "canary-token")
        .unwrap()
        .read("x")
        .await
        .unwrap_err();
    assert!(fault.what.raw().contains("redirected"), "{fault:?}");
}

#[tokio::test]
async fn a_standby_may_point_to_the_active_server_once() {
    let active = Fake::start(|_: &Asked| says(200, r#"{"data":{"keys":["a"]}}"#)).await;
    let there = format!("Location: http://127.0.0.1:{}/v1/x\r\n", active.port);
    let standby = Fake::start(move |_: &Asked| Some((307, there.clone(), String::new()))).await;
    let settings = standby.settings(Auth::TokenFile {
        path: "/nowhere".into(),
    });
    let door = Vault::with_token(settings, "t").unwrap();
    assert_eq!(door.list("x").await.unwrap(), ["a"]);
}

#[tokio::test]
async fn addresses_and_tokens_that_nobody_should_use_make_no_door() {
    let settings = |address: &str| VaultSettings {
        address: address.into(),
        ca: None,
        namespace: None,
        mount: "database".into(),
        auth: Auth::TokenFile {
            path: "/nowhere".into(),
        },
        operate: None,
    };
    for address in ["http://vault.example:8200", "vault.example", "", "file:///etc/passwd"] {
        assert!(Vault::new(settings(address)).is_err(), "{address}");
    }
    let fault = Vault::with_token(settings("http://127.0.0.1:1"), "canary\r\nX-Evil: 1")
        .err()
        .unwrap();
    assert!(!all_of(&fault).contains("canary"), "{fault:?}");
}
