//! The policy file: who may do what, and what each mistake in it is told as.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use proptest::prelude::*;
use tenantry::{
    config::{self, Asked, Denied, Mistakes, Origin, Places, Policy, Verdict},
    model::Environment::{self, Development, Lab, Production, Staging},
};

use crate::desk::Desk;

/// What can be done in these tests.
pub const OPERATIONS: [&str; 4] = ["end-sessions", "end-transactions", "resume-replay", "revoke"];

const WHOLE: &str = r#"
runs = "/var/lib/tenantry/runs"
syslog = false

[approval]
within = "1h 30m"

[[rules]]
operations = ["revoke"]
environments = ["development", "lab"]

[[rules]]
operations = ["revoke", "end-*"]
environments = ["production"]
users = ["ada"]
groups = ["dba"]
targets = 20
persons = 2
cap = 5

[[rules]]
operations = ["resume-replay"]
allow = false
"#;

fn read(desk: &Desk, text: &str) -> Result<Policy, Mistakes> {
    desk.write("policy.toml", 0o644, text);
    config::policy(&desk.places, &OPERATIONS)
}

fn policy(text: &str) -> Policy {
    read(&Desk::new(), text).unwrap()
}

fn mistakes(text: &str) -> Vec<String> {
    let desk = Desk::new();
    read(&desk, text).map_or_else(|found| desk.told(&found), |_| Vec::new())
}

fn asked(operation: &str, environment: Environment) -> Asked<'_> {
    Asked {
        operation,
        environment,
        targets: 1,
        user: "ada",
        groups: &[],
        today: 0,
    }
}

/// The line of the rule that decides, from 1; none where the default does.
fn line(policy: &Policy, operation: &str, environment: Environment) -> Option<usize> {
    match policy.rule(operation, environment).source {
        Origin::File(_, line) => Some(line),
        _ => None,
    }
}

#[test]
fn without_a_file_everybody_may_do_everything_alone() {
    let mut desk = Desk::new();
    let alone = Verdict {
        persons: 1,
        within: SignedDuration::from_mins(15),
    };
    for file in [desk.path("policy.toml"), desk.path("none/policy.toml"), PathBuf::new()] {
        desk.places.policy = file;
        let policy = config::policy(&desk.places, &OPERATIONS).unwrap();
        assert_eq!(policy, Policy::default());
        assert_eq!(policy.rule("revoke", Production).source.to_string(), "default");
        let many = Asked {
            targets: 10_000,
            today: 10_000,
            ..asked("revoke", Production)
        };
        assert_eq!(policy.judge(&many), Ok(alone));
    }
    assert_eq!(policy(""), Policy::default());
    assert_eq!(policy("rules = []"), Policy::default());
}

#[test]
fn what_goes_before_data_is_taken_away_is_two_spans() {
    let days = |days: i64| SignedDuration::from_hours(days * 24);
    let both = |text: &str| (policy(text).purge.wait, policy(text).purge.keep);
    assert_eq!(both(""), (days(7), days(30)));
    assert_eq!(both("[purge]\nwait = \"14d\""), (days(14), days(30)));
    assert_eq!(both("[purge]\nkeep = \"90d\""), (days(7), days(90)));
    for key in ["wait", "keep"] {
        let told = "policy.toml:2:8: \"soon\" is no span; write one such as \"12h\" or \"30d\"";
        assert_eq!(mistakes(&format!("[purge]\n{key} = \"soon\"")), [told]);
    }
}

#[test]
fn how_long_rows_are_kept_is_a_span() {
    assert_eq!(policy("").keep, SignedDuration::from_hours(30 * 24));
    assert_eq!(policy("[rows]\nkeep = \"12h\"").keep, SignedDuration::from_hours(12));
    for wrong in ["soon", "0d", "-1d"] {
        let told = format!("policy.toml:2:8: {wrong:?} is no span; write one such as \"12h\" or \"30d\"");
        assert_eq!(mistakes(&format!("[rows]\nkeep = {wrong:?}")), [told]);
    }
}

