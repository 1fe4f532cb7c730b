//! Every tenant of every model: where it lives, how large it is, who is busy, what is wrong with it.

mod troubles;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::{View, migrations, worst_first};
use crate::{
    facts::{
        self,
        credentials::{Credentials, next_expiry},
        load::{Load, Work},
        migrations::standing::{self, Standing, Standings},
        policies::Policies,
        registry,
        sessions::{Sessions, Whose},
        tenants::{self, Size, Tenant, Tenants},
    },
    findings::{Report, rls},
    model::{Bytes, Cell, Column, Isolation, Row, Severity, Table, Target, Text, Value, plural},
    store::{Fact, Known, Snapshot},
};
use troubles::Troubles;

const COLUMNS: &[Column] = &[
    Column::words("name", "TENANT", 0, 28, "what people call it"),
    Column::words("model", "MODEL", 1, 8, "shared, schema, database or instance"),
    Column::words("instance", "INSTANCE", 1, 16, "where it lives"),
    Column::words("database", "DATABASE", 4, 20, "where it lives"),
    Column::number("size", "SIZE", 1, 9, "what is its own; ~ from statistics"),
    Column::number("rows", "ROWS", 5, 9, "live rows, from statistics"),
    Column::number("relations", "RELS", 6, 6, "tables of its own"),
    Column::number("sessions", "SESS", 2, 5, "sessions that are known to be its own"),
    Column::number(
        "time",
        "TIME",
        3,
        7,
        "share of the instance's execution time since its statistics were reset",
    ),
    Column::number("wal", "WAL", 6, 9, "log written since statistics were reset"),
    Column::number("temp", "TEMP", 6, 9, "temporary files since statistics were reset"),
    Column::words(
        "rls",
        "RLS",
        1,
        22,
        "row-level security of the tables it shares: the worst verdict",
    ),
    Column::number(
        "expiry",
        "EXPIRY",
        1,
        9,
        "the next credential of its instance that ends or changes",
    ),
    Column::words("schema_version", "VERSION", 7, 10, "version of its schema"),
    Column::words("worst", "WORST FINDING", 0, 60, "the worst thing that is wrong with it"),
    Column::words(
        "id",
        "ID",
        6,
        36,
        "what the tenant column holds, the schema, the database, or the instance",
    ),
];

/// The view.
pub struct AllTenants;

