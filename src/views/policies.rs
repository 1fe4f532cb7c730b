//! What keeps tenants of shared tables apart: row-level security, relation by relation, with a verdict.

use std::collections::HashMap;

use super::{View, worst_first};
use crate::{
    facts::{
        policies::{Catalog, Policies, Policy, Relation, RelationKind},
        registry,
        roles::Roles,
    },
    findings::rls::{Isolation, Judged, Verdict},
    model::{Cell, Column, Row, Severity, Table, Target, Tenancy, Text, Value},
    store::{Fact, Seen, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("relation", "RELATION", 0, 30, "schema and name"),
    Column::words("database", "DATABASE", 2, 14, "where it lives"),
    Column::words("instance", "INSTANCE", 3, 12, "where it lives"),
    Column::words(
        "verdict",
        "VERDICT",
        0,
        28,
        "whether a tenant's rows are its own, and the rules that are broken",
    ),
    Column::words("enabled", "RLS", 1, 4, "row-level security is enabled"),
    Column::words("forced", "FORCED", 1, 6, "it binds the owner too"),
    Column::words(
        "policies",
        "POLICIES",
        4,
        60,
        "each policy: command, roles, USING and WITH CHECK",
    ),
    Column::words("owner", "OWNER", 2, 16, "owner"),
    Column::words("bypassing", "BYPASSED BY", 3, 24, "logins that no policy of it binds"),
    Column::words("index", "INDEX", 5, 24, "an index that begins with the tenant column"),
    Column::words("kind", "KIND", 4, 10, "table, partition, view, function, …"),
    Column::words(
        "why",
        "WHY",
        6,
        60,
        "the worst that is wrong, or what the verdict rests on",
    ),
];

/// The view.
pub struct AllPolicies;

impl View for AllPolicies {
    fn name(&self) -> &'static str {
        "policies"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["policy", "rls", "pol"]
    }

    fn about(&self) -> &'static str {
        "row-level security of shared tables, with a verdict for each relation"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Policies::NAME, Roles::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn table(&self, world: &Snapshot) -> Table {
        let mut rows: Vec<Row> = Vec::new();
        for (database, seen) in world.all::<Policies>() {
            rows.extend(Place::of(world, database, seen).rows());
        }
        worst_first(&mut rows);
        let unseen = [Policies::NAME, Roles::NAME]
            .into_iter()
            .flat_map(|fact| world.faults(fact));
        Table {
            columns: COLUMNS,
            headline: headline(world, &rows),
            rows,
            unseen: unseen.map(|(target, fault)| (target.clone(), fault.clone())).collect(),
            complete: world.complete(&[Policies::NAME, Roles::NAME]),
        }
    }
}

fn headline(world: &Snapshot, rows: &[Row]) -> Vec<Cell> {
    let judged = world.all::<Isolation>();
    let judged: Vec<&Judged> = judged.flat_map(|(_, seen)| &seen.value.judged).collect();
    let leaks = judged.iter().filter(|one| one.verdict == Verdict::Leaks);
    let leaks: Vec<Severity> = leaks.map(|one| one.severity()).collect();
    let mut cells = vec![Cell::new(format!("{} relations", rows.len()))];
    if let Some(worst) = leaks.iter().max() {
        cells.push(Cell::new(format!("{} leak", leaks.len())).at(*worst));
    }
    let trusting = judged.iter().filter(|one| one.verdict == Verdict::Trusting).count();
    if trusting > 0 {
        let setting =
            registry::databases(world)
                .into_iter()
                .find_map(|database| match registry::shared(world, &database)? {
                    Tenancy::Shared { setting, .. } => Some(Text::from(setting.as_str())),
                    _ => None,
                });
        let setting = setting.unwrap_or_default();
        cells.push(Cell::new(format!(
            "{trusting} trust the application: whoever sends SQL picks {setting} (3.12)"
        )));
    }
    cells
}

/// One database.
struct Place<'a> {
    database: &'a Target,
    seen: Seen<'a, Policies>,
    catalog: &'a Catalog,
    roles: Option<&'a Roles>,
    judged: HashMap<u32, &'a Judged>,
    isolation: &'a [Judged],
}

impl<'a> Place<'a> {
    fn of(world: &'a Snapshot, database: &'a Target, seen: Seen<'a, Policies>) -> Self {
        let isolation = world
            .get::<Isolation>(database)
            .map_or(&[][..], |seen| &seen.value.judged);
        Self {
            database,
            seen,
            catalog: &seen.value.catalog,
            roles: world
                .get::<Roles>(&Target::instance(database.part(0)))
                .map(|seen| seen.value),
            judged: isolation.iter().map(|one| (one.oid, one)).collect(),
            isolation,
        }
    }

    fn rows(&self) -> Vec<Row> {
        let relations = self.catalog.relations.iter().map(|relation| self.relation(relation));
        let functions = self.isolation.iter().filter(|one| {
            let known = self.catalog.functions.iter().any(|function| function.oid == one.oid);
            known && self.catalog.relations.iter().all(|relation| relation.oid != one.oid)
        });
        relations.chain(functions.map(|one| self.function(one))).collect()
    }

