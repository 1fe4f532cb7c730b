//! The catalogs of one database, ready to be judged: rows by oid, and who may what.

use std::collections::{BTreeSet, HashMap};

use super::runtime::{self, Runtime};
use crate::{
    facts::{
        policies::{Catalog, Function, Policy, Privilege, Relation, RelationKind},
        roles::{Graph, Role, Roles},
    },
    model::{Kind, Target, Text, quote},
};

/// Privileges that open rows.
pub const ROWS: [Privilege; 4] = [
    Privilege::Select,
    Privilege::Insert,
    Privilege::Update,
    Privilege::Delete,
];

/// What a judge of one database stands on.
pub struct Ground<'a> {
    /// The database.
    pub database: &'a Target,
    /// The server's major version.
    pub major: u32,
    /// The column that tells tenants apart.
    pub column: &'a str,
    /// The setting that carries the tenant of a session.
    pub setting: &'a str,
    /// The catalogs.
    pub catalog: &'a Catalog,
    /// Who can become whom.
    pub graph: Graph<'a>,
    /// Who works for applications.
    pub runtime: Vec<Runtime>,
    relations: HashMap<u32, &'a Relation>,
    policies: HashMap<u32, Vec<&'a Policy>>,
    functions: HashMap<u32, &'a Function>,
    schemas: HashMap<u32, (&'a Text, BTreeSet<u32>)>,
}

impl<'a> Ground<'a> {
    /// Sorts the rows once.
    pub fn new(
        database: &'a Target,
        major: u32,
        (column, setting): (&'a str, &'a str),
        catalog: &'a Catalog,
        roles: &'a Roles,
        named: &[String],
    ) -> Self {
        let graph = Graph::of(roles);
        let mut policies: HashMap<u32, Vec<&Policy>> = HashMap::new();
        for policy in &catalog.policies {
            policies.entry(policy.relation).or_default().push(policy);
        }
        let schemas = catalog.schemas.iter().map(|schema| {
            let users = schema
                .grants
                .iter()
                .filter(|grant| grant.may.contains(&Privilege::Usage));
            let users = users.map(|grant| grant.to).chain([schema.owner]).collect();
            (schema.oid, (&schema.name, users))
        });
        Self {
            database,
            major,
            column,
            setting,
            catalog,
            runtime: runtime::applications(roles, &graph, named, catalog),
            graph,
            relations: catalog
                .relations
                .iter()
                .map(|relation| (relation.oid, relation))
                .collect(),
            policies,
            functions: catalog
                .functions
                .iter()
                .map(|function| (function.oid, function))
                .collect(),
            schemas: schemas.collect(),
        }
    }

