//! What the engine would do to end a role, tried on a scratch role in a transaction that is rolled back.

use serde_json::Value as Json;

use super::{Held, statement};
use crate::{
    model::{Text, Trial},
    ops::{
        Refusal,
        rotate::engine_role,
        survey::{Inquiries, Inquiry, Known},
    },
    store::Snapshot,
};

/// How a dynamic role is made and ended: the name of the inquiry, and what to ask.
pub fn definition(held: &Held) -> (String, Inquiry) {
    let inquiry = Inquiry::Vault {
        path: format!("{}/roles/{}", held.mount, held.role),
        at: vec!["/data/creation_statements", "/data/revocation_statements"],
    };
    (definition_of(held), inquiry)
}

fn definition_of(held: &Held) -> String {
    format!("the definition of {}", held.role)
}

fn trial_of(held: &Held) -> String {
    format!("the end of a role of {}", held.role)
}

/// The trial, once it is known who the engine is and what it would do.
pub fn inquiry(world: &Snapshot, held: &Held) -> Result<Inquiries, Refusal> {
    let (Some(defined), Ok(engine)) = (defined(world, held)?, engine_role(world, &held.connection)) else {
        return Ok(Inquiries::new());
    };
    let Some(statements) = defined.statements(held)? else {
        return Ok(Inquiries::new());
    };
    let trial = Inquiry::Trial(Trial {
        place: held.opens.place.clone(),
        role: engine,
        statements,
    });
    Ok(Inquiries::from([(trial_of(held), trial)]))
}

/// Refuses where the engine would fail to end the role: it would try six times and then give up for good.
pub fn passed(world: &Snapshot, held: &Held) -> Result<(), Refusal> {
    let Some(Some((statement, why))) = Known::of(world).tried(&trial_of(held))? else {
        return Ok(());
    };
    let statement = Text::from(statement.as_str());
    let what = format!(
        "leases of {} will become irrevocable: {statement} fails: {}",
        Text::from(held.role.as_str()),
        Text::from(why.as_str())
    );
    Err(Refusal::new(what).hint("mend the role's revocation statements first; lock-out ends a role without them"))
}

/// What the plan says of it.
pub fn told(world: &Snapshot, held: &Held) -> &'static str {
    match Known::of(world).tried(&trial_of(held)) {
        Ok(Some(None)) => "its revocation was tried on a scratch role and went well",
        _ => "it has no revocation statements: the engine's own were not tried",
    }
}

struct Defined {
    creation: Vec<String>,
    revocation: Vec<String>,
}

fn defined(world: &Snapshot, held: &Held) -> Result<Option<Defined>, Refusal> {
    let Some([creation, revocation]) = Known::of(world).said(&definition_of(held))? else {
        return Ok(None);
    };
    Ok(Some(Defined {
        creation: texts(creation),
        revocation: texts(revocation),
    }))
}

impl Defined {
    /// All that is tried; none where the role has no statements of its own to end it.
    fn statements(&self, held: &Held) -> Result<Option<Vec<String>>, Refusal> {
        if statement::each(&self.revocation).is_empty() {
            return Ok(None);
        }
        let all = statement::each(&self.creation)
            .into_iter()
            .chain(statement::each(&self.revocation));
        let tried: Result<Vec<String>, Refusal> = all
            .map(|one| statement::to_try(&one).ok_or_else(|| strange(held, &one)))
            .collect();
        tried.map(Some)
    }
}

/// A statement that is not tried, because it could do more than a rollback takes back.
fn strange(held: &Held, statement: &str) -> Refusal {
    let what = format!(
        "a statement of {} does more than make or end its own role, and is not tried: {}",
        Text::from(held.role.as_str()),
        Text::from(statement)
    );
    Refusal::new(what).hint("look at the role's definition: a name that is written out there may be the wrong one")
}

/// A definition is a list, or one text.
fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Array(all) => all.iter().filter_map(Json::as_str).map(ToOwned::to_owned).collect(),
        Json::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}
