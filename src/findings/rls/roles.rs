//! Roles of applications that have the rights of an owner, or of somebody whom no policy binds. Rules 3.3, 3.4.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, ground::Ground, runtime::Runtime, verdict::Hole};
use crate::{
    facts::roles::Role,
    model::{Kind, Severity, Target},
};

/// The holes of each role, told once however many relations they open.
pub fn judge(ground: &Ground) -> Vec<(Target, Hole)> {
    let named = ground.runtime.iter().filter(|who| who.named);
    let told: BTreeSet<u32> = named.flat_map(|who| who.reaches.iter().copied()).collect();
    let of = |who: &Runtime| {
        // What a member has through a role that is named, is told of that role.
        let told = if who.named { BTreeSet::new() } else { told.clone() };
        let holes = [exempt(ground, who, &told), owner(ground, who, &told)];
        holes
            .into_iter()
            .flatten()
            .map(|hole| (target(ground, who), hole))
            .collect::<Vec<_>>()
    };
    ground.runtime.iter().flat_map(of).collect()
}

/// The identity of a role.
pub fn target(ground: &Ground, who: &Runtime) -> Target {
    Target::new(Kind::Role, [ground.database.part(0), who.name.raw()])
}

fn exempt(ground: &Ground, who: &Runtime, told: &BTreeSet<u32>) -> Option<Hole> {
    let becomes = who.becomes.difference(told).filter_map(|oid| ground.graph.role(*oid));
    let marked = becomes.filter_map(|role| Some((mark(ground, who, role)?, role)));
    let ((severity, mark), role) = marked.max_by_key(|((severity, _), role)| (*severity, role.oid == who.oid))?;
    let (what, remedy) = if role.oid == who.oid {
        let option = mark
            .replace("SUPERUSER", "NOSUPERUSER")
            .replace("BYPASSRLS", "NOBYPASSRLS");
        let option = option
            .replace("CREATEROLE", "NOCREATEROLE")
            .replace("REPLICATION", "NOREPLICATION");
        (
            format!("it has {mark}"),
            format!("ALTER ROLE {} {option};", ground.quoted(who.oid)),
        )
    } else {
        let remedy = format!("REVOKE {} FROM {};", ground.quoted(role.oid), ground.quoted(who.oid));
        (format!("it can become {}, which has {mark}", role.name), remedy)
    };
    let what = format!("applications work as {}, and {what}", who.name);
    Some(
        Hole::new(Rule::Exempt, severity, what, remedy)
            .evidence("attribute", mark)
            .evidence("of", &role.name),
    )
}

/// What an attribute of a role is worth to this application.
fn mark(ground: &Ground, who: &Runtime, role: &Role) -> Option<(Severity, &'static str)> {
    let marks = [
        (role.superuser, Severity::Critical, "SUPERUSER"),
        (role.bypass_rls, Severity::Critical, "BYPASSRLS"),
        // A login streams the log as itself only; what it decodes no policy filters.
        (
            role.replication && role.login && role.oid == who.oid,
            Severity::Critical,
            "REPLICATION",
        ),
        // Before 16 it makes itself a member of whomever it likes.
        (
            role.create_role,
            if ground.major < 16 {
                Severity::Critical
            } else {
                Severity::Warning
            },
            "CREATEROLE",
        ),
    ];
    marks
        .into_iter()
        .find(|(has, ..)| *has)
        .map(|(_, severity, mark)| (severity, mark))
}

fn owner(ground: &Ground, who: &Runtime, told: &BTreeSet<u32>) -> Option<Hole> {
    let mut owns: BTreeMap<u32, usize> = BTreeMap::new();
    let guarded = ground.catalog.relations.iter().filter(|relation| relation.enabled);
    for relation in guarded.filter(|relation| relation.owner != who.oid) {
        if who.reaches.contains(&relation.owner) && !told.contains(&relation.owner) {
            *owns.entry(relation.owner).or_default() += 1;
        }
    }
    let (owner, count) = owns.into_iter().max_by_key(|(_, count)| *count)?;
    let name = ground.role(owner);
    let what = format!(
        "applications work as {}, which has the rights of {name}, the owner of {count} guarded tables",
        who.name
    );
    let severity = if who.named {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let remedy = format!("REVOKE {} FROM {};", ground.quoted(owner), ground.quoted(who.oid));
    Some(
        Hole::new(Rule::Owner, severity, what, remedy)
            .evidence("owner", name)
            .evidence("tables", count),
    )
}
