//! What a lab in good health shows, through the binary as an operator runs it.

use serde_json::Value;
use tenantry::views;

use crate::ground::Ground;

/// A name and what is tried.
type Named = (&'static str, fn(&Ground));

pub const ALL: &[Named] = &[
    ("every_tenant_of_every_model_is_listed", tenants),
    ("every_view_answers_in_json", every_view),
    (
        "hostile_names_are_spelled_out_and_differ_from_what_they_imitate",
        hostile,
    ),
    ("a_healthy_lab_has_no_finding_but_what_is_planted", healthy),
    ("nothing_secret_is_printed", secrets),
];

fn json(ground: &Ground, view: &str) -> Value {
    let output = ground.console(&["show", view, "--json"]);
    assert!(
        output.status.success(),
        "{view}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn tenants(ground: &Ground) {
    ground.settle();
    let value = json(ground, "tenants");
    let rows = value["rows"].as_array().unwrap();
    for (model, count) in [("shared", 40), ("schema", 30), ("database", 12), ("instance", 1)] {
        let found = rows.iter().filter(|row| row["model"] == model).count();
        assert!(found >= count, "{found} tenants of model {model}");
    }
    assert_eq!(value["complete"], true);
}

fn every_view(ground: &Ground) {
    ground.settle();
    for view in views::ALL {
        let value = json(ground, view.name());
        assert_eq!(value["schema"], 1, "{}", view.name());
        assert!(
            value["unseen"].as_array().unwrap().is_empty(),
            "{}: {}",
            view.name(),
            value["unseen"]
        );
        let rows = value["rows"].as_array().unwrap();
        assert!(
            !rows.is_empty() || ["findings", "runs", "copies"].contains(&view.name()),
            "{} is empty",
            view.name()
        );
    }
}

fn hostile(ground: &Ground) {
    ground.settle();
    let output = ground.console(&["show", "tenants"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("pr\\u{202e}od"), "{text}");
    assert!(text.contains("\\u{1b}["), "{text}");
    assert!(
        text.lines().any(|line| line.split_whitespace().next() == Some("prod")),
        "{text}"
    );
    let mut screen = ground.screen();
    screen.send(":tenants /prod\r");
    screen.sees("pr\\u{202e}od");
    screen.until("prod as it is", |screen| {
        screen
            .rows(0, 140)
            .any(|line| line.split_whitespace().next() == Some("prod"))
    });
    screen.send(":tenants /red\r");
    screen.sees("\\u{1b}[31mred");
    let bytes = screen.bytes();
    assert!(
        !bytes.contains('\u{202e}') && !bytes.contains("\u{1b}[31mred"),
        "raw bytes of a name"
    );
    drop(screen);
    for view in views::ALL {
        for form in ["--json", "--plain"] {
            let output = ground.console(&["show", view.name(), form]);
            let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{} {form} is raw", view.name());
        }
    }
}

fn healthy(ground: &Ground) {
    let planted = ground.settle();
    let value = json(ground, "findings");
    let found = value["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["target"]["path"]);
    for path in found {
        let words: Vec<&str> = path.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let id = format!("{} {} {}", words[0], words[1], words[2..].join("/"));
        assert!(planted.contains(&id), "{id} is found and not planted");
    }
}

fn secrets(ground: &Ground) {
    ground.settle();
    let mut all = String::new();
    for view in views::ALL {
        let output = ground.console(&["show", view.name(), "--json"]);
        all += &String::from_utf8_lossy(&output.stdout);
        all += &String::from_utf8_lossy(&output.stderr);
    }
    for secret in ground.secrets() {
        assert!(
            !all.contains(&secret),
            "a secret of {} characters is printed",
            secret.len()
        );
    }
}
