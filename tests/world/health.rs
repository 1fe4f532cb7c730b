//! Each kind of trouble that grows in a server: found where it is, and nothing else with it.

use serde_json::json;
use tenantry::{
    facts::{server::Setup, upkeep::Upkeep},
    findings::Report,
    model::{Fault, FaultKind, Severity, Target},
};

use crate::{
    patient::{Patient, read},
    scene::at,
};

#[test]
fn in_good_health_nothing_is_found_and_nothing_is_hidden() {
    let patient = Patient::healthy();
    assert!(patient.found().is_empty(), "{:?}", patient.found());
    let scene = patient.scene();
    let report = scene.world.get::<Report>(&Target::fleet()).unwrap().value;
    assert!(report.unseen.is_empty(), "{:?}", report.unseen);
}

/// The one finding after a change, as check, target and severity.
fn after(change: impl FnOnce(&mut Patient)) -> (String, Severity) {
    let finding = Patient::healthy().with(change).finding();
    (finding.id(), finding.severity)
}

fn is(id: &str, severity: Severity) -> (String, Severity) {
    (id.to_owned(), severity)
}

#[test]
fn ids_that_age_are_found_from_twice_the_forced_age_on() {
    let aged = |age| after(move |patient| patient.databases.databases[0].xid_age = age);
    assert_eq!(aged(400_000_000), is("id-age database atlas/orders", Severity::Warning));
    assert_eq!(
        aged(1_600_000_000),
        is("id-age database atlas/orders", Severity::Critical)
    );
    let multixact = after(|patient| patient.databases.databases[0].multixact_age = 1 << 30);
    assert_eq!(multixact, is("id-age database atlas/orders", Severity::Warning));
    let young = Patient::healthy().with(|patient| patient.databases.databases[0].xid_age = 399_999_999);
    assert!(young.found().is_empty());
}

#[test]
fn a_page_that_fails_its_checksum_is_critical() {
    let own = after(|patient| patient.databases.databases[0].counters.checksum_failures = Some(1));
    assert_eq!(own, is("checksum-failures database atlas/orders", Severity::Critical));
    let shared = after(|patient| patient.databases.shared_checksum_failures = Some(2));
    assert_eq!(shared, is("checksum-failures instance atlas", Severity::Critical));
}

#[test]
fn an_archiver_that_failed_last_is_found_and_one_that_recovered_is_not() {
    let failing = |patient: &mut Patient| {
        patient.pulse.archiver.archived_at = Some(at(-60));
        patient.pulse.archiver.failed_at = Some(at(-5));
    };
    assert_eq!(after(failing), is("archiver server atlas/atlas-a", Severity::Warning));
    let piled_up = after(|patient| {
        failing(patient);
        patient.setup.wal.as_mut().unwrap().ready = 64;
    });
    assert_eq!(piled_up, is("archiver server atlas/atlas-a", Severity::Critical));
    let well_again = Patient::healthy().with(|patient| {
        failing(patient);
        patient.pulse.archiver.archived_at = Some(at(-1));
    });
    assert!(well_again.found().is_empty());
    let off = Patient::healthy().with(|patient| {
        failing(patient);
        patient.setup.settings.archive_mode = "off".into();
    });
    assert!(off.found().is_empty());
}

#[test]
fn a_collation_of_another_version_is_found_unless_nobody_can_connect() {
    let other = |patient: &mut Patient| {
        patient.databases.databases[0].collation = read(json!({ "recorded": "2.36", "actual": "2.37" }));
    };
    assert_eq!(
        after(other),
        is("collation-version database atlas/orders", Severity::Warning)
    );
    let closed = Patient::healthy().with(|patient| {
        other(patient);
        patient.databases.databases[0].connectable = false;
    });
    assert!(closed.found().is_empty());
}

#[test]
fn settings_and_files_that_wait_for_a_restart_are_found() {
    let pending = after(|patient| patient.setup.pending = vec!["max_connections".into()]);
    assert_eq!(pending, is("pending-restart instance atlas", Severity::Notice));
    let mistake = json!({ "file": "postgresql.conf", "line": 7, "setting": "port", "error": "invalid value" });
    let files = after(|patient| patient.setup.files = Ok(vec![read(mistake)]));
    assert_eq!(files, is("configuration-files server atlas/atlas-a", Severity::Warning));
}

