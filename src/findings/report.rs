//! All findings of one snapshot, worst first, and what could not be seen.

use std::{cmp::Reverse, collections::HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Check, Hurt};
use crate::{
    config::mutes::Mute,
    facts::mutes::Mutes,
    model::{Fault, Severity, Target},
    store::{Fact, Snapshot},
};

/// Something that is wrong with one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which check found it.
    pub check: String,
    /// What it is about.
    pub target: Target,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence without a full stop; names from outside in it are escaped.
    pub what: String,
    /// Since when it has been seen. Set by the report.
    pub since: Timestamp,
    /// When it will get worse, where that can be told.
    pub until: Option<Timestamp>,
    /// Tenants that it hurts.
    pub hurts: Hurt,
    /// What was observed: label and value, in words.
    pub evidence: Vec<(String, String)>,
    /// What an operator could do.
    pub remedy: String,
    /// Why nobody wants to hear of it, and until when.
    pub muted: Option<Mute>,
    /// The command line of the view where it can be looked at, such as `replicas /atlas`.
    pub view: String,
}

/// A check that could not see one of its facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unseen {
    /// Which check.
    pub check: String,
    /// What it could not see.
    pub target: Target,
    /// Why.
    pub fault: Fault,
}

/// What is wrong with the fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Worst and soonest first.
    pub findings: Vec<Finding>,
    /// Never green.
    pub unseen: Vec<Unseen>,
}

impl Fact for Report {
    const NAME: &'static str = "findings";
}

impl Finding {
    /// A finding without tenants, evidence or deadline.
    pub fn new(check: &dyn Check, target: &Target, severity: Severity, what: impl Into<String>) -> Self {
        Self {
            check: check.id().into(),
            target: target.clone(),
            severity,
            what: what.into(),
            since: Timestamp::UNIX_EPOCH,
            until: None,
            hurts: Hurt::Nobody,
            evidence: Vec::new(),
            remedy: String::new(),
            muted: None,
            view: String::new(),
        }
    }

    /// Stable as long as the trouble lasts: `slot-lost slot atlas/atlas-a/atlas_b`.
    pub fn id(&self) -> String {
        format!("{} {}", self.check, self.target)
    }

    /// Adds something that was observed.
    pub fn evidence(mut self, label: impl Into<String>, value: impl ToString) -> Self {
        self.evidence.push((label.into(), value.to_string()));
        self
    }

    /// What an operator could do, and the view where it can be looked at.
    pub fn remedy(mut self, remedy: impl Into<String>, view: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self.view = view.into();
        self
    }

    /// Tenants that it hurts.
    pub fn hurts(mut self, whom: Hurt) -> Self {
        self.hurts = whom;
        self
    }

    /// When it will get worse.
    pub fn until(mut self, when: Timestamp) -> Self {
        self.until = Some(when);
        self
    }
}

impl Report {
    /// Runs the checks.
    pub fn of(checks: &[&dyn Check], world: &Snapshot, before: Option<&Self>) -> Self {
        let known: HashMap<(&str, &Target), Timestamp> = before
            .into_iter()
            .flat_map(|report| &report.findings)
            .map(|finding| ((finding.check.as_str(), &finding.target), finding.since))
            .collect();
        let mut findings: Vec<Finding> = checks.iter().flat_map(|check| check.look(world)).collect();
        for finding in &mut findings {
            let since = known.get(&(finding.check.as_str(), &finding.target));
            finding.since = since.copied().unwrap_or(world.taken);
            finding.muted = Mutes::of(world, &finding.id()).cloned();
        }
        findings.sort_by_key(|finding| {
            (
                finding.muted.is_some(),
                Reverse(finding.severity),
                finding.until.unwrap_or(Timestamp::MAX),
                finding.since,
                finding.id(),
            )
        });
        Self {
            findings,
            unseen: checks.iter().flat_map(|check| unseen(*check, world)).collect(),
        }
    }

    /// Those that are not muted, worst and soonest first.
    pub fn heard(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.muted.is_none())
    }

    /// The worst finding about anything that this accepts, muted ones aside.
    pub fn worst(&self, about: impl Fn(&Target) -> bool) -> Option<&Finding> {
        self.heard().find(|finding| about(&finding.target))
    }
}

fn unseen(check: &dyn Check, world: &Snapshot) -> Vec<Unseen> {
    let faults = check.needs().iter().flat_map(|fact| world.faults(fact));
    let faults = faults.map(|(target, fault)| (target.clone(), fault.clone()));
    let mut unseen: Vec<Unseen> = faults
        .chain(check.blind(world))
        .map(|(target, fault)| Unseen {
            check: check.id().into(),
            target,
            fault,
        })
        .collect();
    unseen.dedup();
    unseen
}
