//! Advice from the linter of the squawk project, as far as it matters to whoever runs a migration.
//!
//! Left out are rules of style (preferred types, identity columns, `IF NOT EXISTS`, `BEFORE` and `AFTER` of enum values,
//! schemas in names), rules on timeouts and nesting of transactions (the console sets `lock_timeout` and opens the
//! transaction itself), and rules that fire on every harmless addition. `-- squawk-ignore` counts.

use squawk_linter::{Linter, Rule, Violation};
use squawk_syntax::{Parse, SourceFile};

use super::{own, script::Lines};
use crate::model::{Advice, Severity, Statement, Text};

/// Rules about relations that are there: on what the file made itself, they hurt nobody.
const OF_RELATIONS: [(Rule, Severity); 28] = [
    // The table is written anew, or an index of it is built, while nobody writes, or nobody reads either.
    (Rule::RequireConcurrentIndexCreation, Severity::Critical),
    (Rule::RequireConcurrentReindex, Severity::Critical),
    (Rule::DisallowedUniqueConstraint, Severity::Critical),
    (Rule::AddingSerialPrimaryKeyField, Severity::Critical),
    (Rule::AddingFieldWithDefault, Severity::Critical),
    (Rule::ChangingColumnType, Severity::Critical),
    (Rule::PreferRepack, Severity::Critical),
    // It fails where there are rows.
    (Rule::AddingRequiredField, Severity::Critical),
    // What runs against it breaks.
    (Rule::RenamingColumn, Severity::Critical),
    (Rule::RenamingTable, Severity::Critical),
    (Rule::RenamingObject, Severity::Critical),
    (Rule::BanSetSchema, Severity::Critical),
    // What is in it is gone.
    (Rule::BanDropColumn, Severity::Critical),
    (Rule::BanDropTable, Severity::Critical),
    (Rule::BanTruncateCascade, Severity::Critical),
    // Tenants may see each other.
    (Rule::BanDropPolicy, Severity::Critical),
    (Rule::BanAlterRowLevelSecurity, Severity::Warning),
    (Rule::BanAlterPolicyCondition, Severity::Warning),
    (Rule::BanAlterPolicyRoles, Severity::Warning),
    // Every row is read under a lock.
    (Rule::ConstraintMissingNotValid, Severity::Warning),
    (Rule::AddingForeignKeyConstraint, Severity::Warning),
    (Rule::AddingNotNullableField, Severity::Warning),
    // A heavy lock where there is a light one, or something that is missed later.
    (Rule::RequireConcurrentIndexDeletion, Severity::Warning),
    (Rule::RequireConcurrentPartitionDetach, Severity::Warning),
    (Rule::BanDropView, Severity::Warning),
    (Rule::BanDropSequence, Severity::Warning),
    (Rule::BanDisableTrigger, Severity::Warning),
    (Rule::BanDropNotNull, Severity::Notice),
];

const OF_ALL: [(Rule, Severity); 15] = [
    (Rule::BanDropDatabase, Severity::Critical),
    (Rule::BanDropSchema, Severity::Critical),
    // The server refuses it.
    (Rule::BanConcurrentIndexCreationInTransaction, Severity::Critical),
    (Rule::BanDuplicateColumnAssignments, Severity::Critical),
    // What was done is lost at the end.
    (Rule::BanUncommittedTransaction, Severity::Critical),
    // Every column of the domain is read under a lock.
    (Rule::BanAlterDomainWithAddConstraint, Severity::Warning),
    (Rule::BanDropExtension, Severity::Warning),
    (Rule::BanDropFunction, Severity::Warning),
    (Rule::BanDropType, Severity::Warning),
    (Rule::BanDropDomain, Severity::Warning),
    (Rule::BanDropTrigger, Severity::Warning),
    (Rule::BanAlterSystemOptions, Severity::Warning),
    (Rule::BanRevoke, Severity::Notice),
    (Rule::BanDropConstraint, Severity::Notice),
    (Rule::IdentifierTooLong, Severity::Notice),
];

/// Advice on a file that was understood, the worst first.
pub(super) fn advice(parse: &Parse<SourceFile>, text: &str, lines: &Lines, all: &[Statement]) -> Vec<Advice> {
    let mut linter = Linter::from(OF_RELATIONS.iter().chain(&OF_ALL).map(|(rule, _)| *rule));
    let mut advice = own::advice(&parse.syntax_node(), lines);
    let found = linter.lint(parse, text);
    let policies: Vec<_> = found
        .iter()
        .filter(|one| one.code == Rule::BanAlterRowLevelSecurity)
        .collect();
    let said = |one: &Violation| policies.iter().any(|other| other.text_range == one.text_range);
    // The rule on triggers fires on row level security as well, which has one of its own.
    for found in found
        .iter()
        .filter(|one| one.code != Rule::BanDisableTrigger || !said(one))
    {
        let at = u32::from(found.text_range.start());
        let severity = match (severity(&OF_RELATIONS, found.code), severity(&OF_ALL, found.code)) {
            (Some(_), _) if !touches(all, u64::from(at)) => continue,
            (Some(severity), _) | (None, Some(severity)) => severity,
            (None, None) => continue,
        };
        advice.push(Advice {
            rule: found.code.to_string(),
            severity,
            line: lines.of_byte(at),
            what: Text::from(found.message.as_str()),
            help: found.help.as_deref().map(Text::from),
        });
    }
    advice.sort_by(|a, b| (b.severity, a.line, &a.rule).cmp(&(a.severity, b.line, &b.rule)));
    advice
}

fn severity(rules: &[(Rule, Severity)], code: Rule) -> Option<Severity> {
    rules
        .iter()
        .find(|(rule, _)| *rule == code)
        .map(|(_, severity)| *severity)
}

/// Whether the statement at this byte locks a relation that was there before the file.
fn touches(all: &[Statement], at: u64) -> bool {
    let statement = all
        .partition_point(|one| one.from <= at)
        .checked_sub(1)
        .and_then(|at| all.get(at));
    statement.is_none_or(|one| !one.locks.is_empty())
}
