//! The truth table of replication: what is really the case, what the servers say, what the console makes of it.

use jiff::SignedDuration;
use tenantry::{
    facts::{
        pulse::Pulse,
        replication::{Delay, State},
    },
    model::{Bytes, Severity, Target, Value},
    views,
};

use crate::scene::{Scene, at, lsn, primary, standby};

/// The sender's row is gone, as when the receiver is cut.
fn cut(leads: &mut Pulse, follows: &mut Pulse, since: u64) {
    leads.standbys.clear();
    leads.slots[0].active = false;
    leads.slots[0].active_pid = None;
    leads.slots[0].restart = Some(lsn(since));
    follows.receiver = None;
    follows.received = Some(lsn(since));
    follows.replayed = Some(lsn(since));
}

#[test]
fn what_has_replayed_all_is_caught_up_and_nothing_is_found() {
    let scene = Scene::new().run(0..=10, |_, _, _| {});
    assert_eq!(scene.state(), State::CaughtUp);
    assert!(scene.found().is_empty(), "{:?}", scene.found());
}

#[test]
fn an_idle_primary_makes_no_lag() {
    let scene = Scene::new().run(0..=60, |_, leads, follows| {
        leads.lsn = Some(lsn(0));
        let sender = &mut leads.standbys[0];
        (sender.replay, sender.replay_lag) = (Some(lsn(0)), None);
        follows.replayed = Some(lsn(0));
        follows.replayed_at = Some(at(0));
    });
    assert_eq!(scene.state(), State::CaughtUp);
    assert!(scene.found().is_empty());
}

#[test]
fn seconds_behind_are_measured_from_the_primarys_own_positions() {
    // It replays what the primary wrote seven seconds ago, and reports a lag that is far too small.
    let scene = Scene::new().run(0..=20, |second, leads, follows| {
        let replayed = lsn(second.saturating_sub(7));
        leads.standbys[0].replay = Some(replayed);
        leads.standbys[0].replay_lag = Some(0.1);
        follows.replayed = Some(replayed);
    });
    assert_eq!(
        scene.state(),
        State::Behind {
            bytes: Bytes(7 * 1024),
            time: Some(Delay {
                seconds: 7.0,
                at_least: false
            })
        }
    );
}

#[test]
fn a_lag_older_than_our_memory_is_a_lower_bound() {
    let scene = Scene::new().run(100..=110, |_, leads, follows| {
        leads.standbys[0].replay = Some(lsn(0));
        follows.replayed = Some(lsn(0));
    });
    let State::Behind { time: Some(time), .. } = scene.state() else {
        panic!("{:?}", scene.state())
    };
    assert_eq!(
        time,
        Delay {
            seconds: 10.0,
            at_least: true
        }
    );
}

#[test]
fn a_delay_that_is_configured_is_no_trouble() {
    let scene = Scene::new().run(0..=200, |second, leads, follows| {
        let replayed = lsn(second.saturating_sub(90));
        leads.standbys[0].replay = Some(replayed);
        follows.replayed = Some(replayed);
        follows.delay = 90.0;
    });
    assert!(matches!(scene.state(), State::Behind { .. }));
    assert!(scene.found().is_empty(), "{:?}", scene.found());
}

#[test]
fn paused_replay_is_paused_whatever_the_lag_says() {
    let scene = Scene::new().run(0..=10, |_, leads, follows| {
        leads.standbys[0].replay = Some(lsn(4));
        leads.standbys[0].replay_lag = Some(0.198);
        follows.replay = Some("paused".into());
        follows.replayed = Some(lsn(4));
    });
    let expected = State::ReplayPaused {
        bytes: Some(Bytes(6 * 1024)),
        time: Some(Delay {
            seconds: 6.0,
            at_least: false,
        }),
    };
    assert_eq!(scene.state(), expected);
    assert_eq!(scene.found(), ["standby server atlas/atlas-b"]);
}

#[test]
fn a_cut_receiver_is_down_and_never_zero() {
    let scene = Scene::new().run(0..=20, |second, leads, follows| {
        if second >= 5 {
            cut(leads, follows, 5);
        }
    });
    let expected = State::ReceiverDown {
        since: at(5),
        earlier: false,
        retained: Some(Bytes(15 * 1024)),
        safe: Some(16 << 20),
        stalled: false,
    };
    assert_eq!(scene.state(), expected);
    assert_eq!(scene.state().bytes(), Some(Bytes(15 * 1024)));
    assert_eq!(scene.found(), ["standby server atlas/atlas-b"]);
}

