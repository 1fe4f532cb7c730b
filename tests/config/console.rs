//! The console file, and what `config` tells of all files.

use std::time::Duration;

use tenantry::config::{self, ColorChoice, Vocabulary};

use crate::{desk::Desk, keymap::vocabulary, policy::OPERATIONS};

fn words() -> Vocabulary {
    let mut words = vocabulary();
    let tenants = words.views.get_mut("tenants").unwrap();
    tenants.columns = ["name", "size", "sessions"].map(str::to_owned).into();
    words
}

#[test]
fn without_a_file_everything_is_the_default() {
    let console = config::console(&Desk::new().places, &words()).unwrap();
    assert_eq!((console.theme.as_str(), console.keymap.as_str()), ("base16", "default"));
    assert_eq!(console.color, ColorChoice::Auto);
    assert!(!console.ascii && !console.mouse);
    assert_eq!(console.esc_timeout, Duration::from_millis(25));
}

#[test]
fn over_ssh_an_esc_waits_longer() {
    let mut desk = Desk::new();
    desk.places.env.insert("SSH_TTY".into(), "/dev/pts/1".into());
    let console = config::console(&desk.places, &words()).unwrap();
    assert_eq!(console.esc_timeout, Duration::from_millis(100));
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let mut desk = Desk::new();
    let file = "theme = \"mono\"\nascii = true\nesc_timeout_ms = 50\n[views.tenants]\ncolumns = [\"size\", \"name\"]\n";
    desk.write("console.toml", 0o600, file);
    let console = config::console(&desk.places, &words()).unwrap();
    assert_eq!((console.theme.as_str(), console.ascii), ("mono", true));
    assert_eq!(console.esc_timeout, Duration::from_millis(50));
    assert_eq!(console.columns["tenants"], ["size", "name"]);

    desk.places.env.insert("TENANTRY_THEME".into(), "base16".into());
    desk.places.env.insert("TENANTRY_ASCII".into(), "false".into());
    let console = config::console(&desk.places, &words()).unwrap();
    assert_eq!((console.theme.as_str(), console.ascii), ("base16", false));

    desk.places.flags.theme = Some("mono".into());
    desk.places.flags.ascii = true;
    let console = config::console(&desk.places, &words()).unwrap();
    assert_eq!((console.theme.as_str(), console.ascii), ("mono", true));
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let mut desk = Desk::new();
    let file = "theme = \"base61\"\nascii = \"yes\"\nmous = true\nesc_timeout_ms = 5000\n[views.tenant]\n\
                [views.tenants]\ncolumns = [\"nam\", \"size\", \"size\"]\nsort = \"x\"\n";
    desk.write("console.toml", 0o600, file);
    desk.places.env.insert("TENANTRY_MOUSE".into(), "maybe".into());
    desk.places.flags.keymap = Some("defualt".into());
    desk.places.flags.color = Some("some".into());
    let found = config::console(&desk.places, &words()).unwrap_err();
    assert_eq!(
        desk.told(&found),
        [
            "console.toml:1:9: there is no theme \"base61\"; did you mean \"base16\"?",
            "console.toml:2:9: \"ascii\" must be true or false, not a string",
            "console.toml:3:1: unknown key \"mous\" at the top level; did you mean \"mouse\"?",
            "console.toml:4:18: \"esc_timeout_ms\" must be between 0 and 1000",
            "console.toml:5:8: there is no view \"tenant\"; did you mean \"tenants\"?",
            "console.toml:7:12: tenants has no column \"nam\"; did you mean \"name\"?",
            "console.toml:7:27: \"size\" is named twice",
            "console.toml:8:1: unknown key \"sort\" in [views.tenants]; there are: columns",
            "command line: --color: a colour choice is auto, always, never, 16, 256 or truecolor, not \"some\"",
            "command line: --keymap: there is no keymap \"defualt\"; did you mean \"default\"?",
            "environment: TENANTRY_MOUSE: this must be true or false, not \"maybe\"",
        ]
    );
}

#[test]
fn each_value_is_shown_with_where_it_comes_from() {
    let mut desk = Desk::new();
    let fleet = "[fleet]\nname = \"x\"\n[[instances]]\nname = \"a\"\ndirect = { user = \"u\" }\n\
                 servers = [{ name = \"s\", host = \"127.0.0.1\" }]\n\
                 tenants = [{ model = \"database\", pattern = \"^(?<tenant>.+)$\" }]\n";
    desk.write("fleet.toml", 0o600, fleet);
    desk.write(
        "policy.toml",
        0o600,
        "[[rules]]\noperations = [\"revoke\"]\npersons = 2\n",
    );
    desk.places.flags.theme = Some("mono".into());
    desk.places.env.insert("TENANTRY_MOUSE".into(), "true".into());
    let shown = config::show(&desk.places, &words(), &OPERATIONS).unwrap();
    let prefix = format!("{}/", desk.places.directory.display());
    let line = |shown: &config::Shown| {
        let source = shown.source.to_string().replace(&prefix, "");
        format!("{} = {} ({source})", shown.key, shown.value)
    };
    let lines: Vec<String> = shown.iter().map(line).collect();
    for expected in [
        "theme = \"mono\" (--theme)",
        "mouse = true (TENANTRY_MOUSE)",
        "ascii = false (default)",
        "fleet.name = \"x\" (fleet.toml:2)",
        "fleet.environment = \"production\" (default)",
        "watch.max_connections = 256 (default)",
        "instances.a.database = \"postgres\" (default)",
        "instances.a.direct.user = \"u\" (fleet.toml:5)",
        "instances.a.servers.s.host = \"127.0.0.1\" (fleet.toml:6)",
        "instances.a.servers.s.port = 5432 (default)",
        "instances.a.servers.s.tls = \"disable\" (default)",
        "instances.a.tenants.1.pattern = \"^(?<tenant>.+)$\" (fleet.toml:7)",
        "policy.syslog = true (default)",
        "policy.approval.within = \"15m\" (default)",
        "policy.rules.1.operations = [\"revoke\"] (policy.toml:2)",
        "policy.rules.1.persons = 2 (policy.toml:3)",
        "policy.rules.1.allow = true (default)",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected} is not in {lines:#?}"
        );
    }
}

