//! Steps that issue a login of a dynamic role, prove it, and end leases with proof.

use serde_json::json;

use crate::model::{Act, Call, Check, Is, Login, Place, Question, Say, Step, Text, Undo, With, quote};

/// Issues a login and proves that it logs in. It is taken back where something after it fails.
pub fn issue(mount: &str, role: &str, place: &Place, name: &str) -> Step {
    let with = With::Held {
        name: name.into(),
        user: format!("a user of {role}"),
    };
    Step {
        name: format!("a new login of {} is issued, and logs in", Text::from(role)),
        act: Act::Vault(Call {
            path: format!("{mount}/creds/{role}"),
            body: None,
            hold: Some(name.into()),
        }),
        // One that nobody heard of ends with the token that this run has.
        again: true,
        check: Check {
            ask: login(place, with, true),
            within: 5,
        },
        undo: Undo::Act(revocation(&kept(name))),
    }
}

/// Ends the login that was issued under this name.
pub fn give_back(role: &str, name: &str) -> Step {
    Step {
        name: format!("the new login of {} is revoked", Text::from(role)),
        act: revocation(&kept(name)),
        again: true,
        check: Check {
            ask: gone(&kept(name)),
            within: 5,
        },
        undo: Undo::Nothing,
    }
}

/// Ends a lease: afterwards there is no lease, no role, no session of it, and nobody logs in as it.
pub fn revoke(lease: &str, user: &str, oid: u32, place: &Place) -> Step {
    let no_role = format!(
        "select not exists (select from pg_roles where rolname = {})",
        quote::literal(user)
    );
    // A session whose role was dropped goes on, without a name.
    let no_session = format!("select not exists (select from pg_stat_activity where usesysid = {oid})");
    let chance = With::Chance { user: user.into() };
    Step {
        name: format!("revoke the lease of {}", Text::from(user)),
        act: revocation(lease),
        again: true,
        check: Check {
            ask: Question::All(vec![
                gone(lease),
                Question::Sql(place.sql(no_role)),
                Question::Sql(place.sql(no_session)),
                login(place, chance, false),
            ]),
            within: 10,
        },
        undo: Undo::Never("a lease cannot be had back; whoever used it fetches another".into()),
    }
}

/// Whether a login is accepted, or is not.
pub fn login(place: &Place, with: With, opens: bool) -> Question {
    Question::Login(Login {
        place: place.clone(),
        with,
        opens,
    })
}

/// The server answers when the statements have run, and with their error.
fn revocation(lease: &str) -> Act {
    Act::Vault(Call {
        path: "sys/leases/revoke".into(),
        body: Some(json!({ "lease_id": lease, "sync": true })),
        hold: None,
    })
}

fn gone(lease: &str) -> Question {
    Question::Vault(Say {
        path: "sys/leases/lookup".into(),
        body: Some(json!({ "lease_id": lease })),
        at: String::new(),
        is: Is::Absent,
    })
}

/// What stands for the lease of a login that was issued under this name.
fn kept(name: &str) -> String {
    format!(":'{name}.lease'")
}
