//! Backups: what pgBackRest says is read, and judged for what it is worth. `info/` holds what pgBackRest 2.45 really said.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;
mod real;
mod scene;
mod worth;

use std::{path::PathBuf, time::Duration};

use jiff::SignedDuration;
use tenantry::{
    model::{Backups, Fault, Stanza},
    provider::backups::Repositories,
};

const WITHIN: Duration = Duration::from_secs(20);

/// Settings of a stanza that is asked for with these words in front.
fn settings(reach: &[&str]) -> Backups {
    Backups {
        stanza: "atlas".into(),
        config: None,
        program: "pgbackrest".into(),
        reach: reach.iter().map(|word| (*word).to_owned()).collect(),
        binaries: None,
        scratch: None,
        tenantry: None,
        full_within: SignedDuration::from_hours(8 * 24),
        backup_within: SignedDuration::from_hours(26),
        tested_within: SignedDuration::from_hours(7 * 24),
        verified_within: None,
    }
}

/// A shell instead of pgBackRest, that does this. Its arguments are those of pgBackRest.
async fn shell(words: &str) -> Result<Stanza, Fault> {
    let settings = settings(&["/bin/sh", "-c", words]);
    Repositories::default().stanza(&settings, WITHIN).await
}

/// What is made of something that pgBackRest once said.
async fn told(file: &str) -> Result<Stanza, Fault> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/backups/info/{file}.json"));
    shell(&format!("cat '{}'", path.display())).await
}