#[test]
fn the_example_works() {
    let desk = Desk::new();
    desk.write("fleet.toml", 0o600, config::init());
    let settings = config::load(&desk.places).unwrap();
    assert_eq!(settings.fleet.instances.len(), 1);
    assert_eq!(config::check(&desk.places, &words(), &OPERATIONS), Ok(()));
}

#[test]
fn every_comment_of_the_example_that_is_a_key_is_a_right_one() {
    let desk = Desk::new();
    let files = ["role-id", "secret-id", "operate-role-id", "operate-secret-id"];
    for secret in ["vault-ca.pem", "postgres-ca.pem"].into_iter().chain(files) {
        desk.write(secret, 0o600, "x");
    }
    // What stands for a choice is left out: the other ways to log in, a second way without Vault, and the
    // tenancy that excludes the others.
    let (text, _) = config::init()
        .split_once("# The whole instance for one tenant")
        .unwrap();
    let others = ["token_file", "userpass", "kubernetes", "direct = { service"];
    let key = |line: &&str| {
        let rest = line.trim_start().trim_start_matches("# ");
        rest.starts_with('[')
            || rest.starts_with('{')
            || rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
    };
    let lines = text
        .lines()
        .filter(|line| !others.iter().any(|other| line.contains(other)));
    let live = |line: &str| {
        if key(&line) {
            line.replacen("# ", "", 1)
        } else {
            line.to_owned()
        }
    };
    let text: Vec<String> = lines.map(live).collect();
    desk.write("fleet.toml", 0o600, &text.join("\n"));
    let settings = config::load(&desk.places).unwrap_or_else(|found| panic!("{found}\n{}", text.join("\n")));
    assert!(settings.vault.is_some_and(|vault| vault.operate.is_some()));
    assert!(settings.operate.contains_key("main"));
    assert_eq!(settings.fleet.instances[0].servers.len(), 2);
    assert_eq!(settings.fleet.instances[0].tenancies.len(), 3);
}

#[test]
fn a_check_reads_every_file_of_the_operator_and_the_policy() {
    let desk = Desk::new();
    desk.write("fleet.toml", 0o600, "[fleet]\n")
        .write("console.toml", 0o600, "x = 1\n")
        .write("policy.toml", 0o600, "rule = []\n");
    desk.write("themes/mine.toml", 0o600, "inherits = \"base16\"\ntxt = \"red\"\n");
    desk.write(
        "keymaps/mine.toml",
        0o600,
        "inherits = \"default\"\n[global]\n\"x\" = \"hlep\"\n",
    );
    let found = config::check(&desk.places, &words(), &OPERATIONS).unwrap_err();
    assert_eq!(
        desk.told(&found),
        [
            "console.toml:1:1: unknown key \"x\" at the top level; there are: ascii, color, esc_timeout_ms, keymap, \
             mouse, theme, views",
            "fleet.toml:1:1: \"instances\" is missing at the top level",
            "fleet.toml:1:1: \"name\" is missing in [fleet]",
            "keymaps/mine.toml:3:7: there is no action \"hlep\"; did you mean \"help\"?",
            "policy.toml:1:1: unknown key \"rule\" at the top level; did you mean \"rules\"?",
            "themes/mine.toml:2:1: there is no token \"txt\"; did you mean \"text\"?",
        ]
    );
}

#[test]
fn the_files_are_said_with_what_decided_on_them() {
    let mut desk = Desk::new();
    desk.write("console.toml", 0o600, "");
    desk.places.env.insert("TENANTRY_FLEET".into(), "/none.toml".into());
    let spots = config::path(&desk.places);
    let told: Vec<_> = spots.iter().map(|spot| (spot.what, spot.exists, spot.by)).collect();
    assert_eq!(told[0], ("fleet", false, "TENANTRY_FLEET"));
    assert_eq!(told[1], ("console", true, "default"));
    assert_eq!(told[4], ("policy", false, "fixed"));
}

#[test]
fn themes_and_keymaps_are_listed_with_those_of_the_operator() {
    let desk = Desk::new();
    desk.write("themes/mine.toml", 0o600, "about = \"My own\"\ninherits = \"base16\"\n");
    desk.write("themes/mono.toml", 0o600, "title = {}\n");
    let themes = config::themes(&desk.places).unwrap();
    let mine = themes.iter().find(|theme| theme.name == "mine").unwrap();
    assert_eq!((mine.about.as_str(), mine.built_in, mine.own), ("My own", false, true));
    let mono = themes.iter().find(|theme| theme.name == "mono").unwrap();
    assert!(mono.built_in && mono.own);
    assert!(
        config::keymaps(&desk.places)
            .unwrap()
            .iter()
            .any(|keymap| keymap.name == "default")
    );
}
