//! Tables: whether row-level security is on, binds the owner, and covers what was granted. Rules 3.1, 3.2, 3.3, 3.5, 3.19.

use super::{
    Rule,
    ground::{Ground, is_table, names},
    keys, policy,
    verdict::{Hole, Verdict},
};
use crate::{
    facts::policies::{Privilege, Relation},
    model::Severity,
};

/// What row-level security does not cover, and what it lets them do.
const UNCOVERED: [(Privilege, Severity, &str); 3] = [
    (Privilege::Truncate, Severity::Critical, "can empty it for all tenants"),
    (
        Privilege::References,
        Severity::Warning,
        "can probe it for other tenants' keys",
    ),
    (
        Privilege::Trigger,
        Severity::Warning,
        "can put a trigger on it that sees all tenants' rows",
    ),
];

/// A table with its own rows.
pub fn judge<'a>(ground: &Ground<'a>, table: &'a Relation) -> (Verdict, Vec<Hole>) {
    let users = ground.users(table);
    let child = ground.child(table).is_some();
    let mut holes: Vec<Hole> = privileges(ground, table).collect();
    if table.enabled {
        holes.extend(owned(ground, table));
        // Nobody comes to a partition but through its parent, unless it was granted.
        if !child || !users.is_empty() {
            holes.extend(not_forced(ground, table));
        }
        let read = policy::judge(ground, table, &users);
        holes.extend(read.holes);
        if table.tenant.is_some() && !child {
            holes.extend(keys::judge(ground, table));
        }
        return (read.verdict, holes);
    }
    if table.tenant.is_none() {
        return (
            Verdict::NotProved(format!("no column {}", ground.shown_column())),
            holes,
        );
    }
    if users.is_empty() {
        return (Verdict::Isolated("no application reaches it".into()), holes);
    }
    holes.push(off(ground, table));
    if !child {
        holes.extend(keys::judge(ground, table));
    }
    (Verdict::Leaks, holes)
}

fn off<'a>(ground: &Ground<'a>, table: &'a Relation) -> Hole {
    let name = ground.sql(table);
    let users = names(ground.users(table));
    let enable = format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY;");
    if ground.child(table).is_some() {
        let root = ground.root(table);
        let revoke: Vec<String> = grantees(ground, table)
            .into_iter()
            .map(|role| format!("REVOKE ALL ON {name} FROM {role};"))
            .collect();
        let what = format!("{users} can read {} past the policies of its parent", table.name);
        return Hole::new(Rule::Partition, Severity::Critical, what, revoke.join(" "))
            .evidence("partition", &table.name)
            .evidence("row-level security", "off")
            .through(&ground.target(root));
    }
    let what = format!("row-level security is off, and {users} can use every tenant's rows");
    Hole::new(Rule::Off, Severity::Critical, what, enable + &ground.guard(table))
        .evidence("policies, without effect", ground.policies(table).len())
}

/// The roles to which rows of it were granted and that an application reaches, quoted.
fn grantees(ground: &Ground, table: &Relation) -> Vec<String> {
    let reached = |to: u32| ground.runtime.iter().any(|who| who.reaches.contains(&to));
    let grants = table
        .grants
        .iter()
        .filter(|grant| grant.to != table.owner && reached(grant.to));
    grants.map(|grant| ground.quoted(grant.to)).collect()
}

fn not_forced(ground: &Ground, table: &Relation) -> Option<Hole> {
    if table.forced {
        return None;
    }
    let owner = ground.role(table.owner);
    let members = ground.graph.members(table.owner);
    let login = |oid: &u32| {
        ground
            .graph
            .role(*oid)
            .is_some_and(|role| role.login && !role.superuser)
    };
    let logins = members.iter().filter(|oid| login(oid)).count();
    let views = ground.shows(table);
    let severity = if login(&table.owner)
        || !views.is_empty()
        || ground.runtime.iter().any(|who| who.reaches.contains(&table.owner))
    {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let shown = views
        .first()
        .map_or_else(String::new, |view| format!(", and {} shows them", view.name));
    let what = format!("row-level security is not forced: {owner} sees every tenant's rows{shown}");
    let remedy = format!("ALTER TABLE {} FORCE ROW LEVEL SECURITY;", ground.sql(table));
    let can = if login(&table.owner) { "yes" } else { "no" };
    Some(
        Hole::new(Rule::NotForced, severity, what, remedy)
            .evidence("owner", &owner)
            .evidence("the owner can log in", can)
            .evidence("members that can log in", logins),
    )
}

/// The application's own role owns it: it may switch everything off.
fn owned(ground: &Ground, table: &Relation) -> Option<Hole> {
    let owner = ground.runtime.iter().find(|who| who.oid == table.owner)?;
    let what = format!("{} owns it, and may switch row-level security off", owner.name);
    let remedy = format!(
        "ALTER TABLE {} OWNER TO a role that nobody logs in as;",
        ground.sql(table)
    );
    Some(Hole::new(Rule::Owner, Severity::Critical, what, remedy).evidence("owner", &owner.name))
}

fn privileges<'a>(ground: &'a Ground, table: &'a Relation) -> impl Iterator<Item = Hole> + use<'a> {
    let held: Vec<_> = UNCOVERED
        .into_iter()
        .filter(|_| is_table(table) && table.tenant.is_some())
        .filter_map(|(privilege, severity, can)| {
            let holders = ground.runtime.iter();
            let holders: Vec<_> = holders
                .filter(|who| ground.granted(who, table).contains(&privilege))
                .collect();
            (!holders.is_empty()).then(|| (privilege, severity, format!("{} {can}", names(holders))))
        })
        .collect();
    let all: Vec<&str> = held.iter().map(|(privilege, ..)| privilege.word()).collect();
    let all = all.join(", ");
    let from = grantees(ground, table).join(", ");
    // One REVOKE heals all of them: one hole, as bad as its worst.
    held.into_iter().take(1).map(move |(_, severity, what)| {
        let remedy = format!("REVOKE {all} ON {} FROM {from};", ground.sql(table));
        Hole::new(Rule::Privilege, severity, what, remedy).evidence("granted", &all)
    })
}
