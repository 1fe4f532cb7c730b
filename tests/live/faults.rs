//! Each fault of the lab: what must be found, in which words, and that nothing else is.

use std::{collections::BTreeSet, process::Output};

use serde_json::Value as Json;
use tenantry::{
    facts::replication::{Replication, State},
    model::Target,
    store::Snapshot,
};

use crate::ground::{Ground, heard};

/// A fault and what an operator must see.
pub struct Case {
    pub fault: &'static str,
    pub target: &'static str,
    /// How the ids of what is found begin; nothing else may be found.
    pub finds: &'static [&'static str],
    /// Views that show it, and the words that stand in one row of each.
    pub shows: &'static [(&'static str, &'static [&'static str])],
}

const STANDBY: &[&str] = &["standby server atlas/atlas-b"];

pub const ALL: &[Case] = &[
    Case {
        fault: "pause-replay",
        target: "atlas-b",
        finds: STANDBY,
        shows: &[
            ("replicas", &["atlas-b", "replay paused"]),
            ("findings", &["atlas-b", "warning"]),
        ],
    },
    Case {
        fault: "sever-replica",
        target: "atlas-b",
        finds: STANDBY,
        shows: &[
            ("replicas", &["atlas-b", "receiver down"]),
            ("findings", &["atlas-b receives nothing"]),
        ],
    },
    Case {
        fault: "stall-receiver",
        target: "boreas-b",
        finds: &["standby server boreas/boreas-b"],
        shows: &[
            ("replicas", &["boreas-b", "receiver stalled"]),
            ("findings", &["boreas-b", "warning"]),
        ],
    },
    Case {
        fault: "lose-slot",
        target: "boreas-b",
        finds: &["standby server boreas/boreas-b"],
        shows: &[
            ("replicas", &["boreas-b", "slot lost"]),
            ("findings", &["boreas-b", "critical"]),
        ],
    },
    Case {
        fault: "stop-primary",
        target: "acme",
        finds: &["server-unreachable server acme/acme-a"],
        shows: &[
            ("replicas", &["acme-b", "receiver down"]),
            ("findings", &["acme-a", "critical"]),
        ],
    },
    Case {
        fault: "seal-vault",
        target: "openbao",
        finds: &["vault-sealed"],
        shows: &[("findings", &["critical", "OpenBao is sealed"])],
    },
    Case {
        fault: "expire-leases",
        target: "atlas",
        finds: &["expired-role", "role-without-lease"],
        shows: &[
            ("credentials", &["atlas-runtime-user", "expired role"]),
            ("credentials", &["role without lease"]),
            ("findings", &["a role on atlas outlived its end"]),
            ("findings", &["a role on atlas can log in and has no lease"]),
        ],
    },
    Case {
        fault: "drop-force",
        target: "public.customer",
        finds: &["rls-not-forced"],
        shows: &[
            ("policies", &["public.customer", "leaks 3.2"]),
            ("findings", &["public.customer"]),
        ],
    },
    Case {
        fault: "block",
        target: "atlas",
        finds: &["blocking"],
        shows: &[
            ("sessions", &["orders_batch", "UPDATE customer SET"]),
            ("findings", &["orders_batch in orders", " keeps "]),
        ],
    },
    Case {
        fault: "idle-in-transaction",
        target: "atlas",
        finds: &["idle-in-transaction"],
        shows: &[
            ("sessions", &["orders_batch", "idle in transaction"]),
            ("findings", &["orders_batch in orders", " idles "]),
        ],
    },
    Case {
        fault: "flood-connections",
        target: "boreas",
        finds: &["connections server boreas/boreas-a"],
        shows: &[
            ("instances", &["■ boreas"]),
            ("findings", &["connections to boreas-a are taken"]),
        ],
    },
];

