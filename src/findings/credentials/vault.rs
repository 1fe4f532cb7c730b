//! The secrets server is sealed, or does not answer.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Check, Finding, credentials, moment, silence};
use crate::{
    facts::{pulse::Pulse, vault::VaultState},
    model::{FaultKind, Severity, Target, Text},
    store::{Fact, Snapshot},
};

/// It answers, and gives nothing.
pub struct SealedVault;

impl Check for SealedVault {
    fn id(&self) -> &'static str {
        "vault-sealed"
    }

    fn about(&self) -> &'static str {
        "a secrets server that is sealed or not initialised"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[VaultState::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let target = Target::vault();
        // While it does not answer at all that is the trouble, and whether it is sealed is not known.
        let seen = world.get::<VaultState>(&target).filter(|seen| seen.fault.is_none());
        let Some(state) = seen
            .map(|seen| seen.value)
            .filter(|state| state.sealed || !state.initialized)
        else {
            return Vec::new();
        };
        let name = state.dialect.word();
        let (what, remedy) = if state.initialized {
            (
                format!("{name} is sealed: nothing can be issued, renewed or revoked"),
                "unseal it: `bao operator unseal`, or `vault operator unseal`",
            )
        } else {
            (
                format!("{name} is not initialised"),
                "initialise it: `bao operator init`, or `vault operator init`",
            )
        };
        let mut finding = Finding::new(self, &target, Severity::Critical, what).evidence("address", &state.address);
        if let Some(seal) = &state.seal {
            let given = format!(
                "{} of {} key shares given ({})",
                seal.progress, seal.threshold, seal.kind
            );
            finding = finding.evidence("unsealing", given);
        }
        vec![at_stake(finding, world).remedy(remedy, "credentials")]
    }
}

/// It does not answer.
pub struct VaultUnreachable;

impl Check for VaultUnreachable {
    fn id(&self) -> &'static str {
        "vault-unreachable"
    }

    fn about(&self) -> &'static str {
        "a secrets server that does not answer"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let target = Target::vault();
        let Some(fault) = silence(world) else { return Vec::new() };
        let seen = world.get::<VaultState>(&target);
        let name = seen.map_or("the secrets server", |seen| seen.value.dialect.word());
        let mut finding = Finding::new(
            self,
            &target,
            Severity::Critical,
            format!("{name} does not answer: {}", fault.what),
        )
        .evidence("said", fault);
        if let Some(seen) = seen {
            finding = finding
                .evidence("address", &seen.value.address)
                .evidence("last answer", moment(Some(seen.at)));
        }
        let usual = "see whether it runs and is reached from here: tenantry doctor".to_owned();
        let remedy = fault.hint.clone().unwrap_or(usual);
        vec![at_stake(finding, world).remedy(remedy, "credentials")]
    }
}

/// What cannot be watched without it, and what ends next and cannot be renewed until it is back.
fn at_stake(finding: Finding, world: &Snapshot) -> Finding {
    let keyless = world
        .faults(Pulse::NAME)
        .filter(|(_, fault)| fault.kind == FaultKind::Keyless);
    let unwatched: BTreeSet<String> = keyless
        .filter_map(|(server, _)| server.path().first().map(Text::to_string))
        .collect();
    let finding = if unwatched.is_empty() {
        finding
    } else {
        finding.evidence(
            "not watched without it",
            unwatched.into_iter().collect::<Vec<_>>().join(", "),
        )
    };
    let Some(credentials) = credentials(world) else {
        return finding;
    };
    let ends = credentials.leases.iter().filter_map(|lease| lease.ends);
    let next: Option<Timestamp> = ends.filter(|end| *end > world.taken).min();
    let finding = finding.evidence("leases last seen", credentials.leases.len());
    match next {
        Some(next) => finding
            .evidence("the first of them ends", moment(Some(next)))
            .until(next),
        None => finding,
    }
}
