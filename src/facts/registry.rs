//! The tenants of shared tables, as their registry lists them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{asked, configured, pulse::Pulse, settled, tenant_databases};
use crate::{
    model::{Bytes, Fault, FaultKind, Registry as Source, Target, Tenancy, Text, quote},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// What the registry of one database lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Registry {
    /// In no order.
    pub entries: Vec<Entry>,
}

/// A tenant of shared tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What the tenant column holds, as text.
    pub id: Text,
    /// What people call it.
    pub name: Text,
    /// How much is its own, where the registry tells.
    #[serde(default)]
    pub size: Option<Bytes>,
}

impl Fact for Registry {
    const NAME: &'static str = "registry";
}

/// The shared tenancy of a database, where it has one.
pub fn shared<'a>(world: &'a Snapshot, target: &Target) -> Option<&'a Tenancy> {
    let tenancies = &configured(world, target)?.tenancies;
    tenancies
        .iter()
        .find(|tenancy| matches!(tenancy, Tenancy::Shared { database, .. } if database == target.part(1)))
}

/// Every database that is configured to hold shared tables.
pub fn databases(world: &Snapshot) -> Vec<Target> {
    tenant_databases(world, |tenancy| match tenancy {
        Tenancy::Shared { database, .. } => Some(database),
        Tenancy::Schema { .. } | Tenancy::Database { .. } | Tenancy::Instance { .. } => None,
    })
}

/// Asks the registry of every such database.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Registry::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(60, 300)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        databases(world)
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        settled(world, target)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let server = asked(world, target)?;
        let Some(tenancy) = shared(world, target) else {
            return Err(Fault::new(FaultKind::Refused, "no shared tables are configured here"));
        };
        let answer = doors
            .servers
            .json::<Registry>(&server, Some(target.part(1)), &query(tenancy), &[])
            .await?;
        Ok(Sealed::of(answer.value))
    }
}

/// The one query of ours that reads a table of somebody's own: `AccessShare` on the registry.
fn query(tenancy: &Tenancy) -> String {
    let Tenancy::Shared {
        registry,
        id,
        name,
        size,
        ..
    } = tenancy
    else {
        return String::new();
    };
    let from = match registry {
        Source::Table(table) => match table.split_once('.') {
            Some((schema, table)) => quote::qualified(schema, table),
            None => quote::qualified("public", table),
        },
        Source::Query(query) => format!("({query}) as registry"),
    };
    let size = size
        .as_ref()
        .map_or_else(|| "null".into(), |size| format!("({})::bigint", quote::ident(size)));
    let (id, name) = (quote::ident(id), quote::ident(name));
    format!(
        "select coalesce(json_agg(json_build_object('id', {id}::text, 'name', {name}::text, 'size', {size})), '[]') from {from}"
    )
}

#[cfg(test)]
mod tests {
    use super::query;
    use crate::model::{Bytes, Registry, Tenancy};

    #[test]
    fn names_from_the_fleet_file_are_quoted() {
        let tenancy = Tenancy::Shared {
            database: "orders".into(),
            registry: Registry::Table("public.tenant\"; drop".into()),
            id: "id".into(),
            name: "Name".into(),
            size: Some("bytes".into()),
            tenant_column: "tenant_id".into(),
            setting: "app.current_tenant".into(),
            runtime_roles: vec![],
            reader: None,
            digest_below: Bytes(0),
            register: None,
        };
        let sql = query(&tenancy);
        assert!(sql.contains(r#""Name"::text"#), "{sql}");
        assert!(sql.ends_with(r#"from "public"."tenant""; drop""#), "{sql}");
    }
}
