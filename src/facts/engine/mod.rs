//! What the database engine of the secrets server is told: connections, dynamic roles, static roles. Never a password.

mod browse;
pub mod connections;
mod dsn;
pub mod roles;
pub mod statics;

pub use browse::Read;
pub use connections::{Connection, Connections};
pub use roles::{DynamicRole, DynamicRoles};
pub use statics::{StaticRole, StaticRoles};

use serde_json::Value as Json;

use crate::model::Text;

/// A text of an answer; none where it is absent or empty.
fn text(data: &Json, key: &str) -> Option<Text> {
    data[key].as_str().filter(|text| !text.is_empty()).map(Text::from)
}

/// Seconds: the server sends numbers, but what it sent as text once is understood too.
fn seconds(data: &Json, key: &str) -> u64 {
    let written = || data[key].as_str()?.trim_end_matches('s').parse().ok();
    data[key].as_u64().or_else(written).unwrap_or_default()
}

/// Whether a list of statements has any.
fn stated(data: &Json, key: &str) -> bool {
    let filled = |statement: &Json| statement.as_str().is_some_and(|text| !text.trim().is_empty());
    match &data[key] {
        Json::Array(statements) => statements.iter().any(filled),
        other => filled(other),
    }
}
