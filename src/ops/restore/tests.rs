//! What is different, in which order it is written, and what is refused, without a server.

mod since;

use std::collections::BTreeSet;

use super::{
    across::Across,
    drift::{self, Drift},
    form::{Column, Reference, Table},
    order::in_order,
    rows::{self, Row},
    write::{self, Work},
};
use crate::{
    facts::tenants::{Size, Tenant},
    model::{Bytes, Isolation, Kind, Sharing, Target, Words},
    ops::tenant::Home,
};

fn table(name: &str, columns: &[&str]) -> Table {
    let column = |name: &&str| Column {
        name: (*name).into(),
        kind: "pg_catalog.text".into(),
        generated: name.starts_with("sum"),
        required: name.starts_with("must"),
        ..Column::default()
    };
    Table {
        schema: "public".into(),
        name: name.into(),
        owner: "app_owner".into(),
        columns: columns.iter().map(column).collect(),
        key: vec!["id".into()],
        forced: true,
        ..Table::default()
    }
}

fn reference(from: &str, column: &str, to: &str, deferrable: bool) -> Reference {
    Reference {
        name: format!("{from}_{column}_fkey"),
        from: format!("public.{from}"),
        to: format!("public.{to}"),
        columns: vec![column.into()],
        others: vec!["id".into()],
        deferrable,
        ..Reference::default()
    }
}

/// What is sent. All that has values in it is kept apart from the plan.
fn sent(work: &[Work<'_>], references: &[Reference], home: &Home<'_>) -> Vec<String> {
    let text = |words: &Words| match words {
        Words::Rows(rows) => rows.text().unwrap().to_owned(),
        Words::Text(text) => {
            assert!(text.starts_with("set constraints "), "{text}");
            text.clone()
        }
        Words::File(part) => panic!("{part:?}"),
    };
    write::statements(work, references, home).iter().map(text).collect()
}

fn row(values: &[&str]) -> Row {
    values
        .iter()
        .map(|value| (*value != "-").then(|| (*value).to_owned()))
        .collect()
}

fn tenant() -> Tenant {
    Tenant {
        target: Target::new(Kind::Tenant, ["one", "orders", "7"]),
        name: "Seven".into(),
        model: Isolation::Shared,
        size: Size::Unseen("".into()),
        relations: None,
        rows: None,
        shut: None,
        at: None,
        fault: None,
    }
}

fn home(known: &Tenant) -> Home<'_> {
    Home {
        known,
        database: "orders".into(),
        shared: Some(Sharing {
            column: "tenant_id",
            setting: "app.tenant",
            roles: &[],
            reader: None,
            digest_below: Bytes(0),
        }),
    }
}

fn names(tables: &[Table]) -> Vec<&str> {
    tables.iter().map(|table| table.name.as_str()).collect()
}

#[test]
fn r9_tables_stand_behind_those_that_they_refer_to_and_a_circle_needs_a_key_that_waits() {
    let all = || {
        vec![
            table("line", &["id"]),
            table("orders", &["id"]),
            table("customer", &["id"]),
        ]
    };
    let mut keys = vec![
        reference("line", "order", "orders", false),
        reference("orders", "customer", "customer", false),
        reference("customer", "referred", "customer", false),
    ];
    let order = |keys: &[Reference]| in_order(all(), keys);
    let wanted = ["customer", "orders", "line"];
    assert_eq!(names(&order(&keys).unwrap().tables), wanted);
    keys.push(reference("customer", "last_order", "orders", true));
    assert_eq!(names(&order(&keys).unwrap().tables), wanted);
    let first = reference("customer", "first_order", "orders", false);
    keys.push(first.clone());
    let refusal = order(&keys).unwrap_err();
    assert!(
        refusal.what.contains("cannot be deferred and may not be null"),
        "{refusal}"
    );
    // One that may be null breaks the circle: it is filled in when all rows are there.
    keys.pop();
    keys.push(Reference {
        loose: vec!["first_order".into()],
        ..first
    });
    let found = order(&keys).unwrap();
    assert_eq!(names(&found.tables), wanted);
    assert_eq!(
        found.later["public.customer"],
        BTreeSet::from(["first_order".to_owned()])
    );
}

