//! What backups are worth: by what pgBackRest really said, and by what the primary says of its log.

use jiff::SignedDuration;
use serde_json::json;
use tenantry::{
    facts::backups::{Identity, Log, Worth},
    model::{
        Backups, Fault, FaultKind,
        Severity::{Critical, Ok, Unseen, Warning},
        Target,
    },
};

use crate::{
    scene::{Scene, at, cell, run, tenant, verification},
    told,
};

async fn scene(file: &str) -> Scene {
    Scene::of(told(file).await.unwrap())
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn all_is_well_and_still_nothing_is_said_that_is_not_known() {
    let scene = scene("healthy").await;
    assert_eq!(scene.checks(), []);
    scene.standing(|standing| {
        assert_eq!((&standing.identity, &standing.log), (&Identity::Own, &Log::Arrives));
        assert_eq!(standing.window, Some((at("15:41:43"), at("15:50:00"))));
    });
    assert_eq!(scene.cell("state"), ("ok".into(), Ok));
    assert_eq!(scene.cell("wal"), ("arrives".into(), Ok));
    assert_eq!(scene.cell("last"), ("10m11s".into(), Ok));
    assert_eq!(scene.cell("newest"), ("2m00s".into(), Ok));
    assert_eq!(scene.cell("count"), ("4/4".into(), Ok));
}

#[tokio::test]
async fn an_instance_of_which_nothing_is_known_does_not_look_well() {
    let world = scene("healthy").await.world();
    let boreas = Target::instance("boreas");
    assert_eq!(cell(&world, &boreas, "state"), ("not set".into(), Unseen));
    assert_eq!(cell(&world, &boreas, "newest").1, Unseen);
}

#[tokio::test]
async fn a_backup_that_is_too_old_is_a_warning_and_twice_as_old_critical() {
    let later = async |hours_later| {
        scene("healthy")
            .await
            .with(|scene| scene.world.taken += hours(hours_later))
    };
    assert_eq!(later(25).await.checks(), []);
    let day = later(27).await;
    assert_eq!(day.checks(), [("backup-stale".into(), Warning)]);
    assert_eq!(day.cell("state"), ("stale".into(), Warning));
    assert_eq!(later(53).await.checks(), [("backup-stale".into(), Critical)]);
    let found = later(27).await.found();
    assert_eq!(found[0].2, "the youngest backup of atlas is 1d3h old");
}

#[tokio::test]
async fn without_a_backup_that_could_be_restored_all_hangs_on_the_servers() {
    let empty = scene("empty-stanza").await;
    assert_eq!(empty.checks(), [("backup-stale".into(), Critical)]);
    assert_eq!(empty.cell("state"), ("none".into(), Critical));
    assert_eq!(empty.cell("oldest").0, "none");
    empty.standing(|standing| assert_eq!(standing.window, None));
}

#[tokio::test]
async fn the_backups_of_another_cluster_are_nobodys() {
    let foreign = scene("healthy").await.with(|scene| scene.system = "77");
    let checks = [("backup-foreign".into(), Critical), ("backup-stale".into(), Critical)];
    assert_eq!(foreign.checks(), checks);
    assert_eq!(foreign.cell("state"), ("foreign".into(), Critical));
    assert_eq!(foreign.cell("wal"), ("not verified".into(), Unseen));
    foreign.standing(|standing| {
        assert_eq!(standing.window, None);
        assert!(standing.backups.iter().all(|(_, worth)| *worth == Worth::Foreign));
    });
}

/// The first cluster's backups are still there; the log that is kept now is the second's.
#[tokio::test]
async fn of_two_clusters_the_last_is_whose_log_is_kept() {
    let second = scene("two-databases").await.with(|scene| {
        scene.system = "7712506092778923392";
        scene.catalogue.archived = Some("000000010000000000000002".into());
    });
    assert_eq!(second.checks(), []);
    assert_eq!(second.cell("count").0, "1/2");
    let first = scene("two-databases").await;
    assert_eq!(first.checks()[0], ("backup-foreign".into(), Critical));
}

#[tokio::test]
async fn damaged_pages_in_the_last_backup_are_told_and_it_does_not_count() {
    let error = scene("error").await;
    assert_eq!(error.checks(), [("backup-failing".into(), Warning)]);
    assert_eq!(error.cell("count").0, "1/2");
    error.standing(|standing| assert_eq!(standing.last().unwrap().label.raw(), "20261126-154153F"));
}

#[tokio::test]
async fn log_that_older_backups_need_and_is_gone_is_a_gap() {
    let gap = scene("front-gap").await;
    assert_eq!(gap.checks(), [("backup-gap".into(), Warning)]);
    assert_eq!(gap.cell("count").0, "2/5");
    assert_eq!(gap.cell("wal"), ("gap".into(), Warning));
    gap.standing(|standing| {
        // The incremental of 15:41:49 has its own log, and all that it builds on; log is not what it builds on.
        let good: Vec<&str> = standing.good().map(|backup| backup.label.raw()).collect();
        assert_eq!(good, ["20261126-154140F_20261126-154148I", "20261126-154153F"]);
    });
    let none = scene("no-wal").await.with(|scene| scene.catalogue.archived = None);
    let checks = [("backup-gap".into(), Critical), ("backup-stale".into(), Critical)];
    assert_eq!(none.checks(), checks);
}

/// An `archive_command` that leads elsewhere, or nowhere, looks well to the server.
#[tokio::test]
async fn what_the_primary_archived_and_is_not_kept_is_a_gap() {
    let gap = scene("healthy")
        .await
        .with(|scene| scene.catalogue.archived = Some("000000010000000000000009".into()));
    assert_eq!(gap.checks(), [("backup-gap".into(), Critical)]);
    let words = "log of atlas is missing: the primary archived 000000010000000000000009, and the last that is kept is \
                 000000010000000000000008";
    assert_eq!(gap.found()[0].2, words);
    gap.standing(|standing| assert_eq!(standing.window.unwrap().1, at("15:41:49")));
}

/// B2, B3
#[tokio::test]
async fn log_that_is_refused_or_not_archived_ends_the_window() {
    let failing = scene("healthy")
        .await
        .with(|scene| scene.pulse.archiver.failed_at = Some(at("15:51:30")));
    assert_eq!(failing.cell("wal"), ("failing".into(), Warning));
    assert_eq!(failing.checks().last(), Some(&("backup-failing".into(), Warning)));
    let words = "the log of atlas is not archived: no restore reaches beyond 2026-11-26 15:50:00Z";
    assert!(
        failing.found().iter().any(|(.., what)| what == words),
        "{:?}",
        failing.found()
    );
    let off = scene("healthy").await.with(|scene| scene.archive_mode = "off");
    assert_eq!(off.cell("state"), ("no log".into(), Warning));
    off.standing(|standing| assert_eq!(standing.window.unwrap().1, at("15:41:49")));
}

#[tokio::test]
async fn log_of_which_nobody_knows_is_not_verified() {
    for change in [
        (|scene: &mut Scene| scene.pulse.archiver.archived_at = None) as fn(&mut Scene),
        |scene| scene.pulse.recovery = true,
        |scene| scene.catalogue.archived = None,
    ] {
        let scene = scene("healthy").await.with(change);
        assert_eq!(scene.cell("wal"), ("not verified".into(), Unseen));
        assert_eq!(scene.cell("state"), ("unverified".into(), Unseen));
    }
}

#[tokio::test]
async fn what_a_repository_complains_of_is_told() {
    let ill = scene("healthy").await.with(|scene| {
        let status = &mut scene.catalogue.stanza.repositories[0].status;
        (status.code, status.message) = (5, "database mismatch across repos".into());
    });
    assert_eq!(ill.checks(), [("backup-failing".into(), Warning)]);
}

#[tokio::test]
async fn a_question_that_fails_is_told_and_what_was_seen_is_old() {
    let old = scene("healthy").await.with(|scene| {
        scene.fault = Some(Fault::new(FaultKind::Unreachable, "no route to host").hint("look"));
    });
    assert_eq!(old.checks(), [("backup-unknown".into(), Warning)]);
    assert_eq!(old.cell("state"), ("unknown".into(), Unseen));
    assert_eq!(old.cell("wal"), ("not verified".into(), Unseen));
    assert_eq!(old.cell("why").0, "no route to host");
}

#[tokio::test]
async fn a_restore_counts_as_tried_where_a_run_of_it_succeeded() {
    let runs = |runs: Vec<serde_json::Value>, older: usize| {
        move |scene: &mut Scene| scene.runs = json!({ "runs": runs, "older": older })
    };
    let tested = async |scene: Scene| cell(&scene.world(), &tenant("t_acme"), "tested");
    let acme = [tenant("t_acme")];
    let done = |hours_ago| run("verify-restore", "done", "ended", &acme, hours(hours_ago));
    let never = scene("healthy").await.with(runs(vec![], 0));
    assert_eq!(never.cell("tested"), ("0/2".into(), Critical));
    assert_eq!(never.cell("state"), ("untested".into(), Warning));
    assert_eq!(tested(never).await, ("never".into(), Critical));
    let two = scene("healthy").await.with(runs(vec![done(50), done(3)], 0));
    assert_eq!(tested(two).await, ("3h00m".into(), Ok));
    assert_eq!(
        tested(scene("healthy").await.with(runs(vec![done(169)], 0))).await,
        ("7d1h".into(), Warning)
    );
    for other in [
        run("migrate", "done", "ended", &acme, hours(1)),
        run("verify-restore", "failed", "ended", &acme, hours(1)),
        run("verify-restore", "running", "goes", &acme, hours(1)),
        run("verify-restore", "done", "ended", &[tenant("t_blue")], hours(1)),
    ] {
        assert_eq!(
            tested(scene("healthy").await.with(runs(vec![other], 0))).await.0,
            "never"
        );
    }
    let unread = scene("healthy").await.with(runs(vec![], 9));
    assert_eq!(
        tested(unread).await,
        ("? the journals of 9 older runs were not read".into(), Unseen)
    );
}

#[tokio::test]
async fn tenants_without_a_tried_restore_are_one_finding() {
    let one = run("verify-restore", "done", "ended", &[tenant("t_acme")], hours(1));
    let scene = scene("healthy")
        .await
        .with(|scene| scene.runs = json!({ "runs": [one], "older": 0 }));
    let expected = "the restore of 1 tenant of atlas was not tried within 7d0h";
    assert_eq!(scene.found(), [("restore-untested".into(), Warning, expected.into())]);
}

/// With the last test of all its tenants, and what the fleet file asks for.
async fn verified(runs: Vec<serde_json::Value>, within: Option<SignedDuration>) -> Scene {
    scene("healthy").await.with(|scene| {
        let mut all = scene.runs["runs"].as_array().unwrap().clone();
        all.extend(runs);
        scene.runs["runs"] = all.into();
        let mut fleet = (*scene.world.fleet).clone();
        fleet.instances[0].backups.as_mut().unwrap().verified_within = within;
        scene.world.fleet = std::sync::Arc::new(fleet);
    })
}

#[tokio::test]
async fn a_repository_counts_as_whole_where_the_last_run_that_read_it_found_it_so() {
    let whole = |ago| verification("atlas", None, hours(ago));
    let never = verified(vec![], None).await;
    assert_eq!(never.cell("verified"), ("never".into(), Ok));
    assert_eq!((never.checks(), never.cell("state")), (vec![], ("ok".into(), Ok)));
    let read = verified(vec![whole(50), whole(3)], None).await;
    assert_eq!(read.cell("verified"), ("3h00m".into(), Ok));
    let words = format!("{}: x", Backups::UNWHOLE);
    let damaged = |ago| verification("atlas", Some(&words), hours(ago));
    // What was whole since then is whole.
    let healed = verified(vec![damaged(5), whole(3)], None).await;
    assert_eq!(
        (healed.checks(), healed.cell("verified")),
        (vec![], ("3h00m".into(), Ok))
    );
    let ill = verified(vec![whole(5), damaged(3)], None).await;
    assert_eq!(ill.checks(), [("backup-damaged".into(), Critical)]);
    assert_eq!(ill.cell("verified"), ("failed".into(), Critical));
    assert_eq!(ill.cell("state"), ("damaged".into(), Critical));
    assert_eq!(ill.cell("why").0, words);
    assert_eq!(
        cell(&ill.world(), &tenant("t_acme"), "state"),
        ("damaged".into(), Critical)
    );
    // Of what could not be read nobody knows that it is damaged.
    let unread = verified(vec![verification("atlas", Some("ssh: no route"), hours(1))], None).await;
    assert_eq!(unread.checks(), [("backup-damaged".into(), Warning)]);
    assert_eq!(unread.found()[0].2, "the backups of atlas could not be verified");
    assert_ne!(unread.cell("state").0, "damaged");
    for other in [
        verification("boreas", None, hours(1)),
        run(
            "verify-backups",
            "running",
            "goes",
            &[Target::instance("atlas")],
            hours(1),
        ),
        run(
            "verify-backups",
            "aborted",
            "ended",
            &[Target::instance("atlas")],
            hours(1),
        ),
    ] {
        assert_eq!(verified(vec![other], None).await.cell("verified").0, "never");
    }
}

#[tokio::test]
async fn a_repository_that_was_not_read_as_lately_as_is_asked_for_is_found() {
    let week = Some(hours(7 * 24));
    let whole = |ago| verification("atlas", None, hours(ago));
    let young = verified(vec![whole(167)], week).await;
    assert_eq!(young.checks(), []);
    let old = verified(vec![whole(169)], week).await;
    assert_eq!(old.checks(), [("backup-unverified".into(), Warning)]);
    assert_eq!(old.found()[0].2, "the backups of atlas were not verified within 7d0h");
    assert_eq!(old.cell("state"), ("unverified".into(), Warning));
    let never = verified(vec![], week).await;
    assert_eq!(never.checks(), [("backup-unverified".into(), Warning)]);
    assert_eq!(never.cell("verified"), ("never".into(), Warning));
    // Where journals were not read it is not known, and where it is not asked for nobody is told.
    let unread = verified(vec![], week)
        .await
        .with(|scene| scene.runs["older"] = json!(9));
    assert_eq!(unread.checks(), []);
    assert_eq!(unread.cell("verified").1, Unseen);
    assert_eq!(verified(vec![whole(9999)], None).await.checks(), []);
}
