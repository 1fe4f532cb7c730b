//! Locks on what is there already, and how many relations a statement has to do with.

use crate::statements;

/// The locks of the last statement.
fn locks(sql: &str) -> Vec<(String, String)> {
    let all = statements(sql).pop().expect("a statement").locks;
    all.into_iter()
        .map(|(relation, mode)| (relation.raw().to_owned(), mode))
        .collect()
}

#[test]
fn one_relation_and_its_mode() {
    for (sql, mode) in [
        ("SELECT * FROM t", "ACCESS SHARE"),
        ("COPY t TO STDOUT", "ACCESS SHARE"),
        ("SELECT * FROM t FOR UPDATE", "ROW SHARE"),
        ("INSERT INTO t VALUES (1)", "ROW EXCLUSIVE"),
        ("UPDATE t SET a = 1", "ROW EXCLUSIVE"),
        ("DELETE FROM ONLY t", "ROW EXCLUSIVE"),
        ("COPY t FROM '/x'", "ROW EXCLUSIVE"),
        ("VACUUM t", "SHARE UPDATE EXCLUSIVE"),
        ("ANALYZE t", "SHARE UPDATE EXCLUSIVE"),
        ("COMMENT ON TABLE t IS ''", "SHARE UPDATE EXCLUSIVE"),
        ("COMMENT ON COLUMN t.a IS ''", "SHARE UPDATE EXCLUSIVE"),
        ("CREATE STATISTICS s ON a, b FROM t", "SHARE UPDATE EXCLUSIVE"),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "SHARE UPDATE EXCLUSIVE"),
        ("DROP INDEX CONCURRENTLY t", "SHARE UPDATE EXCLUSIVE"),
        ("REINDEX TABLE CONCURRENTLY t", "SHARE UPDATE EXCLUSIVE"),
        ("ALTER INDEX t RENAME TO u", "SHARE UPDATE EXCLUSIVE"),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", "SHARE UPDATE EXCLUSIVE"),
        ("ALTER TABLE t ALTER a SET STATISTICS 9", "SHARE UPDATE EXCLUSIVE"),
        ("ALTER TABLE t SET (fillfactor = 70)", "SHARE UPDATE EXCLUSIVE"),
        ("CREATE INDEX i ON t (a)", "SHARE"),
        ("REINDEX TABLE t", "SHARE"),
        (
            "CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()",
            "SHARE ROW EXCLUSIVE",
        ),
        ("ALTER TABLE t DISABLE TRIGGER x", "SHARE ROW EXCLUSIVE"),
        ("ALTER SEQUENCE t INCREMENT 2", "SHARE ROW EXCLUSIVE"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY t", "EXCLUSIVE"),
        ("LOCK TABLE t IN EXCLUSIVE MODE", "EXCLUSIVE"),
        ("LOCK t", "ACCESS EXCLUSIVE"),
        ("REFRESH MATERIALIZED VIEW t", "ACCESS EXCLUSIVE"),
        ("VACUUM (FULL) t", "ACCESS EXCLUSIVE"),
        ("TRUNCATE t", "ACCESS EXCLUSIVE"),
        ("DROP TABLE IF EXISTS t", "ACCESS EXCLUSIVE"),
        ("DROP VIEW t", "ACCESS EXCLUSIVE"),
        ("DROP INDEX t", "ACCESS EXCLUSIVE"),
        ("DROP TRIGGER x ON t", "ACCESS EXCLUSIVE"),
        ("CREATE POLICY p ON t USING (true)", "ACCESS EXCLUSIVE"),
        ("CREATE OR REPLACE VIEW t AS SELECT 1", "ACCESS EXCLUSIVE"),
        ("ALTER TABLE t ADD COLUMN a int", "ACCESS EXCLUSIVE"),
        ("ALTER TABLE t RENAME TO u", "ACCESS EXCLUSIVE"),
        ("ALTER TABLE t VALIDATE CONSTRAINT c, DROP COLUMN a", "ACCESS EXCLUSIVE"),
        ("CREATE TABLE p PARTITION OF t DEFAULT", "ACCESS EXCLUSIVE"),
        ("CREATE TABLE p () INHERITS (t)", "SHARE UPDATE EXCLUSIVE"),
    ] {
        assert_eq!(locks(sql), [("t".to_owned(), mode.to_owned())], "{sql}");
    }
}

#[test]
fn two_relations_the_heavier_lock_first() {
    for (sql, first, second) in [
        (
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a)",
            ("t", "SHARE ROW EXCLUSIVE"),
            ("u", "SHARE ROW EXCLUSIVE"),
        ),
        (
            "ALTER TABLE t ADD a int REFERENCES u",
            ("t", "ACCESS EXCLUSIVE"),
            ("u", "SHARE ROW EXCLUSIVE"),
        ),
        (
            "INSERT INTO t SELECT * FROM app.\"U\"",
            ("t", "ROW EXCLUSIVE"),
            ("app.\"U\"", "ACCESS SHARE"),
        ),
        (
            "ALTER TABLE t ATTACH PARTITION u DEFAULT",
            ("u", "ACCESS EXCLUSIVE"),
            ("t", "SHARE UPDATE EXCLUSIVE"),
        ),
        (
            "ALTER TABLE t DETACH PARTITION u CONCURRENTLY",
            ("u", "ACCESS EXCLUSIVE"),
            ("t", "SHARE UPDATE EXCLUSIVE"),
        ),
        (
            "ALTER TABLE t ADD UNIQUE USING INDEX i",
            ("t", "ACCESS EXCLUSIVE"),
            ("i", "SHARE UPDATE EXCLUSIVE"),
        ),
    ] {
        let is = |(relation, mode): (&str, &str)| (relation.to_owned(), mode.to_owned());
        assert_eq!(locks(sql), [is(first), is(second)], "{sql}");
    }
}

#[test]
fn what_locks_nothing_that_is_there() {
    for sql in [
        "CREATE TABLE t (id int)",
        "CREATE TABLE t (); CREATE INDEX i ON t (a)",
        "CREATE TABLE app.T (); ALTER TABLE t ADD a int",
        "CREATE TABLE t (); ALTER TABLE app.t ADD a int",
        "CREATE TABLE t AS SELECT 1; DROP TABLE T",
        "CREATE VIEW v AS SELECT 1; DROP VIEW v",
        "WITH q AS (SELECT 1) SELECT * FROM q",
        "GRANT SELECT ON t TO r",
        "SELECT 1",
    ] {
        assert_eq!(locks(sql), [], "{sql}");
    }
    assert_eq!(locks("CREATE TABLE a.t (); ALTER TABLE b.t ADD a int").len(), 1);
    assert_eq!(locks("ALTER TABLE t RENAME TO u; ALTER TABLE u ADD a int").len(), 1);
}

#[test]
fn one_relation_twice_is_listed_once_with_the_heavier_mode() {
    let heavier = [("t".to_owned(), "ROW EXCLUSIVE".to_owned())];
    assert_eq!(locks("INSERT INTO t SELECT * FROM T"), heavier);
}

#[test]
fn objects_are_counted() {
    for (sql, count) in [
        ("SELECT 1", 0),
        ("ALTER TABLE t ADD a int", 1),
        ("CREATE INDEX i ON t (a)", 2),
        ("INSERT INTO t SELECT * FROM u, t", 2),
        // The table, what is too long for a row with its index, the sequence, the index of the key.
        ("CREATE TABLE t (id serial PRIMARY KEY)", 5),
        (
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY UNIQUE REFERENCES u)",
            6,
        ),
    ] {
        assert_eq!(statements(sql)[0].objects, count, "{sql}");
    }
}