#[test]
fn a_whole_file_becomes_a_policy() {
    let policy = policy(WHOLE);
    assert!(!policy.syslog);
    assert_eq!(policy.within, SignedDuration::from_mins(90));
    let rule = policy.rule("end-sessions", Production);
    assert!(rule.allow);
    assert_eq!(
        (&rule.users[..], &rule.groups[..]),
        (&["ada".into()][..], &["dba".into()][..])
    );
    assert_eq!((rule.targets, rule.persons, rule.cap), (Some(20), 2, Some(5)));
}

#[test]
fn the_first_rule_that_matches_decides() {
    let whole = policy(WHOLE);
    for (operation, environment, expected) in [
        ("revoke", Development, Some(8)),
        ("revoke", Lab, Some(8)),
        ("revoke", Production, Some(12)),
        ("revoke", Staging, None),
        ("end-sessions", Production, Some(12)),
        ("end-transactions", Production, Some(12)),
        ("end-sessions", Lab, None),
        ("resume-replay", Production, Some(21)),
        ("resume-replay", Lab, Some(21)),
    ] {
        assert_eq!(
            line(&whole, operation, environment),
            expected,
            "{operation} in {}",
            environment.word()
        );
    }
    let every = policy("[[rules]]\noperations = [\"revoke\"]\n[[rules]]\noperations = [\"*\"]\ncap = 1\n");
    assert_eq!(line(&every, "revoke", Lab), Some(1));
    assert_eq!(line(&every, "resume-replay", Lab), Some(3));
}

#[test]
fn a_verdict_names_the_rule_by_file_and_line() {
    let desk = Desk::new();
    let policy = read(&desk, WHOLE).unwrap();
    let file = desk.path("policy.toml");
    let two = Verdict {
        persons: 2,
        within: SignedDuration::from_mins(90),
    };
    assert_eq!(policy.judge(&asked("revoke", Production)), Ok(two));
    let bob = Asked {
        user: "bob",
        ..asked("revoke", Production)
    };
    let denied = Denied {
        why: format!(
            "the rule at {}:12 does not let bob run revoke in production",
            file.display()
        ),
        hint: Some("ask ada or a member of dba".into()),
    };
    assert_eq!(policy.judge(&bob), Err(denied));
    let member = Asked {
        groups: &["staff".into(), "dba".into()],
        ..bob
    };
    assert_eq!(policy.judge(&member), Ok(two));
}

#[test]
fn runs_are_kept_where_the_policy_says() {
    let mut desk = Desk::new();
    desk.places.state = Some("/home/op/state".into());
    let own = read(&desk, "").unwrap().runs(&desk.places);
    assert_eq!(own.as_deref(), Some(Path::new("/home/op/state/runs")));
    let shared = read(&desk, WHOLE).unwrap();
    let expected = Some(PathBuf::from("/var/lib/tenantry/runs"));
    assert_eq!(shared.runs(&desk.places), expected);
    assert_eq!(shared.runs(&Places::default()), expected);
}