#[test]
fn what_is_filled_in_later_is_null_at_first_and_what_goes_lets_go_before() {
    let customer = table("customer", &["id", "first"]);
    let later = BTreeSet::from(["first".to_owned()]);
    let (now, then) = ([row(&["1", "8"])], [row(&["2", "9"]), row(&["3", "-"])]);
    let difference = rows::difference(&customer, &BTreeSet::new(), &now, &then);
    let work = Work::of(&customer, difference, &[], Some(&later));
    // Two of them have no first, and one that goes has one.
    assert_eq!(work.updates(), 2);
    let known = tenant();
    let all = sent(&[work], &[], &home(&known));
    let began: Vec<&str> = all.iter().map(|sql| sql.split(" from").next().unwrap()).collect();
    assert_eq!(
        began[1..5],
        [
            "update \"public\".\"customer\" x set \"first\" = null",
            "delete",
            "insert into \"public\".\"customer\" (\"id\") overriding system value values ('2'::pg_catalog.text), ('3')",
            "update \"public\".\"customer\" x set \"first\" = v.\"first\"",
        ]
    );
}

#[test]
fn r13_a_table_that_has_another_form_is_refused_by_name() {
    let (live, copy) = (table("orders", &["id", "note"]), table("orders", &["id", "remark"]));
    let none = BTreeSet::new();
    let alike =
        |live: &Table, copy: &Table, drift| drift::alike(vec![live.clone()], std::slice::from_ref(copy), &none, drift);
    let refusal = alike(&live, &copy, Drift::Refuse).unwrap_err();
    assert!(
        refusal.what.contains("note pg_catalog.text") && refusal.what.contains("remark pg_catalog.text"),
        "{refusal}"
    );
    assert!(refusal.hint.unwrap().contains("drift=default"));
    let (kept, told) = alike(&live, &copy, Drift::Default).unwrap();
    let of = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (of(&kept[0].columns), of(&kept[0].more)),
        (vec!["id".to_owned()], vec!["note".to_owned()])
    );
    assert_eq!(told.len(), 1);
    // T8: a column that came since. What every row needs and the copy does not have blocks, whatever is said; and so does another type.
    let needs = table("orders", &["id", "must_have"]);
    let refusal = alike(&needs, &copy, Drift::Default).unwrap_err();
    assert!(refusal.what.contains("needs must_have"), "{refusal}");
    let mut other = live.clone();
    other.columns[1].kind = "pg_catalog.int8".into();
    let refusal = alike(&other, &live, Drift::Default).unwrap_err();
    assert!(
        refusal
            .what
            .contains("note as pg_catalog.int8 now and as pg_catalog.text then"),
        "{refusal}"
    );
    let gone = table("gone", &["id"]);
    let refusal = drift::alike(vec![live.clone()], &[live.clone(), gone.clone()], &none, Drift::Refuse).unwrap_err();
    assert!(refusal.what.contains("public.gone is only in the copy"), "{refusal}");
    let wanted = BTreeSet::from(["public.orders"]);
    let (kept, _) = drift::alike(vec![live.clone()], &[live, gone], &wanted, Drift::Refuse).unwrap();
    assert_eq!(names(&kept), ["orders"]);
}

#[test]
fn what_differs_is_found_by_key_and_a_column_that_something_else_writes_does_not_count() {
    let orders = table("orders", &["id", "note", "touched"]);
    let now = [row(&["1", "a", "x"]), row(&["2", "b", "x"]), row(&["3", "c", "x"])];
    let then = [row(&["1", "a", "y"]), row(&["2", "-", "y"]), row(&["4", "d", "y"])];
    let plain = rows::difference(&orders, &BTreeSet::new(), &now, &then);
    assert_eq!(
        (
            plain.inserted.len(),
            plain.changed.len(),
            plain.deleted.len(),
            plain.same
        ),
        (1, 2, 1, 0)
    );
    let mapped = BTreeSet::from(["public.orders.touched".to_owned()]);
    let found = rows::difference(&orders, &mapped, &now, &then);
    assert_eq!(
        (
            found.inserted.len(),
            found.changed.len(),
            found.deleted.len(),
            found.same
        ),
        (1, 1, 1, 1)
    );
    let back = found.reversed();
    assert_eq!(
        (&back.inserted[..], &back.deleted[..]),
        (&[&now[2]][..], &[&then[2]][..])
    );
}

