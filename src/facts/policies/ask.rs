//! How policies are asked for: whether anything changed often, everything only when something did.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Catalog, Policies, sql, texts};
use crate::{
    facts::{
        asked,
        pulse::Pulse,
        registry,
        roles::{Graph, Roles},
        settled,
    },
    model::{Fault, FaultKind, Target, Tenancy, Text},
    provider::{Doors, postgres::Param},
    store::{Fact, Known, Pace, Probe, Sealed, Snapshot},
};

/// What no stamp tells, such as a grant on a table that was of no interest before, is seen after this long.
const FRESH: SignedDuration = SignedDuration::from_secs(120);

/// Asks every database with shared tables.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Policies::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(3, 30)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Roles::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        registry::databases(world)
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        let roles = world.known::<Roles>(&Target::instance(target.part(0)));
        settled(world, target) && !matches!(roles, Known::Waiting)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let server = asked(world, target)?;
        let Some(tenancy) = registry::shared(world, target) else {
            return Err(Fault::new(FaultKind::Refused, "no shared tables are configured here"));
        };
        let asking = Asking {
            doors,
            server,
            database: target.part(1),
            reach: reach(world, target, tenancy),
            tenancy,
        };
        let before = world.get::<Policies>(target).map(|seen| seen.value);
        asking.policies(before).await.map(Sealed::of)
    }
}

struct Asking<'a> {
    doors: &'a Doors,
    server: Target,
    database: &'a str,
    reach: Vec<u32>,
    tenancy: &'a Tenancy,
}

#[derive(Deserialize)]
struct Again {
    stamp: Text,
    younger: bool,
}

impl Asking<'_> {
    async fn policies(&self, before: Option<&Policies>) -> Result<Policies, Fault> {
        let now = Timestamp::now();
        let same = match before.filter(|before| before.reach == self.reach) {
            Some(before) => self.same(before).await?.then_some(before),
            None => None,
        };
        match same {
            Some(before) if now.duration_since(before.read) < FRESH => self.reread(before.clone()).await,
            _ => self.whole(now, same).await,
        }
    }

    /// Whether nothing has changed since.
    async fn same(&self, before: &Policies) -> Result<bool, Fault> {
        let oids = |all: &mut dyn Iterator<Item = u32>| Param::Oids(all.collect());
        let catalog = &before.catalog;
        let params = [
            oids(&mut catalog.relations.iter().map(|relation| relation.oid)),
            oids(&mut catalog.functions.iter().map(|function| function.oid)),
            oids(&mut catalog.schemas.iter().map(|schema| schema.oid)),
            Param::Text(self.names().0.to_owned()),
            Param::Int(catalog.newest.into()),
        ];
        let database = Some(self.database);
        let answer = self
            .doors
            .servers
            .json::<Again>(&self.server, database, sql::again(), &params);
        let again = answer.await?.value;
        Ok(again.stamp == before.stamp && !again.younger)
    }

    async fn whole(&self, now: Timestamp, same: Option<&Policies>) -> Result<Policies, Fault> {
        let (column, setting) = self.names();
        let params = [
            Param::Text(column.to_owned()),
            Param::Text(in_tree(setting)),
            Param::Oids(self.reach.clone()),
        ];
        let database = Some(self.database);
        let answer = self
            .doors
            .servers
            .json::<Catalog>(&self.server, database, sql::catalog(), &params)
            .await?;
        let catalog = answer.value;
        let mut policies = Policies {
            major: answer.major,
            stamp: catalog.stamp.clone(),
            read: now,
            reach: self.reach.clone(),
            texts: Arc::default(),
            unseen: [].into(),
            catalog: Arc::new(catalog),
        };
        if let Some(same) = same.filter(|same| same.catalog.policies == policies.catalog.policies) {
            policies.texts = same.texts.clone();
            policies.unseen = same.unseen.clone();
            return self.reread(policies).await;
        }
        let guarded: BTreeSet<u32> = policies.catalog.policies.iter().map(|policy| policy.relation).collect();
        self.read(policies, guarded.into_iter().collect()).await
    }

    /// Asks again for the conditions that could not be read.
    async fn reread(&self, policies: Policies) -> Result<Policies, Fault> {
        let missing = policies.unseen.keys().copied().collect();
        self.read(policies, missing).await
    }

    async fn read(&self, mut policies: Policies, relations: Vec<u32>) -> Result<Policies, Fault> {
        if relations.is_empty() {
            return Ok(policies);
        }
        let reading = texts::read(self.doors, &self.server, self.database, relations).await?;
        Arc::make_mut(&mut policies.texts).extend(reading.texts);
        policies.unseen = reading.unseen;
        Ok(policies)
    }

    /// The tenant column and the setting.
    fn names(&self) -> (&str, &str) {
        match self.tenancy {
            Tenancy::Shared {
                tenant_column, setting, ..
            } => (tenant_column, setting),
            Tenancy::Schema { .. } | Tenancy::Database { .. } | Tenancy::Instance { .. } => ("", ""),
        }
    }
}

/// The configured runtime roles, whatever they can have the rights of, and everybody.
///
/// Where none is configured only tenant columns and policies decide what is listed.
fn reach(world: &Snapshot, target: &Target, tenancy: &Tenancy) -> Vec<u32> {
    let Tenancy::Shared { runtime_roles, .. } = tenancy else {
        return Vec::new();
    };
    let Some(roles) = world.get::<Roles>(&Target::instance(target.part(0))) else {
        return Vec::new();
    };
    let graph = Graph::of(roles.value);
    let runtime = runtime_roles.iter().filter_map(|name| roles.value.find(name));
    let reached: BTreeSet<u32> = runtime.flat_map(|role| graph.reaches(role.oid)).collect();
    if reached.is_empty() {
        return Vec::new();
    }
    [0].into_iter().chain(reached).collect()
}

/// The bytes of a constant as `nodeToString` prints them.
fn in_tree(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| byte.cast_signed().to_string()).collect();
    bytes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::in_tree;

    #[test]
    fn a_setting_is_looked_for_as_the_parse_tree_prints_it() {
        assert_eq!(in_tree("app.é"), "97 112 112 46 -61 -87");
    }
}