    /// The relation of this oid.
    pub fn relation(&self, oid: u32) -> Option<&'a Relation> {
        self.relations.get(&oid).copied()
    }

    /// The function of this oid.
    pub fn function(&self, oid: u32) -> Option<&'a Function> {
        self.functions.get(&oid).copied()
    }

    /// The policies of a relation.
    pub fn policies(&self, relation: &Relation) -> &[&'a Policy] {
        self.policies.get(&relation.oid).map_or(&[], Vec::as_slice)
    }

    /// The name of a role.
    pub fn role(&self, oid: u32) -> Text {
        match self.graph.role(oid) {
            Some(role) => role.name.clone(),
            None if oid == 0 => "PUBLIC".into(),
            None => format!("role {oid}").into(),
        }
    }

    /// The name of the relation's schema.
    pub fn schema(&self, relation: &Relation) -> &str {
        self.schemas.get(&relation.schema).map_or("", |(name, _)| name.raw())
    }

    /// The identity of a relation.
    pub fn target(&self, relation: &Relation) -> Target {
        let (instance, database) = (self.database.part(0), self.database.part(1));
        Target::new(
            Kind::Relation,
            [instance, database, self.schema(relation), relation.name.raw()],
        )
    }

    /// `schema.name`, quoted.
    pub fn sql(&self, relation: &Relation) -> String {
        quote::qualified(self.schema(relation), relation.name.raw())
    }

    /// A role, quoted.
    pub fn quoted(&self, oid: u32) -> String {
        match oid {
            0 => "PUBLIC".into(),
            oid => quote::ident(self.role(oid).raw()),
        }
    }

    /// The tenant column, escaped.
    pub fn shown_column(&self) -> Text {
        self.column.into()
    }

    /// The condition that binds a row to the tenant of the session.
    pub fn condition(&self, table: &Relation) -> String {
        let (column, setting) = (quote::ident(self.column), quote::literal(self.setting));
        let kind = table.tenant.as_ref().map_or("uuid", |column| column.kind.raw());
        format!("{column} = (SELECT nullif(current_setting({setting}, true), '')::{kind})")
    }

    /// One policy that no other can widen.
    pub fn guard(&self, table: &Relation) -> String {
        let (name, own) = (self.sql(table), self.condition(table));
        format!(
            "CREATE POLICY tenant_guard ON {name} AS RESTRICTIVE FOR ALL TO PUBLIC USING ({own}) WITH CHECK ({own});"
        )
    }

    /// Whether this role can use the schema.
    pub fn enters(&self, who: &Runtime, schema: u32) -> bool {
        self.schemas
            .get(&schema)
            .is_some_and(|(_, users)| users.iter().any(|user| who.reaches.contains(user)))
    }

    /// What this role was granted on the relation, directly or through a role. What it has by being a member of the
    /// owner is not among it: that is told of the membership.
    pub fn granted(&self, who: &Runtime, relation: &Relation) -> BTreeSet<Privilege> {
        if !self.enters(who, relation.schema) {
            return BTreeSet::new();
        }
        let owns = relation.owner == who.oid;
        let grants = relation.grants.iter();
        let grants = grants.filter(|grant| who.reaches.contains(&grant.to) && grant.to != relation.owner);
        let granted = grants.flat_map(|grant| grant.may.iter().copied());
        granted.chain(ROWS.into_iter().filter(|_| owns)).collect()
    }

    /// The applications that may read or write rows of it.
    pub fn users(&self, relation: &Relation) -> Vec<&Runtime> {
        let opens = |who: &&Runtime| self.granted(who, relation).iter().any(|may| ROWS.contains(may));
        self.runtime.iter().filter(opens).collect()
    }

    /// Tables that policies guard for their parent: partitions and inheritance children of tables with tenants.
    pub fn child(&self, relation: &Relation) -> Option<&'a Relation> {
        let parents = relation.parents.iter().filter_map(|parent| self.relation(*parent));
        parents.into_iter().find(|parent| parent.tenant.is_some())
    }

    /// The table at the top of a tree of partitions.
    pub fn root(&self, relation: &'a Relation) -> &'a Relation {
        let mut top = relation;
        // Deeper than any tree of partitions.
        for _ in 0..64 {
            match self.child(top) {
                Some(parent) => top = parent,
                None => break,
            }
        }
        top
    }

    /// Logins that no policy of this table binds: they are superusers, bypass, or have the rights of an owner who is not
    /// forced.
    pub fn bypassing(&self, table: &Relation) -> Vec<Text> {
        let heirs = if table.forced {
            BTreeSet::new()
        } else {
            self.graph.members(table.owner)
        };
        let exempt = |role: &&Role| {
            let owns = !table.forced && role.oid == table.owner;
            let inherits = heirs.contains(&role.oid) && self.graph.inherits(role.oid).contains(&table.owner);
            role.login && (role.superuser || role.bypass_rls || owns || inherits)
        };
        let mut names: Vec<Text> = self
            .graph
            .roles()
            .filter(exempt)
            .map(|role| role.name.clone())
            .collect();
        names.sort();
        names
    }
}

/// Whether it holds rows of its own that policies can guard.
pub fn is_table(relation: &Relation) -> bool {
    matches!(relation.kind, RelationKind::Table | RelationKind::Partitioned)
}

/// Names, as a list for people.
pub fn names<'a>(who: impl IntoIterator<Item = &'a Runtime>) -> String {
    let names: Vec<String> = who.into_iter().map(|one| one.name.to_string()).collect();
    match names.split_at_checked(3) {
        Some((first, rest)) if !rest.is_empty() => format!("{} and {} more", first.join(", "), rest.len()),
        _ => names.join(", "),
    }
}

/// What stands in its database's name, such as `public.orders`; escaped.
pub fn shown(target: &Target) -> String {
    match target.kind() {
        Kind::Relation => format!("{}.{}", Text::from(target.part(2)), target.name()),
        _ => target.name().to_string(),
    }
}
