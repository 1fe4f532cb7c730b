//! Try whether tenants can be had back: a copy is made of what is archived now, every row of theirs is read in it, and it is
//! thrown away. This is what makes a backup a backup.

mod tables;

use std::collections::BTreeMap;

use super::{
    Coming,
    ask::{Asked, Mark},
    steps,
};
use crate::{
    facts::{
        backups::{Catalogue, tested},
        pulse::Pulse,
        server::Setup,
        tenants::{self, Size, Tenants},
    },
    model::{Copies, Isolation, Kind, Moment, Place, Plan, Question, Request, Step, Target, Text, Tree, Undo, plural},
    ops::{
        Ask, Operation, Refusal, blank,
        confirm::{Stake, tier},
        named,
        refusal::primary,
        survey::{Inquiries, Inquiry, Known, parsed},
        tenant::Home,
    },
    store::{Fact, Snapshot},
};
use tables::Table;

/// What cannot be read now cannot be read later either, and reading takes as long as it takes.
const ONCE: u64 = 0;

/// The operation.
pub struct VerifyRestore;

/// A tenant that is tried.
struct Tenant<'a> {
    home: Home<'a>,
    /// Under which name what was read of it is kept.
    kept: String,
}

impl Operation for VerifyRestore {
    fn name(&self) -> &'static str {
        tested::OPERATION
    }

    fn letter(&self) -> char {
        'f'
    }

    fn about(&self) -> &'static str {
        "try whether tenants can be had back: restore beside, read every row, throw away"
    }

    fn takes(&self) -> Kind {
        Kind::Tenant
    }

    fn asks(&self) -> &'static [Ask] {
        &[Ask {
            name: "moment",
            words: &[],
            about: "latest by default: a time with its zone, name:POINT, lsn:POSITION, before:POSITION",
        }]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Catalogue::NAME, Copies::NAME, Pulse::NAME, Setup::NAME, Tenants::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let mut all = Inquiries::new();
        for (instance, tenants) in chosen(request, world)? {
            let live = primary(world, instance)?;
            if Asked::of(&of_instance(request, instance), world)?.mark != Mark::Needless {
                all.extend(super::ask::who_switches(&live));
            }
            for tenant in &tenants {
                let sql = live.database(&tenant.home.database).sql(tables::list(&tenant.home));
                all.insert(tables_of(tenant), Inquiry::Rows(sql));
            }
        }
        Ok(all)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let (mut over, mut touches) = (Vec::new(), Vec::new());
        for (instance, tenants) in chosen(request, world)? {
            let request = of_instance(request, instance);
            let asked = Asked::of(&request, world)?;
            let (tree, words) = tried(&asked, &tenants, world)?;
            touches.push((instance.to_owned(), words));
            over.push(tree);
        }
        Ok(Plan {
            title: format!("try whether {} can be had back", named(&request.targets, "tenant")),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: over.len(),
                over,
            },
            touches,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
            ..blank(request, world)
        })
    }
}

/// The tenants that are asked for, by instance.
fn chosen<'a>(request: &'a Request, world: &'a Snapshot) -> Result<BTreeMap<&'a str, Vec<Tenant<'a>>>, Refusal> {
    let mut chosen: BTreeMap<&str, Vec<Tenant<'_>>> = BTreeMap::new();
    for (at, target) in request.targets.iter().enumerate() {
        chosen.entry(target.part(0)).or_default().push(Tenant {
            home: Home::of(target, world)?,
            kept: format!("read.{}", at + 1),
        });
    }
    Ok(chosen)
}

/// The request for the copy.
fn of_instance(request: &Request, instance: &str) -> Request {
    let latest = || Moment::Latest.to_string();
    let moment = request.said("moment").map_or_else(latest, ToOwned::to_owned);
    Request {
        targets: vec![Target::instance(instance)],
        arguments: [("moment".to_owned(), moment)].into(),
        ..request.clone()
    }
}

fn tables_of(tenant: &Tenant<'_>) -> String {
    format!("tables of {}", tenant.home.known.target)
}

/// The copy of an instance, all its tenants read in it, and the end of it.
fn tried(asked: &Asked<'_>, tenants: &[Tenant<'_>], world: &Snapshot) -> Result<(Tree, String), Refusal> {
    let Coming {
        copy,
        size,
        steps: mut all,
        ..
    } = Coming::of(asked, world)?;
    let mut over = Vec::new();
    for tenant in tenants {
        over.push(read(tenant, &copy, world)?);
    }
    // Whoever cannot be read does not keep the others from being tried, nor the copy from being removed.
    all.push(Tree::Each {
        cap: 1,
        waves: Vec::new(),
        gate: None,
        budget: over.len(),
        over,
    });
    all.push(Tree::step(steps::removal(asked.backups, &copy, Undo::Nothing)?));
    let words = format!(
        "{} read in copy {} below {}, which takes {size} for that time",
        plural(tenants.len(), "tenant"),
        copy.server.name(),
        asked.scratch()
    );
    Ok((Tree::Seq(all), words))
}

/// Every table of the tenant is there as it is now, and every row of them is read.
fn read(tenant: &Tenant<'_>, copy: &Place, world: &Snapshot) -> Result<Tree, Refusal> {
    let known = tenant.home.known;
    let place = copy.database(&tenant.home.database);
    let rows = Known::of(world).rows(&tables_of(tenant))?;
    let tables: Vec<Table> = parsed(rows.unwrap_or_default())?;
    if tables.is_empty() {
        // Without an answer yet this is no plan yet, and nothing is asked.
        return match rows {
            None => Ok(Tree::Seq(Vec::new())),
            Some(_) => Err(Refusal::new(format!(
                "{} has no table, so there is nothing to try",
                known.target
            ))),
        };
    }
    let who = format!("{} ({})", known.name, Text::from(known.id()));
    let otherwise = tables::otherwise(&tables);
    let asks = vec![
        Question::List(
            "table that the copy has not as it is now".into(),
            place.sql(otherwise.clone()),
        ),
        Question::Sql(place.sql(format!("select not exists ({otherwise})"))),
        Question::Take(tenant.kept.clone(), place.sql(tables::rows(&tables, &tenant.home))),
    ];
    let name = format!("{who}: every table is there, every row is read");
    let mut all = vec![Tree::step(Step::look(name, Question::All(asks), ONCE))];
    if has_rows(known) {
        let some = format!("select :'{}' not like '0 rows %'", tenant.kept);
        let name = format!("{who}: there were rows, as there are now");
        all.push(Tree::step(Step::look(name, Question::Sql(place.sql(some)), ONCE)));
    }
    Ok(Tree::Seq(all))
}

/// Whether it is known that it has rows.
fn has_rows(tenant: &tenants::Tenant) -> bool {
    let sized = matches!(&tenant.size, Size::Exact(bytes) | Size::About(bytes) if bytes.0 > 0);
    match (tenant.model, tenant.rows) {
        (_, Some(rows)) => rows > 0,
        (Isolation::Shared, None) => sized,
        (_, None) => false,
    }
}
