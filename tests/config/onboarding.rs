//! `[onboarding]` of the fleet file: what it becomes, and what each mistake in it is told as.

use jiff::SignedDuration;
use tenantry::{
    config::{self, Mistakes, Shown, Vocabulary},
    model::{Bytes, Fleet, Isolation, Onboarding},
};

use crate::{
    desk::Desk,
    fleet::{HOST, WHOLE, assert_told, mistakes, small},
};

const VAULT: &str = "[vault]\naddress = \"https://v.example\"\nauth = { method = \"token_file\", path = \"secret\" }";

const TIER: &str = "connections = 1\nstatement_timeout = \"30s\"\nidle_in_transaction_session_timeout = \"1m\"\n\
                    temp_file_limit = \"1GB\"\nwork_mem = \"8MB\"";

/// A fleet in which `lines` stand in `[onboarding]` from line 14 on, below its `admin_role`.
fn with(lines: &str) -> String {
    let about = format!("[onboarding]\nadmin_role = \"admin\"\n{lines}");
    small("", "", HOST, &about).replacen("[fleet]", &format!("{VAULT}\n[fleet]"), 1)
}

/// A fleet with one tier, whose lines begin at line 15.
fn tier(lines: &str) -> String {
    with(&format!("[onboarding.tiers.small]\n{lines}"))
}

fn fleet(text: &str) -> Fleet {
    let desk = Desk::new();
    desk.write("secret", 0o600, "x").write("fleet.toml", 0o600, text);
    config::load(&desk.places).unwrap().fleet
}

fn shown(text: &str) -> Result<Vec<Shown>, Mistakes> {
    let desk = Desk::new();
    desk.write("secret", 0o600, "x").write("fleet.toml", 0o600, text);
    config::show(&desk.places, &Vocabulary::default(), &[])
}

#[test]
fn what_is_written_is_what_the_fleet_knows() {
    let onboarding = fleet(WHOLE).onboarding.expect("it is in the file");
    assert_eq!(
        (
            onboarding.model,
            onboarding.tier.as_deref(),
            onboarding.admin_role.as_str()
        ),
        (Isolation::Database, Some("standard"), "tenant_admin")
    );
    assert_eq!(onboarding.connect_role.as_deref(), Some("tenant_connect"));
    assert_eq!(
        (onboarding.lease, onboarding.max_lease),
        (SignedDuration::from_mins(30), SignedDuration::from_hours(12))
    );
    assert_eq!(onboarding.tiers.keys().collect::<Vec<_>>(), ["standard"]);
    let tier = &onboarding.tiers["standard"];
    assert_eq!(tier.connections, 20);
    assert_eq!(
        (tier.statement_timeout, tier.idle_in_transaction_session_timeout),
        (SignedDuration::from_secs(30), SignedDuration::from_secs(60))
    );
    assert_eq!((tier.temp_file_limit, tier.work_mem), (Bytes(1 << 30), Bytes(8 << 20)));
    let json = serde_json::to_string(&onboarding).unwrap();
    assert_eq!(serde_json::from_str::<Onboarding>(&json).unwrap(), onboarding);
}

#[test]
fn what_is_left_out_is_stood_in_for() {
    let onboarding = fleet(&tier(TIER)).onboarding.expect("it is in the file");
    assert_eq!((onboarding.model, onboarding.tier), (Isolation::Schema, None));
    assert_eq!(onboarding.connect_role, None);
    let hours = [onboarding.lease, onboarding.max_lease].map(|span| span.as_hours());
    assert_eq!(hours, [1, 24]);
}

#[test]
fn a_fleet_that_brings_nobody_in_is_written_as_before() {
    let fleet = fleet(&small("", "", HOST, ""));
    assert_eq!(fleet.onboarding, None);
    assert!(serde_json::to_value(&fleet).unwrap().get("onboarding").is_none());
}

