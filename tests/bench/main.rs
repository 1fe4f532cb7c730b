//! What the console's own work costs, on worlds made by hand. Prints figures and judges none of them.
//!
//! `cargo test --release --test bench -- --measure` measures; without `--measure` it only shows that it still runs.
//! With `--fleet FILE` it looks at a real fleet instead, such as a lab: how long one look at the version matrix takes.
//! With `--queue DIR` and `--rate DIR` it migrates schemas of its own on the lab of that directory, which must be up: how long
//! others wait behind a migration that waits, and how many schemas a second are migrated, against `psql`. With `--restore DIR`
//! one tenant of each model is brought back there, by its size and by that of its instance.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod lab;
mod matrix;
mod queue;
mod rate;
mod restore;

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tenantry::{
    facts::{
        self,
        databases::Databases,
        pulse::Pulse,
        registry::{Entry, Registry},
        schemas::Schemas,
    },
    findings,
    model::{Bytes, Environment, Fleet, Instance, Lsn, Registry as Source, Server, Target, Tenancy, TlsMode},
    store::{Fact, Sealed, Snapshot},
    views,
};

fn main() {
    let measure = std::env::args().any(|arg| arg == "--measure");
    let said = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1);
    if let Some(fleet) = said("--fleet") {
        return matrix::m9_one_look(fleet.into());
    }
    if let Some(dir) = said("--queue") {
        return queue::behind_a_waiting_migration(&lab::Lab::at(dir.into()));
    }
    if let Some(dir) = said("--rate") {
        return rate::against_the_shell(&lab::Lab::at(dir.into()));
    }
    if let Some(dir) = said("--restore") {
        return restore::time_to_back(&lab::Lab::at(dir.into()));
    }
    let (tenants, rounds) = if measure { (10_000, 200) } else { (100, 2) };
    println!("{tenants} tenants on 3 instances of 3 servers, {rounds} rounds, medians");
    let mut world = world(tenants);
    let again = world.clone();
    time("judge when nothing changed", rounds, || findings::judge(&mut world));
    time(
        "take one pulse, derive and judge, a reader holding the last snapshot",
        rounds,
        || {
            let held = black_box(world.clone());
            beat(&mut world, &Target::server("one", "one-a"), 7);
            facts::derive(&mut world);
            findings::judge(&mut world);
            drop(held);
        },
    );
    time("join all tenants anew", rounds.min(20), || {
        let mut fresh = again.clone();
        registry(&mut fresh, tenants);
        facts::derive(&mut fresh);
    });
    for view in views::ALL {
        let rows = view.table(&world).rows.len();
        time(
            &format!("table of {}, {rows} rows", view.name()),
            rounds.min(50),
            || drop(black_box(view.table(&world))),
        );
    }
}

fn time(what: &str, rounds: usize, mut work: impl FnMut()) {
    let mut spent: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    spent.sort();
    println!("{:>12.3?}  {what}", spent[spent.len() / 2]);
}

fn world(tenants: usize) -> Snapshot {
    let mut world = Snapshot::of(Arc::new(fleet()));
    for instance in ["one", "two", "three"] {
        for server in ["a", "b", "c"] {
            beat(
                &mut world,
                &Target::server(instance, &format!("{instance}-{server}")),
                1,
            );
        }
    }
    registry(&mut world, tenants);
    facts::derive(&mut world);
    findings::judge(&mut world);
    world
}

fn registry(world: &mut Snapshot, tenants: usize) {
    let entry = |n: usize| Entry {
        id: format!("{n:08x}").into(),
        name: format!("Tenant {n}").into(),
        size: Some(Bytes(n as u64)),
    };
    let registry = Registry {
        entries: (0..tenants).map(entry).collect(),
    };
    let now = Timestamp::now();
    world.take(
        Registry::NAME,
        &Target::database("one", "orders"),
        now,
        Ok(Sealed::of(registry)),
    );
    world.take(
        Schemas::NAME,
        &Target::database("one", "none"),
        now,
        Ok(Sealed::of(Schemas { schemas: vec![] })),
    );
    let databases = Databases {
        now,
        server: None,
        limits: vec![],
        shared_checksum_failures: None,
        databases: vec![],
    };
    world.take(
        Databases::NAME,
        &Target::instance("one"),
        now,
        Ok(Sealed::of(databases)),
    );
}

fn beat(world: &mut Snapshot, server: &Target, at: u64) {
    let pulse = Pulse {
        lsn: Some(Lsn(at << 20)),
        recovery: !server.part(1).ends_with('a'),
        ..Pulse::default()
    };
    world.taken = Timestamp::now();
    world.take(Pulse::NAME, server, world.taken, Ok(Sealed::of(pulse)));
}

fn fleet() -> Fleet {
    let server = |name: String| Server {
        name,
        host: "127.0.0.1".into(),
        port: 5432,
        zone: None,
        tls: TlsMode::Disable,
        ca: None,
    };
    let instance = |name: &str| Instance {
        name: name.into(),
        servers: ["a", "b", "c"]
            .iter()
            .map(|letter| server(format!("{name}-{letter}")))
            .collect(),
        database: "postgres".into(),
        vault_connection: None,
        operate_connection: None,
        tenancies: vec![Tenancy::Shared {
            database: "orders".into(),
            registry: Source::Table("public.tenant".into()),
            id: "id".into(),
            name: "name".into(),
            size: Some("bytes".into()),
            tenant_column: "tenant_id".into(),
            setting: "app.current_tenant".into(),
            runtime_roles: vec![],
            reader: None,
            digest_below: Bytes(0),
            register: None,
        }],
        backups: None,
    };
    Fleet {
        tracks: Vec::new(),
        name: "bench".into(),
        environment: Environment::Lab,
        instances: ["one", "two", "three"].map(instance).into(),
        vault: None,
        onboarding: None,
    }
}
