//! Where another tenant would have room, on a recorded fleet: what is scarcest decides, what is not seen is no room, and who is
//! ill gets nobody.

use std::collections::BTreeMap;

use tenantry::{
    facts::{databases::Databases, pulse::Pulse, server::Setup, upkeep::Upkeep},
    findings::placement::{Candidate, Verdict, Wish, candidates},
    model::{Fault, FaultKind, Isolation, Target},
    store::{Fact, Sealed, Snapshot},
};

use super::{
    desk::well,
    support::{Console, tokens},
};

/// Nobody is placed before.
static NOBODY: BTreeMap<String, u64> = BTreeMap::new();

const LARGE: (u16, u16) = (140, 40);
const SMALL: (u16, u16) = (80, 24);

fn silent() -> Fault {
    Fault::new(FaultKind::Unreachable, "Connection refused")
}

/// What becomes of this instance, where one more of this model wants so many connections.
fn candidate(world: &Snapshot, instance: &str, model: Isolation, connections: Option<u64>) -> Candidate {
    let all = candidates(
        world,
        Wish {
            model,
            connections,
            before: &NOBODY,
        },
    );
    let found = all.into_iter().find(|one| one.instance == Target::instance(instance));
    found.expect("it is among them")
}

fn decides(candidate: &Candidate) -> (&str, &str) {
    let reason = candidate.decides().expect("a reason");
    (reason.of, &reason.words)
}

fn changed<T: Fact + Clone>(world: &Snapshot, target: &Target, change: impl FnOnce(&mut T)) -> Snapshot {
    let mut world = world.clone();
    let mut value = world.get::<T>(target).expect("it was seen").value.clone();
    change(&mut value);
    world.take(T::NAME, target, world.taken, Ok(Sealed::of(value)));
    world
}

#[test]
fn the_scarcest_decides_and_more_than_is_left_is_never() {
    let (world, primary) = (well(), Target::server("atlas", "atlas-a"));
    let fits = candidate(&world, "atlas", Isolation::Schema, None);
    let Verdict::Fits(before) = fits.verdict() else {
        panic!("{fits:?}")
    };
    assert!(before > 0.0, "{fits:?}");
    let usable = world
        .get::<Setup>(&primary)
        .unwrap()
        .value
        .settings
        .usable_connections();
    let never = candidate(&world, "atlas", Isolation::Schema, Some(usable));
    assert_eq!(never.verdict(), Verdict::Never);
    assert_eq!(decides(&never).0, "connections");
    // Fewer locks than there are relations: no dump of that database would go through.
    let few = changed::<Setup>(&world, &primary, |setup| setup.settings.max_locks = 0);
    let never = candidate(&few, "atlas", Isolation::Schema, None);
    assert_eq!((never.verdict(), decides(&never).0), (Verdict::Never, "relations"));
    // Who has a database of its own shares no lock with those relations.
    let old = changed::<Databases>(&world, &Target::instance("atlas"), |all| {
        all.databases[0].xid_age = 2_000_000_000;
    });
    let tight = candidate(&old, "atlas", Isolation::Schema, None);
    assert_eq!(decides(&tight).0, "transactions");
    assert!(
        matches!(tight.verdict(), Verdict::Fits(share) if share < 0.1),
        "{tight:?}"
    );
}

#[test]
fn what_is_not_seen_is_no_room_and_who_does_not_answer_gets_nobody() {
    let mut world = well();
    let suite = Target::database("atlas", "suite");
    world.retain(Upkeep::NAME, &std::collections::HashSet::new());
    let unseen = candidate(&world, "atlas", Isolation::Schema, None);
    assert_eq!((unseen.verdict(), decides(&unseen).0), (Verdict::Unseen, "relations"));
    world.take(Upkeep::NAME, &suite, world.taken, Err(silent()));
    let unseen = candidate(&world, "atlas", Isolation::Schema, None);
    assert_eq!(decides(&unseen), ("relations", "Connection refused"));
    world.take(
        Pulse::NAME,
        &Target::server("atlas", "atlas-a"),
        world.taken,
        Err(silent()),
    );
    let never = candidate(&world, "atlas", Isolation::Schema, None);
    assert_eq!((never.verdict(), decides(&never).0), (Verdict::Never, "health"));
    // It stands behind all others.
    let all = candidates(
        &world,
        Wish {
            model: Isolation::Schema,
            connections: None,
            before: &NOBODY,
        },
    );
    assert_eq!(all.last().unwrap().instance, Target::instance("atlas"));
}

#[test]
fn an_instance_without_a_place_for_a_model_is_no_candidate_for_it() {
    let wish = |model| Wish {
        model,
        connections: None,
        before: &NOBODY,
    };
    let names = |model| -> Vec<String> {
        let all = candidates(&well(), wish(model));
        all.iter().map(|one| one.instance.name().to_string()).collect()
    };
    assert_eq!(names(Isolation::Shared), ["atlas"]);
    assert!(!names(Isolation::Database).contains(&"acme".to_owned()));
    assert_eq!(names(Isolation::Instance), [""; 0]);
    for (name, size) in [("80x24", SMALL), ("140x40", LARGE)] {
        let console = Console::over(well(), "placement", size);
        insta::assert_snapshot!(format!("placement_{name}"), tokens(&console.buffer()));
    }
}