#[test]
fn what_was_down_when_it_was_first_looked_at_has_been_for_an_unknown_time_and_never_for_none() {
    let lag = |seconds: u64| {
        let scene = Scene::new().run(0..=seconds, |_, leads, follows| cut(leads, follows, 0));
        let table = views::find("replicas").unwrap().table(&scene.world);
        let column = table.columns.iter().position(|column| column.name == "lag").unwrap();
        table.rows[0].cells[column].value.clone()
    };
    assert!(matches!(lag(0), Value::Unseen(_)), "{:?}", lag(0));
    assert_eq!(lag(9), Value::AtLeast(SignedDuration::from_secs(9)));
}

#[test]
fn a_standby_that_says_nothing_is_stalled_though_the_primary_calls_it_streaming() {
    let scene = Scene::new().run(0..=10, |second, leads, _| {
        let then = second.min(4);
        let sender = &mut leads.standbys[0];
        (sender.flush, sender.replay) = (Some(lsn(then)), Some(lsn(then)));
        sender.replied = Some(at(then.try_into().unwrap()));
    });
    assert!(
        matches!(scene.state(), State::ReceiverDown { stalled: true, .. }),
        "{:?}",
        scene.state()
    );
    assert_eq!(scene.found(), ["standby server atlas/atlas-b"]);
}

#[test]
fn a_lost_slot_is_the_end_of_a_standby() {
    for (status, invalidation, reason) in [
        ("lost", None, "wal_removed"),
        ("lost", Some("idle_timeout"), "idle_timeout"),
    ] {
        let scene = Scene::new().run(0..=10, |_, leads, follows| {
            cut(leads, follows, 0);
            let slot = &mut leads.slots[0];
            (slot.status, slot.restart, slot.safe) = (Some(status.into()), None, None);
            slot.invalidation = invalidation.map(str::to_owned);
        });
        assert_eq!(scene.state(), State::SlotLost { reason: reason.into() });
        assert_eq!(scene.found(), ["standby server atlas/atlas-b"]);
    }
}

#[test]
fn a_standby_that_restores_and_does_not_stream_is_archive_only() {
    let scene = Scene::new().run(0..=10, |second, leads, follows| {
        cut(leads, follows, second);
        leads.slots.clear();
        follows.restores = true;
    });
    assert_eq!(scene.state(), State::ArchiveOnly);
}

#[test]
fn without_its_primary_one_thing_is_wrong_and_the_successor_is_named() {
    let mut scene = Scene::new().run(0..=10, |_, _, _| {}).silence(11, &primary());
    let (_, mut follows) = crate::scene::well(8);
    follows.receiver = None;
    scene.hear(12, &standby(), Ok(follows));
    scene.judge(12);
    assert!(
        matches!(scene.state(), State::ReceiverDown { .. }),
        "{:?}",
        scene.state()
    );
    assert_eq!(scene.found(), ["server-unreachable server atlas/atlas-a"]);
    let report = scene
        .world
        .get::<tenantry::findings::Report>(&Target::fleet())
        .unwrap()
        .value;
    let evidence = &report.findings[0].evidence;
    assert!(
        evidence.contains(&("most advanced standby".into(), "atlas-b".into())),
        "{evidence:?}"
    );
    assert!(
        evidence.contains(&("it lacks, of what we saw written".into(), "2.0 kB".into())),
        "{evidence:?}"
    );
    assert_eq!(report.findings[0].severity, Severity::Critical);
}

#[test]
fn two_primaries_are_the_worst_there_is() {
    let scene = Scene::new().run(0..=3, |_, _, follows| {
        follows.recovery = false;
        follows.lsn = Some(lsn(2));
    });
    assert_eq!(
        scene.found().first().map(String::as_str),
        Some("two-primaries instance atlas")
    );
}

#[test]
fn a_standby_that_does_not_answer_is_one_finding_and_keeps_its_state() {
    let scene = Scene::new().run(0..=10, |_, _, _| {}).silence(11, &standby());
    assert_eq!(scene.state(), State::CaughtUp);
    assert_eq!(scene.found(), ["server-unreachable server atlas/atlas-b"]);
}

#[test]
fn a_finding_keeps_the_time_at_which_it_was_first_seen() {
    let scene = Scene::new().run(0..=20, |second, leads, follows| {
        if second >= 5 {
            cut(leads, follows, 5);
        }
    });
    let report = scene
        .world
        .get::<tenantry::findings::Report>(&Target::fleet())
        .unwrap()
        .value;
    assert_eq!(report.findings[0].since, at(5));
}
