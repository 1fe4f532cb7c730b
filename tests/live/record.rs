//! The worlds that the tests of screens lay out: a small fleet as it was seen, well and at its worst.
//!
//! `TENANTRY_RECORD=1 cargo test --test live record` writes them anew, from a lab of its own that is small.

use std::{fs, path::Path};

use tenantry::{facts::leases::Leases, model::Target};

use crate::{faults, ground::Ground, recording::Recording};

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
    for (fault, target) in WORST {
        ground.lab(&["fault", fault, target]);
    }
    ground.wait("all of it is found", |world| {
        let new = faults::beyond(world, &planted);
        (new.len() > WORST.len()).then_some(())
    });
    keep("worst", &Recording::of(&ground.now()));
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
