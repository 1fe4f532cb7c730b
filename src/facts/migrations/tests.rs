//! Where schemas stand, on worlds made by hand.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    history::{History, How, Kept, Record},
    shapes::{Form, Shape, Shapes},
    sources::Sources,
    standing::{Misfit, Reason, Stand, Standing, standings},
};
use crate::{
    model::{
        Directory, Fault, FaultKind, Fleet, Instance, Isolation, Migration, Parsed, Script, Server, Target, Tenancy,
        Text, TlsMode, Track,
    },
    store::{Fact, Sealed, Snapshot},
};

fn track() -> Track {
    Track {
        directory: "/files".into(),
        models: Isolation::ALL.to_vec(),
        instances: Vec::new(),
        schema: "public".into(),
        database: None,
        owner: None,
        also: Vec::new(),
        readers: "watchers".into(),
    }
}

fn fleet() -> Fleet {
    let server = Server {
        name: "a".into(),
        host: "127.0.0.1".into(),
        port: 1,
        zone: None,
        tls: TlsMode::Disable,
        ca: None,
    };
    let instance = Instance {
        name: "one".into(),
        servers: vec![server],
        database: "postgres".into(),
        vault_connection: None,
        operate_connection: None,
        tenancies: vec![Tenancy::Schema {
            database: "app".into(),
            pattern: "^t_(?<tenant>.+)$".into(),
        }],
        backups: None,
    };
    Fleet {
        instances: vec![instance],
        tracks: vec![track()],
        ..Fleet::default()
    }
}

fn directory(versions: &[&str]) -> Directory {
    let migration = |version: &&str| Migration {
        version: version.parse().unwrap(),
        name: "step".into(),
        forth: Script {
            file: format!("V{version}__step.sql").into(),
            sha256: format!("sum {version}"),
            bytes: 1,
            parsed: Parsed::Statements(Vec::new()),
            advice: Vec::new(),
        },
        back: None,
    };
    Directory {
        path: "/files".into(),
        migrations: versions.iter().map(migration).collect(),
        others: Vec::new(),
    }
}

fn record(version: &str) -> Record {
    Record {
        version: version.into(),
        name: "step".into(),
        sha256: format!("sum {version}").into(),
        how: How::Applied,
        complete: true,
        statements: 0,
    }
}

/// A world in which the files are 1, 2, 2.5 and 3, and these schemas are: name, shape and history.
fn world(schemas: Vec<(&str, &str, Option<Vec<Record>>)>) -> Snapshot {
    let mut records: BTreeMap<Text, Vec<Record>> = BTreeMap::new();
    let mut shapes = Vec::new();
    for (oid, (name, shape, history)) in (1..).zip(schemas) {
        let history = history.map_or(History::Absent, |history| {
            let digest: Text = name.into();
            let count = history.len() as u64;
            records.insert(digest.clone(), history);
            History::Kept(Kept {
                count,
                digest,
                last: None,
                run: None,
            })
        });
        let form = Form {
            objects: u64::from(shape != "empty"),
            digest: shape.into(),
        };
        shapes.push(Shape {
            name: name.into(),
            oid,
            owner: "app_owner".into(),
            form: Ok(form),
            history,
        });
    }
    let shapes = Shapes {
        server: Target::server("one", "a"),
        major: 17,
        schemas: shapes,
        records,
    };
    let sources = Sources {
        directories: [("/files".into(), Ok(directory(&["1", "2", "2.5", "3"])))].into(),
    };
    let mut world = Snapshot::of(Arc::new(fleet()));
    let (now, database) = (world.taken, Target::database("one", "app"));
    world.take(Shapes::NAME, &database, now, Ok(Sealed::of(shapes)));
    world.take(Sources::NAME, &Target::fleet(), now, Ok(Sealed::of(sources)));
    world
}

fn only(history: Option<Vec<Record>>) -> Standing {
    standings(&world(vec![("t_a", "x", history)])).remove(0)
}

fn up_to(versions: &[&str]) -> Vec<Record> {
    versions.iter().map(|version| record(version)).collect()
}

fn pending(standing: &Standing) -> Vec<(String, bool)> {
    let each = standing.pending.iter();
    each.map(|one| (one.version.to_string(), one.late)).collect()
}

#[test]
fn m1_a_history_against_the_files() {
    let current = only(Some(up_to(&["1", "2", "2.5", "3"])));
    assert_eq!((current.stand, current.pending.len()), (Stand::Current, 0));
    let behind = only(Some(up_to(&["1", "2"])));
    assert_eq!(behind.stand, Stand::Behind(2));
    assert_eq!(pending(&behind), [("2.5".into(), false), ("3".into(), false)]);
    assert_eq!(behind.version.unwrap().to_string(), "2");
}

