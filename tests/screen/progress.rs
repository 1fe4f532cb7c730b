//! The page of a run that does the same to many: what failed, a bar for each wave and instance, how fast, how long, what it
//! waits for, and how the standbys stand.

use std::sync::Arc;

use jiff::SignedDuration;
use tenantry::{
    config::{Depth, Places, Theme},
    facts::runs::{Brief, Failure, Left, Leg, Part, Progress, Stand, Wait},
    model::{Headway, Severity},
    tui::{
        app::{App, Memory},
        setup::Setup,
        update::{Msg, update},
    },
};

use super::{
    desk::{hand, worst},
    runs::{brief, light, with},
    support::{Console, tokens},
    views,
};

/// 313 schemas on two instances of the recorded fleet, in its third wave, one of them kept waiting and two failed.
fn many(stand: Stand) -> Brief {
    let plan = light();
    let now = worst().taken;
    let ago = |seconds| now - SignedDuration::from_secs(seconds);
    let part = |wave, instance: &str, of, done, failed, under_way| Part {
        wave,
        instance: Some(instance.into()),
        headway: Headway {
            of,
            done,
            failed,
            under_way,
            stopped: 0,
        },
    };
    let failure = |seconds, schema: &str, why: &str| Failure {
        at: ago(seconds),
        name: format!("atlas/suite/{schema}: V2__order_notes.sql").into(),
        why: why.into(),
    };
    let failures = vec![
        failure(
            12,
            "t_copper_kettle",
            "column \"note\" of relation \"orders\" already exists",
        ),
        failure(
            41,
            "t_blue_harbour",
            "the lock was not to be had in 500 ms; 8 tries in vain, kept by pid 812",
        ),
    ];
    let legs = failures.iter().zip([57, 24]).map(|(failure, number)| Leg {
        number,
        name: failure.name.clone(),
        state: "refused".into(),
        severity: Severity::Warning,
        why: Some(failure.why.clone()),
    });
    let waits = Wait {
        at: ago(3),
        instance: Some("atlas".into()),
        what: "waits for up to 600 s: atlas/suite/t_fern_bakery: the servers bear it: it is not so yet".into(),
    };
    Brief {
        title: "migrate 313 schemas to version 4".into(),
        began: Some(ago(64)),
        last: Some(ago(1)),
        done: 249,
        total: 629,
        steps: legs.collect(),
        stages: [("done", 249), ("refused", 2), ("under way", 5), ("waiting", 373)]
            .map(|(word, count)| (word.to_owned(), count))
            .to_vec(),
        progress: Some(Progress {
            parts: vec![
                part(0, "atlas", 1, 1, 0, 0),
                part(1, "atlas", 3, 2, 1, 0),
                part(1, "boreas", 1, 1, 0, 0),
                part(2, "atlas", 26, 26, 0, 0),
                part(2, "boreas", 5, 5, 0, 0),
                part(3, "atlas", 120, 71, 1, 4),
                part(3, "boreas", 36, 18, 0, 1),
                part(4, "atlas", 101, 0, 0, 0),
                part(4, "boreas", 20, 0, 0, 0),
            ],
            lately: (stand == Stand::Goes).then_some(2.4),
            rate: Some(1.94),
            left: match stand {
                Stand::Goes => Left::Seconds(78.0),
                _ => Left::Unknown("it is paused".into()),
            },
            waits: vec![waits],
            failed: 2,
            failures,
        }),
        ..brief(&plan, stand)
    }
}

fn page(run: Brief, size: (u16, u16), ascii: bool) -> Console {
    let mut world = worst();
    with(&mut world, vec![run]);
    let (hand, now) = (hand(&world), world.taken);
    let mut setup = Setup {
        hand,
        ascii,
        ..views::setup()
    };
    if ascii {
        setup.theme = Theme::load("mono", &Places::default(), Depth::None, true).unwrap();
    }
    let memory = Memory {
        last: Some("runs".into()),
        ..Memory::default()
    };
    let mut app = App::new(setup, Arc::new(world), memory, now, size);
    update(&mut app, Msg::Resized(size.0, size.1));
    let mut console = Console {
        app,
        effects: Vec::new(),
    };
    console.press("enter");
    console
}

#[test]
fn a_run_over_many_under_way() {
    let mut console = page(many(Stand::Goes), (80, 24), false);
    insta::assert_snapshot!("progress_80x24", tokens(&console.buffer()));
    console.press("G");
    insta::assert_snapshot!("progress_end_80x24", tokens(&console.buffer()));
    let console = page(many(Stand::Goes), (140, 40), false);
    insta::assert_snapshot!("progress_140x40", tokens(&console.buffer()));
}

#[test]
fn a_run_over_many_that_is_paused_in_signs_of_ascii() {
    let console = page(many(Stand::Waits), (80, 24), true);
    let text = console.text();
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn programs_read_the_numbers_of_a_bar() {
    let mut world = worst();
    with(&mut world, vec![many(Stand::Goes)]);
    let target = many(Stand::Goes).target();
    let detail = tenantry::views::detail(&target, &world).unwrap().json();
    let lines = detail["sections"]["progress"].as_array().unwrap();
    let all = lines.iter().find(|line| line["label"] == "all").unwrap();
    let wanted = serde_json::json!({ "of": 313, "done": 124, "failed": 2, "stopped": 0, "under_way": 5 });
    assert_eq!(all["value"], wanted);
    // It is said of which instance nothing was seen.
    let standbys = detail["sections"]["standbys now"].as_array().unwrap();
    let of = |name: &str| {
        standbys
            .iter()
            .find(|line| line["label"] == format!("worst of {name}"))
            .unwrap()
    };
    assert_eq!(of("boreas")["severity"], "critical");
    let mut run = many(Stand::Goes);
    run.progress.as_mut().unwrap().parts[0].instance = Some("elsewhere".into());
    with(&mut world, vec![run]);
    let detail = tenantry::views::detail(&target, &world).unwrap().json();
    let first = &detail["sections"]["standbys now"][0];
    assert_eq!(
        first["value"],
        serde_json::json!({ "unseen": "nothing was seen of its standbys" })
    );
}

#[test]
fn no_size_makes_the_page_of_a_run_fail() {
    let mut console = page(many(Stand::Goes), (80, 24), false);
    for width in (1..=200).step_by(9) {
        for height in 1..=40 {
            console.tell(Msg::Resized(width, height)).buffer();
        }
    }
}
