//! A relation with tenants in it: verdict, policies, grants, keys.

use super::age;
use crate::{
    facts::{
        policies::{Catalog, Policies, Relation},
        roles::Roles,
    },
    findings::rls::{Isolation, Judged},
    model::{Cell, Kind, Section, Target, Text, Value},
    store::{Seen, Snapshot},
    views::policies as view,
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let database = Target::database(target.part(0), target.part(1));
    let seen = world.get::<Policies>(&database)?;
    let isolation = world.get::<Isolation>(&database);
    let judged = isolation.and_then(|seen| seen.value.judged.iter().find(|one| one.target == *target));
    let catalog = &*seen.value.catalog;
    let schema = catalog
        .schemas
        .iter()
        .find(|schema| schema.name.raw() == target.part(2));
    let relation = catalog.relations.iter().find(|relation| {
        relation.name.raw() == target.part(3) && schema.is_some_and(|schema| schema.oid == relation.schema)
    });
    let roles = world
        .get::<Roles>(&Target::instance(target.part(0)))
        .map(|seen| seen.value);
    let book = Book {
        target,
        seen,
        catalog,
        roles,
    };
    let mut all = vec![verdict(judged?)];
    match relation {
        Some(relation) => all.extend([
            book.head(relation),
            book.policies(relation),
            book.grants(relation),
            book.keys(relation),
        ]),
        None => all.push(book.function(judged?)),
    }
    Some(all)
}

fn verdict(judged: &Judged) -> Section {
    let section = Section::new("isolation").line("verdict", Cell::new(judged.verdict.word()).at(judged.severity()));
    let section = match judged.verdict.why() {
        Some(why) => section.line("because", why.to_owned()),
        None => section,
    };
    let section = judged.holes.iter().fold(section, |section, hole| {
        let what = Cell::new(hole.what.clone()).at(hole.severity);
        let label = format!("rule {}", hole.rule.number());
        let section = match &hole.cause {
            Some(cause) => section.link(label, what, cause.clone()),
            None => section.line(label, what),
        };
        section.line("what to do", hole.remedy.clone())
    });
    section.line("bypassed by", Value::Names(judged.bypassing.clone()))
}

struct Book<'a> {
    target: &'a Target,
    seen: Seen<'a, Policies>,
    catalog: &'a Catalog,
    roles: Option<&'a Roles>,
}

impl Book<'_> {
    fn head(&self, relation: &Relation) -> Section {
        let (instance, database) = (self.target.part(0), self.target.part(1));
        let section = Section::new("relation").line("kind", view::kind(relation)).link(
            "database",
            Value::Text(database.into()),
            Target::database(instance, database),
        );
        let section = self.link(section, "owner", relation.owner);
        let section = section
            .line("row-level security", relation.enabled)
            .line("forced", relation.forced)
            .line(
                "tenant column",
                Cell::new(relation.tenant.as_ref().map(|column| column.kind.clone())),
            )
            .line(
                "never null",
                Cell::new(relation.tenant.as_ref().map(|column| column.not_null)),
            );
        let others = [("part of", &relation.parents), ("reads", &relation.reads)];
        let others = others
            .into_iter()
            .flat_map(|(label, oids)| oids.iter().map(move |oid| (label, oid)));
        let section = others.fold(section, |section, (label, oid)| match self.other(*oid) {
            Some((name, target)) => section.link(label, name, target),
            None => section,
        });
        age(section, &self.seen)
    }

    fn policies(&self, relation: &Relation) -> Section {
        let own = self
            .catalog
            .policies
            .iter()
            .filter(|policy| policy.relation == relation.oid);
        let section = own.fold(Section::new("policies"), |section, policy| {
            section.line(policy.name.clone(), view::short(self.seen.value, policy, self.roles))
        });
        match self.seen.value.unseen.get(&relation.oid) {
            Some(why) => section
                .line("conditions", Cell::unseen(why.clone()))
                .line("because", why.clone()),
            None => section,
        }
    }

    fn grants(&self, relation: &Relation) -> Section {
        relation.grants.iter().fold(Section::new("grants"), |section, grant| {
            let may: Vec<&str> = grant
                .may
                .iter()
                .map(|may| may.word())
                .filter(|word| !word.is_empty())
                .collect();
            section.line(self.role(grant.to), may.join(", "))
        })
    }

    fn keys(&self, relation: &Relation) -> Section {
        let indexes = self
            .catalog
            .indexes
            .iter()
            .filter(|index| index.relation == relation.oid);
        let section = indexes.fold(Section::new("keys"), |section, index| {
            let kind = match (index.primary, index.unique) {
                (true, _) => "primary key",
                (false, true) => "unique",
                (false, false) => "index",
            };
            let tenant = match (index.leads, index.carries) {
                (true, _) => "begins with the tenant",
                (false, true) => "carries the tenant",
                (false, false) => "without the tenant",
            };
            section.line(index.name.clone(), format!("{kind}, {tenant}"))
        });
        let keys = self.catalog.keys.iter().filter(|key| key.relation == relation.oid);
        keys.fold(section, |section, key| {
            let tenant = if key.carries {
                "carries the tenant"
            } else {
                "without the tenant"
            };
            match self.other(key.target) {
                Some((name, target)) => section.link(key.name.clone(), format!("refers to {name}, {tenant}"), target),
                None => section,
            }
        })
    }

    fn function(&self, judged: &Judged) -> Section {
        let section = Section::new("function");
        let function = self
            .catalog
            .functions
            .iter()
            .find(|function| function.oid == judged.oid);
        let Some(function) = function else { return section };
        let section = self.link(section, "runs as", function.owner);
        let section = section.line("fixes its search_path", function.pinned).line(
            "everybody may call it",
            function.public || function.grants.iter().flatten().any(|to| *to == 0),
        );
        age(section, &self.seen)
    }

    fn other(&self, oid: u32) -> Option<(Text, Target)> {
        let relation = self.catalog.relations.iter().find(|relation| relation.oid == oid)?;
        let schema = self
            .catalog
            .schemas
            .iter()
            .find(|schema| schema.oid == relation.schema)?;
        let path = [
            self.target.part(0),
            self.target.part(1),
            schema.name.raw(),
            relation.name.raw(),
        ];
        Some((relation.name.clone(), Target::new(Kind::Relation, path)))
    }

    fn role(&self, oid: u32) -> Text {
        match self.roles.and_then(|roles| roles.by_oid(oid)) {
            Some(role) => role.name.clone(),
            None if oid == 0 => "PUBLIC".into(),
            None => format!("role {oid}").into(),
        }
    }

    fn link(&self, section: Section, label: &'static str, oid: u32) -> Section {
        let name = self.role(oid);
        let target = Target::new(Kind::Role, [self.target.part(0), name.raw()]);
        section.link(label, name, target)
    }
}
