//! Everything of one database, judged: verdicts for the views, findings for people.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    definer,
    ground::{Ground, is_table, shown},
    reach, roles, table,
    verdict::{Hole, Isolation, Judged},
};
use crate::{
    findings::{Finding, Hurt},
    model::{Kind, Severity, Target, Text},
};

/// Judges all relations, functions and roles.
pub fn judge(ground: &Ground, from: (Text, String)) -> Isolation {
    let mut judged: Vec<Judged> = ground
        .catalog
        .relations
        .iter()
        .map(|relation| one(ground, relation))
        .collect();
    judged.sort_by(|a, b| a.target.cmp(&b.target));
    let functions = ground.catalog.functions.iter().filter_map(|function| {
        let (verdict, holes) = definer::judge(ground, function)?;
        Some(Judged {
            target: definer::target(ground, function),
            oid: function.oid,
            verdict,
            holes,
            bypassing: Vec::new(),
        })
    });
    judged.extend(functions);
    let roles = roles::judge(ground);
    let findings = Telling(ground.database).all(&judged, &roles);
    Isolation { from, judged, findings }
}

fn one<'a>(ground: &Ground<'a>, relation: &'a crate::facts::policies::Relation) -> Judged {
    let (verdict, mut holes) = if is_table(relation) {
        table::judge(ground, relation)
    } else {
        reach::judge(ground, relation)
    };
    holes.sort_by_key(|hole| (Reverse(hole.severity), hole.rule));
    let leaks = holes.iter().any(Hole::leaks);
    Judged {
        target: ground.target(relation),
        oid: relation.oid,
        verdict: if leaks { super::Verdict::Leaks } else { verdict },
        holes,
        bypassing: if is_table(relation) {
            ground.bypassing(relation)
        } else {
            Vec::new()
        },
    }
}

/// Turns holes into findings: each cause once.
struct Telling<'a>(&'a Target);

impl Telling<'_> {
    fn all(&self, judged: &[Judged], roles: &[(Target, Hole)]) -> Vec<Finding> {
        let own = judged
            .iter()
            .flat_map(|one| one.holes.iter().map(move |hole| (&one.target, hole)));
        let here = own.clone().filter(|(_, hole)| hole.cause.is_none());
        let roles = roles.iter().map(|(target, hole)| (target, hole));
        let mut findings: Vec<Finding> = here
            .chain(roles)
            .map(|(about, hole)| self.finding(about, hole))
            .collect();
        // What has its cause in another thing is told there by the same rule; where nothing there is wrong by itself,
        // as with a partition, it is told here, once for the cause.
        let mut elsewhere: BTreeMap<String, Finding> = BTreeMap::new();
        for (_, hole) in own {
            let Some(cause) = &hole.cause else { continue };
            let finding = self.finding(cause, hole);
            let id = finding.id();
            if findings.iter().any(|known| known.id() == id) {
                continue;
            }
            match elsewhere.get_mut(&id) {
                Some(known) if known.evidence.len() < 32 => known.evidence.extend(finding.evidence),
                Some(_) => {}
                None => drop(elsewhere.insert(id, finding)),
            }
        }
        findings.extend(elsewhere.into_values());
        findings
    }

    fn finding(&self, about: &Target, hole: &Hole) -> Finding {
        let (rule, target) = (hole.rule, about.clone());
        let what = match about.kind() {
            Kind::Relation => format!("{}: {} (rule {})", shown(about), hole.what, rule.number()),
            _ => format!("{} (rule {})", hole.what, rule.number()),
        };
        let finding = Finding::new(&super::Rls, &target, hole.severity, what);
        let mut finding = Finding {
            check: rule.check().into(),
            ..finding
        };
        if hole.severity >= Severity::Warning {
            finding = finding.hurts(Hurt::Sharers(self.0.clone()));
        }
        let finding = hole.evidence.iter().fold(
            finding.evidence("rule", format!("{}: {}", rule.number(), rule.about())),
            |finding, (label, value)| finding.evidence(label.clone(), value),
        );
        let view = match about.kind() {
            Kind::Relation => format!("policies /relation={}", shown(about)),
            _ => format!("policies /database={}", self.0.name()),
        };
        finding.remedy(hole.remedy.clone(), view)
    }
}
