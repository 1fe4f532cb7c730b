//! Keymaps.

use tenantry::config::{Action, Chord, Found, Keymap, ViewWords, Vocabulary};

use crate::desk::Desk;

/// The views of the console, as far as keymaps name them.
pub fn vocabulary() -> Vocabulary {
    let names = [
        "fleet",
        "tenants",
        "instances",
        "replicas",
        "credentials",
        "policies",
        "sessions",
        "findings",
    ];
    let view = |name: &str| {
        let about = format!("all {name}");
        (
            name.to_owned(),
            ViewWords {
                about,
                ..ViewWords::default()
            },
        )
    };
    Vocabulary {
        views: names.map(view).into(),
        commands: [("theme".to_owned(), "choose a theme".to_owned())].into(),
    }
}

fn keys(written: &str) -> Vec<Chord> {
    written.split(' ').map(|chord| chord.parse().unwrap()).collect()
}

const TABLE: [&str; 3] = ["view.tenants", "table", "global"];

#[test]
fn a_sequence_is_a_prefix_until_it_means_something() {
    let keymap = Keymap::load("default", &Desk::new().places, &vocabulary()).unwrap();
    assert_eq!(keymap.lookup(&TABLE, &keys("j")), Found::Action(&Action::Down));
    assert_eq!(
        keymap.lookup(&TABLE, &keys("g t")),
        Found::Action(&Action::Run("tenants".into()))
    );
    assert_eq!(keymap.lookup(&TABLE, &keys("x")), Found::None);
    let Found::Prefix(next) = keymap.lookup(&TABLE, &keys("g")) else {
        panic!("g begins a sequence")
    };
    assert!(next.contains(&("t".parse().unwrap(), "all tenants")));
}
