//! The console on a lab of real servers: every fault is made, must show in the right words, and must go when healed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod acts;
mod dark;
mod faults;
mod fingerprint;
mod ground;
#[path = "../support/lab.rs"]
mod lab;
mod migrate;
mod migrations;
#[path = "../support/proxy.rs"]
mod proxy;
mod record;
#[path = "../support/recording.rs"]
mod recording;
mod screenshots;
mod shows;
#[path = "../support/terminal.rs"]
mod terminal;

use std::sync::OnceLock;

use ground::Ground;
use libtest_mimic::{Arguments, Trial};

/// Up from the first test on.
static GROUND: OnceLock<Ground> = OnceLock::new();

fn ground() -> &'static Ground {
    GROUND.get_or_init(Ground::up)
}

fn main() {
    let mut arguments = Arguments::from_args();
    // The tests break one lab: each must find it whole.
    arguments.test_threads = Some(1);
    let trial = |name: String, test: fn(&Ground)| {
        Trial::test(name, move || {
            test(ground());
            Ok(())
        })
    };
    let mut trials: Vec<Trial> = shows::ALL
        .iter()
        .map(|(name, test)| trial(format!("shows::{name}"), *test))
        .collect();
    trials.extend(faults::ALL.iter().map(|case| {
        Trial::test(format!("faults::{}", case.fault.replace('-', "_")), || {
            faults::play(ground(), case);
            Ok(())
        })
    }));
    trials.push(trial(
        "dark::a_sealed_vault_leaves_ends_counting_down".into(),
        dark::sealed_vault,
    ));
    trials.push(trial(
        "dark::with_every_server_stopped_it_starts_and_says_why".into(),
        dark::everything,
    ));
    for (name, test) in acts::ALL {
        trials.push(trial(format!("acts::{name}"), *test));
    }
    for (name, test) in migrate::ALL {
        trials.push(trial(format!("migrate::{name}"), *test));
    }
    for (name, test) in migrations::ALL {
        trials.push(trial(format!("migrations::{name}"), *test));
    }
    trials.push(trial("screenshots::every_view_makes_a_screen".into(), screenshots::all));
    trials.push(trial("record::what_is_recorded_can_be_read".into(), record::both));
    libtest_mimic::run(&arguments, trials).exit();
}