#[test]
fn m1_a_file_that_came_after_a_later_one_is_pending_and_late() {
    assert_eq!(pending(&only(Some(up_to(&["1", "2", "3"])))), [("2.5".into(), true)]);
}

#[test]
fn m1_what_stands_before_a_baseline_is_not_pending() {
    let mut baseline = record("2");
    baseline.how = How::Baseline;
    assert_eq!(
        pending(&only(Some(vec![baseline]))),
        [("2.5".into(), false), ("3".into(), false)]
    );
}

#[test]
fn m7_a_file_that_was_changed_or_is_gone_sets_apart() {
    let mut changed = record("2");
    changed.sha256 = "other".into();
    let standing = only(Some(vec![record("1"), changed, record("9"), record("x")]));
    assert_eq!(standing.stand, Stand::Apart(vec![Reason::Drift]));
    let drift: Vec<(&str, &Misfit)> = standing
        .drift
        .iter()
        .map(|one| (one.version.raw(), &one.what))
        .collect();
    let wanted = [
        ("x", &Misfit::Unreadable),
        ("2", &Misfit::Changed("other".into(), "sum 2".into())),
        ("9", &Misfit::Missing),
    ];
    assert_eq!(drift, wanted);
}

#[test]
fn m7_a_file_that_was_not_finished_sets_apart_and_is_not_reached() {
    let mut half = record("3");
    (half.complete, half.statements) = (false, 4);
    let standing = only(Some(vec![record("1"), record("2"), record("2.5"), half]));
    assert_eq!(standing.stand, Stand::Apart(vec![Reason::Incomplete]));
    assert_eq!(standing.version.unwrap().to_string(), "2.5");
    assert_eq!(standing.incomplete, Some(("3".parse().unwrap(), 4)));
    assert!(standing.pending.is_empty());
}

#[test]
fn m7_objects_without_a_history_are_set_apart_and_an_empty_schema_is_not() {
    let all = standings(&world(vec![
        ("t_a", "x", None),
        ("t_b", "empty", None),
        ("not_ours", "x", None),
    ]));
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].stand, Stand::Apart(vec![Reason::Unrecorded]));
    assert_eq!(all[1].stand, Stand::Behind(4));
}

#[test]
fn m7_a_shape_that_is_not_that_of_most_at_the_version_sets_apart() {
    let at = |version: &[&str]| Some(up_to(version));
    let all = standings(&world(vec![
        ("t_a", "x", at(&["1"])),
        ("t_b", "x", at(&["1"])),
        ("t_c", "y", at(&["1"])),
        // At another version another shape is as it should be.
        ("t_d", "z", at(&["1", "2"])),
    ]));
    let stands: Vec<&Stand> = all.iter().map(|one| &one.stand).collect();
    let reason = Reason::Shape {
        usual: "x".into(),
        like: Target::schema("one", "app", "t_a"),
    };
    let wanted = [
        &Stand::Behind(3),
        &Stand::Behind(3),
        &Stand::Apart(vec![reason]),
        &Stand::Behind(2),
    ];
    assert_eq!(stands, wanted);
    assert_eq!((all[0].alike, all[0].peers, all[2].alike), (2, 3, 1));
}

#[test]
fn m7_without_a_majority_all_at_the_version_are_set_apart() {
    let all = standings(&world(vec![
        ("t_a", "x", Some(up_to(&["1"]))),
        ("t_b", "y", Some(up_to(&["1"]))),
        ("t_c", "y", Some(up_to(&["1"]))),
        ("t_d", "x", Some(up_to(&["1"]))),
    ]));
    for standing in all {
        let Stand::Apart(reasons) = standing.stand else {
            panic!("{:?}", standing.stand)
        };
        assert!(
            matches!(reasons[..], [Reason::NoMajority { shapes: 2, .. }]),
            "{reasons:?}"
        );
    }
}

#[test]
fn what_was_not_seen_is_unknown_and_not_current() {
    let mut world = world(vec![("t_a", "x", Some(up_to(&["1", "2", "2.5", "3"])))]);
    let fault = Fault::new(FaultKind::Refused, "V3 is there twice");
    let sources = Sources {
        directories: [("/files".into(), Err(fault.clone()))].into(),
    };
    let now = world.taken;
    world.take(Sources::NAME, &Target::fleet(), now, Ok(Sealed::of(sources)));
    assert_eq!(standings(&world)[0].stand, Stand::Unknown(fault));
}
