//! What is wrong, worst and soonest first.

use super::View;
use crate::{
    facts::{self, tenants},
    findings::{Finding, Report},
    model::{Cell, Column, Kind, Row, Severity, Table, Target, Value, plural},
    store::Snapshot,
};

const COLUMNS: &[Column] = &[
    Column::words("severity", "SEVERITY", 0, 9, "how bad it is"),
    Column::number("seen", "SEEN", 1, 8, "for how long it has been seen"),
    Column::words("about", "ABOUT", 2, 24, "what it is about"),
    Column::words("what", "WHAT", 0, 90, "what is wrong").least(48),
    Column::words("hurts", "HURTS", 3, 30, "tenants that it hurts, where that is known"),
    Column::number(
        "worse_in",
        "WORSE IN",
        4,
        9,
        "when it gets worse, where that can be told",
    ),
    Column::words("remedy", "WHAT TO DO", 5, 70, "what an operator could do"),
    Column::words("muted", "MUTED", 4, 30, "why nobody wants to hear of it"),
    Column::words("check", "CHECK", 6, 24, "the check that found it"),
];

/// The view.
pub struct Findings;

impl View for Findings {
    fn name(&self) -> &'static str {
        "findings"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["finding", "find", "trouble"]
    }

    fn about(&self) -> &'static str {
        "what is wrong, worst and soonest first"
    }

    fn needs(&self) -> &'static [&'static str] {
        // A finding may come from any fact: while somebody looks here, all are kept warm.
        facts::names()
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn offers(&self) -> &'static [&'static str] {
        &[
            "end-sessions",
            "resume-replay",
            "drop-slot",
            "drop-index",
            "rotate",
            "revoke",
            "lock-out",
        ]
    }

    fn table(&self, world: &Snapshot) -> Table {
        let Some(report) = world.get::<Report>(&Target::fleet()).map(|seen| seen.value) else {
            return Table {
                columns: COLUMNS,
                ..Table::default()
            };
        };
        let rows = report.findings.iter().map(|finding| row(world, finding)).collect();
        let unseen = report
            .unseen
            .iter()
            .map(|unseen| (unseen.target.clone(), unseen.fault.clone()))
            .collect();
        Table {
            columns: COLUMNS,
            rows,
            headline: headline(report),
            unseen,
            complete: world.complete(facts::names()),
        }
    }
}

/// The identity of a finding: its check and what it is about.
pub fn target(finding: &Finding) -> Target {
    let about = finding.target.path().iter().map(|part| part.raw().to_owned());
    let kind = finding.target.kind().word().to_owned();
    Target::new(Kind::Finding, [finding.check.clone(), kind].into_iter().chain(about))
}

fn row(world: &Snapshot, finding: &Finding) -> Row {
    // What is muted is listed last and stirs nobody.
    let severity = if finding.muted.is_some() {
        Severity::Ok
    } else {
        finding.severity
    };
    let cells = vec![
        Cell::new(finding.severity.word()).at(severity),
        Cell::new(Value::Began(finding.since)),
        Cell::new(finding.target.to_string()),
        Cell::new(finding.what.clone()).at(severity),
        Cell::new(hurts(world, finding)),
        Cell::new(finding.until.map(Value::Ends)),
        Cell::new(finding.remedy.clone()),
        Cell::new(
            finding
                .muted
                .as_ref()
                .map(|mute| Value::Text(mute.reason.as_str().into())),
        ),
        Cell::new(finding.check.clone()),
    ];
    Row {
        target: target(finding),
        cells,
        severity,
        seen: Some(world.taken),
        fault: None,
    }
}

/// Up to two by name, more by number.
fn hurts(world: &Snapshot, finding: &Finding) -> Value {
    let whom: Vec<_> = finding.hurts.among(tenants::of(world)).collect();
    match whom.as_slice() {
        [] => Value::Blank,
        few @ ([_] | [_, _]) => Value::Names(few.iter().map(|tenant| tenant.name.clone()).collect()),
        many => Value::Note(plural(many.len(), "tenant")),
    }
}

fn headline(report: &Report) -> Vec<Cell> {
    let count = |severity| report.heard().filter(|finding| finding.severity == severity).count();
    let mut cells: Vec<Cell> = [Severity::Critical, Severity::Warning, Severity::Notice]
        .into_iter()
        .filter(|severity| count(*severity) > 0)
        .map(|severity| Cell::new(severity.counted(count(severity))).at(severity))
        .collect();
    if cells.is_empty() {
        cells.push(Cell::new("nothing found"));
    }
    match report.findings.len() - report.heard().count() {
        0 => {}
        muted => cells.push(Cell::new(format!("{muted} muted"))),
    }
    if !report.unseen.is_empty() {
        let mut checks: Vec<&str> = report.unseen.iter().map(|unseen| unseen.check.as_str()).collect();
        checks.dedup();
        cells.push(
            Cell::new(format!("{} could not see everything", plural(checks.len(), "check"))).at(Severity::Unseen),
        );
    }
    cells
}
