//! What statements run as: a role, settings, and how long others may have to wait because of them.

use std::time::Duration;

use crate::{
    model::{Fault, quote},
    provider::postgres::Session,
};

/// For how long it holds.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    /// For the transaction that is open.
    Transaction,
    /// For the whole session.
    Session,
}

impl Scope {
    /// The word that stands behind `SET`.
    fn word(self) -> &'static str {
        match self {
            Self::Transaction => "local",
            Self::Session => "session",
        }
    }
}

/// Becomes a role, and sets what else is wished: names, and values as SQL.
pub(super) async fn assume(
    session: &Session,
    scope: Scope,
    role: Option<&str>,
    settings: &[(String, String)],
) -> Result<(), Fault> {
    let scope = scope.word();
    if let Some(role) = role {
        let words = format!("set {scope} role {}", quote::ident(role));
        session.execute(&words).await?;
    }
    for (name, value) in settings {
        session.execute(&format!("set {scope} {name} = {value}")).await?;
    }
    Ok(())
}

/// Sets how long statements may wait for locks, in milliseconds, and take; and that the server looks whether we are still
/// there.
pub(super) async fn limit(session: &Session, scope: Scope, lock: u64, left: Duration) -> Result<(), Fault> {
    let (scope, left) = (scope.word(), left.as_millis().max(1));
    let words = format!("set {scope} lock_timeout = {lock}; set {scope} statement_timeout = {left}");
    session.execute(&words).await?;
    // From version 14 on.
    if session.major() >= 14 {
        let words = format!("set {scope} client_connection_check_interval = '500ms'");
        session.execute(&words).await?;
    }
    Ok(())
}
