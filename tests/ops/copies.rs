//! Backups of one instance, and a copy beside it, in a world that has none; and what is refused there.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tenantry::{
    facts::{backups::Catalogue, pulse::Pulse, server::Setup},
    model::{Act, Backups, Copies, Kind, Question, Request, Stanza, Target, Undo},
    ops::{
        self,
        survey::{Evidence, Found},
    },
    store::{Fact, Sealed, Snapshot},
};

use super::{request, surveyed, world};

/// Ten hours before the world was seen, and nine.
fn span(world: &Snapshot) -> (Timestamp, Timestamp) {
    let hours = |hours| world.taken - SignedDuration::from_hours(hours);
    (hours(10), hours(9))
}

/// A moment that is archived.
pub fn archived(world: &Snapshot) -> String {
    (span(world).0 + SignedDuration::from_mins(30)).to_string()
}

pub fn there() -> Target {
    Target::copy("atlas", "atlas-latest")
}

/// A tenant with a database of its own that was dropped: nobody sees it any more.
pub fn apart() -> Target {
    Target::new(Kind::Tenant, ["boreas", "tenant_gone", "tenant_gone"])
}

/// Another instance has a copy, and nothing else is known of its backups.
fn into_boreas(world: &mut Snapshot) {
    let mut fleet = (*world.fleet).clone();
    let backups = fleet.instance("atlas").unwrap().backups.clone();
    let boreas = fleet.instances.iter_mut().find(|instance| instance.name == "boreas");
    boreas.unwrap().backups = backups;
    world.fleet = Arc::new(fleet);
    let system = world
        .get::<Setup>(&Target::server("boreas", "boreas-a"))
        .unwrap()
        .value
        .system
        .clone();
    let taken = world.taken;
    let copy = json!({ "id": "boreas-latest", "stanza": "atlas", "system": system, "moment": "latest", "stage": "paused",
        "began": taken, "binaries": "/pg/bin" });
    let copies: Copies = serde_json::from_value(json!({ "free": 9_000_000, "copies": [copy] })).unwrap();
    world.take(Copies::NAME, &Target::instance("boreas"), taken, Ok(Sealed::of(copies)));
}

pub fn into(world: &mut Snapshot) {
    let mut fleet = (*world.fleet).clone();
    let atlas = fleet.instances.iter_mut().find(|instance| instance.name == "atlas");
    atlas.unwrap().backups = Some(Backups {
        stanza: "atlas".into(),
        config: None,
        program: "pgbackrest".into(),
        reach: vec!["ssh".into(), "backups".into()],
        binaries: Some("/pg/bin".into()),
        scratch: Some("/scratch".into()),
        tenantry: Some("/usr/bin/tenantry".into()),
        full_within: SignedDuration::from_hours(192),
        backup_within: SignedDuration::from_hours(26),
        tested_within: SignedDuration::from_hours(168),
        verified_within: None,
    });
    world.fleet = Arc::new(fleet);
    let server = Target::server("atlas", "atlas-a");
    let mut setup = world.get::<Setup>(&server).unwrap().value.clone();
    setup.settings.archive_mode = "on".into();
    let (target, taken, system) = (Target::instance("atlas"), world.taken, setup.system.clone());
    world.take(Setup::NAME, &server, taken, Ok(Sealed::of(setup)));
    let (oldest, newest) = span(world);
    let backup = |label: &str, ended: Timestamp| {
        json!({ "label": label, "kind": "full", "base": null, "began": ended, "ended": ended, "span": null, "log": null,
            "size": 1_000_000, "copied": 1_000_000, "kept": null, "cluster": 1, "repository": 1, "damaged": null, "notes": {} })
    };
    let status = json!({ "code": 0, "message": "ok" });
    let stanza = json!({
        "name": "atlas", "status": status, "busy": false,
        "repositories": [{ "key": 1, "status": status, "cipher": "none" }],
        "clusters": [{ "id": 1, "repository": 1, "system": system, "version": "15" }],
        "archives": [{ "cluster": 1, "repository": 1, "first": null, "last": null }],
        "backups": [backup("a", oldest), backup("b", newest)],
    });
    let stanza: Stanza = serde_json::from_value(stanza).unwrap();
    let catalogue = Catalogue { stanza, archived: None };
    world.take(Catalogue::NAME, &target, taken, Ok(Sealed::of(catalogue)));
    let copy = json!({ "id": "atlas-latest", "stanza": "atlas", "system": system, "moment": "latest", "stage": "paused",
        "began": taken, "binaries": "/pg/bin" });
    let copies: Copies = serde_json::from_value(json!({ "free": 9_000_000, "copies": [copy] })).unwrap();
    world.take(Copies::NAME, &target, taken, Ok(Sealed::of(copies)));
    into_boreas(world);
}

