//! Backups on the screen: well, and each thing that can be wrong with them, in a recorded fleet.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tenantry::{
    facts::{
        backups::{Catalogue, verified},
        leader,
        pulse::Pulse,
        runs::{Brief, Leg, Stand},
        server::Setup,
        tenants,
    },
    findings,
    model::{
        Archive, Backup, BackupKind, Backups, Bytes, Cluster, Fault, FaultKind, Fleet, Lsn, Repository, Severity,
        Stanza, Status, Target, Text,
    },
    store::{Fact, Sealed, Snapshot},
};

use super::{desk::well, runs, support::Console};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn settings(stanza: &str) -> Backups {
    Backups {
        stanza: stanza.into(),
        config: None,
        program: "pgbackrest".into(),
        reach: Vec::new(),
        binaries: None,
        scratch: None,
        tenantry: None,
        full_within: minutes(8 * 24 * 60),
        backup_within: minutes(26 * 60),
        tested_within: minutes(7 * 24 * 60),
        verified_within: None,
    }
}

/// A file of the log, by its number.
fn file(number: u8) -> Text {
    format!("0000000100000000000000{number:02X}").into()
}

fn backup(label: &str, base: Option<&str>, ended: Timestamp, number: u8) -> Backup {
    let position = u64::from(number) << 24;
    Backup {
        label: label.into(),
        kind: if base.is_some() {
            BackupKind::Incr
        } else {
            BackupKind::Full
        },
        base: base.map(Text::from),
        began: ended - minutes(3),
        ended,
        span: Some((Lsn(position + 40), Lsn(position + 256))),
        log: Some((file(number), file(number))),
        size: Bytes(56 << 20),
        copied: Bytes(if base.is_some() { 1 << 20 } else { 56 << 20 }),
        kept: Some(Bytes(10 << 20)),
        cluster: 1,
        repository: 1,
        damaged: Some(false),
        notes: [("by".into(), "cron \u{1b}[31m".into())].into(),
    }
}

/// What a repository says whose full backup is this old and whose incremental one is this much younger.
fn catalogue(system: &str, name: &str, now: Timestamp, full: SignedDuration, younger: SignedDuration) -> Catalogue {
    let well = || Status {
        code: 0,
        message: "ok".into(),
    };
    let ended = now - full;
    Catalogue {
        archived: Some(file(9)),
        stanza: Stanza {
            name: name.into(),
            status: well(),
            busy: false,
            repositories: vec![Repository {
                key: 1,
                status: well(),
                cipher: "aes-256-cbc".into(),
            }],
            clusters: vec![Cluster {
                id: 1,
                repository: 1,
                system: system.into(),
                version: "15".into(),
            }],
            archives: vec![Archive {
                cluster: 1,
                repository: 1,
                first: Some(file(2)),
                last: Some(file(9)),
            }],
            backups: vec![backup("20261125-200000F", None, ended, 2), {
                let label = "20261125-200000F_20261125-220000I";
                backup(label, Some("20261125-200000F"), ended + younger, 5)
            }],
        },
    }
}

/// What an instance's primary says of itself, changed.
fn primary(world: &mut Snapshot, instance: &str, change: impl FnOnce(&mut Pulse, &mut Setup)) {
    let leader = leader(world, instance).unwrap();
    let mut pulse = world.get::<Pulse>(&leader).unwrap().value.clone();
    let mut setup = world.get::<Setup>(&leader).unwrap().value.clone();
    change(&mut pulse, &mut setup);
    let now = world.taken;
    world.take(Pulse::NAME, &leader, now, Ok(Sealed::of(pulse)));
    world.take(Setup::NAME, &leader, now, Ok(Sealed::of(setup)));
}

fn system(world: &Snapshot, instance: &str) -> String {
    world
        .get::<Setup>(&leader(world, instance).unwrap())
        .unwrap()
        .value
        .system
        .clone()
}

fn tried(world: &Snapshot, some: usize) -> Brief {
    let all = tenants::of(world).unwrap().tenants.iter();
    let targets: Vec<Target> = all.take(some).map(|tenant| tenant.target.clone()).collect();
    Brief {
        operation: "verify-restore".into(),
        title: "try the restore of some tenants".into(),
        targets,
        last: Some(world.taken - minutes(90)),
        ..runs::brief(&runs::light(), Stand::Ended)
    }
}

