//! Keymaps: what keys mean where, files over files, and what each mistake is told as.

use std::fs;

use tenantry::config::{self, ACTIONS, Action, Chord, Found, Keymap, Places, ViewWords, Vocabulary, written};

use crate::desk::Desk;

const SHIPPED: [&str; 3] = ["default", "vim", "emacs"];
const TABLE: [&str; 3] = ["view.tenants", "table", "global"];
const CONTEXTS: [&[&str]; 6] = [
    &TABLE,
    &["view.findings", "table", "global"],
    &["view.sessions", "table", "global"],
    &["detail", "global"],
    &["prompt"],
    &["picker"],
];

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
    let mut words = Vocabulary {
        views: names.map(view).into(),
        commands: [("theme".to_owned(), "choose a theme".to_owned())].into(),
    };
    words.views.get_mut("tenants").unwrap().aliases = vec!["tn".to_owned()];
    words
}

fn keys(written: &str) -> Vec<Chord> {
    written.split(' ').map(|chord| chord.parse().unwrap()).collect()
}

fn shipped(name: &str) -> Keymap {
    Keymap::load(name, &Places::default(), &vocabulary()).unwrap_or_else(|found| panic!("{found}"))
}

/// The default with these lines of the operator over it.
fn over_default(text: &str) -> Result<Keymap, Vec<String>> {
    let desk = Desk::new();
    desk.write("keymaps/default.toml", 0o600, text);
    Keymap::load("default", &desk.places, &vocabulary()).map_err(|found| desk.told(&found))
}

fn action<'a>(keymap: &'a Keymap, context: &[&str], written: &str) -> Option<&'a Action> {
    match keymap.lookup(context, &keys(written)) {
        Found::Action(action) => Some(action),
        Found::Prefix(_) | Found::None => None,
    }
}

#[test]
fn a_sequence_is_a_prefix_until_it_means_something() {
    let keymap = shipped("default");
    assert_eq!(action(&keymap, &TABLE, "j"), Some(&Action::Down));
    assert_eq!(action(&keymap, &TABLE, "g t"), Some(&Action::Run("tenants".into())));
    assert_eq!(keymap.lookup(&TABLE, &keys("o")), Found::None);
    assert_eq!(keymap.lookup(&TABLE, &keys("g y")), Found::None);
    assert_eq!(keymap.lookup(&TABLE, &keys("j j")), Found::None);
    let Found::Prefix(next) = keymap.lookup(&TABLE, &keys("g")) else {
        panic!("g begins a sequence")
    };
    assert!(next.contains(&("t".parse().unwrap(), "all tenants")));
    assert!(next.contains(&("g".parse().unwrap(), "to the first")));
}

