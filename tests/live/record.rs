//! The worlds that the tests of screens lay out: a small fleet as it was seen, well and at its worst.
//!
//! `TENANTRY_RECORD=1 cargo test --test live record` writes them anew, from a lab of its own that is small.

use std::{fs, path::Path};

use tenantry::{
    facts::{leases::Leases, migrations::standing},
    model::Target,
    store::Snapshot,
};

use crate::{faults, ground::Ground, migrations::matrix::ByHand, recording::Recording};

/// Faults that one instance can have at the same time and still be told apart.
const WORST: [(&str, &str); 6] = [
    ("sever-replica", "atlas-b"),
    ("lose-slot", "boreas-b"),
    ("stop-primary", "acme"),
    ("drop-force", "public.customer"),
    ("block", "atlas"),
    ("expire-leases", "boreas"),
];

/// Writes `well.json` and `worst.json` where that is asked for; otherwise only sees that what is recorded can be read.
pub fn both(ground: &Ground) {
    let planted = ground.settle();
    ground.wait("the applications have their leases", |world| {
        let leases = world.get::<Leases>(&Target::vault())?;
        (leases.value.leases.len() >= 4).then_some(())
    });
    keep("well", &Recording::of(&ground.now()));
    if std::env::var_os("TENANTRY_RECORD").is_none() {
        return;
    }
    let _heals = faults::Heals(ground);
    let _undone = by_hand(ground);
    for (fault, target) in WORST {
        ground.lab(&["fault", fault, target]);
    }
    ground.wait("all of it is found", |world| {
        let new = faults::beyond(world, &planted);
        (new.len() > WORST.len() && apart(world) >= 2).then_some(())
    });
    keep("worst", &Recording::of(&ground.now()));
}

/// One schema gets another shape, another a history that does not fit its file.
fn by_hand(ground: &Ground) -> ByHand<'_> {
    let schemas = "select nspname::text from pg_namespace where nspname ~ '^t_' order by 1 limit 2";
    let schemas = ground.sql("atlas-a", "suite", schemas);
    let (shape, history) = (&schemas[0], &schemas[1]);
    let sum = format!("select sha256 from {history}.tenantry_migration");
    let sum = ground.sql("atlas-a", "suite", &sum).remove(0);
    let change = format!(
        "alter table {shape}.orders add extra text; update {history}.tenantry_migration set sha256 = reverse(sha256)"
    );
    let undo =
        format!("alter table {shape}.orders drop extra; update {history}.tenantry_migration set sha256 = '{sum}'");
    ByHand::done(ground, &change, &undo)
}

fn apart(world: &Snapshot) -> usize {
    let all = standing::of(world).map_or(&[][..], |derived| &derived.standings);
    all.iter().filter(|standing| !standing.reasons().is_empty()).count()
}

fn keep(name: &str, recording: &Recording) {
    let json = serde_json::to_string(recording).unwrap();
    assert_eq!(Recording::read(&json).taken(), recording.taken());
    if std::env::var_os("TENANTRY_RECORD").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/screen/worlds/{name}.json"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, json + "\n").unwrap();
    }
}
