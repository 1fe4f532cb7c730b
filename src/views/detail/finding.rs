//! A finding: what was observed, whom it hurts, what to do.

use crate::{
    facts::tenants,
    findings::Report,
    model::{Section, Target, Value},
    store::Snapshot,
    views::findings::target as identity,
};

/// Tenants that are named.
const NAMED: usize = 20;

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let report = world.get::<Report>(&Target::fleet())?.value;
    let finding = report.findings.iter().find(|finding| identity(finding) == *target)?;
    let mut what = Section::new("finding")
        .line("severity", finding.severity.word())
        .line("what", finding.what.clone())
        .link("about", finding.target.to_string(), finding.target.clone())
        .line("seen for", Value::Began(finding.since));
    if let Some(until) = finding.until {
        what = what.line("worse in", Value::Ends(until));
    }
    let evidence = finding
        .evidence
        .iter()
        .fold(Section::new("evidence"), |section, (label, value)| {
            section.line(label.as_str(), value.clone())
        });
    let whom: Vec<_> = finding.hurts.among(tenants::of(world)).collect();
    let mut hurts = whom.iter().take(NAMED).fold(Section::new("hurts"), |section, tenant| {
        section.link("tenant", tenant.name.clone(), tenant.target.clone())
    });
    if whom.len() > NAMED {
        hurts = hurts.line("and", format!("{} more", whom.len() - NAMED));
    }
    let remedy = Section::new("what to do")
        .line("try", finding.remedy.clone())
        .line("look at", format!(":{}", finding.view));
    Some(vec![what, evidence, hurts, remedy])
}