#[test]
fn nothing_that_a_user_sets_moves_the_policy() {
    let process = Places::of_process(config::Flags::default());
    assert_eq!(process.policy, Path::new("/etc/tenantry/policy.toml"));
    assert!(!process.env.keys().any(|name| name.contains("POLICY")));
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = r#"runs = "runs"
syslog = "yes"
rule = []

[approval]
within = "soon"
for = "1h"

[[rules]]
operations = ["revok", "end-sesions*", "*-replay", 7]
environments = ["prod"]
user = ["ada"]
groups = ["dba, ops", "dba", "dba"]
targets = 0
persons = 3
cap = "5"
"#;
    let expected = [
        "policy.toml:1:8: \"runs\" is the same directory for everybody; write it from the root, such as \
         \"/var/lib/tenantry/runs\", not \"runs\"",
        "policy.toml:2:10: \"syslog\" must be true or false, not a string",
        "policy.toml:3:1: unknown key \"rule\" at the top level; did you mean \"rules\"?",
        "policy.toml:6:10: \"soon\" is no span up to 168h; write one such as \"15m\" or \"1h 30m\"",
        "policy.toml:7:1: unknown key \"for\" in [approval]; there are: within",
        "policy.toml:10:15: there is no operation \"revok\"; did you mean \"revoke\"?",
        "policy.toml:10:24: no operation matches \"end-sesions*\"; did you mean \"end-sessions\"?",
        "policy.toml:10:40: \"*-replay\" has a `*` that is not at its end",
        "policy.toml:10:52: \"operations\" must be a string, not a whole number",
        "policy.toml:11:17: \"environments\" cannot be \"prod\"; did you mean \"production\"?",
        "policy.toml:12:1: unknown key \"user\" in [[rules]]; did you mean \"users\"?",
        "policy.toml:13:11: \"dba, ops\" is no name; write each name as a string of its own",
        "policy.toml:13:30: \"dba\" is named twice",
        "policy.toml:14:11: targets = 0 lets nobody act; write `allow = false`",
        "policy.toml:15:11: \"persons\" is 1, or 2 where a second person must approve",
        "policy.toml:16:7: \"cap\" must be a whole number, not a string",
    ];
    assert_eq!(mistakes(text), expected);
}

#[test]
fn what_a_rule_cannot_say_is_told_with_what_to_write() {
    let none = "there are: end-sessions, end-transactions, resume-replay, revoke";
    let operation = |word: &str| format!("policy.toml:2:15: there is no operation {word:?}; {none}");
    let nobody = |column: usize, key: &str| {
        format!("policy.toml:2:{column}: this rule lets nobody act, so {key:?} says nothing; leave it out")
    };
    let list = |column: usize, what: &str| format!("policy.toml:2:{column}: this names {what}");
    let persons = "policy.toml:2:11: \"persons\" is 1, or 2 where a second person must approve".to_owned();
    let within = |word: &str| {
        format!("policy.toml:2:15: {word:?} is no span up to 168h; write one such as \"15m\" or \"1h 30m\"")
    };
    let bounds = |at: &str, key: &str| format!("policy.toml:2:{at}: {key:?} must be between 1 and 1000000");
    let no_name = |word: &str| format!("policy.toml:2:10: {word:?} is no name; write each name as a string of its own");
    for (line, expected) in [
        ("operations = [\"\"]", operation("")),
        ("operations = [\"Vacuum\"]", operation("Vacuum")),
        (
            "operations = [\"vacuum*\"]",
            format!("policy.toml:2:15: no operation matches \"vacuum*\"; {none}"),
        ),
        (
            "operations = [\"end-**\"]",
            "policy.toml:2:15: \"end-**\" has a `*` that is not at its end".into(),
        ),
        (
            "operations = []",
            list(14, "no operation; leave it out for every operation"),
        ),
        (
            "environments = []",
            list(16, "no environment; leave it out for every environment"),
        ),
        ("users = []", list(9, "nobody; leave it out, or write `allow = false`")),
        (
            "groups = []",
            list(10, "nobody; leave it out, or write `allow = false`"),
        ),
        ("users = [\"\"]", no_name("")),
        ("users = [\"ada:bob\"]", no_name("ada:bob")),
        ("users = [\" ada\"]", no_name(" ada")),
        (
            "environments = [\"lab\", \"lab\"]",
            "policy.toml:2:24: \"lab\" is named twice".into(),
        ),
        ("persons = 0", persons.clone()),
        ("persons = 3", persons.clone()),
        ("persons = -1", persons),
        (
            "targets = 0",
            "policy.toml:2:11: targets = 0 lets nobody act; write `allow = false`".into(),
        ),
        (
            "cap = 0",
            "policy.toml:2:7: cap = 0 lets nobody act; write `allow = false`".into(),
        ),
        ("targets = -1", bounds("11", "targets")),
        ("cap = 99999999999999999999", bounds("7", "cap")),
        ("users = [\"ada\"]\nallow = false", nobody(9, "users")),
        ("groups = [\"dba\"]\nallow = false", nobody(10, "groups")),
        ("targets = 5\nallow = false", nobody(11, "targets")),
        ("persons = 2\nallow = false", nobody(11, "persons")),
        ("cap = 5\nallow = false", nobody(7, "cap")),
        ("[approval]\nwithin = \"0s\"", within("0s").replace("2:15", "3:10")),
        ("[approval]\nwithin = \"-15m\"", within("-15m").replace("2:15", "3:10")),
        ("[approval]\nwithin = \"169h\"", within("169h").replace("2:15", "3:10")),
        ("[approval]\nwithin = \"\"", within("").replace("2:15", "3:10")),
    ] {
        assert_eq!(mistakes(&format!("[[rules]]\n{line}\n")), [expected], "{line}");
    }
}