    fn relation(&self, relation: &Relation) -> Row {
        let schema = self.catalog.schemas.iter().find(|schema| schema.oid == relation.schema);
        let schema = schema.map(|schema| schema.name.clone()).unwrap_or_default();
        let path = [
            self.database.part(0),
            self.database.part(1),
            schema.raw(),
            relation.name.raw(),
        ];
        let target = Target::new(crate::model::Kind::Relation, path);
        let judged = self.judged.get(&relation.oid).copied();
        let guarded = matches!(relation.kind, RelationKind::Table | RelationKind::Partitioned);
        let flag = |is: bool| if guarded { Cell::new(is) } else { Cell::blank() };
        let cells = vec![
            Cell::new(format!("{schema}.{}", relation.name)),
            Cell::new(Value::Text(self.database.part(1).into())),
            Cell::new(Value::Text(self.database.part(0).into())),
            verdict(judged),
            flag(relation.enabled),
            flag(relation.forced),
            self.policies(relation),
            self.role(relation.owner),
            Cell::new(Value::Names(
                judged.map(|one| one.bypassing.clone()).unwrap_or_default(),
            )),
            self.index(relation, guarded),
            Cell::new(kind(relation)),
            why(judged),
        ];
        self.row(target, cells, judged)
    }

    fn function(&self, judged: &Judged) -> Row {
        let owner = self
            .catalog
            .functions
            .iter()
            .find(|function| function.oid == judged.oid);
        let shown = format!("{}.{}", Text::from(judged.target.part(2)), judged.target.name());
        let cells = vec![
            Cell::new(shown),
            Cell::new(Value::Text(self.database.part(1).into())),
            Cell::new(Value::Text(self.database.part(0).into())),
            verdict(Some(judged)),
            Cell::blank(),
            Cell::blank(),
            Cell::blank(),
            owner.map_or_else(Cell::blank, |function| self.role(function.owner)),
            Cell::blank(),
            Cell::blank(),
            Cell::new("function"),
            why(Some(judged)),
        ];
        self.row(judged.target.clone(), cells, Some(judged))
    }

    fn row(&self, target: Target, cells: Vec<Cell>, judged: Option<&Judged>) -> Row {
        Row {
            target,
            cells,
            severity: judged.map_or(Severity::Unseen, Judged::severity),
            seen: Some(self.seen.at),
            fault: self.seen.fault.cloned(),
        }
    }

    fn role(&self, oid: u32) -> Cell {
        match self.roles.and_then(|roles| roles.by_oid(oid)) {
            Some(role) => Cell::new(role.name.clone()),
            None => Cell::unseen("no role of this oid was seen"),
        }
    }

    fn policies(&self, relation: &Relation) -> Cell {
        let own = self
            .catalog
            .policies
            .iter()
            .filter(|policy| policy.relation == relation.oid);
        let words: Vec<String> = own.map(|policy| short(self.seen.value, policy, self.roles)).collect();
        match words.as_slice() {
            [] if relation.enabled => Cell::new("none"),
            [] => Cell::blank(),
            words => Cell::new(words.join("; ")),
        }
    }

    fn index(&self, relation: &Relation, guarded: bool) -> Cell {
        let mut own = self
            .catalog
            .indexes
            .iter()
            .filter(|index| index.relation == relation.oid);
        match own.find(|index| index.leads) {
            Some(index) => Cell::new(index.name.clone()),
            None if guarded && relation.tenant.is_some() => Cell::new("none").at(Severity::Notice),
            None => Cell::blank(),
        }
    }
}

/// `tenant_guard restrictive ALL to PUBLIC USING (…) CHECK (…)`
pub fn short(policies: &Policies, policy: &Policy, roles: Option<&Roles>) -> String {
    let name = |oid: &u32| match roles.and_then(|roles| roles.by_oid(*oid)) {
        Some(role) => role.name.to_string(),
        None if *oid == 0 => "PUBLIC".into(),
        None => format!("role {oid}"),
    };
    let to: Vec<String> = policy.roles.iter().map(name).collect();
    let manner = if policy.permissive { "" } else { "restrictive " };
    let text = policies.texts.get(&policy.oid);
    // A condition that could not be read is not the same as one that is not there.
    let part = |word: &str, there: bool, text: Option<&Text>| match text {
        Some(text) => format!(" {word} {text}"),
        None if there => format!(" {word} ?"),
        None => String::new(),
    };
    let using = part(
        "USING",
        policy.using.is_some(),
        text.and_then(|text| text.using.as_ref()),
    );
    let check = part(
        "CHECK",
        policy.check.is_some(),
        text.and_then(|text| text.check.as_ref()),
    );
    format!(
        "{} {manner}{} to {}{using}{check}",
        policy.name,
        policy.command.word(),
        to.join(", ")
    )
}

fn verdict(judged: Option<&Judged>) -> Cell {
    let Some(judged) = judged else {
        return Cell::unseen("the roles of the instance were not seen");
    };
    let words = match judged.numbers() {
        numbers if numbers.is_empty() => judged.verdict.word().to_owned(),
        numbers => format!("{} {numbers}", judged.verdict.word()),
    };
    Cell::new(words).at(judged.severity())
}

fn why(judged: Option<&Judged>) -> Cell {
    let worst = judged.and_then(|one| one.holes.first()).map(|hole| hole.what.clone());
    let rests = judged.and_then(|one| one.verdict.why()).map(str::to_owned);
    Cell::new(worst.or(rests))
}

/// What it is.
pub fn kind(relation: &Relation) -> &'static str {
    match relation.kind {
        RelationKind::Table | RelationKind::Partitioned if relation.partition => "partition",
        RelationKind::Table => "table",
        RelationKind::Partitioned => "partitioned",
        RelationKind::View => "view",
        RelationKind::Materialized => "matview",
        RelationKind::Foreign => "foreign",
    }
}
