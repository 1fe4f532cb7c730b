//! Where statements begin and end, and which may stand together.

use std::time::{Duration, Instant};

use tenantry::model::{Parsed, Severity, Stands, Text};

use crate::{script, statements};

/// The statements of a text, as they would be sent.
fn cut(sql: &str) -> Vec<String> {
    let sent = |from: u64, to: u64| sql[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_owned();
    statements(sql).iter().map(|one| sent(one.from, one.to)).collect()
}

fn not(sql: &str) -> String {
    match script(sql).parsed {
        Parsed::Not(why) => why.raw().to_owned(),
        Parsed::Statements(all) => panic!("{all:?}"),
    }
}

#[test]
fn semicolons_end_statements_only_where_they_do() {
    let all =
        cut("-- one; two\nSELECT ';', E'\\'; x', $$;$$, \"a;b\" /* ; */ FROM t ; -- end;\n\n;; SELECT $a$ $$; $a$");
    assert_eq!(
        all,
        [
            "SELECT ';', E'\\'; x', $$;$$, \"a;b\" /* ; */ FROM t",
            "SELECT $a$ $$; $a$"
        ]
    );
    let function = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN; RETURN 1; END $$";
    let atomic = "CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END";
    assert_eq!(cut(&format!("{function};\r\n{atomic};\r\n")), [function, atomic]);
    assert!(cut("-- nothing\n").is_empty());
}

#[test]
fn lines_and_first_words() {
    let all = statements(
        "-- é\n\nALTER TABLE ONLY app.orders\n ADD x int;\nINSERT INTO t VALUES (1);CREATE TABLE IF NOT EXISTS \"A b\" ();\nDO $$ $$;\nSELECT 1;DROP SCHEMA s",
    );
    let said: Vec<_> = all.iter().map(|one| (one.line, one.what.raw())).collect();
    assert_eq!(
        said,
        [
            (3, "ALTER TABLE ONLY app.orders"),
            (5, "INSERT INTO t"),
            (5, "CREATE TABLE IF NOT EXISTS \"A b\""),
            (6, "DO"),
            (7, "SELECT"),
            (7, "DROP SCHEMA s")
        ]
    );
}

#[test]
fn what_cannot_stand_in_a_transaction_stands_alone() {
    for sql in [
        "DROP INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (CONCURRENTLY) INDEX i",
        "REINDEX SCHEMA s",
        "VACUUM t",
        "CLUSTER",
        "CREATE DATABASE d",
        "DROP DATABASE d",
        "CREATE TABLESPACE s LOCATION '/x'",
        "DROP TABLESPACE s",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "ALTER DATABASE d SET TABLESPACE s",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
        "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
        "COMMIT PREPARED 'x'",
        "DISCARD ALL",
    ] {
        assert_eq!(statements(sql)[0].stands, Stands::Alone { index: None }, "{sql}");
        assert!(!script(sql).stands_together());
    }
    let index = Some(Text::from("\"I x\""));
    assert_eq!(
        statements("CREATE INDEX CONCURRENTLY \"I x\" ON t (a)")[0].stands,
        Stands::Alone { index }
    );
    assert_eq!(
        statements("CREATE INDEX CONCURRENTLY ON t (a)")[0].stands,
        Stands::Alone { index: None }
    );
}

#[test]
fn what_begins_or_ends_transactions_controls() {
    for sql in [
        "BEGIN",
        "START TRANSACTION",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ABORT",
        "PREPARE TRANSACTION 'x'",
    ] {
        assert_eq!(statements(sql)[0].stands, Stands::Controls, "{sql}");
    }
}

#[test]
fn the_rest_stands_together() {
    for sql in [
        "SAVEPOINT a",
        "ROLLBACK TO a",
        "RELEASE a",
        "CALL p()",
        "CREATE INDEX concurrently_built ON t (a)",
        "REINDEX TABLE t",
        "CLUSTER t USING i",
        "ALTER TABLE t DETACH PARTITION p",
        "ALTER TYPE e ADD VALUE 'x'",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "ALTER DATABASE d RENAME TO e",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'",
    ] {
        assert_eq!(statements(sql)[0].stands, Stands::Together, "{sql}");
    }
}

#[test]
fn what_is_not_understood_is_said_with_its_line() {
    let broken = script("SELECT 1;\nALTER TABEL t;\n");
    let Parsed::Not(why) = broken.parsed else {
        panic!("{:?}", broken.parsed)
    };
    assert!(why.raw().starts_with("line 2: "), "{why}");
    assert_eq!(broken.advice.len(), 1);
    assert_eq!(
        (broken.advice[0].rule.as_str(), broken.advice[0].severity),
        ("not-linted", Severity::Notice)
    );
}

#[test]
fn what_only_psql_does_will_be_refused() {
    for (sql, line) in [
        ("SELECT 1;\n\\set x 1\n", 2),
        ("\\i other.sql\n", 1),
        ("COPY t (a, b) FROM stdin;\n1\t'x\n\\.\n", 1),
        ("COPY t FROM STDIN;", 1),
    ] {
        let script = script(sql);
        assert!(
            matches!(&script.parsed, Parsed::Not(why) if why.raw().starts_with(&format!("line {line}: "))),
            "{sql}"
        );
        let advice = &script.advice[0];
        assert_eq!(
            (advice.rule.as_str(), advice.severity, advice.line),
            ("only-for-psql", Severity::Critical, line)
        );
    }
    assert_eq!(statements("SELECT E'\\\\', '\\';").len(), 1);
    assert_eq!(statements("COPY t TO STDOUT; COPY t FROM '/x'").len(), 2);
}

#[test]
fn ten_megabytes_of_inserts_are_understood_in_time_and_more_than_sixteen_are_not_tried() {
    let line = "INSERT INTO orders (id, name) VALUES (1, 'a; b'), (2, E'it\\'s');\n";
    let begun = Instant::now();
    let all = statements(&line.repeat(10 * 1024 * 1024 / line.len()));
    let took = begun.elapsed();
    assert!(all.len() > 100_000);
    assert!(took < Duration::from_mins(1), "{took:?}");
    assert!(not(&line.repeat(17 * 1024 * 1024 / line.len())).contains("too large"));
}

#[test]
fn a_file_that_is_too_deep_ends_nothing() {
    let nested = |depth: usize| format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(statements(&nested(900)).len(), 1);
    assert!(not(&nested(100_000)).contains("too deep"));
}
