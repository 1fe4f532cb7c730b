//! Real trouble on every version at hand: it is found, by its right name and alone, and goes when it is healed.

use std::time::{Duration, Instant};

use tenantry::{
    facts::{
        sessions::{Sessions, reveal},
        upkeep::Upkeep,
    },
    findings::{Finding, Report},
    model::{Kind, Target},
    store::{Fact, Snapshot},
};

use crate::cluster::{Cluster, look, programs, server};

fn findings(world: &Snapshot) -> Vec<Finding> {
    let report = world.get::<Report>(&Target::fleet()).expect("judged").value;
    // These servers may be of a version that has ended.
    report
        .findings
        .iter()
        .filter(|finding| finding.check != "end-of-life")
        .cloned()
        .collect()
}

/// Looks again and again until it is so.
async fn until(wanted: &[&str], cluster: &Cluster, so: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let (fleet, doors) = cluster.watched_by("watcher");
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        let world = look(&fleet, &doors, wanted).await;
        if so(&world) {
            return world;
        }
        assert!(Instant::now() < end, "still {:#?}", findings(&world));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn started(programs: &std::path::Path) -> (Cluster, tenantry::provider::postgres::Session) {
    let cluster = Cluster::start(programs);
    let admin = cluster.session("postgres", "postgres").await;
    admin
        .batch("create role watcher login; grant pg_monitor to watcher")
        .await
        .unwrap();
    admin
        .batch("create table orders (id int primary key, note text); insert into orders values (1, 'a'), (2, 'b')")
        .await
        .unwrap();
    (cluster, admin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_a_lock_is_found_as_the_root_and_is_gone_when_it_ends() {
    for programs in programs() {
        let (cluster, admin) = started(&programs).await;
        let root = cluster.session("postgres", "postgres").await;
        root.batch("begin; update orders set note = 'hunter2' where id = 1")
            .await
            .unwrap();
        let victim = cluster.session("postgres", "postgres").await;
        let waiting =
            tokio::spawn(async move { victim.batch("update orders set note = 'hunter3' where id = 1").await });
        let world = until(&[Sessions::NAME, "server", "databases"], &cluster, |world| {
            !findings(world).is_empty()
        })
        .await;
        let found = findings(&world);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(
            (found[0].check.as_str(), found[0].target.kind()),
            ("blocking", Kind::Session)
        );
        let sessions = world.get::<Sessions>(&server()).unwrap().value;
        let waits = sessions
            .sessions
            .iter()
            .find(|session| !session.blocked_by.is_empty())
            .unwrap();
        assert_eq!(waits.blocked_by, [found[0].target.part(2).parse::<i32>().unwrap()]);
        assert_eq!(waits.lock.as_ref().unwrap().since.is_some(), admin.major() >= 14);
        assert!(!serde_json::to_string(sessions).unwrap().contains("hunter"));
        revealed_only_when_asked(&cluster, &waits.target(&server()), sessions).await;
        root.batch("rollback").await.unwrap();
        waiting.await.unwrap().unwrap();
        until(&[Sessions::NAME, "server", "databases"], &cluster, |world| {
            findings(world).is_empty()
        })
        .await;
    }
}

async fn revealed_only_when_asked(cluster: &Cluster, session: &Target, sessions: &Sessions) {
    let (_, doors) = cluster.watched_by("watcher");
    let masked = |pid: &str| sessions.find(pid.parse().unwrap()).unwrap().query.clone().unwrap();
    let seen = masked(session.part(2));
    let raw = reveal(&doors, session, &seen).await.expect("the same statement still");
    assert_eq!(raw.text().raw(), "update orders set note = 'hunter3' where id = 1");
    let other = tenantry::facts::sessions::Masked::new("select 1");
    assert!(
        reveal(&doors, session, &other).await.is_err(),
        "another statement is nobody's wish"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_idles_with_something_held_is_found() {
    for programs in programs() {
        let (cluster, _admin) = started(&programs).await;
        let idle = cluster.session("postgres", "postgres").await;
        idle.batch("begin; update orders set note = 'x' where id = 2")
            .await
            .unwrap();
        let world = until(&[Sessions::NAME], &cluster, |world| !findings(world).is_empty()).await;
        let found = findings(&world);
        assert_eq!(
            found.iter().map(|finding| finding.check.as_str()).collect::<Vec<_>>(),
            ["idle-in-transaction"]
        );
        idle.batch("commit").await.unwrap();
        until(&[Sessions::NAME], &cluster, |world| findings(world).is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_upkeep_is_found_and_what_may_not_be_read_is_said() {
    for programs in programs() {
        let (cluster, admin) = started(&programs).await;
        for statement in [
            "create sequence small; alter table orders add n int default nextval('small'); alter sequence small owned by orders.n",
            "select setval('small', 2000000000)",
            "grant select on sequence small to watcher",
            "create sequence hidden",
            "update orders set note = 'same'",
        ] {
            admin.batch(statement).await.unwrap();
        }
        admin
            .batch("create unique index concurrently twice on orders (note)")
            .await
            .unwrap_err();
        let world = until(&[Upkeep::NAME], &cluster, |world| findings(world).len() == 2).await;
        let found = findings(&world);
        assert_eq!(
            found.iter().map(Finding::id).collect::<Vec<_>>(),
            [
                "sequence-end database scratch/postgres",
                "invalid-index database scratch/postgres"
            ]
        );
        let upkeep = world
            .get::<Upkeep>(&Target::database("scratch", "postgres"))
            .unwrap()
            .value;
        assert_eq!(upkeep.sequences.as_ref().unwrap().hidden, 1);
        admin.batch("drop index twice").await.unwrap();
        admin.batch("alter table orders alter n type bigint").await.unwrap();
        until(&[Upkeep::NAME], &cluster, |world| findings(world).is_empty()).await;
    }
}
