//! Files as people write them.

use std::fmt::Write;

use super::course::Course;
use crate::ground::Ground;

pub fn all(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "fil", 3);
    course.file(
        "V1__bom.sql",
        "\u{feff}create table item (id int primary key, note text);\r\n-- über\r\n",
    );
    course.file(
        "V2__body.sql",
        "create function f() returns int language plpgsql as $body$ begin -- a ; b\n return 1; end $body$;\n\
         insert into item values (1, E'a\\';b');\n",
    );
    course.file(
        "V3__many.sql",
        "begin;\ninsert into item values (2, 'own transaction');\ncommit;\ncreate index item_note on item (note);\n",
    );
    course.file(
        "V4__alone.sql",
        "insert into item values (3, 'before');\ncreate index concurrently item_alone on item (note);\nvacuum item;\n",
    );
    let mut large = String::from("create table large (n int, filler text);\n");
    for n in 0..100_000 {
        writeln!(large, "insert into large values ({n}, '{n:-<70}');").unwrap();
    }
    assert!(large.len() > 10_000_000);
    course.file("V5__large.sql", large);
    // Newer than any parser: sent whole, and the server says what it thinks of it.
    course.file("V6__new.sql", "frobnicate item;");
    let (code, said) = course.run(&["--set", "to=5"]);
    assert_eq!(code, Some(0), "{said}");
    let right = "(select string_agg(id || coalesce(note, ''), ',' order by id) from {}.item) \
                 = '1a'';b,2own transaction,3before' and (select count(*) from {}.large) = 100000 and {}.f() = 1 \
                 and (select bool_and(indisvalid) from pg_index where indrelid = '{}.item'::regclass) \
                 and (select count(*) from {}.tenantry_migration where complete) = 5";
    assert_eq!(course.those(right).len(), 3, "{said}");
    let plan = course.plan(&[]).unwrap();
    let touches = plan["plan"]["touches"].to_string();
    assert!(touches.contains("not-linted"), "{touches}");
    let (code, said) = course.run(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("V6__new.sql: ") && said.contains("(42601)"), "{said}");
    assert_eq!(
        course
            .those("(select max(version) from {}.tenantry_migration) = '5'")
            .len(),
        3
    );
}

/// What a parser did not see the server does: then it is not known what was done, and that is said.
pub fn commits(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "com", 1);
    // The parser does not get past the first statement, so the COMMIT is sent in our transaction.
    course.file(
        "V1__hidden.sql",
        "create table item (id int);\ncommit;\nselect 1 as from_ where grouping sets is is;\n",
    );
    let (code, said) = course.run(&[]);
    assert_ne!(code, Some(0), "{said}");
    // The server refused the whole text, because it did not understand the end of it.
    assert_eq!(course.those("to_regclass('{}.item') is null").len(), 1, "{said}");
    // In a string nobody looks into.
    course.file(
        "V1__hidden.sql",
        "create table item (id int);\ncreate procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();\n",
    );
    let (code, said) = course.run(&[]);
    assert_ne!(code, Some(0), "{said}");
    assert!(
        said.contains("(2D000)"),
        "a procedure may not commit in a transaction block: {said}"
    );
    assert_eq!(course.those("to_regclass('{}.item') is null").len(), 1, "{said}");
}