#[test]
fn the_shipped_keymaps_name_nothing_that_is_unknown() {
    // A built-in file may name views that a vocabulary leaves out. Read as the operator's own, it may not.
    let desk = Desk::new();
    for name in SHIPPED {
        let text = fs::read_to_string(format!("{}/keymaps/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        desk.write(&format!("keymaps/{name}.toml"), 0o600, &text);
        Keymap::load(name, &desk.places, &vocabulary()).unwrap_or_else(|found| panic!("{found}"));
    }
    let known: Vec<String> = config::keymaps(&Places::default())
        .unwrap()
        .into_iter()
        .map(|k| k.name)
        .collect();
    assert_eq!(known, SHIPPED);
}

#[test]
fn every_action_has_a_key_in_every_shipped_keymap() {
    for name in SHIPPED {
        let keymap = shipped(name);
        for (action, word, _) in &ACTIONS {
            let bound = CONTEXTS
                .iter()
                .any(|context| keymap.keys_for(context, action).is_some());
            let unbound = name == "emacs" && word.starts_with("half-page");
            assert!(bound || unbound, "{name}: {word}");
        }
    }
}

#[test]
fn everything_can_be_reached_without_ctrl_and_alt() {
    // Each of these only shortens what plain keys do: a page, and rubbing out or moving by one character.
    let shortcuts = [
        Action::HalfPageUp,
        Action::HalfPageDown,
        Action::WordLeft,
        Action::WordRight,
        Action::EraseWord,
        Action::EraseLine,
        Action::EraseRest,
        // `:q` leaves at once, and `q` from the first page.
        Action::Leave,
    ];
    for name in SHIPPED {
        let keymap = shipped(name);
        for context in CONTEXTS {
            for binding in keymap.bindings(context) {
                let action = binding.action.as_ref().unwrap();
                let shown = keymap.keys_for(context, action).unwrap();
                let plain = shown.iter().all(|chord| chord.is_plain());
                assert!(
                    plain || shortcuts.contains(action),
                    "{name}: {} needs {}",
                    action.word(),
                    written(shown)
                );
            }
        }
    }
}

#[test]
fn the_default_leaves_keys_alone_that_terminals_and_multiplexers_take() {
    let keymap = shipped("default");
    let taken = [
        "ctrl-a",
        "ctrl-b",
        "ctrl-space",
        "ctrl-s",
        "ctrl-q",
        "ctrl-h",
        "ctrl-i",
        "ctrl-m",
    ]
    .map(|chord| chord.parse::<Chord>().unwrap());
    for (section, bindings) in keymap.sections() {
        for binding in bindings {
            let bad = binding.keys.iter().find(|chord| taken.contains(chord));
            assert_eq!(bad, None, "[{section}] {}", written(&binding.keys));
        }
    }
}

#[test]
fn no_view_takes_a_key_away_by_accident() {
    // What a view or the table binds hides what a wider section binds. Nothing that ships does.
    for name in SHIPPED {
        let keymap = shipped(name);
        for context in CONTEXTS {
            for (n, section) in context.iter().enumerate() {
                for wider in &context[n + 1..] {
                    let of = |wanted: &str| keymap.sections().find(|(known, _)| *known == wanted).map(|(_, b)| b);
                    for binding in of(section).into_iter().flatten() {
                        let hides = of(wider).into_iter().flatten().any(|b| {
                            b.action.is_some()
                                && (b.keys.starts_with(&binding.keys) || binding.keys.starts_with(&b.keys))
                        });
                        let told = format!("{name} [{section}] {}", written(&binding.keys));
                        assert!(!hides, "{told} hides a key of [{wider}]");
                    }
                }
            }
        }
    }
}

#[test]
fn an_overlay_binds_unbinds_and_describes() {
    let text = "[global]\n\"x\" = \"help\"\n\"g t\" = { run = \":tenants /lag>5s\", desc = \"Late ones\" }\n\
                \"ctrl-d\" = \"none\"\n\"9\" = \"view:tn\"\n";
    let keymap = over_default(text).unwrap();
    assert_eq!(action(&keymap, &TABLE, "x"), Some(&Action::Help));
    assert_eq!(
        action(&keymap, &TABLE, "g t"),
        Some(&Action::Run("tenants /lag>5s".into()))
    );
    assert_eq!(action(&keymap, &TABLE, "9"), Some(&Action::Run("tn".into())));
    assert_eq!(keymap.lookup(&TABLE, &keys("ctrl-d")), Found::None);
    let bindings = keymap.bindings(&TABLE);
    assert!(bindings.iter().any(|binding| binding.about == "Late ones"));
    assert!(!bindings.iter().any(|binding| binding.keys == keys("ctrl-d")));
    // The default's other bindings stay.
    assert_eq!(action(&keymap, &TABLE, "?"), Some(&Action::Help));
}

#[test]
fn what_an_overlay_binds_displaces_what_could_not_be_typed_beside_it() {
    let keymap = over_default("[global]\n\"g\" = \"top\"\n\"j k\" = \"back\"\n").unwrap();
    assert_eq!(action(&keymap, &TABLE, "g"), Some(&Action::Top));
    assert_eq!(keymap.lookup(&TABLE, &keys("g t")), Found::None);
    assert_eq!(action(&keymap, &TABLE, "j k"), Some(&Action::Back));
    assert!(matches!(keymap.lookup(&TABLE, &keys("j")), Found::Prefix(_)));
}

#[test]
fn a_view_may_take_away_what_a_wider_section_means() {
    let text = "[view.tenants]\n\"j\" = \"none\"\n\"g t\" = \"none\"\n\"g y\" = \"help\"\n\"d\" = \"wide\"\n";
    let keymap = over_default(text).unwrap();
    assert_eq!(keymap.lookup(&TABLE, &keys("j")), Found::None);
    assert_eq!(keymap.lookup(&TABLE, &keys("g t")), Found::None);
    assert_eq!(action(&keymap, &TABLE, "d"), Some(&Action::Wide));
    // Keys that follow come from every section.
    let Found::Prefix(next) = keymap.lookup(&TABLE, &keys("g")) else {
        panic!("g begins a sequence")
    };
    let next: Vec<String> = next.iter().map(|(chord, _)| chord.to_string()).collect();
    assert!(
        next.contains(&"y".to_owned()) && next.contains(&"r".to_owned()),
        "{next:?}"
    );
    assert!(!next.contains(&"t".to_owned()), "{next:?}");
    // Elsewhere nothing changed.
    let elsewhere = ["view.fleet", "table", "global"];
    assert_eq!(action(&keymap, &elsewhere, "j"), Some(&Action::Down));
    assert_eq!(action(&keymap, &elsewhere, "g t"), Some(&Action::Run("tenants".into())));
}

#[test]
fn every_binding_that_is_listed_does_what_it_says() {
    for name in SHIPPED {
        let keymap = shipped(name);
        for context in CONTEXTS {
            for binding in keymap.bindings(context) {
                let found = keymap.lookup(context, &binding.keys);
                assert_eq!(found, Found::Action(binding.action.as_ref().unwrap()));
                assert!(!binding.about.is_empty(), "{name}: {}", written(&binding.keys));
            }
        }
    }
}

#[test]
fn the_keys_that_are_shown_are_plain_where_there_are_plain_ones() {
    let keymap = over_default("[table]\n\"ctrl-r\" = \"wide\"\n").unwrap();
    let shown = |action: &Action| keymap.keys_for(&TABLE, action).map(written);
    assert_eq!(shown(&Action::Wide), Some("w".into()));
    assert_eq!(shown(&Action::Palette), Some("p".into()));
    assert_eq!(shown(&Action::Run("replicas".into())), Some("g r".into()));
    assert_eq!(shown(&Action::Run("nothing".into())), None);
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let text = "about = 1\n[globl]\n[view.tenant]\n[table]\n\"ecs\" = \"back\"\n\"ctrl-i\" = \"open\"\n\" \" = \"open\"\n\
                \"a\" = \"hlep\"\n\"b\" = 1\n\"c\" = { run = \"help\", dsc = \"x\" }\n\"e\" = { desc = \"x\" }\n\
                \"f\" = \":tenant\"\n\"h\" = \"view:tenant\"\n\"ctrl-P\" = \"up\"\n\"ctrl-p\" = \"down\"\n\
                \"x\" = \"up\"\n\"x y\" = \"down\"\n\"z 1\" = \"up\"\n\"z\" = \"up\"\n[detail]\n\"x y\" = \"up\"\n";
    assert_eq!(
        over_default(text).unwrap_err(),
        [
            "keymaps/default.toml:1:9: \"about\" must be a string, not a whole number",
            "keymaps/default.toml:2:2: there is no section [globl]; did you mean \"global\"?",
            "keymaps/default.toml:3:7: there is no view \"tenant\"; did you mean \"tenants\"?",
            "keymaps/default.toml:5:1: there is no key \"ecs\"; did you mean \"esc\"?",
            "keymaps/default.toml:6:1: a terminal sends ctrl-i as tab; write \"tab\"",
            "keymaps/default.toml:7:1: a binding needs a key",
            "keymaps/default.toml:8:7: there is no action \"hlep\"; did you mean \"help\"?",
            "keymaps/default.toml:9:7: a key means an action, which is a string, not a whole number",
            "keymaps/default.toml:10:23: unknown key \"dsc\"; did you mean \"desc\"?",
            "keymaps/default.toml:11:7: \"run\" is missing",
            "keymaps/default.toml:12:7: there is no view or command \"tenant\"; did you mean \"tenants\"?",
            "keymaps/default.toml:13:7: there is no view or command \"tenant\"; did you mean \"tenants\"?",
            "keymaps/default.toml:15:1: \"ctrl-p\" is bound already, in line 14",
            "keymaps/default.toml:17:1: \"x y\" can never be typed, because \"x\" is bound in line 16",
            "keymaps/default.toml:19:1: \"z\" is the beginning of \"z 1\" in line 18, which could never be typed",
        ]
    );
}

#[test]
fn a_keymap_that_does_not_exist_is_told_with_the_nearest() {
    let desk = Desk::new();
    let found = Keymap::load("vmi", &desk.places, &vocabulary()).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["keymaps: there is no keymap \"vmi\"; did you mean \"vim\"?"]
    );
}

#[test]
fn the_listing_tells_section_keys_action_and_words() {
    let keymap = over_default("[view.tenants]\n\"j\" = \"none\"\n").unwrap();
    let lines = config::keys(&keymap);
    let line = |section: &str, keys: &str| {
        lines
            .iter()
            .find(|line| line.section == section && line.keys == keys)
            .unwrap()
    };
    assert_eq!(line("global", "g t").action, ":tenants");
    assert_eq!(line("global", "g t").about, "all tenants");
    assert_eq!(line("table", "space").action, "mark");
    assert_eq!(line("view.tenants", "j").action, "none");
}