#[test]
fn the_example_of_it_is_right_too() {
    let (above, example) = config::init()
        .split_once("# [onboarding]\n")
        .expect("it is in the example");
    let whole: String = example
        .lines()
        .map(|line| line.strip_prefix("# ").expect("all of it is commented"))
        .filter(|line| !line.contains("What each login"))
        .map(|line| format!("{line}\n"))
        .collect();
    let onboarding = fleet(&format!("{above}\n{VAULT}\n[onboarding]\n{whole}")).onboarding;
    let onboarding = onboarding.expect("it is in the file");
    assert_eq!(onboarding.tier.as_deref(), Some("standard"));
    assert_eq!(onboarding.tiers["standard"].connections, 20);
}

#[test]
fn every_value_of_it_is_shown_tiers_too() {
    let text = tier(TIER);
    let all = shown(&text).unwrap();
    let of: Vec<(&str, String, bool)> = all
        .iter()
        .filter(|shown| shown.key.starts_with("onboarding."))
        .map(|shown| {
            let written = shown.source.to_string().contains("fleet.toml");
            (shown.key.as_str(), shown.value.to_string(), written)
        })
        .collect();
    let expected = [
        ("onboarding.admin_role", "\"admin\"", true),
        ("onboarding.lease", "\"1h\"", false),
        ("onboarding.max_lease", "\"24h\"", false),
        ("onboarding.model", "\"schema\"", false),
        ("onboarding.tiers.small.connections", "1", true),
        (
            "onboarding.tiers.small.idle_in_transaction_session_timeout",
            "\"1m\"",
            true,
        ),
        ("onboarding.tiers.small.statement_timeout", "\"30s\"", true),
        ("onboarding.tiers.small.temp_file_limit", "\"1GB\"", true),
        ("onboarding.tiers.small.work_mem", "\"8MB\"", true),
    ];
    let expected = expected.map(|(key, value, written)| (key, value.to_owned(), written));
    assert_eq!(of, expected);
}

#[test]
fn tiers_that_are_not_there_are_told() {
    let unnamed = "is no name; use lower-case letters, digits, `_`, `.` and `-`, beginning with a letter or digit";
    let big = format!("fleet.toml:14:19: \"Big\" {unnamed}");
    let two = format!("[onboarding.tiers.small]\n{TIER}\n[onboarding.tiers.large]\n{TIER}");
    assert_told(&[
        (with(""), "fleet.toml:12:1: \"tiers\" is missing in [onboarding]"),
        (
            with("tiers = {}"),
            "fleet.toml:14:9: [onboarding] needs at least one tier, such as [onboarding.tiers.standard]",
        ),
        (
            with("tiers = 1"),
            "fleet.toml:14:9: \"tiers\" must be a table, not a whole number",
        ),
        (
            with(&format!("tier = \"smal\"\n{two}")),
            "fleet.toml:14:8: there is no tier \"smal\" in [onboarding.tiers]; did you mean \"small\"?",
        ),
        (
            with(&format!("tier = \"gold\"\n{two}")),
            "fleet.toml:14:8: there is no tier \"gold\" in [onboarding.tiers]; there are: large, small",
        ),
        (with(&format!("[onboarding.tiers.Big]\n{TIER}")), &big),
        (
            tier("connections = 1"),
            "fleet.toml:14:1: \"work_mem\" is missing in [onboarding.tiers.small]",
        ),
    ]);
    assert_eq!(mistakes(&with(&format!("tier = \"small\"\n{two}"))), [""; 0]);
}

#[test]
fn roles_that_could_not_be_are_told_with_the_remedy() {
    let no_vault = small(
        "",
        "",
        HOST,
        &format!("[onboarding]\nadmin_role = \"a\"\n[onboarding.tiers.s]\n{TIER}"),
    );
    let long = "r".repeat(64);
    let none = "this names no role; write the name of one without login, at most 63 bytes";
    let (admin, connect) = (format!("fleet.toml:13:14: {none}"), format!("fleet.toml:14:16: {none}"));
    assert_told(&[
        (
            no_vault,
            "fleet.toml:9:1: [onboarding] needs a [vault]: credentials of new tenants come from it",
        ),
        (tier(TIER).replace("\"admin\"", "\" \""), &admin),
        (tier(TIER).replace("\"admin\"", &format!("{long:?}")), &admin),
        (with("connect_role = \"\""), &connect),
        (with("connect_role = \"\\u0000\""), &connect),
        (
            with("connect_role = \"admin\""),
            "fleet.toml:14:16: `connect_role` is another role than `admin_role`; leave it out, or name one of its own",
        ),
    ]);
}

