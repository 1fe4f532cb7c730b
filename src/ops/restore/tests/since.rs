//! What migrations and other tenants have done since the moment, without a server.

use std::collections::BTreeSet;

use super::{home, row, table, tenant};
use crate::ops::restore::{
    drift::{self, Drift},
    form::Table,
    rows,
    taken::{Taken, Unique},
    write::Work,
};

#[test]
fn r13_columns_that_have_changed_names_are_others() {
    let (copy, mut live) = (numbered(&["id", "name", "email"]), numbered(&["id", "email", "name"]));
    let none = BTreeSet::new();
    let alike = |live: &Table, drift| drift::alike(vec![live.clone()], std::slice::from_ref(&copy), &none, drift);
    let named = "[email pg_catalog.text, name pg_catalog.text] as other columns";
    let refusal = alike(&live, Drift::Refuse).unwrap_err();
    assert!(refusal.what.contains(named), "{refusal}");
    let (_, told) = alike(&live, Drift::Default).unwrap();
    assert!(told[0].1.contains(named), "{told:?}");
    // One that was dropped and made again is another one; those behind it are not.
    let mut again = copy.clone();
    again.columns[1].number = 4;
    let refusal = alike(&again, Drift::Refuse).unwrap_err();
    assert!(
        refusal.what.contains("[name pg_catalog.text] as other columns"),
        "{refusal}"
    );
    // In a table that was made anew a hole is closed, and only the order tells.
    again.oid = 8;
    assert!(alike(&again, Drift::Refuse).unwrap().1.is_empty());
    live.oid = 8;
    assert!(alike(&live, Drift::Refuse).is_err());
}

/// A table whose columns have numbers.
fn numbered(columns: &[&str]) -> Table {
    let mut table = table("customer", columns);
    for (number, column) in (1..).zip(&mut table.columns) {
        column.number = number;
    }
    Table { oid: 7, ..table }
}

#[test]
fn t7_values_that_rows_get_are_asked_about_where_they_hold_for_all_tenants() {
    let depot = table("depot", &["tenant_id", "id", "code", "note"]);
    let unique = |columns: &[&str]| Unique {
        name: "code_key".into(),
        table: "public.depot".into(),
        keys: vec!["lower(code)".into()],
        only: Some("(note IS NULL)".into()),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
    };
    let now = [row(&["7", "1", "a", "x"]), row(&["7", "2", "b", "-"])];
    let then = [
        row(&["7", "1", "a", "y"]),
        row(&["7", "2", "it's", "-"]),
        row(&["7", "3", "c", "-"]),
    ];
    let difference = rows::difference(&depot, &BTreeSet::new(), &now, &then);
    let (known, work) = (tenant(), [Work::of(&depot, difference, &[], None)]);
    let (all, unknown) = ([unique(&["code"])], [unique(&["code", "added"])]);
    let taken = Taken::of(&work, &all, &home(&known));
    let asked = taken.ask().unwrap();
    // What is changed elsewhere keeps its value.
    assert!(
        asked.contains("(values ('c'::pg_catalog.text), ('it''s')) v (\"code\") where true and ((note IS NULL))"),
        "{asked}"
    );
    assert!(
        asked.contains("from \"public\".\"depot\" x where (x.\"tenant_id\" = '7') is not true and ((note IS NULL))")
    );
    assert!(taken.refuse(&[]).is_ok());
    let refusal = taken
        .refuse(&[r#"{"at": 0, "rows": 1, "values": ["c"]}"#.to_owned()])
        .unwrap_err();
    assert!(
        refusal.what.contains("1 row of public.depot") && refusal.what.contains("them: c"),
        "{refusal}"
    );
    assert!(Taken::of(&work, &unknown, &home(&known)).ask().is_none());
}