#[test]
fn a_wrong_shape_is_told_with_its_place() {
    for (text, expected) in [
        ("[[rules\n", "policy.toml:1:8: unclosed array table, expected `]]`"),
        (
            "rules = 1",
            "policy.toml:1:9: \"rules\" must be an array, not a whole number",
        ),
        (
            "rules = [1]",
            "policy.toml:1:10: \"rules\" must be a table, not a whole number",
        ),
        (
            "runs = 1",
            "policy.toml:1:8: \"runs\" must be a string, not a whole number",
        ),
        (
            "runs = \"~/runs\"",
            "policy.toml:1:8: \"runs\" is the same directory for everybody; write it from the root, \
          such as \"/var/lib/tenantry/runs\", not \"~/runs\"",
        ),
        (
            "approval = \"15m\"",
            "policy.toml:1:12: \"approval\" must be a table, not a string",
        ),
        (
            "[approval]\nwithin = 15",
            "policy.toml:2:10: \"within\" must be a string, not a whole number",
        ),
        (
            "[[rules]]\nallow = 1",
            "policy.toml:2:9: \"allow\" must be true or false, not a whole number",
        ),
        (
            "[[rules]]\nusers = \"ada\"",
            "policy.toml:2:9: \"users\" must be an array, not a string",
        ),
        (
            "[[rules]]\npersons = \"2\"",
            "policy.toml:2:11: \"persons\" must be a whole number, not a string",
        ),
    ] {
        assert_eq!(mistakes(text), [expected], "{text}");
    }
}

#[test]
fn a_rule_to_which_nothing_is_left_is_told() {
    let told = |line: usize, first: usize| {
        format!(
            "policy.toml:{line}:1: nothing is left for this rule, because the first that matches decides: move it \
             above line {first}, or take it out"
        )
    };
    // Whom a rule lets act does not decide whether it matches.
    let by_user = "[[rules]]\nusers = [\"ada\"]\n[[rules]]\nusers = [\"bob\"]\n";
    assert_eq!(mistakes(by_user), [told(3, 1)]);
    let in_parts = "[[rules]]\noperations = [\"end-*\"]\nenvironments = [\"lab\", \"staging\"]\n\
                    [[rules]]\noperations = [\"*\"]\nenvironments = [\"production\", \"development\"]\n\
                    [[rules]]\noperations = [\"end-s*\", \"end-transactions\"]\n";
    assert_eq!(mistakes(in_parts), [told(7, 1)]);
    let every = "[[rules]]\nallow = false\n[[rules]]\noperations = [\"*\"]\npersons = 2\n";
    assert_eq!(mistakes(every), [told(3, 1)]);
    // An operation yet to come is left to a rule that names no operation, or only a beginning.
    let named = OPERATIONS.map(|name| format!("{name:?}")).join(", ");
    let closed =
        format!("[[rules]]\noperations = [{named}]\n[[rules]]\noperations = [\"end-*\"]\n[[rules]]\nallow = false\n");
    assert_eq!(mistakes(&closed), [""; 0]);
    let elsewhere = "[[rules]]\nenvironments = [\"lab\"]\n[[rules]]\noperations = [\"end-*\"]\n";
    assert_eq!(mistakes(elsewhere), [""; 0]);
}

