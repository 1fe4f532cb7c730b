//! The fleet file.

use std::path::PathBuf;

use proptest::prelude::*;
use tenantry::{
    config::{self, Access, Auth, Direct, EngineRole},
    model::{Environment, Isolation, Registry, Tenancy, TlsMode},
};

use crate::desk::Desk;

pub const WHOLE: &str = r#"
[fleet]
name = "lab"
environment = "lab"

[watch]
max_connections = 64

[vault]
address = "http://127.0.0.1:19200/"
mount = "/db/"
auth = { method = "approle", role_id_file = "secret", secret_id_file = "secret" }

[[instances]]
name = "atlas"
vault_connection = "atlas"
watch_role = "tenantry-watch-atlas"
direct = { user = "tenantry_fallback", passfile = "secret" }
servers = [
  { name = "atlas-a", host = "127.0.0.1", port = 15401, zone = "eu-1a" },
  { name = "atlas-b", host = "/run/postgresql", port = 15402 },
  { name = "atlas-c", host = "db.example" },
]

[[instances.tenants]]
model = "shared"
database = "orders"
registry = "public.tenant"
tenant_column = "tenant_id"
setting = "app.current_tenant"
runtime_roles = ["app_rw"]
reader = "app_reader"
digest_below = 1_000_000

[[instances.tenants]]
model = "schema"
database = "crm"
pattern = "^t_(?<tenant>.+)$"

[[instances.tenants]]
model = "database"
pattern = "^tenant_(?P<tenant>.+)$"

[[instances]]
name = "acme"
tls = "verify-full"
ca = "secret"
direct = { service = "acme" }
servers = [{ name = "acme-a", host = "10.0.0.1" }]
tenants = [{ model = "instance", tenant = "Acme" }]

[instances.backups]
stanza = "acme"
config = "/etc/pgbackrest.conf"
reach = ["ssh", "postgres@acme-a"]
full_within = "15d"

[onboarding]
model = "database"
tier = "standard"
admin_role = "tenant_admin"
connect_role = "tenant_connect"
lease = "30m"
max_lease = "12h"

[onboarding.tiers.standard]
connections = 20
statement_timeout = "30s"
idle_in_transaction_session_timeout = "1m"
temp_file_limit = "1GB"
work_mem = "8MB"
"#;

/// A fleet that is right, with room for something that is not.
pub fn small(fleet: &str, instance: &str, server: &str, rest: &str) -> String {
    format!(
        "[fleet]\nname = \"x\"\n{fleet}\n[[instances]]\nname = \"a\"\ndirect = {{ user = \"u\" }}\n{instance}\n\
         servers = [{{ name = \"s\", {server} }}]\n{rest}"
    )
}

pub const HOST: &str = "host = \"127.0.0.1\"";

pub fn mistakes(text: &str) -> Vec<String> {
    let desk = Desk::new();
    desk.write("secret", 0o600, "x").write("open", 0o644, "x");
    desk.write("fleet.toml", 0o600, text);
    match config::load(&desk.places) {
        Ok(_) => Vec::new(),
        Err(found) => desk.told(&found),
    }
}

