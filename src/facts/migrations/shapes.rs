//! The shape and the history of every schema that is brought from version to version, database by database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    history::{History, Kept, Record, TABLE},
    parts::Parts,
    sql,
    units::{self, Ground},
};
use crate::{
    facts::{asked, databases::Databases, pulse::Pulse, settled},
    model::{Fault, FaultKind, Target, Text, quote},
    provider::{Doors, postgres::Param},
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Schemas whose shapes are asked for in one query: half a second of the server's time.
const SHAPES: usize = 1000;
/// Histories that one query reads: each table, with its index, takes a place in the server's table of locks.
const HISTORIES: usize = 200;

/// The schemas of one database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shapes {
    /// Who said so.
    pub server: Target,
    /// Its major version.
    pub major: u32,
    /// By name.
    pub schemas: Vec<Shape>,
    /// What is in the histories, once for all that are equal, by digest; in no order.
    pub records: BTreeMap<Text, Vec<Record>>,
}

/// One schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Its name.
    pub name: Text,
    /// Its oid.
    pub oid: u32,
    /// Who owns it: the schema's owner, and the database's where that is `pg_database_owner`.
    pub owner: Text,
    /// What it is made as.
    pub form: Result<Form, Fault>,
    /// Its history.
    pub history: History,
}

/// What a schema is made as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Relations, functions and types, the history's own left out.
    pub objects: u64,
    /// MD5, in hexadecimal, over its relations, columns, constraints, indexes, views, functions, triggers, policies, rules,
    /// types, sequences and statistics. Owners, grants and comments do not count. Equal where schemas are of one shape on
    /// servers of one major version, whatever they are called.
    pub digest: Text,
}

impl Fact for Shapes {
    const NAME: &'static str = "shapes";
}

impl Shapes {
    /// The schema of this name.
    pub fn find(&self, name: &str) -> Option<&Shape> {
        self.schemas.iter().find(|schema| schema.name.raw() == name)
    }

    /// The entries of this schema's history; none where there is no history or none was read.
    pub fn records(&self, shape: &Shape) -> Option<&[Record]> {
        match &shape.history {
            History::Kept(kept) => self.records.get(&kept.digest).map(Vec::as_slice),
            History::Absent | History::Unseen(_) => None,
        }
    }
}

/// Asks every database in which schemas follow a history.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Shapes::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(30, 900)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Databases::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        let all: BTreeSet<Target> = units::grounds(world)
            .into_iter()
            .map(|ground| ground.database)
            .collect();
        all.into_iter().collect()
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        settled(world, target)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let mut grounds = units::grounds(world);
        grounds.retain(|ground| ground.database == *target);
        let asking = Asking {
            doors,
            server: asked(world, target)?,
            database: target.part(1),
            grounds,
        };
        asking.shapes().await.map(Sealed::of)
    }
}

/// A schema by its oid and its name.
type Named = (u32, String);

struct Asking<'a> {
    doors: &'a Doors,
    server: Target,
    database: &'a str,
    grounds: Vec<Ground<'a>>,
}

#[derive(Deserialize)]
struct Found {
    name: Text,
    oid: u32,
    owner: Text,
    busy: bool,
    recorded: bool,
    readable: bool,
}

#[derive(Deserialize)]
struct Formed {
    oid: u32,
    #[serde(flatten)]
    form: Form,
}

#[derive(Deserialize)]
struct Summary {
    oid: u32,
    count: u64,
    digest: Text,
    last: Option<Timestamp>,
    run: Option<Text>,
}

#[derive(Deserialize)]
struct Entries {
    digest: Text,
    records: Vec<Record>,
}

