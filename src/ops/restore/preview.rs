//! What would change, before anything is written: how much in each table, some of it row by row, and what was left out.

use super::{form::Table, rows::Row, scene::Forms, write::Work};
use crate::{
    model::{Text, plural},
    ops::tenant::Home,
};

/// Rows of each table that are told one by one; all of them are in the statements of the plan.
const TOLD: usize = 5;
/// Characters of a value that are told.
const LONG: usize = 40;

/// The sums first, then what else happens.
pub(super) fn touches(forms: &Forms, work: &[Work<'_>]) -> Vec<(String, String)> {
    let written = || work.iter().filter(|one| one.difference.written() > 0);
    let path = |one: &Work<'_>| Text::from(one.table.path()).to_string();
    let mut all: Vec<(String, String)> = written().map(|one| (path(one), sums(one))).collect();
    let as_it_is = |one: &&Work<'_>| one.difference.written() == 0 && !one.table.key.is_empty();
    let untouched: Vec<String> = work.iter().filter(as_it_is).map(path).collect();
    all.extend((!untouched.is_empty()).then(|| ("untouched".into(), untouched.join(", "))));
    all.extend(forms.left.iter().cloned());
    let triggers = written().flat_map(|one| {
        one.table
            .triggers
            .iter()
            .map(move |trigger| (path(one), fires(trigger)))
    });
    all.extend(triggers);
    all
}

/// Row by row, a line each.
pub(super) fn rows(work: &[Work<'_>], home: &Home<'_>) -> String {
    let of_table = |one: &Work<'_>| {
        let path = Text::from(one.table.path()).to_string();
        let told = one.difference.each().take(TOLD);
        let mut lines: Vec<String> = told
            .map(|(verb, row, then)| format!("{path}: {}", line(one.table, home, verb, row, then)))
            .collect();
        let more = one.difference.written().saturating_sub(TOLD);
        lines.extend((more > 0).then(|| format!("{path}: and {more} more: they stand in the statements")));
        lines
    };
    work.iter().flat_map(of_table).collect::<Vec<_>>().join("\n")
}

fn sums(one: &Work<'_>) -> String {
    let difference = &one.difference;
    format!(
        "{} to insert, {} to change, {} to delete; {} as they are",
        plural(difference.inserted.len(), "row"),
        difference.changed.len(),
        difference.deleted.len(),
        difference.same
    )
}

fn fires(trigger: &str) -> String {
    let what = if trigger.contains(" BEFORE ") {
        "fires before rows are written; where it changes them the proof fails, unless mapped= names those columns"
    } else {
        "fires, and rows that it writes into the tenant's tables are swept out again"
    };
    format!("{what}: {}", Text::from(trigger))
}

/// Which row, and what becomes of it. That it is the tenant's goes without saying.
fn line(table: &Table, home: &Home<'_>, verb: &str, row: &Row, then: Option<&Row>) -> String {
    let names = table.columns.iter().map(|column| &column.name);
    let tenant = home.shared.as_ref().map(|shared| shared.column);
    let is_key = |name: &String| table.key.contains(name) && Some(name.as_str()) != tenant;
    let values = names.clone().zip(row);
    let key: Vec<String> = values
        .clone()
        .filter(|(name, _)| is_key(name))
        .map(|(name, value)| pair(name, value.as_deref()))
        .collect();
    let changes: Vec<String> = match then {
        None => Vec::new(),
        Some(then) => values
            .zip(then)
            .filter(|((_, now), then)| now != then)
            .map(|((name, now), then)| {
                format!(
                    "{} {} becomes {}",
                    Text::from(&**name),
                    shown(now.as_deref()),
                    shown(then.as_deref())
                )
            })
            .collect(),
    };
    let colon = if changes.is_empty() { "" } else { ": " };
    format!("{verb} {}{colon}{}", key.join(" "), changes.join(", "))
}

fn pair(name: &str, value: Option<&str>) -> String {
    format!("{}={}", Text::from(name), shown(value))
}

fn shown(value: Option<&str>) -> String {
    let Some(value) = value else { return "null".into() };
    let text: String = value.chars().take(LONG).collect();
    let more = if text.len() < value.len() { "…" } else { "" };
    format!("{}{more}", Text::from(text))
}