/// The recorded fleet with backups of all its instances, the log of which arrives; the restore of some tenants was tried.
fn kept() -> Snapshot {
    let mut world = well();
    let mut fleet: Fleet = (*world.fleet).clone();
    for instance in &mut fleet.instances {
        instance.backups = Some(settings(&instance.name));
    }
    let names: Vec<String> = fleet.instances.iter().map(|instance| instance.name.clone()).collect();
    world.fleet = Arc::new(fleet);
    let now = world.taken;
    for name in names {
        primary(&mut world, &name, |pulse, setup| {
            pulse.archiver.archived_at = Some(now - minutes(1));
            setup.settings.archive_mode = "on".into();
        });
        let said = catalogue(&system(&world, &name), &name, now, minutes(300), minutes(120));
        world.take(Catalogue::NAME, &Target::instance(&name), now, Ok(Sealed::of(said)));
    }
    let tried = tried(&world, 50);
    runs::with(&mut world, vec![tried]);
    findings::judge(&mut world);
    world
}

/// The log of one does not come, another holds somebody else's, and the third cannot be asked.
fn broken() -> Snapshot {
    let mut world = kept();
    let now = world.taken;
    let atlas = Target::instance("atlas");
    let mut gap = catalogue(
        &system(&world, "atlas"),
        "atlas",
        now,
        minutes(12 * 24 * 60),
        minutes(120),
    );
    gap.archived = Some(file(11));
    world.take(Catalogue::NAME, &atlas, now, Ok(Sealed::of(gap)));
    let foreign = catalogue("77", "boreas", now, minutes(300), minutes(120));
    world.take(
        Catalogue::NAME,
        &Target::instance("boreas"),
        now,
        Ok(Sealed::of(foreign)),
    );
    let fault = Fault::new(
        FaultKind::Denied,
        "the repository cannot be read: [13] Permission denied",
    )
    .hint("ask as the user that the repository belongs to");
    world.take(Catalogue::NAME, &Target::instance("acme"), now, Err(fault));
    findings::judge(&mut world);
    world
}

/// The repository of one was read and was not whole, that of another was.
fn damaged() -> Snapshot {
    let mut world = kept();
    let now = world.taken;
    let verified = |instance: &str, state: &str, why: Option<&str>| Brief {
        operation: verified::OPERATION.into(),
        title: format!("verify the backups of {instance}").into(),
        state: state.into(),
        targets: vec![Target::instance(instance)],
        last: Some(now - minutes(50)),
        steps: vec![Leg {
            number: 1,
            name: verified::step(instance).into(),
            state: state.into(),
            severity: Severity::Ok,
            why: why.map(Text::from),
        }],
        ..runs::brief(&runs::light(), Stand::Ended)
    };
    let why = format!(
        "{}: repository 1: 1 file is damaged or missing: 20261125-200000F/pg_data/base/5/16384.lz4 (invalid checksum); not to be \
         restored: 20261125-200000F (files of it are damaged); moments that cannot be had: from 2026-11-25 20:03:00Z to \
         2026-11-25 22:03:00Z; make a full backup now",
        Backups::UNWHOLE
    );
    let all = vec![
        tried(&world, 50),
        verified("boreas", "failed", Some(&why)),
        verified("atlas", "done", None),
    ];
    runs::with(&mut world, all);
    findings::judge(&mut world);
    world
}

#[test]
fn backups_that_are_kept_and_that_are_not() {
    for (state, world) in [("kept", kept()), ("broken", broken()), ("damaged", damaged())] {
        for size in [SMALL, LARGE] {
            let console = Console::over(world.clone(), "backups", size);
            insta::assert_snapshot!(format!("{state}_{}x{}", size.0, size.1), console.text());
        }
    }
}

#[test]
fn the_worst_stands_first_and_an_instance_before_its_tenants() {
    let mut console = Console::over(broken(), "backups", LARGE);
    console.sees("1 foreign").sees("1 gap");
    let text = console.text();
    let first = |word: &str| text.find(word).unwrap_or(usize::MAX);
    assert!(
        first("boreas") < first("acme") && first("atlas") < first("acme"),
        "{text}"
    );
}

#[test]
fn the_page_of_an_instance_lists_its_backups() {
    let mut console = Console::over(broken(), "backups /instance=atlas", (120, 70));
    console
        .press("g g")
        .press("enter")
        .sees("instance atlas")
        .sees("list of backups");
    insta::assert_snapshot!("page_of_an_instance_120x70", console.text());
}

#[test]
fn what_a_verification_found_stands_on_the_page_of_its_instance() {
    let page = |line: &str| {
        let mut console = Console::over(damaged(), line, (120, 70));
        console.press("g g").press("enter");
        console.text()
    };
    let ill = page("backups /instance=boreas");
    assert!(
        ill.contains("the backups are not whole: repository 1: 1 file is damaged"),
        "{ill}"
    );
    let well = page("backups /instance=atlas");
    assert!(
        well.contains("all read, and whole") && well.contains("none, when all of it was read"),
        "{well}"
    );
}
