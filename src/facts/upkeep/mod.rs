//! What has to be looked after in a database: sequences, indexes that are not valid, grown access lists, relations.

mod sequences;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use sequences::{Sequence, Sequences};

use super::{
    asked,
    databases::{self, Databases},
    settled,
};
use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Catalogs only, columns as in PostgreSQL 13 to 18. An index that is being built is not valid yet and no trouble, nor is one
/// of a partitioned table that waits for its parts (`relkind` I);
/// a constraint that is not enforced (18) need not be validated.
const SQL: &str = "\
select json_build_object(
  'relations', (select count(*) from pg_class),
  'constraints', (select count(*) from pg_constraint c where not c.convalidated
    and c.conenforced --@18
    ),
  'acl', (select json_build_object('schema', n.nspname, 'relation', c.relname, 'bytes', pg_column_size(c.relacl))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relacl is not null
    order by pg_column_size(c.relacl) desc, c.oid limit 1),
  'invalid_count', (select count(*) from pg_index i join pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
    where not (i.indisvalid and i.indisready)
    and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)),
  'invalid', (select coalesce(json_agg(json_build_object('schema', x.nspname, 'index', x.relname,
      'ready', x.indisready)), '[]') from (
    select n.nspname, c.relname, i.indisready from pg_index i join pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
      join pg_namespace n on n.oid = c.relnamespace where not (i.indisvalid and i.indisready)
      and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
    order by n.nspname, c.relname limit 50) x)
)";

/// One database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upkeep {
    /// Rows of `pg_class`.
    pub relations: u64,
    /// Constraints that hold for new rows only.
    pub constraints: u64,
    /// The relation with the longest access list; a row of the catalog cannot be longer than 8,160 bytes.
    pub acl: Option<Acl>,
    /// Indexes that cost writes and serve nobody.
    pub invalid_count: u64,
    /// The first of them, by name.
    pub invalid: Vec<InvalidIndex>,
    /// Sequences near their end.
    #[serde(default = "unasked")]
    pub sequences: Result<Sequences, Fault>,
}

/// A relation and its access list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// Schema.
    pub schema: Text,
    /// Name.
    pub relation: Text,
    /// Size of the list.
    pub bytes: u64,
}

/// An index that a failed build or a failed removal has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidIndex {
    /// Schema.
    pub schema: Text,
    /// Name.
    pub index: Text,
    /// Whether writes keep it up.
    pub ready: bool,
}

impl Fact for Upkeep {
    const NAME: &'static str = "upkeep";
}

/// Asks about every database that is open to us, through the session that roves.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Upkeep::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(60, 300)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Databases::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        databases::open(world)
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        settled(world, target)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let server = asked(world, target)?;
        let database = target.part(1);
        let answer = doors.servers.json::<Upkeep>(&server, Some(database), SQL, &[]);
        let mut upkeep = answer.await?.value;
        let before = world
            .get::<Upkeep>(target)
            .and_then(|seen| seen.value.sequences.as_ref().ok());
        upkeep.sequences = sequences::read(doors, &server, database, before).await;
        Ok(Sealed::of(upkeep))
    }
}

fn unasked<T>() -> Result<T, Fault> {
    Err(Fault::new(FaultKind::Unsupported, "not asked"))
}
