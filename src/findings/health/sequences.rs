//! Sequences that come to their end: the next insert fails.

use super::place;
use crate::{
    facts::upkeep::{Sequence, Sequences, Upkeep},
    findings::{Check, Finding, Hurt},
    model::{Fault, FaultKind, Severity, Target},
    store::{Fact, Snapshot},
};

/// Share used (research: 75 %).
const WARNING: f64 = 0.75;
const CRITICAL: f64 = 0.90;

/// One finding for each database. The end is that of the sequence or of its column's type, whichever comes first.
pub struct SequenceEnd;

impl Check for SequenceEnd {
    fn id(&self) -> &'static str {
        "sequence-end"
    }

    fn about(&self) -> &'static str {
        "sequences of which three quarters are used, by their own end or by the type of their column"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Upkeep::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let databases = world.all::<Upkeep>();
        let found =
            databases.filter_map(|(database, seen)| self.finding(database, seen.value.sequences.as_ref().ok()?));
        found.collect()
    }

    fn blind(&self, world: &Snapshot) -> Vec<(Target, Fault)> {
        let fault = |sequences: &Result<Sequences, Fault>| match sequences {
            Err(fault) => Some(fault.clone()),
            Ok(seen) if seen.hidden > 0 => Some(
                Fault::new(FaultKind::Denied, format!("{} sequences may not be read", seen.hidden))
                    .hint("grant select on all sequences in schema … to the role that watches"),
            ),
            Ok(_) => None,
        };
        let databases = world.all::<Upkeep>();
        databases
            .filter_map(|(database, seen)| Some((database.clone(), fault(&seen.value.sequences)?)))
            .collect()
    }
}

impl SequenceEnd {
    fn finding(&self, database: &Target, seen: &Sequences) -> Option<Finding> {
        let mut near: Vec<&Sequence> = seen.near.iter().filter(|sequence| sequence.used() >= WARNING).collect();
        near.sort_by(|a, b| b.used().total_cmp(&a.used()));
        let worst = near.first()?;
        let severity = Severity::of(&worst.used(), &WARNING, &CRITICAL);
        let what = match near.len() {
            1 => format!(
                "the sequence {}.{} of {} comes to its end",
                worst.schema,
                worst.name,
                database.name()
            ),
            n => format!("{n} sequences of {} come to their end", database.name()),
        };
        let finding = Finding::new(self, database, severity, what).hurts(Hurt::Inhabitants(database.clone()));
        let finding = near.iter().take(5).fold(finding, |finding, sequence| {
            let column = sequence.owner.as_ref().zip(sequence.column.as_ref());
            let column = column
                .map(|(table, column)| format!(", for {table}.{column}"))
                .unwrap_or_default();
            let used = format!("{} of {}{column}", sequence.value, sequence.last);
            finding.evidence(format!("{}.{}", sequence.schema, sequence.name), used)
        });
        let remedy = "make the column bigint and raise the sequence's maximum: both rewrite or lock, so plan it";
        Some(finding.remedy(remedy, place(database)))
    }
}
