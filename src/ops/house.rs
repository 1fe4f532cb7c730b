//! What the policy of the house says to a plan, given what was done today.

use std::{io, path::Path};

use jiff::{Timestamp, tz::TimeZone};

use super::{Refusal, journal, logind};
use crate::{
    config::{Asked, Policy, Verdict},
    model::{Approval, Entry, Plan, Value},
};

/// Who asks.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user, by the system's word.
    pub user: String,
    /// The names of the groups that the user is a member of.
    pub groups: Vec<String>,
}

/// The plan with what the policy asks for besides.
///
/// # Errors
/// Where the policy does not let this person do it.
pub fn bind(plan: Plan, policy: &Policy, person: &Person, journals: &Path) -> Result<Plan, Refusal> {
    let verdict = judge(&plan, policy, person, journals)?;
    let approval = (verdict.persons > 1).then(|| Approval {
        persons: verdict.persons,
        within: u64::try_from(verdict.within.as_secs()).unwrap_or_default(),
    });
    let mut seen = plan.seen;
    let rows = plan.difference.is_some().then(|| {
        let words = "they are kept apart from the journal, and can be taken back";
        let keep = Value::Span(policy.keep).words(Timestamp::UNIX_EPOCH);
        ("rows".to_owned(), format!("{words} for {keep}"))
    });
    seen.extend(rows);
    seen.extend(logind::warning().map(|words| ("at logout".to_owned(), words.to_owned())));
    Ok(Plan { seen, approval, ..plan })
}

/// What the policy says.
///
/// # Errors
/// Where it does not let this person do it.
pub fn judge(plan: &Plan, policy: &Policy, person: &Person, journals: &Path) -> Result<Verdict, Refusal> {
    let unread = |error: io::Error| Refusal::new(format!("what was done today cannot be read: {error}"));
    let asked = Asked {
        operation: &plan.request.operation,
        environment: plan.environment,
        targets: plan.request.targets.len(),
        user: &person.user,
        groups: &person.groups,
        today: today(plan, policy, journals).map_err(unread)?,
    };
    let goes = || match &plan.farewell {
        Some(farewell) => policy.lets_go(farewell, Timestamp::now()),
        None => Ok(()),
    };
    let verdict = policy.judge(&asked).and_then(|verdict| goes().map(|()| verdict));
    verdict.map_err(|denied| Refusal {
        what: denied.why,
        hint: denied.hint,
        choose: None,
    })
}

/// Runs that were begun today and that the same rule decided.
fn today(plan: &Plan, policy: &Policy, journals: &Path) -> io::Result<usize> {
    let rule = policy.rule(&plan.request.operation, plan.environment);
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let now = day(Timestamp::now());
    let mut count = 0;
    for (id, path) in journal::list(journals)? {
        // Their names begin with the day.
        if !id.starts_with(&now.strftime("%Y%m%d").to_string()) {
            break;
        }
        let first = journal::first(&path)?;
        if let Some(Entry::Opened { plan, .. }) = first {
            let same = policy.rule(&plan.request.operation, plan.environment).source == rule.source;
            count += usize::from(same);
        }
    }
    Ok(count)
}

/// Whether this person may confirm a run that another began.
///
/// # Errors
/// Where the policy does not let this person.
pub fn lets_join(plan: &Plan, policy: &Policy, person: &Person) -> Result<(), Refusal> {
    let rule = policy.rule(&plan.request.operation, plan.environment);
    if rule.lets(&person.user, &person.groups) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "the rule at {} does not let {} run {}",
        rule.source, person.user, plan.request.operation
    )))
}