#[test]
fn versions_end_and_holes_in_them_are_known() {
    let version = |number| after(move |patient| patient.setup.number = number);
    assert_eq!(version(140_023), is("end-of-life instance atlas", Severity::Warning));
    assert_eq!(version(120_022), is("end-of-life instance atlas", Severity::Warning));
    assert_eq!(version(150_013), is("missing-fixes instance atlas", Severity::Warning));
    let finding = Patient::healthy()
        .with(|patient| patient.setup.number = 170_000)
        .finding();
    let holes: Vec<&str> = finding.evidence.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(holes, ["CVE-2024-10976", "CVE-2025-8713"]);
    for number in [150_014, 160_010, 170_006, 180_000, 190_000] {
        let patient = Patient::healthy().with(|patient| patient.setup.number = number);
        assert!(patient.found().is_empty(), "{number}: {:?}", patient.found());
    }
}

#[test]
fn what_is_hidden_from_us_is_said_and_never_green() {
    let privileges = after(|patient| patient.setup.access.monitor = false);
    assert_eq!(privileges, is("privileges instance atlas", Severity::Unseen));
    let denied = || Fault::new(FaultKind::Denied, "watcher may not");
    let scene = Patient::healthy()
        .with(|patient| {
            patient.setup.files = Err(denied());
            patient.upkeep.sequences.as_mut().unwrap().hidden = 3;
        })
        .scene();
    assert!(scene.found().is_empty());
    let report = scene.world.get::<Report>(&Target::fleet()).unwrap().value;
    let unseen: Vec<_> = report
        .unseen
        .iter()
        .map(|unseen| (unseen.check.as_str(), unseen.target.to_string()))
        .collect();
    assert!(
        unseen.contains(&("configuration-files", "server atlas/atlas-a".into())),
        "{unseen:?}"
    );
    assert!(
        unseen.contains(&("sequence-end", "database atlas/orders".into())),
        "{unseen:?}"
    );
}

#[test]
fn a_clock_that_is_off_is_found_in_both_directions() {
    let skew = |seconds| after(move |patient| patient.pulse.skew = seconds);
    assert_eq!(skew(5.0), is("clock-skew server atlas/atlas-a", Severity::Warning));
    assert_eq!(skew(-61.0), is("clock-skew server atlas/atlas-a", Severity::Critical));
    assert!(
        Patient::healthy()
            .with(|patient| patient.pulse.skew = -4.9)
            .found()
            .is_empty()
    );
}

fn upkeep(changes: serde_json::Value) -> impl FnOnce(&mut Patient) {
    move |patient| {
        let mut said = serde_json::to_value(&patient.upkeep).unwrap();
        said.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        patient.upkeep = read::<Upkeep>(said);
    }
}

#[test]
fn a_sequence_ends_with_the_type_of_its_column() {
    let used = |value: i64| {
        let near = json!({ "oid": 1, "schema": "public", "name": "s", "owner": "t", "column": "id", "value": value,
            "last": i32::MAX });
        upkeep(json!({ "sequences": { "Ok": { "near": [near], "hidden": 0, "read": 1, "resume": 0, "rounds": 1 } } }))
    };
    assert_eq!(
        after(used(1_700_000_000)),
        is("sequence-end database atlas/orders", Severity::Warning)
    );
    assert_eq!(
        after(used(2_000_000_000)),
        is("sequence-end database atlas/orders", Severity::Critical)
    );
    assert!(Patient::healthy().with(used(1_500_000_000)).found().is_empty());
}

#[test]
fn invalid_indexes_and_full_access_lists_are_found() {
    let index = json!({ "schema": "public", "index": "orders_idx", "ready": true });
    let invalid = after(upkeep(json!({ "invalid_count": 1, "invalid": [index] })));
    assert_eq!(invalid, is("invalid-index database atlas/orders", Severity::Warning));
    let acl = |bytes| {
        after(upkeep(
            json!({ "acl": { "schema": "public", "relation": "orders", "bytes": bytes } }),
        ))
    };
    assert_eq!(acl(6_000), is("access-list database atlas/orders", Severity::Warning));
    assert_eq!(acl(8_000), is("access-list database atlas/orders", Severity::Critical));
}

#[test]
fn a_server_that_was_never_seen_is_not_judged() {
    let setup: Setup = Patient::healthy().setup;
    assert_eq!((setup.major(), setup.minor()), (15, 18));
    assert!(crate::scene::Scene::new().run(0..=1, |_, _, _| {}).found().is_empty());
}
