//! No size of the terminal and no key makes the screen fail.

use tenantry::tui::update::Msg;

use super::support::{Console, some_tenants, tenant, world};

/// Keys that open every layer there is.
const LAYERS: [&str; 9] = ["", "enter", "?", "s", ",", ":", "/", "q", "ctrl-p"];

#[test]
fn every_size_is_drawn_in_every_state() {
    for keys in LAYERS {
        let mut console = Console::sized(world(some_tenants()), 80, 24);
        if !keys.is_empty() {
            console.press(keys);
        }
        for width in (1..=200).step_by(17).chain([59, 60, 61, 80]) {
            for height in (1..=60).step_by(6).chain([14, 15, 24]) {
                console.tell(Msg::Resized(width, height)).buffer();
            }
        }
    }
}

#[test]
fn every_small_size_is_drawn() {
    let mut console = Console::sized(world(some_tenants()), 80, 24);
    for width in 1..=70 {
        for height in 1..=20 {
            console.tell(Msg::Resized(width, height)).buffer();
        }
    }
    console
        .tell(Msg::Resized(59, 24))
        .sees("too small")
        .sees("60x15 is wanted")
        .sees("59x24 is there");
}

mod whatever_is_typed {
    use proptest::prelude::*;

    use super::*;

    const KEYS: [&str; 40] = [
        "up",
        "down",
        "left",
        "right",
        "pgup",
        "pgdn",
        "home",
        "end",
        "enter",
        "esc",
        "tab",
        "shift-tab",
        "backspace",
        "space",
        "ctrl-u",
        "ctrl-w",
        "ctrl-k",
        "ctrl-d",
        "ctrl-p",
        "f1",
        "/",
        ":",
        "?",
        "g",
        "t",
        "r",
        "s",
        "S",
        ",",
        "w",
        "e",
        "V",
        "*",
        "u",
        "[",
        "]",
        "-",
        "n",
        "z",
        "x",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn the_screen_holds(
            keys in prop::collection::vec(prop::sample::select(&KEYS[..]), 1..60),
            width in 1_u16..200,
            height in 1_u16..60,
            rows in 0_usize..80,
        ) {
            let tenants = (0..rows).map(|n| tenant(&format!("tenant-{n}"))).collect();
            let mut console = Console::sized(world(tenants), width, height);
            for key in keys {
                console.press(key);
                console.buffer();
            }
        }
    }
}