fn asked(moment: &str) -> Request {
    request("beside", vec![Target::instance("atlas")], &[("moment", moment)])
}

fn refused(moment: &str) -> String {
    let refusal = ops::plan(&asked(moment), &world()).expect_err("refused");
    format!("{refusal}; {}", refusal.hint.clone().unwrap_or_default())
}

#[test]
fn what_cannot_be_had_is_refused_with_what_can() {
    let world = world();
    let early = (span(&world).0 - SignedDuration::from_secs(1)).to_string();
    let told = refused(&early);
    assert!(
        told.contains("before the end of the oldest backup; what can be had: from"),
        "{told}"
    );
    let late = (world.taken + SignedDuration::from_secs(1)).to_string();
    assert!(refused(&late).contains("is not yet; what can be had: from"));
    assert!(refused("2026-11-26 03:00:00").contains("has no zone: write"));
    assert!(refused("").contains("no moment is named"));
    let elsewhere = request("beside", vec![Target::instance("acme")], &[("moment", "latest")]);
    let told = ops::plan(&elsewhere, &world).unwrap_err().to_string();
    assert!(told.contains("does not say where the backups are of acme"), "{told}");
}

#[test]
fn no_room_is_said_before_anything_is_done() {
    let mut world = world();
    let target = Target::instance("atlas");
    let full = Copies {
        free: tenantry::model::Bytes(1_099_999),
        ..Copies::default()
    };
    world.take(Copies::NAME, &target, world.taken, Ok(Sealed::of(full)));
    let told = ops::plan(&asked(&archived(&world)), &world).unwrap_err().to_string();
    assert!(told.contains("no room for a copy of atlas"), "{told}");
}

/// What is free changes all the time: it is seen, and voids nothing that was confirmed.
#[test]
fn how_much_is_free_is_no_part_of_what_is_confirmed() {
    let mut world = world();
    let request = asked(&archived(&world));
    let digest = |world: &Snapshot| ops::digest(&ops::plan(&request, &surveyed(&request, world)).unwrap());
    let before = digest(&world);
    let more = Copies {
        free: tenantry::model::Bytes(9_876_543_210),
        ..world.get::<Copies>(&Target::instance("atlas")).unwrap().value.clone()
    };
    world.take(
        Copies::NAME,
        &Target::instance("atlas"),
        world.taken,
        Ok(Sealed::of(more)),
    );
    assert_eq!(digest(&world), before);
}

/// B5
#[test]
fn the_live_server_is_written_to_only_where_the_moment_is_not_archived() {
    let world = world();
    let plan = |moment: &str| {
        let request = asked(moment);
        ops::plan(&request, &surveyed(&request, &world)).unwrap()
    };
    let names = |moment: &str| -> Vec<String> {
        plan(moment)
            .steps
            .steps()
            .iter()
            .map(|step| step.name.clone())
            .collect()
    };
    assert_eq!(names(&archived(&world)).len(), 2);
    let all = names("latest");
    assert_eq!(all.len(), 5);
    assert!(
        all[0].contains("write a mark") && all[3].ends_with("copy atlas-latest-2"),
        "{all:?}"
    );
    let plan = plan("latest");
    let [_, closed, archived, make, _] = plan.steps.steps()[..] else {
        panic!("five steps")
    };
    // Whoever takes the run up must not wait for the archive of a file that nobody has closed.
    assert!(closed.act != Act::Look && closed.check.within < 10, "{closed:?}");
    assert!(archived.act == Act::Look && archived.check.within > 60, "{archived:?}");
    let Act::Process(process) = &make.act else {
        panic!("a process")
    };
    assert_eq!(process.words[..4], ["ssh", "backups", "/usr/bin/tenantry", "beside"]);
    // A shell on the other side reads them.
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/_.,+@:=-".contains(c);
    assert!(
        process.words.iter().all(|word| word.chars().all(harmless)),
        "{:?}",
        process.words
    );
    assert!(matches!(make.check.ask, Question::Process(_)));
}