/// Makes the fault, sees it and nothing else, heals it, sees it go.
pub fn play(ground: &Ground, case: &Case) {
    let before = ground.settle();
    for (view, words) in case.shows {
        looks(ground, view, words, false);
    }
    let _heals = Heals(ground);
    ground.lab(&["fault", case.fault, case.target]);
    let found = ground.wait(&format!("{} is found", case.fault), |world| {
        let new = beyond(world, &before);
        expected(case, &new).then_some(new)
    });
    for (view, words) in case.shows {
        looks(ground, view, words, true);
        let row = json(&ground.console(&["show", view, "--json"]), words);
        assert!(row.is_some(), "--json of {view} has no row with {words:?}");
        never_zero(case, view, row.as_ref());
    }
    // Nothing is added by what is seen later, and what is cut off never claims to have caught up.
    let mut looks_left = 3;
    ground.wait("it stays so", |world| {
        let new = beyond(world, &before);
        assert_eq!(names(&new), names(&found), "one fault is told once");
        assert!(
            !claims_to_have_caught_up(world, case),
            "what is cut off is never shown as caught up"
        );
        looks_left -= 1;
        (looks_left == 0).then_some(())
    });
    ground.lab(&["heal", case.fault]);
    ground.wait(&format!("{} is gone", case.fault), |world| {
        beyond(world, &before).is_empty().then_some(())
    });
    for (view, words) in case.shows {
        looks(ground, view, words, false);
    }
}

/// Heals whatever is broken when it goes, so that one failure does not become many.
pub struct Heals<'a>(pub &'a Ground);

impl Drop for Heals<'_> {
    fn drop(&mut self) {
        self.0.lab(&["heal"]);
    }
}

/// Whether all that is expected was found. What is found besides fails at once.
fn expected(case: &Case, found: &BTreeSet<String>) -> bool {
    let stray = found
        .iter()
        .find(|id| !case.finds.iter().any(|begin| id.starts_with(begin)));
    assert!(stray.is_none(), "{} also brings {stray:?}", case.fault);
    case.finds
        .iter()
        .all(|begin| found.iter().any(|id| id.starts_with(begin)))
}

/// The checks that found something; a session that waits anew is another target of the same check.
fn names(found: &BTreeSet<String>) -> BTreeSet<&str> {
    found.iter().filter_map(|id| id.split(' ').next()).collect()
}

pub fn beyond(world: &Snapshot, before: &BTreeSet<String>) -> BTreeSet<String> {
    heard(world).difference(before).cloned().collect()
}

/// Waits until a line of this view on the real screen has all these words, or no line has.
fn looks(ground: &Ground, view: &str, words: &[&str], wanted: bool) {
    let mut screen = ground.screen();
    screen.send(&format!(":{view}\r"));
    let what = format!("{words:?} {} the screen of {view}", if wanted { "on" } else { "off" });
    let took = screen.until(&what, |screen| {
        let lines: Vec<String> = screen.rows(0, 140).collect();
        let open = lines
            .iter()
            .any(|line| line.trim_start().starts_with(&format!("{view} ")));
        let shown = lines.iter().any(|line| words.iter().all(|word| line.contains(word)));
        open && shown == wanted
    });
    println!("{:>6.1} s  {what}", took.as_secs_f64());
}

/// The row with all these words; signs are for the screen.
fn json(output: &Output, words: &[&str]) -> Option<Json> {
    let value: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = value["rows"].as_array().expect("rows").clone();
    rows.into_iter().find(|row| {
        words
            .iter()
            .all(|word| row.to_string().contains(word.trim_start_matches("■ ")))
    })
}

/// What receives nothing is not zero bytes or zero seconds behind.
fn never_zero(case: &Case, view: &str, row: Option<&Json>) {
    if view != "replicas" || case.fault == "pause-replay" {
        return;
    }
    for column in ["behind", "lag"] {
        let value = row.map(|row| &row[column]);
        assert!(
            value.is_some_and(|value| value.as_f64() != Some(0.0)),
            "{}: {column} is zero",
            case.fault
        );
    }
}

/// Whether the standby that was broken claims that nothing is missing.
fn claims_to_have_caught_up(world: &Snapshot, case: &Case) -> bool {
    let Some(name) = case
        .finds
        .iter()
        .find_map(|begin| begin.strip_prefix("standby server "))
    else {
        return false;
    };
    let (instance, server) = name.split_once('/').expect("a path");
    let seen = world.get::<Replication>(&Target::instance(instance)).expect("seen");
    let target = Target::server(instance, server);
    let mut broken = seen.value.standbys.iter().filter(|standby| standby.target == target);
    broken.any(|standby| standby.state == State::CaughtUp)
}
