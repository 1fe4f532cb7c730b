//! Views, copies and foreign tables: ways around the policies of the tables below. Rules 3.6, 3.7.

use std::collections::BTreeSet;

use super::{
    Rule,
    ground::{Ground, is_table, names, shown},
    table,
    verdict::{Hole, Verdict},
};
use crate::{
    facts::policies::{Privilege, Relation, RelationKind},
    model::Severity,
};

/// A table that a view reads, and whose rights it reads it with; none where those of who asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Base {
    table: u32,
    /// The view that reads it, and its owner.
    with: Option<(u32, u32)>,
}

/// A view, a materialized view or a foreign table.
pub fn judge<'a>(ground: &Ground<'a>, relation: &'a Relation) -> (Verdict, Vec<Hole>) {
    let users = ground.users(relation);
    let bases = ground.bases(relation);
    if users.is_empty() {
        return (Verdict::Isolated("no application reaches it".into()), Vec::new());
    }
    if relation.tenant.is_none() && bases.is_empty() {
        return (
            Verdict::NotProved(format!("no column {}", ground.shown_column())),
            Vec::new(),
        );
    }
    match relation.kind {
        RelationKind::View => view(ground, relation, &bases),
        _ => (Verdict::Leaks, vec![copy(ground, relation)]),
    }
}

fn copy(ground: &Ground, relation: &Relation) -> Hole {
    let users = names(ground.users(relation));
    let from: Vec<String> = relation
        .reads
        .iter()
        .filter_map(|oid| ground.relation(*oid))
        .map(|base| base.name.to_string())
        .collect();
    let name = ground.sql(relation);
    let revoke: Vec<String> = ground
        .users(relation)
        .iter()
        .map(|who| ground.quoted(who.oid))
        .collect();
    let revoke = format!("REVOKE ALL ON {name} FROM {};", revoke.join(", "));
    if relation.kind == RelationKind::Foreign {
        let what = format!("a foreign table has no policies: {users} can use whatever the other server shows");
        return Hole::new(Rule::Copy, Severity::Warning, what, revoke);
    }
    let what = format!("a materialized view has no policies: {users} can read every tenant's rows");
    Hole::new(Rule::Copy, Severity::Critical, what, revoke).evidence("copied from", from.join(", "))
}

fn view<'a>(ground: &Ground<'a>, view: &'a Relation, bases: &BTreeSet<Base>) -> (Verdict, Vec<Hole>) {
    let mut holes: Vec<Hole> = Vec::new();
    let mut verdicts = Vec::new();
    for base in bases {
        let Some(below) = ground.relation(base.table) else {
            continue;
        };
        let (hole, verdict) = through(ground, view, *base, below);
        holes.extend(hole);
        verdicts.push(verdict);
    }
    // One view is one fault, however many tables it reads.
    holes.sort_by_key(|hole| (hole.cause.is_some(), std::cmp::Reverse(hole.severity)));
    holes.dedup_by_key(|hole| (hole.rule, hole.cause.clone()));
    let doubt = |verdict: &Verdict| matches!(verdict, Verdict::NotProved(_));
    let verdict = if holes.iter().any(Hole::leaks) {
        Verdict::Leaks
    } else {
        let doubtful = verdicts.iter().position(doubt).map(|at| verdicts.swap_remove(at));
        let trusting = verdicts.iter().find(|verdict| **verdict == Verdict::Trusting).cloned();
        doubtful
            .or(trusting)
            .or_else(|| verdicts.into_iter().next())
            .unwrap_or_else(|| Verdict::NotProved("it reads nothing that is known".into()))
    };
    (verdict, holes)
}

/// What a view makes of one table below it.
fn through<'a>(ground: &Ground<'a>, view: &Relation, base: Base, below: &'a Relation) -> (Option<Hole>, Verdict) {
    let target = ground.target(below);
    let (verdict, holes) = if is_table(below) {
        table::judge(ground, below)
    } else {
        (Verdict::Leaks, vec![copy(ground, below)])
    };
    let inherited = holes
        .into_iter()
        .filter(Hole::leaks)
        .find(|hole| hole.rule != Rule::Privilege);
    let inherited = inherited.map(|hole| {
        if hole.cause.is_some() {
            hole
        } else {
            hole.through(&target)
        }
    });
    let Some((reader, owner)) = base.with else {
        return (inherited, verdict);
    };
    if ground
        .graph
        .role(owner)
        .is_some_and(|role| role.superuser || role.bypass_rls)
    {
        return (Some(exempt(ground, view, reader, owner, below)), Verdict::Leaks);
    }
    if !below.enabled && inherited.is_none() {
        let what = format!(
            "it shows {} rows of {}, which has no row-level security",
            names(ground.users(view)),
            shown(&target)
        );
        let remedy = format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", ground.sql(below));
        return (
            Some(Hole::new(Rule::View, Severity::Warning, what, remedy)),
            Verdict::Leaks,
        );
    }
    (inherited, verdict)
}

fn exempt(ground: &Ground, view: &Relation, reader: u32, owner: u32, below: &Relation) -> Hole {
    let owner = ground.role(owner);
    let what = format!(
        "it reads {} as {owner}, whom no policy binds, and shows it to {}",
        below.name,
        names(ground.users(view))
    );
    let remedy = if ground.major >= 15 {
        format!("ALTER VIEW {} SET (security_invoker = true);", ground.sql(view))
    } else {
        format!(
            "ALTER VIEW {} OWNER TO a role that the policies of {} bind;",
            ground.sql(view),
            below.name
        )
    };
    let hole = Hole::new(Rule::View, Severity::Critical, what, remedy)
        .evidence("owner", owner)
        .evidence("reads", &below.name);
    // Another view below that applications can use themselves is the cause, and told there.
    match ground
        .relation(reader)
        .filter(|reader| reader.oid != view.oid && !ground.users(reader).is_empty())
    {
        Some(reader) => hole.through(&ground.target(reader)),
        None => hole,
    }
}

impl<'a> Ground<'a> {
    /// The tables with tenants that a view reads in the end.
    fn bases(&self, view: &'a Relation) -> BTreeSet<Base> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![(view, None)];
        while let Some((view, asked_as)) = open.pop() {
            // A view that reads with the rights of who asks, asked by another view's owner, reads as that owner.
            let with = if view.invoker {
                asked_as
            } else {
                Some((view.oid, view.owner))
            };
            if !seen.insert((view.oid, with)) {
                continue;
            }
            for below in view.reads.iter().filter_map(|oid| self.relation(*oid)) {
                if below.kind == RelationKind::View {
                    open.push((below, with));
                } else if below.tenant.is_some() || below.enabled {
                    found.insert(Base { table: below.oid, with });
                }
            }
        }
        found
    }

    /// Views that an application can read and that read this table with the rights of its unforced owner.
    pub fn shows(&self, table: &Relation) -> Vec<&'a Relation> {
        let reads = |view: &&'a Relation| {
            let owners = self
                .bases(view)
                .into_iter()
                .filter(|base| base.table == table.oid)
                .filter_map(|base| base.with);
            let exempt = |owner: u32| self.graph.inherits(owner).contains(&table.owner);
            owners.into_iter().any(|(_, owner)| exempt(owner))
        };
        let open = |view: &&Relation| {
            self.runtime
                .iter()
                .any(|who| self.granted(who, view).contains(&Privilege::Select))
        };
        let views = self
            .catalog
            .relations
            .iter()
            .filter(|relation| relation.kind == RelationKind::View);
        views.filter(open).filter(reads).collect()
    }
}
