//! Who is restored from where, as whom; and what is asked on both sides.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::{
    drift::{self, Drift},
    form::{self, Reference, Table},
    neighbours::{self, Neighbours, Wish},
    order::{self, Ordered},
    rows::{self, Breadth, Row},
    sequences::{self, Sequence},
    taken::{self, Unique},
};
use crate::{
    model::{Beside, Look, Place, Request},
    ops::{
        Refusal,
        refusal::primary,
        source::chosen,
        survey::{Inquiries, Inquiry, Known, parsed},
        tenant::{Home, forms},
    },
    store::Snapshot,
};

const TABLES: &str = "its tables";
const THERE: &str = "its tables in the copy";
const REFERENCES: &str = "who refers to them";
const SEQUENCES: &str = "what numbers their rows";
const UNIQUES: &str = "what holds for all tenants together";
const SIGHT: &str = "what the reader sees";
const ROWS: &str = "its rows";
const COPIED: &str = "its rows in the copy";
const DIGEST: &str = "the digests of its rows";
const COPIED_DIGEST: &str = "the digests of its rows in the copy";

/// Who, from where, as whom.
pub(super) struct Scene<'a> {
    pub(super) home: Home<'a>,
    pub(super) live: Place,
    copy: Place,
    beside: Beside,
    /// The role that reads and writes; the owner of the tables where they are the tenant's own, which is known once they are.
    pub(super) role: String,
    /// Only what is gone is put back.
    pub(super) missing: bool,
    wanted: BTreeSet<String>,
    /// Columns that something else writes, as `schema.table.column`.
    pub(super) mapped: BTreeSet<String>,
    drift: Drift,
    wish: Wish,
}

/// What the tables are.
pub(super) struct Forms {
    /// Each after those that it refers to.
    pub(super) tables: Vec<Table>,
    /// By the path of a table: columns that are null at first.
    pub(super) later: BTreeMap<String, BTreeSet<String>>,
    pub(super) references: Vec<Reference>,
    pub(super) sequences: Vec<Sequence>,
    pub(super) uniques: Vec<Unique>,
    /// How it is shown that nobody else was touched.
    pub(super) neighbours: Neighbours,
    /// Tables that are left out because their rows cannot be told apart. Triggers may write into them.
    pub(super) keyless: Vec<Table>,
    /// Tables that are left out, and why.
    pub(super) left: Vec<(String, String)>,
}

#[derive(Default)]
struct Sorted {
    tables: Vec<Table>,
    keyless: Vec<Table>,
    left: Vec<(String, String)>,
}

/// What is in them on one side.
pub(super) struct Side<'a> {
    rows: &'a [String],
    /// The digest of each table.
    pub(super) digests: &'a [String],
}

impl Side<'_> {
    /// Table by table.
    pub(super) fn rows(&self, tables: &[Table]) -> Result<Vec<Vec<Row>>, Refusal> {
        rows::parse(self.rows, tables.len())
    }
}

fn list(request: &Request, name: &str) -> BTreeSet<String> {
    let said = request.arguments.get(name).map_or("", String::as_str);
    let words = said.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(ToOwned::to_owned).collect()
}

impl<'a> Scene<'a> {
    pub(super) fn of(request: &Request, world: &'a Snapshot) -> Result<Self, Refusal> {
        let [target] = request.targets.as_slice() else {
            return Err(Refusal::new("one tenant is restored at a time"));
        };
        let home = Home::of(target, world)?;
        let live = primary(world, target.part(0))?;
        let beside = chosen(request, target, world)?;
        let copy = Place::copy(target.part(0), beside.id.raw(), beside.system.raw());
        let role = home.shared.as_ref().map(|shared| {
            let none = || Refusal::new("the fleet file names no runtime_roles, as whom the tenant's rows are written");
            shared.roles.first().cloned().ok_or_else(none)
        });
        Ok(Self {
            live: live.database(&home.database),
            copy: copy.database(&home.database),
            beside,
            role: role.transpose()?.unwrap_or_default(),
            missing: request.arguments.get("rows").is_some_and(|said| said == "missing"),
            wanted: list(request, "tables"),
            mapped: list(request, "mapped"),
            drift: match request.arguments.get("drift").map(String::as_str) {
                Some("default") => Drift::Default,
                _ => Drift::Refuse,
            },
            wish: Wish::of(request),
            home,
        })
    }

