//! How large databases are. Dear (it walks their directories), so it is asked every quarter of an hour.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{databases::Databases, instances, spokesman};
use crate::{
    model::{Bytes, Fault, FaultKind, Target, Text},
    provider::{Doors, postgres::Param},
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Takes a light lock on the database itself and none on relations.
const SQL: &str = "select pg_database_size($1::oid)";

/// By database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sizes {
    /// In the order of the databases; one that cannot be measured loses only itself.
    pub sizes: Vec<(Text, Result<Bytes, Fault>)>,
}

impl Fact for Sizes {
    const NAME: &'static str = "sizes";
}

impl Sizes {
    /// The size of this database, where it was measured.
    pub fn of(&self, database: &str) -> Option<&Result<Bytes, Fault>> {
        self.sizes
            .iter()
            .find(|(name, _)| name.raw() == database)
            .map(|(_, size)| size)
    }

    /// All that was measured together, and how many were not.
    pub fn total(&self) -> (Bytes, usize) {
        let known = self.sizes.iter().filter_map(|(_, size)| size.as_ref().ok());
        (
            Bytes(known.clone().map(|size| size.0).sum()),
            self.sizes.len() - known.count(),
        )
    }
}

/// Asks one server of every instance.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Sizes::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(900, 900)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Databases::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        instances(world)
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        !matches!(world.known::<Databases>(target), crate::store::Known::Waiting)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let absent = || Fault::new(FaultKind::Unreachable, "the databases of the instance were not seen");
        let (server, databases) = spokesman(world, target)
            .zip(world.get::<Databases>(target))
            .ok_or_else(absent)?;
        let mut sizes = Vec::new();
        for database in &databases.value.databases {
            let size = measure(doors, &server, database.oid).await;
            if let Err(fault) = &size
                && fault.kind == FaultKind::Unreachable
            {
                return Err(fault.clone());
            }
            sizes.push((database.name.clone(), size));
        }
        Ok(Sealed::of(Sizes { sizes }))
    }
}

async fn measure(doors: &Doors, server: &Target, oid: u32) -> Result<Bytes, Fault> {
    let answer: Vec<i64> = doors.servers.column(server, None, SQL, &[Param::Oid(oid)]).await?;
    let size = answer.first().and_then(|size| u64::try_from(*size).ok());
    size.map(Bytes)
        .ok_or_else(|| Fault::new(FaultKind::Malformed, "no size"))
}