#[test]
fn a_policy_that_others_can_write_is_refused() {
    for mode in [0o666, 0o664, 0o646, 0o602] {
        let desk = Desk::new();
        desk.write("policy.toml", mode, WHOLE);
        let found = config::policy(&desk.places, &OPERATIONS).unwrap_err();
        assert_eq!(
            desk.told(&found),
            [format!(
                "policy.toml: others may write this file (mode {mode:04o}); run `chmod go-w` on it"
            )]
        );
    }
    let desk = Desk::new();
    desk.write("policy.toml", 0o444, WHOLE);
    assert!(config::policy(&desk.places, &OPERATIONS).is_ok());
}

#[test]
fn a_directory_in_which_others_can_remove_the_policy_is_refused() {
    let mode = |desk: &Desk, mode| {
        fs::set_permissions(&desk.places.directory, fs::Permissions::from_mode(mode)).unwrap();
        config::policy(&desk.places, &OPERATIONS).map_err(|found| found.to_string())
    };
    // Also where it has been removed.
    for text in [Some(WHOLE), None] {
        let desk = Desk::new();
        text.map(|text| desk.write("policy.toml", 0o644, text));
        let expected = format!(
            "{}: others may write this directory (mode 0777), and so remove the policy; run `chmod go-w` on it",
            desk.places.directory.display()
        );
        assert_eq!(mode(&desk, 0o777), Err(expected));
        assert!(mode(&desk, 0o1777).is_ok());
        assert!(mode(&desk, 0o755).is_ok());
    }
}

#[test]
fn a_policy_of_somebody_else_is_refused() {
    let desk = Desk::new();
    desk.write("policy.toml", 0o644, WHOLE);
    // Only root gives files away; there is nothing to see for anybody else.
    if chown(desk.path("policy.toml"), Some(4711), None).is_err() {
        return;
    }
    let found = config::policy(&desk.places, &OPERATIONS).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["policy.toml: its owner (uid 4711) is neither root nor you; run `chown root` on it"]
    );
    chown(desk.path("policy.toml"), Some(0), None).unwrap();
    chown(&desk.places.directory, Some(4711), None).unwrap();
    let found = config::policy(&desk.places, &OPERATIONS).unwrap_err();
    let place = desk.places.directory.display();
    assert_eq!(
        found.to_string(),
        format!("{place}: its owner (uid 4711) is neither root nor you; run `chown root` on it")
    );
}

#[test]
fn a_policy_that_cannot_be_read_is_refused() {
    let desk = Desk::new();
    fs::create_dir(desk.path("policy.toml")).unwrap();
    fs::set_permissions(desk.path("policy.toml"), fs::Permissions::from_mode(0o755)).unwrap();
    let found = config::policy(&desk.places, &OPERATIONS).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["policy.toml: cannot be read: Is a directory (os error 21)"]
    );
}

#[test]
fn the_schema_describes_every_key() {
    let schema = config::policy_schema();
    for pointer in ["/properties", "/$defs/Approval/properties", "/$defs/Rule/properties"] {
        for (key, property) in schema.pointer(pointer).unwrap().as_object().unwrap() {
            assert!(property["description"].is_string(), "{key}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_torn_out_of_a_policy_it_is_read_or_told(
        from in 0..WHOLE.len(), length in 0..40_usize, put in ".{0,3}"
    ) {
        let from = WHOLE.floor_char_boundary(from);
        let to = WHOLE.floor_char_boundary((from + length).min(WHOLE.len()));
        let text = format!("{}{put}{}", &WHOLE[..from], &WHOLE[to..]);
        let lines = text.lines().count() + 1;
        for told in mistakes(&text) {
            let line = told.split(':').nth(1).and_then(|line| line.parse::<usize>().ok());
            prop_assert!(line.is_some_and(|line| line <= lines), "{}", told);
        }
    }
}
