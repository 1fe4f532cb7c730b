//! Home: a row for each instance, and the totals of the fleet.

use super::{View, sources, worst_first};
use crate::{
    facts::{
        credentials::{Credentials, next_expiry},
        leader, members,
        pulse::Pulse,
        replication::{Replication, Standby},
        server::Setup,
        tenants::{self, Tenants},
    },
    findings::{Finding, Report},
    model::{Cell, Column, Fault, Instance, Isolation, Row, Severity, Table, Target, Value, plural},
    store::{Fact, Known, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("instance", "INSTANCE", 0, 16, "instance"),
    Column::words("primary", "PRIMARY", 0, 16, "server that leads, as observed"),
    Column::words(
        "standbys",
        "STANDBYS",
        0,
        9,
        "standbys that are well, of those configured",
    ),
    Column::number(
        "lag",
        "WORST LAG",
        0,
        10,
        "the standby that is furthest behind, in time",
    ),
    Column::number(
        "connections",
        "CONNS",
        0,
        9,
        "sessions of the primary against what is left for them",
    ),
    Column::words("tenants", "TENANTS", 2, 30, "tenants by model"),
    Column::number("expiry", "EXPIRY", 1, 9, "the next credential that ends"),
    Column::words("worst", "WORST FINDING", 0, 60, "the worst thing that is wrong with it"),
    Column::words("version", "VERSION", 3, 8, "version of the primary"),
    Column::number("uptime", "UPTIME", 4, 8, "of the primary"),
];

/// The view.
pub struct Fleet;

impl View for Fleet {
    fn name(&self) -> &'static str {
        "fleet"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["home"]
    }

    fn about(&self) -> &'static str {
        "every instance of the fleet"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[
            Pulse::NAME,
            Setup::NAME,
            Replication::NAME,
            Credentials::NAME,
            Tenants::NAME,
            Report::NAME,
        ]
    }

    fn watches(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Replication::NAME, Report::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["rotate-root", "beside", "verify-backups", "backup"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let mut rows: Vec<Row> = world
            .fleet
            .instances
            .iter()
            .map(|instance| row(world, instance))
            .collect();
        worst_first(&mut rows);
        let unseen = world
            .faults(Pulse::NAME)
            .map(|(target, fault)| (target.clone(), fault.clone()))
            .collect();
        let complete = world.complete(&[Pulse::NAME]);
        Table {
            columns: COLUMNS,
            rows,
            headline: headline(world),
            unseen,
            complete,
        }
    }
}

fn row(world: &Snapshot, instance: &Instance) -> Row {
    let target = Target::instance(&instance.name);
    let lead = leader(world, &instance.name);
    let pulse = lead.as_ref().and_then(|server| world.get::<Pulse>(server));
    let setup = lead.as_ref().and_then(|server| world.get::<Setup>(server));
    let replication = world.get::<Replication>(&target).map(|seen| seen.value);
    let worst = worst(world, &instance.name);
    let seen = pulse.map(|seen| seen.at);
    let (fault, silent) = silence(world, instance);
    let severity = worst.map_or(Severity::Ok, |finding| finding.severity).max(silent);
    let why = || {
        fault
            .as_ref()
            .map_or_else(|| "no server has answered yet".into(), |fault| fault.what.clone())
    };
    let or_unseen = |cell: Option<Cell>| cell.unwrap_or_else(|| Cell::unseen(why()));
    let cells = vec![
        Cell::new(Value::Text(instance.name.as_str().into())),
        or_unseen(lead.as_ref().map(|server| Cell::new(server.name()))),
        or_unseen(replication.map(standbys)),
        or_unseen(replication.map(lag)),
        or_unseen(
            pulse
                .zip(setup)
                .map(|(pulse, setup)| connections(pulse.value, setup.value)),
        ),
        tenants_of(world, &instance.name),
        Cell::new(next_expiry(world, &instance.name).map(|(when, _)| Value::Ends(when))),
        worst.map_or_else(Cell::blank, |finding| {
            Cell::new(finding.what.clone()).at(finding.severity)
        }),
        or_unseen(setup.map(|setup| Cell::new(version(setup.value)))),
        or_unseen(pulse.map(|pulse| Cell::new(Value::Began(pulse.value.started)))),
    ];
    Row {
        target,
        cells,
        severity,
        seen,
        fault,
    }
}

