//! Each fault of the lab: what must be found, in which words, and that nothing else is.

use std::collections::BTreeSet;

use tenantry::{
    facts::replication::{Replication, State},
    model::{Target, Value},
    store::Snapshot,
    views,
};

use crate::ground::{Ground, heard};

/// A fault and what an operator must see.
pub struct Case {
    pub fault: &'static str,
    pub target: &'static str,
    /// How the id of the one finding begins.
    pub finds: &'static str,
    /// A view that shows it, and words that stand in one of its rows.
    pub shows: (&'static str, &'static str),
}

pub const ALL: &[Case] = &[
    Case {
        fault: "pause-replay",
        target: "atlas-b",
        finds: "standby server atlas/atlas-b",
        shows: ("replicas", "replay paused"),
    },
    Case {
        fault: "sever-replica",
        target: "atlas-b",
        finds: "standby server atlas/atlas-b",
        shows: ("replicas", "receiver down"),
    },
    Case {
        fault: "stall-receiver",
        target: "boreas-b",
        finds: "standby server boreas/boreas-b",
        shows: ("replicas", "receiver stalled"),
    },
    Case {
        fault: "lose-slot",
        target: "boreas-b",
        finds: "standby server boreas/boreas-b",
        shows: ("replicas", "slot lost"),
    },
    Case {
        fault: "stop-primary",
        target: "acme",
        finds: "server-unreachable server acme/acme-a",
        shows: ("replicas", "receiver down"),
    },
    Case {
        fault: "seal-vault",
        target: "openbao",
        finds: "vault-sealed",
        shows: ("findings", "sealed"),
    },
    Case {
        fault: "drop-force",
        target: "public.customer",
        finds: "rls-not-forced",
        shows: ("policies", "3.2"),
    },
    Case {
        fault: "block",
        target: "atlas",
        finds: "blocking",
        shows: ("sessions", "orders_batch"),
    },
    Case {
        fault: "idle-in-transaction",
        target: "atlas",
        finds: "idle-in-transaction",
        shows: ("sessions", "idle in transaction"),
    },
    Case {
        fault: "flood-connections",
        target: "boreas",
        finds: "connections",
        shows: ("findings", "connections"),
    },
];

/// Makes the fault, sees it and nothing else, heals it, sees it go.
pub fn play(ground: &Ground, case: &Case) {
    let before = ground.settle();
    ground.lab(&["fault", case.fault, case.target]);
    let new = ground.wait(&format!("{} is found", case.fault), |world| {
        let new = beyond(world, &before);
        new.iter().any(|id| id.starts_with(case.finds)).then_some(new)
    });
    ground.wait(
        &format!("{} shows in {} as {:?}", case.fault, case.shows.0, case.shows.1),
        |world| shows(world, case.shows.0, case.shows.1).then_some(()),
    );
    let quiet = new.len() == 1;
    let never_zero = !claims_to_have_caught_up(&ground.now(), case);
    let json = ground.console(&["show", case.shows.0, "--json"]);
    ground.lab(&["heal", case.fault]);
    ground.wait(&format!("{} is gone", case.fault), |world| {
        beyond(world, &before).is_empty().then_some(())
    });
    assert!(quiet, "one fault is one finding, but there were {new:#?}");
    assert!(never_zero, "a standby that is cut off is never shown as caught up");
    let json = String::from_utf8(json.stdout).unwrap();
    assert!(json.contains(case.shows.1), "--json says {:?}: {json}", case.shows.1);
}

fn beyond(world: &Snapshot, before: &BTreeSet<String>) -> BTreeSet<String> {
    heard(world).difference(before).cloned().collect()
}

fn shows(world: &Snapshot, view: &str, words: &str) -> bool {
    let table = views::find(view).expect("a view").table(world);
    let said = |value: &Value| value.words(world.taken).contains(words);
    table
        .rows
        .iter()
        .any(|row| row.cells.iter().any(|cell| said(&cell.value)))
}

/// Whether the standby that was broken claims that nothing is missing.
fn claims_to_have_caught_up(world: &Snapshot, case: &Case) -> bool {
    let Some(name) = case.finds.strip_prefix("standby server ") else {
        return false;
    };
    let (instance, server) = name.split_once('/').expect("a path");
    let seen = world.get::<Replication>(&Target::instance(instance)).expect("seen");
    let target = Target::server(instance, server);
    let mut broken = seen.value.standbys.iter().filter(|standby| standby.target == target);
    broken.any(|standby| standby.state == State::CaughtUp)
}
