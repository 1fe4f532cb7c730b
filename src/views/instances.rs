//! Every server: role, version, connections, work, log, slots, age of transactions, what waits for a restart.

use super::{View, sources, worst_first};
use crate::{
    facts::{
        self, configured,
        databases::Databases,
        pulse::{self, Counters, Pulse},
        server::Setup,
        sizes::Sizes,
    },
    findings::Report,
    model::{Cell, Column, Row, Severity, Table, Target, Value},
    store::{Fact, Known, Seen, Snapshot},
};

const COLUMNS: &[Column] = &[
    Column::words("instance", "INSTANCE", 0, 16, "instance"),
    Column::words("server", "SERVER", 0, 20, "server"),
    Column::words("role", "ROLE", 0, 8, "primary or standby, as observed"),
    Column::number(
        "connections",
        "CONNS",
        0,
        9,
        "sessions against what is left for ordinary roles",
    ),
    Column::number("tps", "TPS", 0, 8, "transactions per second, over the last samples"),
    Column::number(
        "cache",
        "CACHE",
        2,
        8,
        "blocks found in shared buffers, since statistics were reset",
    ),
    Column::number(
        "wal_rate",
        "WAL/S",
        1,
        9,
        "log written or replayed per second, over the last samples",
    ),
    Column::number(
        "xid_age",
        "XID AGE",
        3,
        13,
        "oldest transaction id of any database, against two billion",
    ),
    Column::number("size", "SIZE", 2, 9, "all databases of the instance"),
    Column::number("wal_size", "WAL DIR", 3, 9, "the log's directory"),
    Column::number("retained", "RETAINED", 3, 9, "log that slots keep"),
    Column::words("disk", "FREE DISK", 6, 10, "free disk; PostgreSQL does not tell"),
    Column::words("progress", "PROGRESS", 4, 30, "maintenance under way"),
    Column::words("pending", "PENDING RESTART", 4, 30, "settings that wait for a restart"),
    Column::words("replication", "REPLICATION", 5, 14, "who waits for whom"),
    Column::words("zone", "ZONE", 2, 10, "failure zone"),
    Column::words("version", "VERSION", 1, 8, "version"),
    Column::number("uptime", "UPTIME", 2, 8, "since the postmaster started"),
    Column::words("login", "LOGIN", 7, 9, "where our login came from"),
    Column::number("clock", "CLOCK", 7, 8, "how far its clock is ahead of ours"),
];

/// The view.
pub struct Instances;

impl View for Instances {
    fn name(&self) -> &'static str {
        "instances"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["instance", "servers", "in"]
    }

    fn about(&self) -> &'static str {
        "every server: role, connections, rates, log, slots"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Databases::NAME, Sizes::NAME, Report::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &["resume-replay", "rotate-root", "beside", "verify-backups", "backup"]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let servers = facts::servers(world);
        let mut rows: Vec<Row> = servers.iter().map(|server| row(world, server)).collect();
        worst_first(&mut rows);
        let faults = [Pulse::NAME, Setup::NAME]
            .into_iter()
            .flat_map(|fact| world.faults(fact));
        let unseen = faults.map(|(target, fault)| (target.clone(), fault.clone())).collect();
        Table {
            columns: COLUMNS,
            rows,
            headline: vec![sources::headline(world)],
            unseen,
            complete: world.complete(&[Pulse::NAME]),
        }
    }
}