/// That a file was archived tells nothing of the commits in it: one that was closed long before may have come late.
#[test]
fn what_is_later_than_the_last_backup_is_marked_though_a_file_was_archived_since() {
    let mut world = world();
    let atlas = Target::instance("atlas");
    let mut catalogue = world.get::<Catalogue>(&atlas).unwrap().value.clone();
    let file: tenantry::model::Text = "0000000100000000000000AA".into();
    catalogue.archived = Some(file.clone());
    catalogue.stanza.archives[0].last = Some(file);
    let taken = world.taken;
    world.take(Catalogue::NAME, &atlas, taken, Ok(Sealed::of(catalogue)));
    let server = Target::server("atlas", "atlas-a");
    let mut pulse = world.get::<Pulse>(&server).unwrap().value.clone();
    pulse.archiver.archived_at = Some(taken - SignedDuration::from_mins(1));
    pulse.archiver.failed_at = None;
    world.take(Pulse::NAME, &server, taken, Ok(Sealed::of(pulse)));
    let moment = (taken - SignedDuration::from_hours(1)).to_string();
    let request = asked(&moment);
    assert_eq!(
        ops::plan(&request, &surveyed(&request, &world)).unwrap().steps.count(),
        5
    );
    // Where nobody may write one, it is tried without, and that is said.
    let mut unanswered = surveyed(&request, &world);
    let mut evidence = unanswered.get::<Evidence>(&Target::fleet()).unwrap().value.clone();
    evidence
        .0
        .values_mut()
        .for_each(|found| *found = Found::Rows(Vec::new()));
    unanswered.take(Evidence::NAME, &Target::fleet(), taken, Ok(Sealed::of(evidence)));
    let plan = ops::plan(&request, &unanswered).unwrap();
    assert_eq!(plan.steps.count(), 2);
    assert!(
        plan.touches
            .iter()
            .any(|(_, words)| words.contains("no mark is written")),
        "{:?}",
        plan.touches
    );
}

#[test]
fn a_repository_is_only_read_and_needs_no_server() {
    let mut world = world();
    let asked = request("verify-backups", vec![Target::instance("atlas")], &[]);
    let plan = ops::plan(&asked, &world).unwrap();
    let [step] = plan.steps.steps()[..] else {
        panic!("one step")
    };
    assert_eq!((&step.act, &step.undo), (&Act::Look, &Undo::Nothing));
    let Question::Verdict(process) = &step.check.ask else {
        panic!("what it says is told")
    };
    let words = process.words.join(" ");
    assert!(
        words.starts_with("ssh backups /usr/bin/tenantry beside verify --binaries=/pg/bin "),
        "{words}"
    );
    assert!(!words.contains("--scratch"), "{words}");
    assert!(!process.place.is_live(), "no server is taken for it");
    // More is archived while somebody reads the plan, and all servers are gone: it stays the same.
    let (atlas, taken) = (Target::instance("atlas"), world.taken);
    let mut catalogue = world.get::<Catalogue>(&atlas).unwrap().value.clone();
    catalogue.stanza.archives[0].first = Some("000000010000000000000002".into());
    catalogue.stanza.archives[0].last = Some("0000000100000000000000AA".into());
    world.take(Catalogue::NAME, &atlas, taken, Ok(Sealed::of(catalogue.clone())));
    let later = ops::plan(&asked, &world).unwrap();
    assert_ne!(later.seen, plan.seen);
    assert_eq!(ops::digest(&later), ops::digest(&plan));
    catalogue.stanza.clusters[0].system = "77".into();
    world.take(Catalogue::NAME, &atlas, taken, Ok(Sealed::of(catalogue)));
    let refusal = ops::plan(&asked, &world).unwrap_err().to_string();
    assert!(refusal.contains("holds another cluster: 77"), "{refusal}");
    let none = request("verify-backups", vec![Target::instance("acme")], &[]);
    let refusal = ops::plan(&none, &world).unwrap_err().to_string();
    assert!(
        refusal.contains("does not say where the backups are of acme"),
        "{refusal}"
    );
}