#[test]
fn a_whole_file_becomes_settings() {
    let desk = Desk::new();
    desk.write("secret", 0o600, "x").write("fleet.toml", 0o600, WHOLE);
    let settings = config::load(&desk.places).unwrap();
    assert_eq!(
        (settings.fleet.name.as_str(), settings.fleet.environment),
        ("lab", Environment::Lab)
    );
    assert_eq!(settings.watch.max_connections, 64);
    let vault = settings.vault.unwrap();
    assert_eq!(
        (vault.address.as_str(), vault.mount.as_str()),
        ("http://127.0.0.1:19200", "db")
    );
    let secret = desk.path("secret");
    let auth = Auth::AppRole {
        mount: "approle".into(),
        role_id_file: secret.clone(),
        secret_id_file: secret.clone(),
    };
    assert_eq!(vault.auth, auth);
    let atlas = &settings.fleet.instances[0];
    assert_eq!(atlas.database, "postgres");
    let tls: Vec<_> = atlas.servers.iter().map(|server| (server.port, server.tls)).collect();
    let expected = [
        (15401, TlsMode::Disable),
        (15402, TlsMode::Disable),
        (5432, TlsMode::VerifyFull),
    ];
    assert_eq!(tls, expected);
    let models: Vec<_> = atlas.tenancies.iter().map(Tenancy::isolation).collect();
    assert_eq!(models, [Isolation::Shared, Isolation::Schema, Isolation::Database]);
    assert_eq!(settings.fleet.instances[1].servers[0].ca, Some(secret.clone()));
    assert_eq!(atlas.backups, None);
    let backups = settings.fleet.instances[1].backups.as_ref().expect("acme has backups");
    assert_eq!(
        backups.command(&["info"]),
        [
            "ssh",
            "postgres@acme-a",
            "pgbackrest",
            "--config=/etc/pgbackrest.conf",
            "--stanza=acme",
            "info"
        ]
    );
    let hours = [backups.full_within, backups.backup_within, backups.tested_within].map(|span| span.as_hours());
    assert_eq!(hours, [15 * 24, 26, 7 * 24]);
    assert_eq!(backups.verified_within, None);
    let direct = Direct::Passfile {
        user: "tenantry_fallback".into(),
        passfile: Some(secret),
    };
    let access = Access {
        role: Some(EngineRole::Static("tenantry-watch-atlas".into())),
        direct: Some(direct),
    };
    assert_eq!(settings.access["atlas"], access);
}

#[test]
fn a_query_may_list_the_tenants() {
    let text = WHOLE.replace("registry = \"public.tenant\"", "query = \"select id, name from t\"");
    let desk = Desk::new();
    desk.write("secret", 0o600, "x").write("fleet.toml", 0o600, &text);
    let settings = config::load(&desk.places).unwrap();
    let Tenancy::Shared { registry, id, .. } = &settings.fleet.instances[0].tenancies[0] else {
        panic!("not shared")
    };
    assert_eq!(
        (registry, id.as_str()),
        (&Registry::Query("select id, name from t".into()), "id")
    );
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = r#"[fleet]
name = "lab"
enviroment = "lab"

[vault]
address = "http://vault.example:8200"
auth = { method = "aprole", role_id_file = "secret" }

[[instances]]
name = "Atlas"
direct = { user = "u" }
servers = [
  { name = "a", host = "127.0.0.1", port = 0 },
  { name = "a", host = "db.example", port = "5432", tls = "disable" },
]

  [[instances.tenants]]
  model = "shared"
  database = "orders"
  registry = "tenant"
  tennant_column = "tenant_id"
  setting = "current_tenant"
"#;
    let expected = [
        "fleet.toml:3:1: unknown key \"enviroment\" in [fleet]; did you mean \"environment\"?",
        "fleet.toml:6:11: http:// would send tokens in the clear to \"vault.example\"; use https://, or http:// on \
         loopback",
        "fleet.toml:7:19: \"method\" cannot be \"aprole\"; did you mean \"approle\"?",
        "fleet.toml:10:8: \"Atlas\" is no name; use lower-case letters, digits, `_`, `.` and `-`, beginning with a \
         letter or digit",
        "fleet.toml:13:44: \"port\" must be between 1 and 65535",
        "fleet.toml:14:12: there is already a server \"a\", in line 13",
        "fleet.toml:14:45: \"port\" must be a whole number, not a string",
        "fleet.toml:14:59: tls = \"disable\" is for loopback and Unix sockets, not for \"db.example\"",
        "fleet.toml:17:3: \"tenant_column\" is missing in [[instances.tenants]]",
        "fleet.toml:20:14: a registry is written `schema.table`; use `query` for anything else",
        "fleet.toml:21:3: unknown key \"tennant_column\" in [[instances.tenants]]; did you mean \"tenant_column\"?",
        "fleet.toml:22:13: a setting is written `prefix.name`, such as \"app.current_tenant\"",
    ];
    assert_eq!(mistakes(text), expected);
}

