//! Every view there is, laid out from real answers: empty, well, at its worst, grown old, and silent; on two sizes.
//!
//! What was recorded is read from `worlds/`, which the tests of the lab write.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use ratatui::{buffer::Buffer, layout::Rect};
use tenantry::{
    config::{Keymap, Places, Theme},
    facts, findings,
    model::{Fault, FaultKind, Severity},
    store::Snapshot,
    tui::{
        app::{App, Memory},
        draw::draw,
        setup::{Hand, Setup},
        vocabulary,
    },
    views,
};

use super::{recording::Recording, support::tokens};

const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];
/// How long ago the fleet was last heard of in the state `stale`.
const OLD: SignedDuration = SignedDuration::from_mins(7);

pub fn setup() -> Setup {
    let places = Places::default();
    Setup {
        views: views::ALL,
        detail: views::detail,
        sources: views::sources::sources,
        theme: Theme::probe(),
        keymap: Keymap::load("default", &places, &vocabulary(views::ALL)).unwrap(),
        ascii: false,
        mouse: false,
        columns: BTreeMap::new(),
        themes: Vec::new(),
        hand: Hand::default(),
    }
}

fn refused() -> Fault {
    Fault::new(FaultKind::Unreachable, "Connection refused").hint("is it running?")
}

/// The states in which a fleet is found.
fn states() -> [(&'static str, Snapshot); 5] {
    let well = Recording::read(include_str!("worlds/well.json"));
    let worst = Recording::read(include_str!("worlds/worst.json"));
    let empty = well.silence();
    let mut stale = well.world();
    stale.taken = well.taken() + OLD;
    well.fail(&mut stale, &refused());
    let mut silent = well.silence();
    well.fail(&mut silent, &refused());
    for world in [&mut stale, &mut silent] {
        facts::derive(world);
        findings::judge(world);
    }
    [
        ("empty", empty),
        ("well", well.world()),
        ("worst", worst.world()),
        ("stale", stale),
        ("silent", silent),
    ]
}

fn frame(world: &Arc<Snapshot>, line: &str, size: (u16, u16), now: Timestamp) -> Buffer {
    let memory = Memory {
        last: Some(line.into()),
        ..Memory::default()
    };
    let app = App::new(setup(), Arc::clone(world), memory, now, size);
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    draw(&app, &mut buffer);
    buffer
}

#[test]
fn every_view_in_every_state_on_every_size() {
    for (state, world) in states() {
        let world = Arc::new(world);
        for view in views::ALL {
            for size in SIZES {
                let shown = tokens(&frame(&world, view.name(), size, world.taken));
                insta::assert_snapshot!(format!("{}_{state}_{}x{}", view.name(), size.0, size.1), shown);
            }
        }
    }
}

#[test]
fn what_has_grown_old_or_was_never_seen_is_never_shown_as_well() {
    for (state, world) in states() {
        if !["stale", "silent"].contains(&state) {
            continue;
        }
        for view in views::ALL.iter().filter(|view| view.name() != "findings") {
            let table = view.table(&world);
            for row in &table.rows {
                let told = row.fault.is_some() || row.severity >= Severity::Unseen;
                assert!(told, "{} {state}: {} looks well", view.name(), row.target);
            }
            let says = !table.rows.is_empty() || !table.unseen.is_empty();
            assert!(says, "{} {state} is empty and does not say why", view.name());
        }
    }
}

#[test]
fn nothing_is_said_to_be_none_before_anybody_was_asked() {
    let [(_, empty), ..] = states();
    for view in views::ALL {
        assert!(!view.table(&empty).complete, "{} claims to be complete", view.name());
    }
}
