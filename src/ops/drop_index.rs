//! Drop the indexes of a database that a failed `CREATE` or `REINDEX INDEX CONCURRENTLY` has left: they are not valid, so no
//! query uses them. How to build each again is in the plan.

use serde::Deserialize;

use super::{
    Ask, Operation, Refusal, blank,
    confirm::{Stake, tier},
    refusal::primary,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{
    facts::{pulse::Pulse, server::Setup},
    model::{
        Act, Check, Kind, Limits, Place, Plan, Question, Request, Series, Step, Target, Text, Tree, Trial, Undo, quote,
    },
    store::{Fact, Snapshot},
};

/// `DROP INDEX CONCURRENTLY` waits for every transaction that uses the table, and no reader or writer waits behind it. It is
/// not tried again by itself: what must be so is asked anew each time.
const LIMITS: Limits = Limits {
    lock: 10_000,
    retries: 0,
    budget: 60_000,
};
/// How long reading back may take, in seconds.
const WITHIN: u64 = 5;

/// The operation.
pub struct DropIndex;

impl Operation for DropIndex {
    fn name(&self) -> &'static str {
        "drop-index"
    }

    fn letter(&self) -> char {
        'i'
    }

    fn about(&self) -> &'static str {
        "drop indexes that a failed build has left and no query uses"
    }

    fn takes(&self) -> Kind {
        Kind::Database
    }

    fn asks(&self) -> &'static [Ask] {
        &[Ask {
            name: "index",
            words: &[],
            about: "all by default: only this one, schema.name",
        }]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let mut inquiries = Inquiries::new();
        for target in &request.targets {
            let place = at(world, target)?;
            let rows = Inquiry::Rows(place.sql(catalog(wish(request))));
            inquiries.insert(indexes_of(target), rows);
            for index in found(world, target)?
                .iter()
                .filter(|index| index.left_alone().is_none())
            {
                let trial = Inquiry::Trial(Trial {
                    place: place.clone(),
                    role: index.owner.clone(),
                    statements: Vec::new(),
                });
                inquiries.insert(becoming(target, &index.owner), trial);
            }
        }
        Ok(inquiries)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let (mut over, mut touches, mut left, mut lost) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for target in &request.targets {
            let place = at(world, target)?;
            let all = found(world, target)?;
            if all.is_empty() {
                left.push(nothing(target, wish(request)));
            }
            for index in all {
                if let Some(why) = index.left_alone() {
                    left.push(format!("{} of {target} {why}: it is left alone", index.shown()));
                    continue;
                }
                if let Some(Some((_, why))) = Known::of(world).tried(&becoming(target, &index.owner))? {
                    return Err(Refusal::new(format!("{}: {why}", becoming(target, &index.owner))));
                }
                touches.push((index.shown(), index.words()));
                lost.push(format!("{}; to build it again: {}", index.shown(), index.definition));
                over.push(Tree::step(index.step(&place)));
            }
        }
        // Where something can be done, what is left alone is shown beside it.
        if over.is_empty() {
            return Err(Refusal::new(left.join("; ")));
        }
        Ok(Plan {
            title: title(&touches),
            touches: touches
                .into_iter()
                .chain(left.into_iter().map(|why| ("left alone".into(), why)))
                .collect(),
            lost,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Final),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: over.len(),
                over,
            },
            ..blank(request, world)
        })
    }
}

fn title(dropped: &[(String, String)]) -> String {
    match dropped {
        [(one, _)] => format!("drop index {one}"),
        many => format!("drop {} indexes", many.len()),
    }
}

/// The one index that is asked for.
fn wish(request: &Request) -> Option<&str> {
    request.said("index")
}

fn at(world: &Snapshot, target: &Target) -> Result<Place, Refusal> {
    Ok(primary(world, target.part(0))?.database(target.part(1)))
}

fn nothing(target: &Target, wish: Option<&str>) -> String {
    match wish {
        Some(name) => format!("there is no index {} in {target}", Text::from(name)),
        None => format!("every index of {target} is valid"),
    }
}

fn indexes_of(target: &Target) -> String {
    format!("indexes of {target} that are not valid")
}

fn becoming(target: &Target, owner: &str) -> String {
    format!("becoming {} in {target}", quote::ident(owner))
}

/// What the catalog says of an index.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own to the catalog"
)]
struct Index {
    oid: u32,
    schema: String,
    name: String,
    owner: String,
    /// Oid of the table.
    table: u32,
    /// The table, for people.
    of: Text,
    /// What builds it again.
    definition: Text,
    valid: bool,
    /// Whether writes keep it up.
    ready: bool,
    building: bool,
    /// Of a partitioned table.
    partitioned: bool,
    /// A part of an index of a partitioned table.
    attached: bool,
    /// A constraint that needs it.
    constraint: Option<Text>,
    /// Of a table of the system's own.
    system: bool,
    /// The greatest power of two that it is not smaller than, as the server writes it. Its size is another all the time.
    size: Text,
}

