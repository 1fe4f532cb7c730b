//! What is sent of a dump, piece by piece.

use super::pieces::{Piece, Pieces};

/// What is sent: statements and rows as they are, or why it cannot be used.
fn sent(dump: &str) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut pieces = Pieces::of(dump.as_bytes());
        let mut all = Vec::new();
        while let Some(piece) = pieces.next().await.map_err(|fault| fault.to_string())? {
            match piece {
                Piece::Statements(sql) => all.push(sql.trim().to_owned()),
                Piece::Copy(sql) => {
                    let mut whole = format!("{sql} ");
                    while let Some(rows) = pieces.rows().await.map_err(|fault| fault.to_string())? {
                        whole += std::str::from_utf8(&rows).unwrap();
                    }
                    all.push(whole);
                }
            }
        }
        Ok(all)
    })
}

#[test]
fn statements_and_rows_come_as_they_stand_and_nothing_that_is_meant_for_psql() {
    let dump = "--\n-- PostgreSQL database dump\n--\n\n\\restrict Xq3\n\nSET statement_timeout = 0;\nSET lock_timeout = 0;\n\
                SET client_encoding = 'UTF8';\n\n--\n-- Name: t; Type: TABLE\n--\n\nCREATE TABLE t.a (\n    n bigint\n);\n\n\n\
                --\n-- Data\n--\n\nCOPY t.a (n) FROM stdin;\n1\n--\n\\N\n\\.\n\n\nCOPY t.b (n) FROM stdin;\n\\.\n\n\
                SELECT 1;\n--\n\\unrestrict Xq3\n";
    assert_eq!(
        sent(dump).unwrap(),
        [
            "SET client_encoding = 'UTF8';",
            "CREATE TABLE t.a (\n    n bigint\n);",
            "COPY t.a (n) FROM stdin; 1\n--\n\\N\n",
            "COPY t.b (n) FROM stdin; ",
            "SELECT 1;",
        ]
    );
}

#[test]
fn what_looks_like_a_beginning_in_the_middle_of_something_is_none() {
    let looks = "\nCOPY a FROM stdin;\n\\restrict x\n-- no\nCOMMIT;\n";
    for (open, close) in [
        ("'it''s", "'"),
        ("E'it\\'s", "'"),
        ("$_$ $$ '", "$_$"),
        ("\"a\"\"", "\""),
        ("/* /* */", "*/"),
    ] {
        let dump = format!("SELECT {open}{looks}{close};\n--\nSELECT 2;\n");
        let first = format!("SELECT {open}{looks}{close};");
        assert_eq!(sent(&dump).unwrap(), [first.as_str(), "SELECT 2;"]);
    }
    // A function without quotes has semicolons of its own.
    let body = "CREATE FUNCTION f() RETURNS int\n    BEGIN ATOMIC\n SELECT 1;\n\n SELECT $1;\nEND;";
    assert_eq!(sent(&format!("{body}\n\n--\nSELECT 2;")).unwrap(), [body, "SELECT 2;"]);
}

#[test]
fn a_dump_that_ends_too_early_or_ends_transactions_is_refused() {
    for (dump, why) in [
        ("COPY t.a (n) FROM stdin;\n1\n", "in the middle of a table"),
        ("SELECT 'a\n", "in the middle of a statement"),
        ("BEGIN;\nSELECT pg_catalog.lo_open('1', 131072);\n", "large objects"),
        ("\\connect other\n", "a command for psql"),
    ] {
        let told = sent(dump).unwrap_err();
        assert!(told.contains(why), "{told}");
    }
}
