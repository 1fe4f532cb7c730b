//! The grammar, word by word, on a small table.

use jiff::{SignedDuration, Timestamp};

use super::{Filter, Noun, Query};
use crate::model::{Bytes, Cell, Column, Fault, FaultKind, Kind, Row, Severity, Table, Target, Text, Value};

static COLUMNS: [Column; 5] = [
    Column::words("name", "NAME", 0, 20, "what it is called"),
    Column::words("model", "MODEL", 1, 10, "where it lives"),
    Column::number("size", "SIZE", 2, 10, "on disk"),
    Column::number("ttl", "TTL", 3, 10, "until its credential ends"),
    Column::number("sessions", "SESSIONS", 3, 10, "now"),
];
static TENANTS: Noun = Noun {
    name: "tenants",
    aliases: &["tn"],
    columns: &COLUMNS,
};

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn row(name: &str, model: &'static str, size: Value, ttl: i64, severity: Severity) -> Row {
    let ends = now() + SignedDuration::from_secs(ttl);
    Row {
        target: Target::new(Kind::Tenant, [name]),
        cells: vec![
            Text::from(name).into(),
            Value::Word(model).into(),
            size.into(),
            Value::Ends(ends).into(),
            Cell::new(ttl.unsigned_abs()),
        ],
        severity,
        seen: None,
        fault: (ttl < 0).then(|| Fault::new(FaultKind::Timeout, "no answer")),
    }
}

fn table() -> Table {
    let size = |megabytes: u64| Value::Bytes(Bytes(megabytes << 20));
    Table {
        columns: &COLUMNS,
        rows: vec![
            row("acme", "instance", size(2048), 300, Severity::Critical),
            row("blue harbour", "schema", size(5), 3600, Severity::Ok),
            row(
                "cedar",
                "schema",
                Value::Unseen("no answer".into()),
                900,
                Severity::Warning,
            ),
            row("pr\u{202e}od", "shared", size(70), -60, Severity::Unseen),
            row("acorn", "shared", Value::About(Bytes(1 << 20)), 86400, Severity::Notice),
        ],
        complete: true,
        ..Table::default()
    }
}

fn shown(line: &str) -> Vec<String> {
    let query = Query::parse(line, &[TENANTS]).expect("a line");
    let table = table();
    let rows = query.arrange(&table, now());
    rows.iter()
        .map(|at| table.rows[*at].target.name().to_string())
        .collect()
}

#[test]
fn each_word_keeps_what_it_says() {
    for (line, names) in [
        (
            "tenants",
            vec!["acme", "blue harbour", "cedar", "pr\\u{202e}od", "acorn"],
        ),
        ("tn /ac", vec!["acme", "acorn"]),
        ("tenants acm", vec!["acme"]),
        ("tenants /blhar", vec!["blue harbour"]),
        ("tenants /\"e h\"", vec!["blue harbour"]),
        ("tenants /!schema", vec!["acme", "pr\\u{202e}od", "acorn"]),
        ("tenants /model=schema", vec!["blue harbour", "cedar"]),
        ("tenants /model!=schema", vec!["acme", "pr\\u{202e}od", "acorn"]),
        ("tenants /!model=SCHEMA", vec!["acme", "pr\\u{202e}od", "acorn"]),
        ("tenants /name~^a.*e$", vec!["acme"]),
        ("tenants /ttl<10m", vec!["acme", "pr\\u{202e}od"]),
        ("tenants /ttl>=1h", vec!["blue harbour", "acorn"]),
        ("tenants /size>=70MB", vec!["acme", "pr\\u{202e}od"]),
        ("tenants /size<2M", vec!["acorn"]),
        ("tenants /size>5s", vec![]),
        ("tenants /sessions=300", vec!["acme"]),
        ("tenants /is:warning", vec!["cedar"]),
        ("tenants /is:wrong", vec!["acme", "cedar"]),
        ("tenants /!is:ok is:stale", vec!["pr\\u{202e}od"]),
        ("tenants /name=\"blue harbour\"", vec!["blue harbour"]),
        ("tenants /202e", vec!["pr\\u{202e}od"]),
    ] {
        assert_eq!(shown(line), names, "{line}");
    }
}

#[test]
fn sorting_compares_values_and_puts_the_unseen_last_in_both_directions() {
    assert_eq!(
        shown("tenants sort:size"),
        ["acorn", "blue harbour", "pr\\u{202e}od", "acme", "cedar"]
    );
    assert_eq!(
        shown("tenants sort:size:desc"),
        ["acme", "pr\\u{202e}od", "blue harbour", "acorn", "cedar"]
    );
    assert_eq!(shown("tenants /model=schema sort:ttl"), ["cedar", "blue harbour"]);
    assert_eq!(
        shown("tenants sort:model"),
        ["acme", "blue harbour", "cedar", "acorn", "pr\\u{202e}od"]
    );
}

#[test]
fn a_line_prints_as_it_is_read() {
    for (line, canonical) in [
        (":tn", "tenants"),
        (
            "tenants sort:ttl:desc /ttl<10m  !x cols:size,name",
            "tenants /ttl<10m !x sort:ttl:desc cols:size,name",
        ),
        ("tenants acme sort:name:asc", "tenants /acme sort:name"),
    ] {
        let query = Query::parse(line, &[TENANTS]).expect("a line");
        assert_eq!(query.to_string(), canonical);
        assert_eq!(Query::parse(canonical, &[TENANTS]).expect("canonical"), query);
    }
}

#[test]
fn mistakes_name_their_place_and_the_nearest_word() {
    for (line, words) in [
        ("", "at 1: a view is wanted"),
        (":tenant", "at 2: no view or command \"tenant\": did you mean tenants?"),
        ("tenants /ttll<5s", "at 10: no column \"ttll\": did you mean ttl?"),
        ("tenants sort:sise", "at 14: no column \"sise\": did you mean size?"),
        (
            "tenants sort:size:down",
            "at 19: no direction \"down\": there are asc, desc",
        ),
        (
            "tenants cols:name,modal",
            "at 19: no column \"modal\": did you mean model?",
        ),
        (
            "tenants /x is:warnin",
            "at 15: no state \"warnin\": did you mean warning?",
        ),
        (
            "tenants /ttl<soon",
            "at 14: no amount \"soon\": write one such as 5s, 10m, 1GB, 80% or 12",
        ),
    ] {
        assert_eq!(Query::parse(line, &[TENANTS]).expect_err(line).to_string(), words);
    }
    let wrong = Query::parse("tenants /name~(", &[TENANTS]).expect_err("a pattern");
    assert!(wrong.to_string().starts_with("at 15: no pattern"), "{wrong}");
}

#[test]
fn what_matched_can_be_shown() {
    let filter = Filter::parse("har model=schema !x", &COLUMNS).expect("a filter");
    let hits = filter.hits([(0, "blue harbour"), (1, "schema"), (2, "5.0 MB")].into_iter());
    assert_eq!(hits, [vec![5, 6, 7], vec![0, 1, 2, 3, 4, 5], vec![]]);
}