fn found(world: &Snapshot, target: &Target) -> Result<Vec<Index>, Refusal> {
    let rows = Known::of(world).rows(&indexes_of(target))?.unwrap_or_default();
    let read = |row: &String| serde_json::from_str(row);
    let all: Result<Vec<Index>, _> = rows.iter().map(read).collect();
    all.map_err(|wrong| Refusal::new(format!("{}: {wrong}", indexes_of(target))))
}

/// Those that are not valid, or the one that is asked for, whatever it is.
fn catalog(wish: Option<&str>) -> String {
    let which = wish.map_or_else(
        || "not (i.indisvalid and i.indisready)".to_owned(),
        |name| format!("n.nspname || '.' || c.relname = {}", quote::literal(name)),
    );
    let building = building("i.indrelid");
    format!(
        "select json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, \
         'owner', pg_get_userbyid(c.relowner), 'table', i.indrelid::bigint, 'of', i.indrelid::regclass::text, \
         'definition', pg_get_indexdef(c.oid), 'valid', i.indisvalid and i.indisready, 'ready', i.indisready, \
         'building', {building}, 'partitioned', c.relkind = 'I', 'attached', c.relispartition, \
         'constraint', (select conname from pg_constraint where conindid = c.oid order by oid limit 1), \
         'system', n.nspname in ('pg_catalog', 'pg_toast'), \
         'size', pg_size_pretty(case when pg_relation_size(c.oid) > 0 \
           then 1::bigint << floor(log(2, pg_relation_size(c.oid)))::int else 0 end))::text \
         from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace \
         where {which} order by n.nspname, c.relname"
    )
}

/// Whether some index of a table is being built. A build of others may be hidden from us: then it may be of this table.
fn building(table: &str) -> String {
    format!(
        "exists (select from pg_stat_progress_create_index p where p.datid = (select oid from pg_database \
         where datname = current_database()) and (p.relid is null or p.relid = {table}))"
    )
}

impl Index {
    fn shown(&self) -> String {
        format!("{}.{}", Text::from(&*self.schema), Text::from(&*self.name))
    }

    /// Why it must not be dropped.
    fn left_alone(&self) -> Option<String> {
        if self.partitioned {
            // PostgreSQL documentation 5.12.2.2.
            let what = "is of a partitioned table";
            return Some(if self.valid {
                format!("{what}, and valid")
            } else {
                format!("{what}: it is valid once every partition has its part, and that is no damage")
            });
        }
        if self.valid {
            return Some("is valid".into());
        }
        if self.building {
            return Some("may be being built: an index of its table is under way now".into());
        }
        if let Some(constraint) = &self.constraint {
            return Some(format!("is what the constraint {constraint} stands on"));
        }
        if self.attached {
            return Some("is a part of an index of a partitioned table".into());
        }
        self.system.then(|| "is of a table of the system's own".into())
    }

    fn words(&self) -> String {
        let kept = if self.ready {
            "kept up by writes"
        } else {
            "not kept up by writes"
        };
        format!("of {}, {} or more, {kept}", self.of, self.size)
    }

    fn step(&self, place: &Place) -> Step {
        let name = quote::qualified(&self.schema, &self.name);
        let (oid, literal) = (self.oid, quote::literal(&name));
        let same = format!(
            "exists (select from pg_index i where i.indexrelid = {oid} and i.indexrelid = to_regclass({literal}) \
             and not (i.indisvalid and i.indisready) \
             and not exists (select from pg_constraint where conindid = i.indexrelid))"
        );
        let gone = format!("not exists (select from pg_class where oid = {oid})");
        Step {
            name: format!("drop index {}", self.shown()),
            act: Act::Series(Series {
                place: place.clone(),
                role: Some(self.owner.clone()),
                settings: Vec::new(),
                unless: None,
                guards: vec![
                    // Gone already is as good; another one of this name is not ours to drop.
                    format!("select {same} or ({gone} and to_regclass({literal}) is null)"),
                    format!("select not {}", building(&self.table.to_string())),
                ],
                statements: vec![format!("drop index concurrently if exists {name}").into()],
                untouched: Some(format!("select {same}")),
                limits: LIMITS,
            }),
            again: true,
            check: Check {
                ask: Question::Sql(place.sql(format!("select {gone}"))),
                within: WITHIN,
            },
            undo: Undo::Never(format!("to build it again: {}", self.definition)),
        }
    }
}
