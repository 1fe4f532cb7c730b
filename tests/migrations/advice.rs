//! What an operator is told before a file runs.

use tenantry::model::Severity::{self, Critical, Notice, Warning};

use crate::script;

fn advice(sql: &str) -> Vec<(String, Severity, u64)> {
    script(sql)
        .advice
        .into_iter()
        .map(|one| (one.rule, one.severity, one.line))
        .collect()
}

fn is(rule: &str, severity: Severity, line: u64) -> (String, Severity, u64) {
    (rule.to_owned(), severity, line)
}

#[test]
fn rules_of_the_linter() {
    for (sql, rule, severity) in [
        ("CREATE INDEX i ON t (a)", "require-concurrent-index-creation", Critical),
        ("ALTER TABLE t ALTER a TYPE bigint", "changing-column-type", Critical),
        ("ALTER TABLE t ADD a int NOT NULL", "adding-required-field", Critical),
        ("ALTER TABLE t RENAME a TO b", "renaming-column", Critical),
        ("ALTER TABLE t DROP COLUMN a", "ban-drop-column", Critical),
        ("DROP TABLE t", "ban-drop-table", Critical),
        ("DROP POLICY p ON t", "ban-drop-policy", Critical),
        (
            "ALTER TABLE t DISABLE ROW LEVEL SECURITY",
            "ban-alter-row-level-security",
            Warning,
        ),
        (
            "ALTER TABLE t ALTER a SET NOT NULL",
            "adding-not-nullable-field",
            Warning,
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
            "constraint-missing-not-valid",
            Warning,
        ),
        ("DROP INDEX i", "require-concurrent-index-deletion", Warning),
    ] {
        assert_eq!(advice(&format!("\n{sql};")), [is(rule, severity, 2)], "{sql}");
    }
}

#[test]
fn style_and_what_the_console_sets_itself_are_left_out() {
    for sql in [
        "CREATE TABLE t (id int, name varchar(10), code char(3), at timestamp, n serial)",
        "ALTER TABLE t ADD a int",
        "ALTER TYPE e ADD VALUE 'x'",
        "BEGIN; SELECT 1; COMMIT;",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
    ] {
        assert_eq!(advice(sql), [], "{sql}");
    }
}

#[test]
fn what_the_file_made_itself_hurts_nobody() {
    let made = "CREATE TABLE t (a int);";
    for sql in [
        "CREATE INDEX i ON t (a)",
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE t ADD b int NOT NULL",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "DROP TABLE t",
    ] {
        assert_eq!(advice(&format!("{made}{sql}")), [], "{sql}");
        assert_ne!(advice(sql), [], "{sql}");
    }
}

#[test]
fn what_the_author_meant_is_not_said_again() {
    assert_eq!(advice("-- squawk-ignore ban-drop-table\nDROP TABLE t;"), []);
    assert_eq!(
        advice("-- squawk-ignore ban-drop-column\nDROP TABLE t;"),
        [is("ban-drop-table", Critical, 2)]
    );
    assert_eq!(advice("-- squawk-ignore-file\nDROP TABLE t;"), []);
}

#[test]
fn the_worst_comes_first() {
    let all = advice("DROP INDEX i;\nCREATE EXTENSION x;\nDROP TABLE t;");
    let severities: Vec<_> = all.iter().map(|(_, severity, _)| *severity).collect();
    assert_eq!(severities, [Critical, Warning, Notice]);
}

#[test]
fn rules_of_our_own() {
    for (sql, rule, severity) in [
        ("CREATE TABLE public.t ()", "names-a-schema", Notice),
        (
            "INSERT INTO public.t VALUES (1), (2); SELECT * FROM public.u",
            "names-a-schema",
            Notice,
        ),
        ("SET search_path = x", "moves-elsewhere", Warning),
        ("SET LOCAL search_path TO x", "moves-elsewhere", Warning),
        ("SET SCHEMA 'x'", "moves-elsewhere", Warning),
        (
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "moves-elsewhere",
            Warning,
        ),
        ("SET ROLE r", "moves-elsewhere", Warning),
        ("SET SESSION AUTHORIZATION r", "moves-elsewhere", Warning),
        ("RESET ROLE", "moves-elsewhere", Warning),
        ("RESET ALL", "moves-elsewhere", Warning),
        ("RESET search_path", "moves-elsewhere", Warning),
        ("SET lock_timeout = 0", "sets-a-limit", Notice),
        ("CREATE EXTENSION IF NOT EXISTS citext", "creates-extension", Notice),
        ("DO $$ BEGIN DROP TABLE t; END $$", "body-not-looked-at", Notice),
        (
            "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;",
            "both-ways-in-one-file",
            Critical,
        ),
    ] {
        let all = advice(sql);
        assert_eq!(all.len(), 1, "{sql}: {all:?}");
        assert_eq!((all[0].0.as_str(), all[0].1), (rule, severity), "{sql}");
    }
    for sql in [
        "SET work_mem = '1MB'",
        "SELECT * FROM pg_catalog.pg_class",
        "SELECT t.a FROM t",
        "SELECT set_config('a.b', '', true)",
    ] {
        assert_eq!(advice(sql), [], "{sql}");
    }
}