#[test]
fn a_lease_that_could_not_be_given_is_told() {
    let span = |place: &str, text: &str| {
        format!(
            "fleet.toml:{place}: {text:?} is no span of whole seconds up to 2147483647; write one such as \"1h\" or \
             \"24h\""
        )
    };
    let longer = |place: &str, lease: &str, most: &str| {
        format!(
            "fleet.toml:{place}: `lease`, {lease}, is longer than `max_lease`, {most}; shorten the one or lengthen the \
             other"
        )
    };
    assert_told(&[
        (with("lease = \"soon\""), &span("14:9", "soon")),
        (with("max_lease = \"0s\""), &span("14:13", "0s")),
        (with("lease = \"500ms\""), &span("14:9", "500ms")),
        (with("max_lease = \"100 years\""), &span("14:13", "100 years")),
        (
            with("lease = \"2h\"\nmax_lease = \"90m\""),
            &longer("14:9", "2h", "1h 30m"),
        ),
        (with("lease = \"25h\""), &longer("14:9", "25h", "24h")),
        (with("max_lease = \"30m\""), &longer("14:13", "1h", "30m")),
    ]);
    let same = format!("lease = \"2h\"\nmax_lease = \"2h\"\n[onboarding.tiers.s]\n{TIER}");
    assert_eq!(mistakes(&with(&same)), [""; 0]);
}

#[test]
fn a_bound_that_is_none_is_told() {
    let line = |line: &str| tier(line);
    let span = |column: usize, text: &str| {
        format!(
            "fleet.toml:15:{column}: {text:?} is no span of whole milliseconds up to 2147483647; write one such as \
             \"30s\" or \"5m\""
        )
    };
    let size = |column: usize, text: &str, least: &str| {
        format!(
            "fleet.toml:15:{column}: {text:?} is no size {least}up to 2.0 TB; write a whole number and kB, MB, GB or TB, \
             such as \"64MB\""
        )
    };
    let idle = "idle_in_transaction_session_timeout";
    assert_told(&[
        (
            line("connections = 0"),
            "fleet.toml:15:15: \"connections\" must be between 1 and 262143",
        ),
        (line("statement_timeout = \"30\""), &span(21, "30")),
        (line("statement_timeout = \"0s\""), &span(21, "0s")),
        (line("statement_timeout = \"100us\""), &span(21, "100us")),
        (line("statement_timeout = \"25d\""), &span(21, "25d")),
        (line(&format!("{idle} = \"-1s\"")), &span(39, "-1s")),
        (line("temp_file_limit = \"1gb\""), &size(19, "1gb", "")),
        (line("temp_file_limit = \"0kB\""), &size(19, "0kB", "")),
        (line("temp_file_limit = \"2TB\""), &size(19, "2TB", "")),
        (line("work_mem = \"63kB\""), &size(12, "63kB", "from 64 kB ")),
        (line("work_mem = \"8M\""), &size(12, "8M", "from 64 kB ")),
        (
            line("work_mem = 8"),
            "fleet.toml:15:12: \"work_mem\" must be a string, not a whole number",
        ),
        (
            line("workmem = \"8MB\""),
            "fleet.toml:15:1: unknown key \"workmem\" in [onboarding.tiers.small]; did you mean \"work_mem\"?",
        ),
    ]);
    let bounds = TIER
        .replace("30s", "2147483647ms")
        .replace("1GB", "2147483647kB")
        .replace("8MB", "64kB");
    assert_eq!(mistakes(&tier(&bounds)), [""; 0]);
}
