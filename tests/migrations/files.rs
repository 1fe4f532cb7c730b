//! Which files are migrations, and what is refused.

use std::{fs, os::unix::fs::symlink};

use tenantry::{
    model::{FaultKind, Parsed},
    provider::migrations::{load, read, read_anew},
};

use crate::{Ground, script};

fn versions(ground: &Ground) -> Vec<(String, String, bool)> {
    let all = ground.read().expect("read").migrations;
    all.iter()
        .map(|one| (one.version.to_string(), one.name.raw().to_owned(), one.back.is_some()))
        .collect()
}

fn is(version: &str, name: &str, back: bool) -> (String, String, bool) {
    (version.to_owned(), name.to_owned(), back)
}

#[test]
fn flyway_and_refinery_in_the_order_of_versions() {
    let ground = Ground::with(&["V10__c.sql", "V2__b.sql", "V1_1__a_b.sql", "V1.0.5__z.sql", "U2__b.sql"]);
    let all = [
        is("1.0.5", "z", false),
        is("1.1", "a_b", false),
        is("2", "b", true),
        is("10", "c", false),
    ];
    assert_eq!(versions(&ground), all);
}

#[test]
fn sqlx_and_golang_migrate() {
    let ground = Ground::with(&[
        "20260104093000_b.up.sql",
        "20260104093000_b.down.sql",
        "0001_a.sql",
        "000002.sql",
    ]);
    let all = [
        is("1", "a", false),
        is("2", "000002", false),
        is("20260104093000", "b", true),
    ];
    assert_eq!(versions(&ground), all);
}

#[test]
fn what_is_no_migration_is_named_with_the_reason() {
    let ground = Ground::with(&[
        "V1__a.sql",
        "R__v.sql",
        "U7__gone.sql",
        "v2__b.sql",
        "V3__c.SQL",
        "notes.sql",
        "x.md",
    ]);
    fs::create_dir(ground.0.join("V9__d.sql")).expect("a directory");
    let directory = ground.read().expect("read");
    assert_eq!(directory.migrations.len(), 1);
    assert_eq!(directory.last().map(ToString::to_string).as_deref(), Some("1"));
    let others: Vec<_> = directory.others.iter().map(|(file, _)| file.raw()).collect();
    assert_eq!(
        others,
        [
            "R__v.sql",
            "U7__gone.sql",
            "V3__c.SQL",
            "V9__d.sql",
            "notes.sql",
            "v2__b.sql"
        ]
    );
    assert!(directory.others[0].1.contains("repeatable"));
    assert!(directory.others[1].1.contains("way back of version 7"));
    assert!(directory.others[3].1.contains("no file"));
}

#[test]
fn two_files_for_one_version_are_an_error_that_names_both() {
    for [first, second] in [
        ["V1__a.sql", "V1.0__b.sql"],
        ["0001_a.sql", "1_b.sql"],
        ["1_a.sql", "1_a.up.sql"],
        ["U1__a.sql", "U1__b.sql"],
    ] {
        let fault = Ground::with(&[second, first]).read().expect_err("two for one");
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert!(
            fault.what.raw().contains(first) && fault.what.raw().contains(second),
            "{fault}"
        );
        assert!(fault.hint.is_some());
    }
}

#[test]
fn checksums_are_over_the_bytes_and_the_mark_is_not_sent() {
    // As sha256sum says.
    let plain = script("SELECT 1;\r\n");
    let marked = script("\u{feff}SELECT 1;\r\n");
    assert_eq!(
        plain.sha256,
        "d3cd5042f97738960d802ad6b3a548dfa18152215118ba18f04493bc6944b0e4"
    );
    assert_ne!(plain.sha256, marked.sha256);
    assert_eq!((plain.bytes, marked.bytes), (11, 14));
    assert_eq!(plain.parsed, marked.parsed);
}

#[test]
fn a_file_is_loaded_as_it_was_planned_or_not_at_all() {
    let ground = Ground::new();
    ground.file("V3__x.sql", "\u{feff}SELECT 1;\r\n");
    let sha256 = ground.read().expect("read").migrations[0].forth.sha256.clone();
    assert_eq!(
        load(&ground.0, "V3__x.sql", &sha256).expect("the same"),
        "SELECT 1;\r\n"
    );
    ground.file("V3__x.sql", "SELECT 2;\r\n");
    let fault = load(&ground.0, "V3__x.sql", &sha256).expect_err("another");
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(
        fault.what.raw(),
        "V3__x.sql is not the file that the plan was made from"
    );
    assert!(fault.hint.is_some());
    for name in ["../V3__x.sql", "/etc/passwd", "a/b.sql", "..", ""] {
        assert_eq!(
            load(&ground.0, name, &sha256).expect_err("no name").kind,
            FaultKind::Refused
        );
    }
    fs::remove_file(ground.0.join("V3__x.sql")).expect("removed");
    assert!(load(&ground.0, "V3__x.sql", &sha256).expect_err("gone").hint.is_some());
}

#[test]
fn what_is_no_text_is_refused_with_file_and_byte() {
    let ground = Ground::new();
    ground.file("V1__x.sql", b"SELECT 1;\nSELECT '\xe9';");
    let fault = ground.read().expect_err("latin 1");
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert!(
        fault.what.raw().ends_with("V1__x.sql is not UTF-8: byte 19 in line 2"),
        "{fault}"
    );
    ground.file("V1__x.sql", b"SELECT 1;\0");
    assert!(ground.read().expect_err("zero").what.raw().contains("zero byte"));
}

#[test]
fn what_is_too_large_is_refused_by_name() {
    let ground = Ground::new();
    let file = fs::File::create(ground.0.join("V1__x.sql")).expect("a file");
    file.set_len(64 * 1024 * 1024 + 1).expect("a hole");
    assert!(
        ground
            .read()
            .expect_err("large")
            .what
            .raw()
            .ends_with("V1__x.sql is larger than 64 MB")
    );
    fs::remove_file(ground.0.join("V1__x.sql")).expect("removed");
    for at in 1..=10_001 {
        ground.file(&format!("{at}_x.sql"), "");
    }
    assert!(
        ground
            .read()
            .expect_err("many")
            .what
            .raw()
            .ends_with("more than 10000 files of SQL")
    );
}

#[test]
fn what_the_system_does_not_give_is_a_fault_with_place_and_remedy() {
    let ground = Ground::new();
    let fault = read(&ground.0.join("gone")).expect_err("gone");
    assert!(
        fault.what.raw().contains("/gone: No such file") && fault.hint.is_some(),
        "{fault}"
    );
    symlink(ground.0.join("nowhere"), ground.0.join("V1__x.sql")).expect("a link");
    assert!(
        ground
            .read()
            .expect_err("a link to nothing")
            .what
            .raw()
            .contains("V1__x.sql")
    );
}

#[test]
fn a_file_that_is_the_same_is_not_parsed_again_and_one_that_changed_is() {
    let ground = Ground::with(&["V1__one.sql", "V2__two.sql"]);
    let mut before = ground.read().expect("read");
    for migration in &mut before.migrations {
        migration.forth.parsed = Parsed::Not("as it was before".into());
    }
    ground.file("V2__two.sql", "SELECT 2;");
    let now = read_anew(&ground.0, Some(&before)).expect("read");
    assert_eq!(now.migrations[0].forth, before.migrations[0].forth);
    assert_eq!(now.migrations[1], ground.read().expect("read").migrations[1]);
}