#[test]
fn t3_only_columns_that_differ_are_set_and_none_that_the_server_computes() {
    let lines = table("line", &["id", "note", "price", "sum"]);
    let now = [row(&["1", "it's", "5", "5"])];
    let then = [row(&["1", "it's", "6", "6"])];
    let difference = rows::difference(&lines, &BTreeSet::new(), &now, &then);
    let (known, work) = (tenant(), [Work::of(&lines, difference, &[], None)]);
    let all = sent(&work, &[], &home(&known));
    assert_eq!(
        all[1..2],
        [
            "update \"public\".\"line\" x set \"price\" = v.\"price\" from (values ('1'::pg_catalog.text, '6'::pg_catalog.text)) \
             v (\"id\", \"price\") where x.\"id\" = v.\"id\" and x.\"tenant_id\" = '7'"
        ]
    );
}

/// The first word of each statement, with its table.
fn order(all: &[String]) -> Vec<String> {
    let words = |sql: &String| {
        sql.split(' ')
            .filter(|word| word.starts_with('"'))
            .map(str::to_owned)
            .next()
    };
    all[1..]
        .iter()
        .filter(|sql| !sql.starts_with("set constraints"))
        .map(|sql| format!("{} {}", &sql[..6], words(sql).unwrap_or_default()))
        .collect()
}

#[test]
fn what_goes_is_gone_first_unless_rows_that_stay_still_refer_to_it() {
    let (customer, orders) = (table("customer", &["id"]), table("orders", &["id", "customer"]));
    let keys = [reference("orders", "customer", "customer", false)];
    let (now, then) = ([row(&["1"])], [row(&["2"])]);
    let known = tenant();
    let statements = |orders_now: &[Row], orders_then: &[Row]| {
        let work = [
            Work::of(
                &customer,
                rows::difference(&customer, &BTreeSet::new(), &now, &then),
                &keys,
                None,
            ),
            Work::of(
                &orders,
                rows::difference(&orders, &BTreeSet::new(), orders_now, orders_then),
                &keys,
                None,
            ),
        ];
        order(&sent(&work, &keys, &home(&known)))
    };
    let (public_customer, public_orders) = ("\"public\".\"customer\"", "\"public\".\"orders\"");
    let free = statements(&[], &[]);
    assert_eq!(
        free,
        [format!("delete {public_customer}"), format!("insert {public_customer}")]
    );
    let moved = statements(&[row(&["9", "1"])], &[row(&["9", "2"])]);
    assert_eq!(
        moved,
        [
            format!("insert {public_customer}"),
            format!("update {public_orders}"),
            format!("delete {public_customer}")
        ]
    );
}

#[test]
fn r8_rows_that_others_refer_to_are_not_deleted_and_where_nobody_can_be_asked_none_are() {
    let customer = table("customer", &["tenant_id", "id"]);
    let now = [row(&["7", "1"])];
    let difference = rows::difference(&customer, &BTreeSet::new(), &now, &[]);
    let work = [Work::of(&customer, difference, &[], None)];
    let (known, open) = (tenant(), reference("visit", "customer", "customer", false));
    let open = [Reference {
        on_delete: "c".into(),
        ..open
    }];
    let across = Across::of(&work, &open, &home(&known));
    let refusal = across.refuse(None).unwrap_err();
    assert!(
        refusal.what.contains("visit_customer_fkey of public.visit"),
        "{refusal}"
    );
    assert!(across.ask().is_some() && across.refuse(Some(&[])).is_ok());
    let found = [r#"{"at": 0, "rows": 2, "keys": ["1"]}"#.to_owned()];
    let refusal = across.refuse(Some(&found)).unwrap_err();
    assert!(
        refusal.what.contains("2 rows of public.visit") && refusal.what.contains("cascade"),
        "{refusal}"
    );
    let closed = [Reference {
        columns: vec!["tenant_id".into(), "customer".into()],
        others: vec!["tenant_id".into(), "id".into()],
        ..open[0].clone()
    }];
    let across = Across::of(&work, &closed, &home(&known));
    assert!(across.ask().is_none() && across.refuse(None).is_ok());
}

#[test]
fn everything_that_would_go_is_asked_about() {
    let customer = table("customer", &["tenant_id", "id"]);
    let now: Vec<Row> = (0..30_000).map(|id| row(&["7", &id.to_string()])).collect();
    let difference = rows::difference(&customer, &BTreeSet::new(), &now, &[]);
    let work = [Work::of(&customer, difference, &[], None)];
    let (known, open) = (tenant(), [reference("visit", "customer", "customer", false)]);
    let asked = Across::of(&work, &open, &home(&known)).ask().unwrap();
    assert_eq!(asked.matches("), ('").count() + 1, now.len());
}