fn row(world: &Snapshot, server: &Target) -> Row {
    let known = world.known::<Pulse>(server);
    let (pulse, fault) = (known.seen(), known.fault());
    let setup = world.known::<Setup>(server);
    let why = fault.map_or_else(|| "not asked yet".into(), |fault| fault.what.clone());
    let of_pulse = |cell: &dyn Fn(Seen<'_, Pulse>) -> Cell| pulse.map_or_else(|| Cell::unseen(why.clone()), cell);
    let of_setup = |cell: &dyn Fn(&Setup) -> Cell| match setup {
        Known::Seen(seen) => cell(seen.value),
        Known::Silent(fault) => Cell::unseen(fault.what.clone()),
        Known::Waiting => Cell::unseen("not asked yet"),
    };
    let cells = vec![
        Cell::new(Value::Text(server.part(0).into())),
        Cell::new(Value::Text(server.name())),
        of_pulse(&|seen| Cell::new(if seen.value.recovery { "standby" } else { "primary" })),
        of_pulse(&|seen| of_setup(&|setup| connections(&seen.value.counters, setup))),
        rate(world, server, "transactions", Value::Rate),
        of_pulse(&|seen| cache(&seen.value.counters)),
        rate(world, server, "lsn", Value::BytesRate),
        xid_age(world, server),
        size(world, server),
        of_setup(&|setup| match &setup.wal {
            Ok(wal) => Cell::new(wal.size),
            Err(fault) => Cell::unseen(fault.what.clone()),
        }),
        of_pulse(&|seen| retained(seen.value)),
        Cell::unseen("SQL cannot tell free disk"),
        of_setup(&progress),
        of_setup(&pending),
        of_setup(&|setup| of_pulse(&|seen| mode(seen.value, setup))),
        zone(world, server),
        of_setup(&|setup| Cell::new(format!("{}.{}", setup.major(), setup.minor()))),
        of_pulse(&|seen| Cell::new(Value::Began(seen.value.started))),
        of_pulse(&|seen| login(seen.value)),
        of_pulse(&|seen| clock(seen.value)),
    ];
    let unseen = fault.map_or(Severity::Ok, |_| Severity::Unseen);
    Row {
        target: server.clone(),
        cells,
        severity: worst(world, server).max(unseen),
        seen: pulse.map(|seen| seen.at),
        fault: fault.cloned(),
    }
}

fn zone(world: &Snapshot, server: &Target) -> Cell {
    let mut servers = configured(world, server)
        .into_iter()
        .flat_map(|instance| &instance.servers);
    let named = servers.find(|configured| configured.name == server.part(1));
    Cell::new(named.and_then(|server| server.zone.clone()).map(Value::Note))
}

/// What the worst finding about this server is worth.
fn worst(world: &Snapshot, server: &Target) -> Severity {
    let report = world.get::<Report>(&Target::fleet());
    let finding = report.and_then(|seen| seen.value.worst(|target| target == server));
    finding.map_or(Severity::Ok, |finding| finding.severity)
}

fn connections(counters: &Counters, setup: &Setup) -> Cell {
    let used = u64::try_from(counters.backends).unwrap_or_default();
    let limit = setup.settings.usable_connections();
    Cell::new(Value::Of(used, limit)).at(Severity::of(&(used * 100), &(limit * 80), &(limit * 95)))
}

fn rate(world: &Snapshot, server: &Target, series: &str, value: fn(f64) -> Value) -> Cell {
    let rate = pulse::rate(world, server, series);
    rate.map_or_else(
        || Cell::unseen("a rate needs two samples"),
        |rate| Cell::new(value(rate)),
    )
}

fn cache(counters: &Counters) -> Cell {
    match counters.hits + counters.reads {
        0 => Cell::blank(),
        all => Cell::new(Value::Share(counters.hits as f64 / all as f64)),
    }
}

fn xid_age(world: &Snapshot, server: &Target) -> Cell {
    match world.known::<Databases>(&Target::instance(server.part(0))) {
        Known::Waiting => Cell::unseen("not asked yet"),
        Known::Silent(fault) => Cell::unseen(fault.what.clone()),
        Known::Seen(seen) => {
            let oldest = seen
                .value
                .databases
                .iter()
                .map(|database| database.xid_age)
                .max()
                .unwrap_or_default();
            Cell::new(u64::try_from(oldest).unwrap_or_default())
        }
    }
}

fn size(world: &Snapshot, server: &Target) -> Cell {
    match world.known::<Sizes>(&Target::instance(server.part(0))) {
        Known::Waiting => Cell::unseen("not asked yet"),
        Known::Silent(fault) => Cell::unseen(fault.what.clone()),
        Known::Seen(seen) => match seen.value.total() {
            (sum, 0) => Cell::new(sum),
            (sum, unseen) => Cell::new(Value::Note(format!(">{sum}, {unseen} unseen"))).at(Severity::Unseen),
        },
    }
}

fn retained(pulse: &Pulse) -> Cell {
    let Some(lsn) = pulse.lsn else { return Cell::blank() };
    let kept = pulse
        .slots
        .iter()
        .filter_map(|slot| Some(lsn.since(slot.restart?)))
        .max();
    Cell::new(kept)
}

fn progress(setup: &Setup) -> Cell {
    let words = setup.progress.iter().map(|progress| match progress.share() {
        Some(share) => format!("{} {:.0} %", progress.kind, share * 100.0),
        None => progress.kind.clone(),
    });
    Cell::new(words.collect::<Vec<_>>().join(", "))
}

fn pending(setup: &Setup) -> Cell {
    let tone = if setup.pending.is_empty() {
        Severity::Ok
    } else {
        Severity::Warning
    };
    Cell::new(Value::Names(setup.pending.clone())).at(tone)
}

fn mode(pulse: &Pulse, setup: &Setup) -> Cell {
    Cell::new(match (pulse.recovery, setup.settings.synchronous_standbys.is_empty()) {
        (true, _) => "",
        (false, true) => "asynchronous",
        (false, false) => "synchronous",
    })
}

fn login(pulse: &Pulse) -> Cell {
    use crate::model::LoginSource;
    match pulse.source {
        Some(LoginSource::Vault) => Cell::new("vault"),
        Some(LoginSource::File) => Cell::new("file"),
        Some(LoginSource::Fallback) => Cell::new("fall-back").at(Severity::Warning),
        None => Cell::blank(),
    }
}

fn clock(pulse: &Pulse) -> Cell {
    let span = jiff::SignedDuration::try_from_secs_f64(pulse.skew).unwrap_or_default();
    Cell::new(span).at(Severity::of(&pulse.skew.abs(), &5.0, &30.0))
}