impl View for AllTenants {
    fn name(&self) -> &'static str {
        "tenants"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["tenant", "ten", "t"]
    }

    fn about(&self) -> &'static str {
        "every tenant of every isolation model"
    }

    fn offers(&self) -> &'static [&'static str] {
        &[
            "onboard",
            "disable",
            "move",
            "purge",
            "restore",
            "restore-whole",
            "verify-restore",
        ]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[
            Load::NAME,
            Policies::NAME,
            Sessions::NAME,
            Credentials::NAME,
            Tenants::NAME,
            Standings::NAME,
            Report::NAME,
        ]
    }

    fn watches(&self) -> &'static [&'static str] {
        &[Sessions::NAME, Tenants::NAME, Report::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn table(&self, world: &Snapshot) -> Table {
        let Some(all) = tenants::of(world) else {
            return Table {
                columns: COLUMNS,
                ..Table::default()
            };
        };
        let scene = Scene::of(world);
        let mut rows: Vec<Row> = all.tenants.iter().map(|tenant| scene.row(tenant)).collect();
        worst_first(&mut rows);
        Table {
            columns: COLUMNS,
            rows,
            headline: headline(all),
            unseen: all.unseen.clone(),
            complete: all.complete,
        }
    }
}

fn headline(all: &Tenants) -> Vec<Cell> {
    let count = |model| all.tenants.iter().filter(|tenant| tenant.model == model).count();
    let more = if all.complete && all.unseen.is_empty() {
        ""
    } else {
        ", some unseen"
    };
    let mut cells = vec![Cell::new(format!("{}{more}", plural(all.tenants.len(), "tenant")))];
    cells.extend(
        Isolation::ALL
            .into_iter()
            .filter(|model| count(*model) > 0)
            .map(|model| Cell::new(format!("{} {}", count(model), model.word()))),
    );
    cells
}

/// What is looked up once for all tenants.
struct Scene<'a> {
    loads: HashMap<&'a str, Result<BTreeMap<Text, Work>, Text>>,
    troubles: Troubles<'a>,
    /// What is made of the shared tables of each database.
    verdicts: HashMap<Target, (&'static str, Severity)>,
    /// How many sessions each tenant has, where the sessions of its instance were seen.
    sessions: HashMap<&'a Target, u64>,
    /// Instances, or databases of them, with sessions that were not seen or do not say whose they are.
    silent: HashSet<(String, Option<Text>)>,
    expiry: HashMap<&'a str, Timestamp>,
    /// Where each tenant's schema stands, if it follows a history.
    versions: HashMap<&'a Target, &'a Standing>,
}

impl<'a> Scene<'a> {
    fn of(world: &'a Snapshot) -> Self {
        let load = |name: &'a str| {
            let load = match world.known::<Load>(&Target::instance(name)) {
                Known::Waiting => Err("not asked yet".into()),
                Known::Silent(fault) => Err(fault.what.clone()),
                Known::Seen(seen) => Ok(seen.value.by_database()),
            };
            (name, load)
        };
        let mut scene = Self {
            loads: world
                .fleet
                .instances
                .iter()
                .map(|instance| load(&instance.name))
                .collect(),
            troubles: Troubles::of(world),
            verdicts: verdicts(world),
            sessions: HashMap::new(),
            silent: HashSet::new(),
            expiry: world
                .fleet
                .instances
                .iter()
                .filter_map(|instance| Some((instance.name.as_str(), next_expiry(world, &instance.name)?.0)))
                .collect(),
            versions: versions(world),
        };
        scene.count(world);
        scene
    }

    /// A session that does not say whom it works for makes the count of its database a lower bound.
    fn count(&mut self, world: &'a Snapshot) {
        let whose = Whose::of(world);
        for server in facts::servers(world) {
            let Some(seen) = world.get::<Sessions>(&server) else {
                self.silent.insert((server.part(0).to_owned(), None));
                continue;
            };
            let clients = seen
                .value
                .sessions
                .iter()
                .filter(|session| session.kind == "client backend");
            for session in clients {
                match whose.tenant(&server, session) {
                    Some(tenant) => *self.sessions.entry(&tenant.target).or_default() += 1,
                    None => drop(
                        self.silent
                            .insert((server.part(0).to_owned(), session.database.clone())),
                    ),
                }
            }
        }
    }

    fn sessions(&self, tenant: &Tenant) -> Cell {
        let count = self.sessions.get(&tenant.target).copied().unwrap_or_default();
        if self.silent.contains(&(tenant.instance().to_owned(), None)) {
            return Cell::unseen("the sessions of some server were not seen");
        }
        let shares = matches!(tenant.model, Isolation::Shared | Isolation::Schema);
        let place = (tenant.instance().to_owned(), Some(Text::from(tenant.database())));
        match count {
            0 if shares && self.silent.contains(&place) => Cell::unseen("some sessions do not say whom they work for"),
            n if shares && self.silent.contains(&place) => Cell::new(format!(">{n}")),
            n => Cell::new(n),
        }
    }

    fn row(&self, tenant: &Tenant) -> Row {
        let worst = self.troubles.worst(tenant);
        let unseen = if tenant.fault.is_some() {
            Severity::Unseen
        } else {
            Severity::Ok
        };
        let severity = worst.map_or(Severity::Ok, |finding| finding.severity).max(unseen);
        let [time, wal, temp] = self.load(tenant);
        let cells = vec![
            Cell::new(tenant.name.clone()),
            Cell::new(tenant.model.word()),
            Cell::new(Value::Text(tenant.instance().into())),
            Cell::new(Value::Text(tenant.database().into())),
            match &tenant.size {
                Size::Exact(size) => Cell::new(*size),
                Size::About(size) => Cell::new(Value::About(*size)),
                Size::Unseen(why) => Cell::unseen(why.clone()),
            },
            Cell::new(tenant.rows),
            Cell::new(tenant.relations),
            self.sessions(tenant),
            time,
            wal,
            temp,
            self.verdict(tenant),
            Cell::new(self.expiry.get(tenant.instance()).copied().map(Value::Ends)),
            self.versions
                .get(&tenant.target)
                .map_or_else(Cell::blank, |standing| migrations::version(standing)),
            worst.map_or_else(Cell::blank, |finding| {
                Cell::new(finding.what.clone()).at(finding.severity)
            }),
            Cell::new(Value::Text(tenant.id().into())),
        ];
        Row {
            target: tenant.target.clone(),
            cells,
            severity,
            seen: tenant.at,
            fault: tenant.fault.clone(),
        }
    }

    /// Whether others reach its rows. Who shares no tables needs no policies.
    fn verdict(&self, tenant: &Tenant) -> Cell {
        if tenant.model != Isolation::Shared {
            return Cell::blank();
        }
        let database = Target::database(tenant.instance(), tenant.database());
        let (word, severity) = self
            .verdicts
            .get(&database)
            .copied()
            .unwrap_or(("not seen", Severity::Unseen));
        Cell::new(word).at(severity)
    }

    /// Execution time as a share of the instance's, log and temporary files, where statistics tell tenants apart.
    fn load(&self, tenant: &Tenant) -> [Cell; 3] {
        let unseen = |why: &str| [(); 3].map(|()| Cell::unseen(why));
        let database = match tenant.model {
            Isolation::Shared => return unseen("statistics do not tell tenants of shared tables apart"),
            Isolation::Schema => return unseen("statistics do not tell schemas apart"),
            Isolation::Database => tenant.database(),
            Isolation::Instance => "",
        };
        let loads = match self.loads.get(tenant.instance()) {
            Some(Ok(loads)) => loads,
            Some(Err(why)) => return [(); 3].map(|()| Cell::unseen(why.clone())),
            None => return unseen("not asked yet"),
        };
        let whole = loads.get(&Text::from("")).copied().unwrap_or_default();
        let own = loads.get(&Text::from(database)).copied().unwrap_or_default();
        let share = if whole.milliseconds > 0.0 {
            own.milliseconds / whole.milliseconds
        } else {
            0.0
        };
        [
            Cell::new(Value::Share(share)),
            Cell::new(bytes(own.wal)),
            Cell::new(bytes(own.temp)),
        ]
    }
}

fn versions(world: &Snapshot) -> HashMap<&Target, &Standing> {
    let all = standing::of(world).into_iter().flat_map(|derived| &derived.standings);
    all.flat_map(|standing| standing.tenants.iter().map(move |tenant| (tenant, standing)))
        .collect()
}

fn verdicts(world: &Snapshot) -> HashMap<Target, (&'static str, Severity)> {
    let databases = registry::databases(world).into_iter();
    databases
        .map(|database| (database.clone(), rls::verdict(world, &database)))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sums of counters: positive, and exact to a byte up to 8 PB"
)]
fn bytes(sum: f64) -> Bytes {
    Bytes(sum.max(0.0) as u64)
}