impl Asking<'_> {
    async fn shapes(&self) -> Result<Shapes, Fault> {
        let database = Some(self.database);
        let answer = self
            .doors
            .servers
            .json::<Vec<Found>>(&self.server, database, sql::schemas(), &[]);
        let answer = answer.await?;
        let mut found = answer.value;
        found.retain(|schema| {
            self.grounds
                .iter()
                .any(|ground| ground.meant.includes(schema.name.raw()))
        });
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let mut forms = self.forms(&found).await?;
        let (mut histories, records) = self.histories(&found).await?;
        let unasked = || Fault::new(FaultKind::Refused, "it went away while it was looked at");
        let shape = |schema: Found| Shape {
            form: forms.remove(&schema.oid).unwrap_or_else(|| Err(unasked())),
            history: histories.remove(&schema.oid).unwrap_or_else(|| unread(&schema)),
            name: schema.name,
            oid: schema.oid,
            owner: schema.owner,
        };
        Ok(Shapes {
            server: self.server.clone(),
            major: answer.major,
            schemas: found.into_iter().map(shape).collect(),
            records,
        })
    }

    async fn forms(&self, found: &[Found]) -> Result<HashMap<u32, Result<Form, Fault>>, Fault> {
        let (busy, free): (Vec<&Found>, Vec<&Found>) = found.iter().partition(|schema| schema.busy);
        let oids: Vec<u32> = free.iter().map(|schema| schema.oid).collect();
        let (mut parts, mut told) = (Parts::of(&oids, SHAPES), Vec::new());
        while let Some(batch) = parts.next() {
            let asked = [Param::Oids(batch.clone())];
            match self.read::<Formed>(sql::shapes(), &asked).await {
                Ok(formed) => told.extend(formed),
                Err(fault) => parts.failed(batch, fault)?,
            }
        }
        let mut all: HashMap<u32, Result<Form, Fault>> =
            told.into_iter().map(|formed| (formed.oid, Ok(formed.form))).collect();
        all.extend(parts.untold.into_iter().map(|(oid, fault)| (oid, Err(fault))));
        let locked = || {
            Fault::new(
                FaultKind::Timeout,
                "somebody holds or waits for an exclusive lock in it",
            )
        };
        all.extend(busy.iter().map(|schema| (schema.oid, Err(locked()))));
        Ok(all)
    }

    async fn histories(&self, found: &[Found]) -> Result<(HashMap<u32, History>, BTreeMap<Text, Vec<Record>>), Fault> {
        let readable = found.iter().filter(|schema| schema.readable && !schema.busy);
        let named: Vec<Named> = readable
            .map(|schema| (schema.oid, schema.name.raw().to_owned()))
            .collect();
        let (told, untold) = self.each::<Summary>(&named, sql::histories).await?;
        // One history of each kind is read in full.
        let kinds: BTreeMap<Text, u32> = told.iter().map(|one| (one.digest.clone(), one.oid)).collect();
        let kinds: BTreeSet<u32> = kinds.into_values().collect();
        let named: Vec<Named> = named.into_iter().filter(|(oid, _)| kinds.contains(oid)).collect();
        let (entries, _) = self.each::<Entries>(&named, sql::records).await?;
        let unseen = untold
            .into_iter()
            .map(|((oid, _), fault)| (oid, History::Unseen(fault)));
        let kept = told.into_iter().map(|one| {
            let kept = Kept {
                count: one.count,
                digest: one.digest,
                last: one.last,
                run: one.run,
            };
            (one.oid, History::Kept(kept))
        });
        let records = entries.into_iter().map(|one| (one.digest, one.records));
        Ok((kept.chain(unseen).collect(), records.collect()))
    }

    /// Reads tables of these schemas, with statements made for them.
    async fn each<T: DeserializeOwned + Send>(
        &self,
        schemas: &[Named],
        sql: fn(&[Named]) -> String,
    ) -> Result<(Vec<T>, Vec<(Named, Fault)>), Fault> {
        let (mut parts, mut told) = (Parts::of(schemas, HISTORIES), Vec::new());
        while let Some(batch) = parts.next() {
            match self.read(&sql(&batch), &[]).await {
                Ok(answers) => told.extend::<Vec<T>>(answers),
                Err(fault) => parts.failed(batch, fault)?,
            }
        }
        Ok((told, parts.untold))
    }

    async fn read<T: DeserializeOwned + Send>(&self, sql: &str, asked: &[Param]) -> Result<Vec<T>, Fault> {
        let servers = &self.doors.servers;
        let answer = servers.json::<Vec<T>>(&self.server, Some(self.database), sql, asked);
        Ok(answer.await?.value)
    }
}

/// What is known of a history that was not read.
fn unread(schema: &Found) -> History {
    let name = schema.name.raw();
    match (schema.recorded, schema.readable) {
        (false, _) => History::Absent,
        (true, false) => History::Unseen(Fault::new(FaultKind::Denied, "its history is not ours to read").hint(
            format!(
                "grant usage on schema {} and select on {}.{TABLE} to the role that watches",
                quote::ident(name),
                quote::ident(name),
            ),
        )),
        (true, true) => History::Unseen(Fault::new(
            FaultKind::Timeout,
            "somebody holds or waits for an exclusive lock in it",
        )),
    }
}
