//! Steps that issue a login of a dynamic role, prove it, and end leases with proof.

use serde_json::json;

use crate::model::{Act, Call, Check, Is, Login, Place, Question, Say, Step, Text, Undo, With};

/// Issues a login and proves that it logs in. It is taken back where something after it fails.
pub fn issue(mount: &str, role: &str, place: &Place, name: &str) -> Step {
    let with = With::Held {
        name: name.into(),
        user: format!("a user of {role}"),
    };
    Step {
        name: format!("a new login of {} is issued, and logs in", Text::from(role)),
        act: Act::Vault(Call::issue(format!("{mount}/creds/{role}"), name)),
        // One that nobody heard of ends with the token that this run has.
        again: true,
        check: Check {
            ask: login(place, with, true),
            within: 5,
        },
        undo: Undo::Meanwhile(revocation(&kept(name))),
    }
}

/// Ends the login that was issued under this name; it is refused from then on.
pub fn give_back(role: &str, place: &Place, name: &str) -> Step {
    let with = With::Held {
        name: name.into(),
        user: format!("a user of {role}"),
    };
    Step {
        name: format!("the new login of {} is revoked", Text::from(role)),
        act: revocation(&kept(name)),
        again: true,
        check: Check {
            ask: Question::All(vec![gone(&kept(name)), login(place, with, false)]),
            within: 5,
        },
        undo: Undo::Nothing,
    }
}

/// Ends every login of a role, the dropping of whose roles is waited for.
pub fn end_all(mount: &str, role: &str) -> Call {
    Call::write(format!("{PREFIX}{mount}/creds/{role}"), json!({ "sync": true }))
}

/// That a call did what it does, where that can be asked later too: what was removed is gone, what was written stands there, and
/// so is every lease of a role gone.
pub fn done_by(call: &Call) -> Option<Say> {
    let say = |path: String, at: &str, is| Say {
        path,
        body: None,
        at: at.to_owned(),
        is,
    };
    match (call.path.strip_prefix(PREFIX), &call.body) {
        _ if call.remove => Some(say(call.path.clone(), "", Is::Absent)),
        (Some(leases), _) => Some(say(format!("sys/leases/lookup/{leases}?list=true"), "", Is::Absent)),
        (None, Some(body)) if call.path.contains("/roles/") => {
            Some(say(call.path.clone(), "/data", Is::Like(body.clone())))
        }
        (None, _) => None,
    }
}

/// The same as a question; nothing is asked where that cannot be asked later.
pub fn read_back(call: &Call) -> Question {
    done_by(call).map_or(Question::All(Vec::new()), Question::Vault)
}

const PREFIX: &str = "sys/leases/revoke-prefix/";

/// What a lease opens.
#[derive(Clone, Debug)]
pub struct Opens {
    /// The lease's id.
    pub lease: String,
    /// The role that it stands for, or those of which it is one: a lease does not name its role.
    pub roles: Vec<(String, u32)>,
    /// On the primary.
    pub place: Place,
}

impl Opens {
    /// Ends the lease: afterwards there is no lease, no role, no session of it, and nobody logs in as it. `name` is free in
    /// the plan.
    pub fn revoke(&self, name: &str) -> Vec<Step> {
        let oids: Vec<String> = self.roles.iter().map(|(_, oid)| oid.to_string()).collect();
        let oids = oids.join(", ");
        let count = format!("select count(*)::text from pg_roles where oid in ({oids})");
        // None at all is as good: it ended by itself before it was counted.
        let fewer = format!("select count(*) < greatest(:'{name}'::int, 1) from pg_roles where oid in ({oids})");
        // A session whose role was dropped goes on, without a name.
        let no_session = format!(
            "select not exists (select from pg_stat_activity where usesysid in ({oids}) \
             and usesysid not in (select oid from pg_roles))"
        );
        let mut ask = vec![
            gone(&self.lease),
            Question::Sql(self.place.sql(fewer)),
            Question::Sql(self.place.sql(no_session)),
        ];
        if let [(user, _)] = self.roles.as_slice() {
            ask.push(login(&self.place, With::Chance { user: user.clone() }, false));
        }
        let take = Question::Take(name.into(), self.place.sql(count));
        vec![
            Step::look(
                format!("roles that {} may stand for are counted", self.shown()),
                take,
                3,
            ),
            Step {
                name: format!("revoke {}", self.shown()),
                act: revocation(&self.lease),
                again: true,
                check: Check {
                    ask: Question::All(ask),
                    within: 10,
                },
                undo: Undo::Never("a lease cannot be had back; whoever used it fetches another".into()),
            },
        ]
    }

    /// The end of its id, which tells it apart.
    pub fn shown(&self) -> Text {
        format!("lease {}", self.lease.rsplit('/').next().unwrap_or_default()).into()
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
    Act::Vault(Call::write(
        "sys/leases/revoke",
        json!({ "lease_id": lease, "sync": true }),
    ))
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
