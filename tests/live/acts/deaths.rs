//! Whenever the process dies that brings a tenant in, the run comes to the same end, and it can be taken back (O1, O2): for each
//! model, at any of its steps.

use std::{collections::BTreeSet, time::Instant};

use tenantry::{
    model::Plan,
    ops::{
        Outcome,
        carry::{Errand, What},
    },
};

use super::{
    begin,
    clears::{Clears, Home},
    mortal::{Death, life, outcome},
    onboard::taken_back,
    plan, said, seeded, wanted,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

/// Deaths that are tried; `TENANTRY_TEST_KILLS` asks for so many, and 1000 for all of them.
const DEATHS: u32 = 6;

/// A tenant that is brought in.
struct Case {
    asked: &'static str,
    instance: &'static str,
    slug: &'static str,
    home: Home,
}

const CASES: [Case; 3] = [
    Case {
        asked: "onboard cafe_neu --set model=schema --set backup=later",
        instance: "atlas",
        slug: "cafe_neu",
        home: Home::Schema("t_cafe_neu"),
    },
    Case {
        asked: "onboard cafe_neu --set model=database --set backup=later",
        instance: "boreas",
        slug: "cafe_neu",
        home: Home::Database("tenant_cafe_neu"),
    },
    Case {
        asked: "onboard cafe_neu --set model=shared --set leaks=allow --set backup=later",
        instance: "atlas",
        slug: "cafe_neu",
        home: Home::Rows("cafe_neu"),
    },
];

/// A case as it is undisturbed.
struct Known {
    server: String,
    shown: Plan,
    before: BTreeSet<String>,
    with: BTreeSet<String>,
}

impl Known {
    fn of(ground: &Ground, case: &Case) -> Self {
        let server = format!("{}-a", case.instance);
        let before = fingerprint(ground, &server);
        let shown = plan(ground, case.asked);
        let (undisturbed, _) = life(ground, begin(&shown, "ada"), None);
        assert_eq!(outcome(&undisturbed), Outcome::Done, "{}", case.asked);
        let with = fingerprint(ground, &server);
        assert_ne!(with, before);
        taken_back(ground, &undisturbed);
        is_as(ground, &server, &before, case.asked);
        Self {
            server,
            shown,
            before,
            with,
        }
    }

    fn dies(&self, ground: &Ground, death: (usize, Death), context: &str) {
        let (id, died) = life(ground, begin(&self.shown, "ada"), Some(death));
        assert!(died, "{context}: nobody died");
        let errand = Errand {
            what: What::Resume(id.clone(), None),
            said: said(&self.shown, "bob"),
        };
        let _ = life(ground, errand, None);
        assert_eq!(outcome(&id), Outcome::Done, "{context}");
        is_as(ground, &self.server, &self.with, context);
        taken_back(ground, &id);
        is_as(
            ground,
            &self.server,
            &self.before,
            &format!("{context}, and taken back"),
        );
    }
}

pub fn at_any_step(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = CASES.each_ref().map(|case| Clears {
        ground,
        instance: case.instance,
        slug: case.slug,
        home: case.home,
    });
    let known = CASES.each_ref().map(|case| Known::of(ground, case));
    let moments = [Death::Before, Death::After, Death::Read];
    let steps = |case: usize| {
        (0..known[case].shown.steps.count()).flat_map(move |at| moments.map(|moment| (case, (at, moment))))
    };
    let mut deaths: Vec<_> = (0..CASES.len()).flat_map(steps).collect();
    let mut random = seeded("onboard");
    random.shuffle(&mut deaths);
    deaths.truncate(usize::try_from(wanted("TENANTRY_TEST_KILLS", DEATHS)).unwrap());
    let start = Instant::now();
    for (case, death) in &deaths {
        known[*case].dies(ground, *death, &format!("{}: {death:?}", CASES[*case].asked));
    }
    println!("{:>6.1} s  {} deaths", start.elapsed().as_secs_f64(), deaths.len());
}
