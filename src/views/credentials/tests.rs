//! The rows of each class, as an eye reads them.

use crate::{
    facts::{
        credentials::planted::{NOW, Planted, at, role, silence},
        leases::Leases,
        sessions::Sessions,
        vault::VaultState,
    },
    model::{Fault, FaultKind, Kind, Severity, Table, Target},
    store::{Fact, Snapshot},
    views::find,
};

fn table(world: &Snapshot) -> Table {
    find("credentials").expect("registered").table(world)
}

/// The words of these columns, row by row.
fn shown(world: &Snapshot, columns: &[&str]) -> Vec<String> {
    let table = table(world);
    let at = |name: &&str| {
        table
            .columns
            .iter()
            .position(|column| column.name == *name)
            .expect("a column")
    };
    let places: Vec<usize> = columns.iter().map(at).collect();
    let row = |row: &crate::model::Row| {
        let cells = places.iter().map(|at| row.cells[*at].value.words(world.taken));
        cells.collect::<Vec<_>>().join(" | ")
    };
    table.rows.iter().map(row).collect()
}

fn headline(world: &Snapshot) -> Vec<String> {
    table(world)
        .headline
        .iter()
        .map(|cell| cell.value.words(world.taken))
        .collect()
}

const WHO: [&str; 4] = ["kind", "role", "state", "ends"];

#[test]
fn what_is_well_stands_by_its_end_and_every_row_fits_its_columns() {
    let mut planted = Planted::well();
    let (_, user) = planted.issue("runtime-user", 100, 1800);
    planted.session(Some(&user));
    let world = planted.world();
    let rows = [
        "token | (our own) | ok | 14m00s",
        "lease | runtime-user | ok | 28m20s",
        "static | watch-atlas | ok | 23h50m",
    ];
    assert_eq!(shown(&world, &WHO), rows);
    assert_eq!(
        shown(&world, &["user", "sessions", "token"])[1],
        format!("{user} | 1 | approle")
    );
    assert_eq!(headline(&world), ["OpenBao 2.7.2", "1 lease", "1 static role"]);
    let table = table(&world);
    assert!(table.rows.iter().all(|row| row.cells.len() == table.columns.len()));
    assert!(table.unseen.is_empty());
}

#[test]
fn what_is_wrong_stands_first_and_is_counted() {
    let mut planted = Planted::well();
    planted.issue("runtime-user", 100, 1800);
    planted.lease("db-admin", 50, 300);
    planted.role("db-admin", 200, 300);
    planted.role("db-admin", 1000, 300);
    let endless = format!("v-approle-db-admin-{:020}-{}", 9, NOW - 500);
    planted.roles.roles.push(role(&endless, None));
    planted.session(None);
    let world = planted.world();
    let states = shown(&world, &["kind", "state"]);
    assert_eq!(states[0], "role | role without lease", "it never ends");
    assert_eq!(states[1], "role | expired role");
    assert!(states[2..5].contains(&"session | role dropped".to_owned()));
    assert_eq!(table(&world).rows[0].severity, Severity::Critical);
    assert_eq!(table(&world).rows[0].target.kind(), Kind::Role);
    let line = headline(&world);
    for words in [
        "2 role without lease",
        "1 expired role",
        "1 lease without role",
        "1 session without role",
    ] {
        assert!(line.contains(&words.to_owned()), "{words}: {line:?}");
    }
}

#[test]
fn leases_of_one_second_are_called_ambiguous() {
    let mut planted = Planted::well();
    planted.issue("db-admin", 100, 300);
    planted.issue("db-admin", 100, 300);
    let users = shown(&planted.world(), &["kind", "user"]);
    assert!(
        users[0].starts_with("lease | ambiguous: v-approle-db-admin-"),
        "{users:?}"
    );
}

#[test]
fn while_vault_is_sealed_the_last_ends_count_down_and_say_why_they_are_old() {
    let mut planted = Planted::well();
    planted.issue("runtime-user", 100, 1800);
    let mut world = planted.world();
    let sealed = Fault::new(FaultKind::Sealed, "Vault is sealed");
    for fact in [Leases::NAME, "static-roles", "token"] {
        silence(&mut world, fact, &Target::vault(), &sealed, 60);
    }
    planted.vault.sealed = true;
    crate::facts::credentials::planted::put(&mut world, &Target::vault(), &planted.vault);
    let rows = [
        "token | (our own) | ok | 13m00s",
        "lease | runtime-user | ok | 27m20s",
        "static | watch-atlas | ok | 23h49m",
    ];
    assert_eq!(shown(&world, &WHO), rows);
    let table = table(&world);
    assert!(
        table
            .rows
            .iter()
            .all(|row| row.fault.as_ref() == Some(&sealed) && row.seen == Some(at(0)))
    );
    assert_eq!(table.unseen.len(), 1, "said once");
    assert!(headline(&world)[0].starts_with("OpenBao is sealed"));
}

#[test]
fn nothing_is_counted_that_was_never_seen() {
    let planted = Planted::well();
    let mut world = Snapshot::of(planted.world().fleet);
    let down = Fault::new(FaultKind::Unreachable, "refused");
    for fact in [VaultState::NAME, Leases::NAME, Sessions::NAME] {
        silence(&mut world, fact, &Target::vault(), &down, 1);
    }
    assert_eq!(headline(&world), ["secrets server does not answer"]);
    assert!(table(&world).rows.is_empty());
    assert!(!table(&world).complete);
}

#[test]
fn whatever_a_row_stands_for_has_a_detail_where_that_is_known() {
    let mut planted = Planted::well();
    planted.issue("runtime-user", 100, 1800);
    planted.session(None);
    let world = planted.world();
    for row in table(&world).rows {
        let detail = crate::views::detail(&row.target, &world).expect("known");
        assert!(!detail.sections.is_empty(), "{}", row.target);
    }
}
