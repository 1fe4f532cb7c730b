//! Minor versions with known holes in row-level security.

use super::{instances, names, place};
use crate::{
    facts::server::Setup,
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// A hole, and the first minor of each major version that closes it.
struct Fix {
    cve: &'static str,
    hole: &'static str,
    minors: &'static [(u32, u32)],
}

/// Sources: osv.dev, `BIT-postgresql-2023-2455` and `BIT-postgresql-2025-8713`; release notes of 17.1 and 17.6.
const FIXES: [Fix; 3] = [
    Fix {
        cve: "CVE-2023-2455",
        hole: "policies do not follow a change of user after a function was inlined",
        minors: &[(13, 11), (14, 8), (15, 3)],
    },
    Fix {
        cve: "CVE-2024-10976",
        hole: "policies in sub-queries do not follow a change of user",
        minors: &[(13, 17), (14, 14), (15, 9), (16, 5), (17, 1)],
    },
    Fix {
        cve: "CVE-2025-8713",
        hole: "optimizer statistics show values that policies hide",
        minors: &[(13, 22), (14, 19), (15, 14), (16, 10), (17, 6)],
    },
];

/// One finding for each instance (rule 3.27 of the policies' rules).
pub struct MissingFixes;

impl Check for MissingFixes {
    fn id(&self) -> &'static str {
        "missing-fixes"
    }

    fn about(&self) -> &'static str {
        "minor versions with known holes in row-level security"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Setup::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        instances(world)
            .filter_map(|(instance, servers)| self.finding(&instance, &servers))
            .collect()
    }
}

impl MissingFixes {
    fn finding(&self, instance: &Target, servers: &[(Target, &Setup)]) -> Option<Finding> {
        let lacks = |fix: &&Fix| servers.iter().any(|(_, setup)| open(fix, setup));
        let holes: Vec<&Fix> = FIXES.iter().filter(lacks).collect();
        if holes.is_empty() {
            return None;
        }
        let behind = servers
            .iter()
            .filter(|(_, setup)| FIXES.iter().any(|fix| open(fix, setup)));
        let who = names(behind.map(|(server, _)| server));
        let what = format!("{who}: row-level security has known holes in this minor version");
        let finding = Finding::new(self, instance, Severity::Warning, what);
        let finding = holes
            .iter()
            .fold(finding, |finding, fix| finding.evidence(fix.cve, fix.hole));
        Some(finding.remedy("install the latest minor version, standbys first", place(instance)))
    }
}

fn open(fix: &Fix, setup: &Setup) -> bool {
    fix.minors
        .iter()
        .any(|(major, minor)| setup.major() == *major && setup.minor() < *minor)
}
