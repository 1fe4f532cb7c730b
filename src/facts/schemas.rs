//! The schemas of a database that holds a schema for each tenant, with sizes from statistics.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{asked, configured, pulse::Pulse, settled, tenant_databases};
use crate::{
    model::{Bytes, Fault, Target, Tenancy, Text, shut},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// One catalog query for all schemas, however many. `relpages` and `reltuples` are as old as the last analyze or
/// vacuum; indexes and TOAST tables count with the schema of their table. Of the comment comes as much as a mark has
/// ([`shut::LENGTH`]).
const SQL: &str = "\
select coalesce(json_agg(json_build_object('name', s.nspname, 'owner', pg_get_userbyid(s.nspowner),
    'relations', s.relations, 'rows', s.rows, 'note', right(obj_description(s.oid, 'pg_namespace'), 46), 'size', s.pages * current_setting('block_size')::bigint)), '[]')
from (
  select n.oid, n.nspname, n.nspowner, count(c.oid) filter (where c.relkind in ('r', 'p', 'm', 'f')) as relations,
    coalesce(sum(c.reltuples) filter (where c.relkind = 'r' and c.reltuples > 0), 0)::bigint as rows,
    coalesce(sum(c.relpages::bigint + coalesce(t.relpages, 0)), 0) as pages
  from pg_namespace n
  left join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'm', 'f', 'i')
  left join pg_class t on t.oid = c.reltoastrelid
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  group by n.oid, n.nspname, n.nspowner
) s";

/// The schemas of one database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schemas {
    /// In no order; without the server's own.
    pub schemas: Vec<Schema>,
}

/// One schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Its name.
    pub name: Text,
    /// Its owner.
    pub owner: Text,
    /// Tables, partitioned tables, materialized views, foreign tables.
    pub relations: u64,
    /// Estimated live rows.
    pub rows: u64,
    /// Estimated size with indexes and TOAST.
    pub size: Bytes,
    /// The end of its comment.
    #[serde(default)]
    pub note: Option<Text>,
}

impl Schema {
    /// Since when it is shut, where it is marked so.
    pub fn shut(&self) -> Option<Timestamp> {
        shut::since(self.note.as_ref()?.raw())
    }
}

impl Fact for Schemas {
    const NAME: &'static str = "schemas";
}

/// The pattern of the schema tenancy of a database, where it has one.
pub fn pattern<'a>(world: &'a Snapshot, target: &Target) -> Option<&'a str> {
    configured(world, target)?
        .tenancies
        .iter()
        .find_map(|tenancy| match tenancy {
            Tenancy::Schema { database, pattern } if database == target.part(1) => Some(pattern.as_str()),
            Tenancy::Shared { .. } | Tenancy::Schema { .. } | Tenancy::Database { .. } | Tenancy::Instance { .. } => {
                None
            }
        })
}

/// Every database that is configured to hold a schema for each tenant.
pub fn databases(world: &Snapshot) -> Vec<Target> {
    tenant_databases(world, |tenancy| match tenancy {
        Tenancy::Schema { database, .. } => Some(database),
        Tenancy::Shared { .. } | Tenancy::Database { .. } | Tenancy::Instance { .. } => None,
    })
}

/// Asks every such database.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Schemas::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(120, 600)
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
        Ok(Sealed::of(
            doors
                .servers
                .json::<Schemas>(&server, Some(target.part(1)), SQL, &[])
                .await?
                .value,
        ))
    }
}
