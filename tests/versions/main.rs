//! Every question on every version of PostgreSQL that is at hand: nobody's columns are missing, and nothing is healthy
//! that was not seen.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cluster;
mod shapes;
mod tls;
mod trouble;

use tenantry::{
    facts::{self, databases::Databases, server::Setup, sessions::Sessions, upkeep::Upkeep},
    model::{FaultKind, Target},
    store::{Fact, Snapshot},
};

use cluster::{Cluster, look, programs, server};

/// What concerns the secrets server cannot be asked here.
fn faults(world: &Snapshot) -> Vec<String> {
    let names = facts::ALL.iter().map(|probe| probe.name());
    let faults = names.flat_map(|name| world.faults(name).map(move |(target, fault)| (name, target, fault)));
    let here = faults.filter(|(_, target, _)| target.instance_name().is_some());
    // The extension is not part of these servers.
    let here = here.filter(|(name, _, fault)| !(*name == "load" && fault.kind == FaultKind::Unsupported));
    here.map(|(name, target, fault)| format!("{name} of {target}: {fault}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_version_answers_every_question_to_every_kind_of_role() {
    let programs = programs();
    assert!(
        !programs.is_empty(),
        "no PostgreSQL: run `tenantry lab install`, or set TENANTRY_TEST_POSTGRES"
    );
    for programs in programs {
        let cluster = Cluster::start(&programs);
        let admin = cluster.session("postgres", "postgres").await;
        let roles =
            "create role watcher login; grant pg_monitor to watcher; create role bare login; create database orders";
        for statement in roles.split("; ") {
            admin.batch(statement).await.unwrap();
        }
        for (role, monitor) in [("postgres", true), ("watcher", true), ("bare", false)] {
            let (fleet, doors) = cluster.watched_by(role);
            let world = look(&fleet, &doors, facts::names()).await;
            let major = admin.major();
            assert_eq!(faults(&world), [""; 0], "PostgreSQL {major} as {role}");
            let setup = world.get::<Setup>(&server()).expect("seen").value;
            assert_eq!((setup.major(), setup.access.monitor), (major, monitor));
            assert_eq!(setup.files.is_ok(), role == "postgres");
            assert_eq!(setup.wal.is_ok(), monitor);
            let databases = world
                .get::<Databases>(&Target::instance("scratch"))
                .expect("seen")
                .value;
            assert_eq!(databases.find("orders").unwrap().collation.is_some(), major >= 15);
            let sessions = world.get::<Sessions>(&server()).expect("seen").value;
            let other = sessions
                .sessions
                .iter()
                .find(|session| session.user.as_ref().is_some_and(|user| user.raw() == "postgres"));
            assert_eq!(other.unwrap().hidden, !monitor, "PostgreSQL {major} as {role}");
            assert!(world.get::<Upkeep>(&Target::database("scratch", "orders")).is_some());
        }
    }
}

#[test]
fn each_fact_has_a_name_of_its_own() {
    let mut names: Vec<&str> = facts::names().to_vec();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(names.contains(&Upkeep::NAME));
}