/// Each text is told of in these words, whatever else is told.
pub fn assert_told(cases: &[(String, &str)]) {
    let mut missed = Vec::new();
    for (text, expected) in cases {
        let found = mistakes(text);
        if !found.iter().any(|told| told == expected) {
            missed.push((expected, found));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_wrong_shape_is_told_with_its_place() {
    let fleet = |line: &str| small(line, "", HOST, "");
    let tenants = |table: &str| small("", "", HOST, &format!("tenants = [{table}]"));
    let words = "production, staging, development, lab";
    let environment = format!("fleet.toml:3:15: \"environment\" must be one of {words}, not a whole number");
    assert_told(&[
        ("[fleet\n".into(), "fleet.toml:1:7: unclosed table, expected `]`"),
        (String::new(), "fleet.toml:1:1: \"fleet\" is missing at the top level"),
        (
            "fleet = 1\ninstances = []".into(),
            "fleet.toml:1:9: \"fleet\" must be a table, not a whole number",
        ),
        (
            fleet("environment = \"prod\""),
            "fleet.toml:3:15: \"environment\" cannot be \"prod\"; did you mean \"production\"?",
        ),
        (fleet("environment = 1"), &environment),
        (
            fleet("[watch]\nmax_connections = 0"),
            "fleet.toml:4:19: \"max_connections\" must be between 1 and 10000",
        ),
        (
            tenants("{ model = \"cluster\" }"),
            "fleet.toml:9:22: \"model\" cannot be \"cluster\"; there are: shared, schema, database, instance",
        ),
        (
            tenants("{ database = \"x\" }"),
            "fleet.toml:9:12: \"model\" is missing in [[instances.tenants]]",
        ),
    ]);
}

#[test]
fn a_way_that_cannot_be_gone_is_told_with_its_remedy() {
    let instance = |line: &str| small("", line, HOST, "");
    let host = |host: &str| small("", "", host, "");
    let rest = |rest: &str| small("", "", HOST, &format!("[[instances]]\nname = \"b\"\n{rest}"));
    assert_told(&[
        (
            "instances = []".into(),
            "fleet.toml:1:13: a fleet needs at least one [[instances]]",
        ),
        (
            instance("watch_role = \"r\""),
            "fleet.toml:7:14: \"watch_role\" needs a [vault]",
        ),
        (
            instance("vault_connection = \"r\""),
            "fleet.toml:7:20: \"vault_connection\" needs a [vault]",
        ),
        (host("host = \"\""), "fleet.toml:8:33: a server needs a host"),
        (
            host("host = \"/run/pg\", tls = \"verify-full\""),
            "fleet.toml:8:33: PostgreSQL has no TLS on a Unix socket; give this server tls = \"disable\", or leave \
             `tls` out",
        ),
        (
            small("", "tls = \"disable\"", "host = \"db.example\"", ""),
            "fleet.toml:8:33: tls = \"disable\" is for loopback and Unix sockets, not for \"db.example\"",
        ),
        (
            instance("tls = \"require\""),
            "fleet.toml:7:7: \"tls\" cannot be \"require\"; there are: verify-full, disable",
        ),
        (
            instance("ca = \"none.pem\""),
            "fleet.toml:7:6: none.pem: No such file or directory (os error 2)",
        ),
        (
            rest("servers = [{ name = \"s\", host = \"127.0.0.2\" }]"),
            "fleet.toml:9:1: an instance needs `watch_role` or `direct`, or nobody can log in to it",
        ),
        (
            rest("servers = []"),
            "fleet.toml:11:11: an instance needs at least one server",
        ),
        (
            rest("direct = {}\nservers = []"),
            "fleet.toml:11:10: `direct` needs `user` or `service`",
        ),
        (
            rest("direct = { user = \"u\", service = \"s\" }"),
            "fleet.toml:11:34: `direct` has either `user` or `service`, not both",
        ),
        (
            rest("direct = { service = \"s\", passfile = \"secret\" }"),
            "fleet.toml:11:38: \"passfile\" goes with \"user\"",
        ),
    ]);
}

#[test]
fn tenants_that_could_not_be_found_are_told_with_the_remedy() {
    let shared = |rest: &str| {
        let keys = "model = \"shared\"\ndatabase = \"o\"\ntenant_column = \"t\"\nsetting = \"a.t\"";
        small("", "", HOST, &format!("[[instances.tenants]]\n{keys}\n{rest}"))
    };
    let tenants = |tables: &str| small("", "", HOST, &format!("tenants = [{tables}]"));
    assert_told(&[
        (
            shared("registry = \"a.b\"\nquery = \"select 1\""),
            "fleet.toml:15:9: tenants are listed by `registry` or by `query`, not by both",
        ),
        (
            shared(""),
            "fleet.toml:9:1: shared tenants need `registry` or `query`, or nobody knows them",
        ),
        (
            tenants("{ model = \"database\", pattern = \"t_(.*\" }"),
            "fleet.toml:9:44: no regular expression: found open group without closing ')'",
        ),
        (
            tenants("{ model = \"database\", pattern = \"t_(.*)\" }"),
            "fleet.toml:9:44: a pattern needs a capture named `tenant`, such as \"^t_(?<tenant>.+)$\"",
        ),
        (
            tenants("{ model = \"instance\", tenant = \"A\" }, { model = \"instance\", tenant = \"B\" }"),
            "fleet.toml:9:12: model = \"instance\" says that the whole instance is one tenant's; it cannot stand \
             beside another",
        ),
    ]);
}

#[test]
fn backups_that_could_not_be_asked_for_are_told_with_the_remedy() {
    let backups = |lines: &str| small("", "", HOST, &format!("[instances.backups]\n{lines}"));
    let rooted = |place: &str| {
        format!(
            "fleet.toml:{place}: this is a path on the host where pgBackRest runs; write it from the root, such as \
             \"/etc/pgbackrest/pgbackrest.conf\""
        )
    };
    let (config, scratch) = (rooted("11:10"), rooted("11:11"));
    let stanza = "fleet.toml:10:10: a stanza is named as in pgBackRest's configuration, with letters, digits, `_`, `.` and \
                  `-`, such as \"main\"";
    let with = |line: &str| backups(&format!("stanza = \"a\"\n{line}"));
    assert_told(&[
        (
            backups(""),
            "fleet.toml:9:1: \"stanza\" is missing in [instances.backups]",
        ),
        (backups("stanza = \"\""), stanza),
        (backups("stanza = \"--repo=2\""), stanza),
        (
            with("ful_within = \"8d\""),
            "fleet.toml:11:1: unknown key \"ful_within\" in [instances.backups]; did you mean \"full_within\"?",
        ),
        (
            with("full_within = \"8 moons\""),
            "fleet.toml:11:15: \"8 moons\" is no span; write one such as \"26h\" or \"8d\"",
        ),
        (
            with("backup_within = \"0h\""),
            "fleet.toml:11:17: \"0h\" is no span; write one such as \"26h\" or \"8d\"",
        ),
        (
            with("verified_within = \"soon\""),
            "fleet.toml:11:19: \"soon\" is no span; write one such as \"26h\" or \"8d\"",
        ),
        (
            with("tested_within = 7"),
            "fleet.toml:11:17: \"tested_within\" must be a string, not a whole number",
        ),
        (with("config = \"pgbackrest.conf\""), &config),
        (with("scratch = \"~/scratch\""), &scratch),
        (
            with("program = \"bin/pgbackrest\""),
            "fleet.toml:11:11: a program is a name, such as \"pgbackrest\", or a path from the root",
        ),
        (
            with("reach = [\"\"]"),
            "fleet.toml:11:10: `reach` begins with a program, such as \"ssh\" or \"setpriv\"",
        ),
        (
            with("reach = [\"/usr/bin/ssh\", \"h\"]\nconfig = \"/etc/$(id)\""),
            "fleet.toml:12:10: `ssh` gives this to a shell on the other side; use a path of letters, digits and \
             `/_.,+@:=-` alone",
        ),
        (
            with("reach = [\"sudo\", \"-u\", \"dba\", \"ssh\", \"h\"]\nscratch = \"/srv/my copies\""),
            "fleet.toml:12:11: `ssh` gives this to a shell on the other side; use a path of letters, digits and \
             `/_.,+@:=-` alone",
        ),
    ]);
    assert_eq!(
        mistakes(&with("reach = [\"sudo\"]\nconfig = \"/srv/my backups/b.conf\"")),
        [""; 0]
    );
}

#[test]
fn a_server_under_two_names_is_refused() {
    let twice = small("", "", "host = \"h\", port = 5432 }, { name = \"t\", host = \"h\"", "");
    assert_eq!(
        mistakes(&twice),
        ["fleet.toml:8:74: \"h\", port 5432, is already the address of the server in line 8"]
    );
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    let direct =
        |file: &str| small("", "", HOST, "").replace("user = \"u\"", &format!("user = \"u\", passfile = \"{file}\""));
    assert_eq!(mistakes(&direct("secret")), [""; 0]);
    assert_eq!(
        mistakes(&direct("open")),
        ["fleet.toml:6:35: others can read this secret (mode 0644); run `chmod 600` on it"]
    );
    assert_eq!(
        mistakes(&direct("gone")),
        ["fleet.toml:6:35: gone: No such file or directory (os error 2)"]
    );
}

#[test]
fn a_fleet_file_that_others_can_write_is_refused() {
    let desk = Desk::new();
    desk.write("fleet.toml", 0o620, &small("", "", HOST, ""));
    let found = config::load(&desk.places).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["fleet.toml: others may write this file (mode 0620); run `chmod go-w` on it"]
    );
}

#[test]
fn vault_skip_verify_is_refused_in_any_value() {
    for value in ["", "0", "false", "1"] {
        let mut desk = Desk::new();
        desk.write("secret", 0o600, "x").write("fleet.toml", 0o600, WHOLE);
        desk.places.env.insert("VAULT_SKIP_VERIFY".into(), value.into());
        let found = config::load(&desk.places).unwrap_err();
        let told = desk.told(&found);
        assert!(told[0].starts_with("environment: VAULT_SKIP_VERIFY is set"), "{told:?}");
    }
}

#[test]
fn where_there_is_no_file_it_is_said_who_named_it() {
    let mut desk = Desk::new();
    let found = config::load(&desk.places).unwrap_err();
    assert!(desk.told(&found)[0].starts_with("fleet.toml: there is no fleet file; name one with --fleet"));
    desk.places.flags.fleet = Some(PathBuf::from("/none/fleet.toml"));
    let found = config::load(&desk.places).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["/none/fleet.toml: there is no such file, which --fleet names"]
    );
}

#[test]
fn the_schema_describes_every_key() {
    let schema = config::schema();
    let text = schema.to_string();
    for key in [
        "max_connections",
        "vault_connection",
        "runtime_roles",
        "digest_below",
        "secret_id_file",
        "backup_within",
        "idle_in_transaction_session_timeout",
    ] {
        assert!(text.contains(key), "{key}");
    }
    assert!(schema["$defs"]["Instance"]["properties"]["servers"]["description"].is_string());
}

/// The lines of [`WHOLE`] that set one key alone, with their number from 1.
fn settings() -> impl Iterator<Item = (usize, &'static str, &'static str)> {
    let lines = (1..).zip(WHOLE.lines());
    let split = |(n, line): (usize, &'static str)| line.split_once(" = ").map(|(key, value)| (n, key, value));
    lines
        .filter_map(split)
        .filter(|(_, key, value)| !key.starts_with(' ') && !value.ends_with('['))
}

fn with_line(number: usize, line: &str) -> String {
    let lines = (1..)
        .zip(WHOLE.lines())
        .map(|(n, old)| if n == number { line } else { old });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_wrong_type_is_told_at_every_key() {
    for (n, key, value) in settings() {
        let column = key.len() + 4;
        let told = mistakes(&with_line(n, &format!("{key} = 9.5")));
        let place = format!("fleet.toml:{n}:{column}: {key:?} ");
        assert!(
            told.iter().any(|told| told.starts_with(&place)),
            "{key} = {value}: {told:#?}"
        );
    }
}

#[test]
fn a_slip_is_told_at_every_key() {
    for (n, key, value) in settings() {
        let slip = format!("{key}x");
        let told = mistakes(&with_line(n, &format!("{slip} = {value}")));
        let place = format!("fleet.toml:{n}:1: unknown key {slip:?} ");
        let meant = format!("; did you mean {key:?}?");
        // An id of one letter more or less is as near to another key.
        let near = |told: &String| told.starts_with(&place) && (told.ends_with(&meant) || key.len() < 4);
        assert!(told.iter().any(near), "{key}: {told:#?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_torn_out_of_a_file_it_is_read_or_told(from in 0..WHOLE.len(), length in 0..40_usize, put in ".{0,3}") {
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