/// Why an instance cannot be told about: its leader's fault, or that of any server while nobody leads.
fn silence(world: &Snapshot, instance: &Instance) -> (Option<Fault>, Severity) {
    let fault = |server: Target| match world.known::<Pulse>(&server) {
        Known::Waiting => None,
        Known::Silent(fault) => Some(fault.clone()),
        Known::Seen(seen) => seen.fault.cloned(),
    };
    let fault = match leader(world, &instance.name) {
        Some(server) => fault(server),
        None => members(world, &instance.name).find_map(fault),
    };
    let severity = if fault.is_some() {
        Severity::Unseen
    } else {
        Severity::Ok
    };
    (fault, severity)
}

fn standbys(replication: &Replication) -> Cell {
    let configured = || replication.standbys.iter().filter(|standby| standby.configured);
    let well = configured()
        .filter(|standby| standby.severity() == Severity::Ok)
        .count();
    let worst = configured().map(Standby::severity).max().unwrap_or_default();
    Cell::new(Value::Of(well as u64, configured().count() as u64)).at(worst)
}

/// The worst state decides, then the time; where no time is known the state stands for it.
fn lag(replication: &Replication) -> Cell {
    let seconds = |standby: &Standby| standby.state.time().map_or(0.0, |time| time.seconds);
    let worse = |a: &&Standby, b: &&Standby| (a.severity().cmp(&b.severity())).then(seconds(a).total_cmp(&seconds(b)));
    let Some(worst) = replication.standbys.iter().max_by(worse) else {
        return Cell::new("no standby");
    };
    match worst.state.time() {
        Some(time) => Cell::new(time).at(worst.severity()),
        None if worst.severity() == Severity::Ok => Cell::new("none"),
        None => Cell::new(worst.state.word()).at(worst.severity()),
    }
}

/// Sessions against what ordinary roles may have.
fn connections(pulse: &Pulse, setup: &Setup) -> Cell {
    let used = u64::try_from(pulse.counters.backends).unwrap_or_default();
    let limit = setup.settings.usable_connections();
    Cell::new(Value::Of(used, limit)).at(Severity::of(&(used * 100), &(limit * 80), &(limit * 95)))
}

fn version(setup: &Setup) -> String {
    format!("{}.{}", setup.major(), setup.minor())
}

fn tenants_of(world: &Snapshot, instance: &str) -> Cell {
    let Some(all) = tenants::of(world) else {
        return Cell::unseen("not asked yet");
    };
    let count = |model| {
        all.tenants
            .iter()
            .filter(|tenant| tenant.instance() == instance && tenant.model == model)
            .count()
    };
    let parts: Vec<String> = Isolation::ALL
        .into_iter()
        .filter(|model| count(*model) > 0)
        .map(|model| format!("{} {}", count(model), model.word()))
        .collect();
    match all
        .unseen
        .iter()
        .find(|(place, _)| place.instance_name() == Some(instance))
    {
        Some((_, fault)) if parts.is_empty() => Cell::unseen(fault.what.clone()),
        Some(_) => Cell::new(format!("{} +?", parts.join(" "))).at(Severity::Unseen),
        None if parts.is_empty() && !all.complete => Cell::unseen("not asked yet"),
        None => Cell::new(parts.join(" ")),
    }
}

fn worst<'a>(world: &'a Snapshot, instance: &str) -> Option<&'a Finding> {
    let report = world.get::<Report>(&Target::fleet())?.value;
    report.worst(|target| target.instance_name() == Some(instance))
}

fn headline(world: &Snapshot) -> Vec<Cell> {
    let mut cells = vec![
        Cell::new(plural(world.fleet.instances.len(), "instance")),
        sources::headline(world),
    ];
    if let Some(all) = tenants::of(world) {
        let more = if all.complete && all.unseen.is_empty() {
            ""
        } else {
            " and some unseen"
        };
        cells.push(Cell::new(format!("{}{more}", plural(all.tenants.len(), "tenant"))));
    }
    if let Some(report) = world.get::<Report>(&Target::fleet()) {
        for severity in [Severity::Critical, Severity::Warning] {
            let count = report
                .value
                .heard()
                .filter(|finding| finding.severity == severity)
                .count();
            if count > 0 {
                cells.push(Cell::new(severity.counted(count)).at(severity));
            }
        }
    }
    cells
}