    /// The moment of the copy, in both clocks.
    pub(super) fn told(&self) -> String {
        let moment = &self.beside.moment;
        let (utc, here) = (moment.told(&TimeZone::UTC), moment.told(&TimeZone::system()));
        let reached = self.beside.server.as_ref().map(|server| {
            let commit = server
                .commit
                .map(|commit| format!(", last commit {commit}"))
                .unwrap_or_default();
            format!(" (position {}{commit})", server.reached)
        });
        let also = if utc == here {
            String::new()
        } else {
            format!(", {here}")
        };
        format!("{utc}{also}{}", reached.unwrap_or_default())
    }

    /// What is set for who reads and writes.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        forms().chain(self.home.setting()).collect()
    }

    /// A query on the live server, as who reads and writes there.
    pub(super) fn look(&self, sql: String) -> Look {
        Look {
            sql: self.live.sql(sql),
            role: Some(self.role.clone()),
            settings: self.settings(),
        }
    }

    /// Who sees the rows of all tenants, or of this one where the tables are its own.
    pub(super) fn sees(&self) -> Option<&str> {
        match &self.home.shared {
            Some(shared) => shared.reader,
            None => Some(&self.role),
        }
    }

    /// A query on the live server, as who sees everybody's rows.
    pub(super) fn look_as(&self, role: &str, sql: String) -> Look {
        Look {
            sql: self.live.sql(sql),
            role: Some(role.to_owned()),
            settings: forms().collect(),
        }
    }

    fn look_beside(&self, sql: String) -> Look {
        Look {
            sql: self.copy.sql(sql),
            role: None,
            settings: self.settings(),
        }
    }

    pub(super) fn ask_forms(&self) -> Inquiries {
        let tables = form::tables(&self.home);
        let rows = |place: &Place, sql: String| Inquiry::Rows(place.sql(sql));
        let mut all = Inquiries::from([
            (TABLES.to_owned(), rows(&self.live, tables.clone())),
            (THERE.to_owned(), rows(&self.copy, tables)),
            (REFERENCES.to_owned(), rows(&self.live, form::references(&self.home))),
            (SEQUENCES.to_owned(), rows(&self.live, sequences::all(&self.home))),
            (UNIQUES.to_owned(), rows(&self.live, taken::all(&self.home))),
        ]);
        let reader = self
            .home
            .shared
            .as_ref()
            .and_then(|shared| Some((shared, shared.reader?)));
        all.extend(reader.map(|(shared, reader)| {
            let sight = neighbours::sight(&self.home, shared, self.wish);
            (SIGHT.to_owned(), Inquiry::Look(self.look_as(reader, sight)))
        }));
        all
    }

    /// What the tables are; none where nobody has asked yet. Settles who owns them.
    pub(super) fn forms(&mut self, known: Known<'_>) -> Result<Option<Forms>, Refusal> {
        let (Some(live), Some(copy), Some(references), Some(sequences), Some(uniques)) = (
            known.rows(TABLES)?,
            known.rows(THERE)?,
            known.rows(REFERENCES)?,
            known.rows(SEQUENCES)?,
            known.rows(UNIQUES)?,
        ) else {
            return Ok(None);
        };
        let (live, copy): (Vec<Table>, Vec<Table>) = (parsed(live)?, parsed(copy)?);
        let references: Vec<Reference> = parsed(references)?;
        let Sorted {
            tables: live,
            keyless,
            mut left,
        } = self.restorable(live);
        let out: BTreeSet<&str> = left.iter().map(|(path, _)| path.as_str()).collect();
        let copy: Vec<Table> = copy.into_iter().filter(|table| !out.contains(&*table.path())).collect();
        let wanted = self.wanted.iter().map(String::as_str).collect();
        let (tables, told) = drift::alike(live, &copy, &wanted, self.drift)?;
        left.extend(told);
        let Ordered { tables, later } = order::in_order(tables, &references)?;
        let [first, ..] = tables.as_slice() else {
            return Err(Refusal::new("the tenant has no table that could be restored"));
        };
        if self.home.shared.is_none() {
            if let Some(other) = tables.iter().find(|table| table.owner != first.owner) {
                let what = format!("{} and {} have different owners", first.path(), other.path());
                return Err(Refusal::new(what).hint("restore those of one owner: tables=schema.name,schema.name"));
            }
            self.role.clone_from(&first.owner);
        }
        let neighbours = Neighbours::of(self.home.shared.as_ref(), self.wish, known.rows(SIGHT)?)?;
        Ok(Some(Forms {
            tables,
            later,
            references,
            sequences: parsed(sequences)?,
            uniques: parsed(uniques)?,
            neighbours,
            keyless,
            left,
        }))
    }

    /// Sorts out tables whose rows cannot be told apart, or where nothing would hold who writes to the tenant.
    fn restorable(&self, all: Vec<Table>) -> Sorted {
        let mut sorted = Sorted::default();
        for table in all {
            let path = table.path();
            if self.home.shared.is_some() && !table.forced {
                let why = "is left out: row-level security is not forced, so that nothing would hold who writes to the tenant";
                sorted.left.push((path, why.to_owned()));
            } else if table.key.is_empty() {
                let why = "is left out: without a primary key its rows cannot be told apart; what triggers write is swept out again";
                sorted.left.push((path, why.to_owned()));
                sorted.keyless.push(table);
            } else {
                sorted.tables.push(table);
            }
        }
        sorted
    }

    pub(super) fn ask_rows(&self, tables: &[Table]) -> Inquiries {
        let rows = |breadth| rows::read(tables, &self.home, breadth);
        let digest = |breadth| {
            let digests = rows::digests(tables, &self.home, &self.mapped, breadth).join(", ");
            format!("select d from unnest(array[{digests}]) with ordinality o (d, n) order by n")
        };
        Inquiries::from([
            (ROWS.to_owned(), Inquiry::Look(self.look(rows(Breadth::Live)))),
            (COPIED.to_owned(), Inquiry::Look(self.look_beside(rows(Breadth::Both)))),
            (DIGEST.to_owned(), Inquiry::Look(self.look(digest(Breadth::Live)))),
            (
                COPIED_DIGEST.to_owned(),
                Inquiry::Look(self.look_beside(digest(Breadth::Both))),
            ),
        ])
    }
}

/// What is in the tables, here and there; none where nobody has asked yet.
pub(super) fn sides<'k>(known: Known<'k>) -> Result<Option<(Side<'k>, Side<'k>)>, Refusal> {
    let side = |rows: &str, digest: &str| -> Result<Option<Side<'k>>, Refusal> {
        let (Some(rows), Some(digests)) = (known.rows(rows)?, known.rows(digest)?) else {
            return Ok(None);
        };
        Ok(Some(Side { rows, digests }))
    };
    let (Some(here), Some(there)) = (side(ROWS, DIGEST)?, side(COPIED, COPIED_DIGEST)?) else {
        return Ok(None);
    };
    if there.rows.is_empty() && !here.rows.is_empty() {
        let what = "the copy holds no row of this tenant: that is no moment to go back to";
        return Err(Refusal::new(what));
    }
    if here.rows.len().max(there.rows.len()) > super::MOST {
        let what = format!("more than {} rows cannot be compared at once", super::MOST);
        return Err(Refusal::new(what).hint("say which tables: tables=schema.name,schema.name"));
    }
    Ok(Some((here, there)))
}
