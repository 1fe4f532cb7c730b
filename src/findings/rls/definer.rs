//! Functions that run with their owner's rights. Rule 3.8.

use super::{
    Rule,
    ground::{Ground, names},
    runtime::Runtime,
    verdict::{Hole, Verdict},
};
use crate::{
    facts::policies::Function,
    model::{Kind, Severity, Target, Text, quote},
};

/// The identity of a function among relations: `name(arguments)`.
pub fn target(ground: &Ground, function: &Function) -> Target {
    let name = format!("{}({})", function.name.raw(), function.arguments.raw());
    let (instance, database) = (ground.database.part(0), ground.database.part(1));
    Target::new(Kind::Relation, [instance, database, function.schema.raw(), &name])
}

/// A function with its owner's rights; none where no application can call it.
pub fn judge(ground: &Ground, function: &Function) -> Option<(Verdict, Vec<Hole>)> {
    let callers: Vec<&Runtime> = ground
        .runtime
        .iter()
        .filter(|who| calls(ground, who, function))
        .collect();
    if !function.definer || callers.is_empty() {
        return None;
    }
    let owner = ground.role(function.owner);
    let exempt = ground
        .graph
        .role(function.owner)
        .is_some_and(|role| role.superuser || role.bypass_rls);
    let severity = match (exempt, function.pinned, function.trigger) {
        (true, false, _) => Severity::Critical,
        // Only its own table calls it, and nobody else decides what its names mean.
        (true, true, true) => return Some((doubt(&owner), Vec::new())),
        (true, true, false) => Severity::Warning,
        (false, false, _) => Severity::Notice,
        (false, true, _) => return Some((doubt(&owner), Vec::new())),
    };
    let who = names(callers.iter().copied());
    let mut what = format!("{who} can call it, and it runs as {owner}");
    if exempt {
        what += ", whom no policy binds";
    }
    if !function.pinned {
        what += ", with the caller's search_path";
    }
    let hole = Hole::new(Rule::Definer, severity, what, remedy(function)).evidence("owner", &owner);
    let verdict = if hole.leaks() { Verdict::Leaks } else { doubt(&owner) };
    Some((verdict, vec![hole]))
}

fn doubt(owner: &Text) -> Verdict {
    Verdict::NotProved(format!(
        "it runs as {owner}; what it does there the catalogs do not tell"
    ))
}

fn calls(ground: &Ground, who: &Runtime, function: &Function) -> bool {
    let granted = function
        .grants
        .iter()
        .flatten()
        .any(|to| *to != function.owner && who.reaches.contains(to));
    ground.enters(who, function.schema_oid) && (function.public || granted)
}

fn remedy(function: &Function) -> String {
    let kind = if function.procedure { "PROCEDURE" } else { "FUNCTION" };
    let name = format!(
        "{}({})",
        quote::qualified(function.schema.raw(), function.name.raw()),
        function.arguments
    );
    format!(
        "ALTER {kind} {name} SECURITY INVOKER; or REVOKE EXECUTE ON {kind} {name} FROM PUBLIC; and ALTER {kind} {name} SET search_path = pg_catalog, pg_temp;"
    )
}
