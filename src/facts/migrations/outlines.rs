//! What schemas consist of, object by object: of those whose shape is another than that of their peers, and of one that they
//! should be like.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    shapes::Shapes,
    sources::Sources,
    sql,
    standing::{self, Standing},
};
use crate::{
    facts::{asked, settled},
    model::{Fault, Target, Text},
    provider::{Doors, postgres::Param},
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Schemas of one database that are told object by object.
pub const MOST: usize = 20;

/// Schemas of one database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outlines {
    /// By schema.
    pub schemas: BTreeMap<Text, Vec<Object>>,
    /// Schemas that are set apart for their shape and were left out, because there are more than [`MOST`].
    pub left_out: u64,
}

/// A part of a schema, without the schema's own name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Object {
    /// `table`, `column`, `index`, …
    pub kind: Text,
    /// Its name; with the relation's before it where it belongs to one.
    pub name: Text,
    /// How it is made.
    pub definition: Text,
}

impl Fact for Outlines {
    const NAME: &'static str = "outlines";
}

/// The outline of this schema, where it was asked for.
pub fn of<'a>(world: &'a Snapshot, schema: &Target) -> Option<&'a [Object]> {
    let seen = world.get::<Outlines>(&place(schema))?;
    seen.value.schemas.get(&schema.name()).map(Vec::as_slice)
}

/// Asks every database with such a schema.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Outlines::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(30, 900)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Shapes::NAME, Sources::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        let all: BTreeSet<Target> = wanted(&told(world)).map(|schema| place(&schema)).collect();
        all.into_iter().collect()
    }

    /// Who is apart, and from what, is known only when all were seen.
    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        settled(world, target) && world.complete(&[Sources::NAME, Shapes::NAME])
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let server = asked(world, target)?;
        let mut names: BTreeSet<Text> = BTreeSet::new();
        let mut left_out = 0;
        for schema in wanted(&told(world)).filter(|schema| place(schema) == *target) {
            if names.len() < MOST || names.contains(&schema.name()) {
                names.insert(schema.name());
            } else {
                left_out += 1;
            }
        }
        let shapes = world.get::<Shapes>(target).map(|seen| &seen.value.schemas);
        let shapes = shapes.into_iter().flatten();
        let oids = shapes
            .filter(|shape| names.contains(&shape.name))
            .map(|shape| shape.oid);
        let params = [Param::Oids(oids.collect())];
        let parts = doors
            .servers
            .json::<Vec<Part>>(&server, Some(target.part(1)), sql::outlines(), &params);
        let mut schemas: BTreeMap<Text, Vec<Object>> = BTreeMap::new();
        for part in parts.await?.value {
            schemas.entry(part.schema).or_default().push(part.object);
        }
        for objects in schemas.values_mut() {
            objects.sort();
        }
        Ok(Sealed::of(Outlines { schemas, left_out }))
    }
}

#[derive(Deserialize)]
struct Part {
    schema: Text,
    #[serde(flatten)]
    object: Object,
}

/// Where all stand: as derived, or else made now, because what is asked once is derived only at the end.
fn told(world: &Snapshot) -> Cow<'_, [Standing]> {
    match standing::fresh(world) {
        Some(derived) => Cow::Borrowed(&derived.standings),
        None => Cow::Owned(standing::standings(world)),
    }
}

/// The schemas that others should be like, then those that are not.
fn wanted(all: &[Standing]) -> impl Iterator<Item = Target> {
    let likes: BTreeSet<Target> = all.iter().filter_map(|standing| standing.like().cloned()).collect();
    let apart = all
        .iter()
        .filter(|standing| standing.like().is_some_and(|like| *like != standing.target));
    likes.into_iter().chain(apart.map(|standing| standing.target.clone()))
}

fn place(schema: &Target) -> Target {
    Target::database(schema.part(0), schema.part(1))
}
