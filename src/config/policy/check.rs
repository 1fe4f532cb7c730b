//! What a schema cannot say about a policy file: names that mean nothing, lists of nobody, rules that nothing reaches.

use std::{collections::BTreeSet, path::Path};

use jiff::SignedDuration;

use super::{
    super::{Mistakes, mistake::meant, node::Node, span::span as days},
    Rule, names,
};
use crate::model::Environment;

/// The longest that an approval may hold.
const LONGEST: SignedDuration = SignedDuration::from_hours(168);

/// Everything wrong that the shape alone does not show. Looks at the tree, so it works beside any other mistake.
pub(super) fn check(operations: &[&str], root: Node<'_>) -> Mistakes {
    let mut found = Mistakes::default();
    if let Some(runs) = root.get("runs")
        && let Some(path) = runs.text()
        && !Path::new(path).is_absolute()
    {
        found.add(runs.wrong(format!(
            "\"runs\" is the same directory for everybody; write it from the root, such as \
             \"/var/lib/tenantry/runs\", not {path:?}"
        )));
    }
    if let Some(within) = root.get("approval").and_then(|approval| approval.get("within"))
        && let Some(text) = within.text()
        && span(text).is_none()
    {
        found.add(within.wrong(format!(
            "{text:?} is no span up to {LONGEST:#}; write one such as \"15m\" or \"1h 30m\""
        )));
    }
    for (table, key) in [("rows", "keep"), ("purge", "wait"), ("purge", "keep")] {
        if let Some(long) = root.get(table).and_then(|table| table.get(key))
            && let Some(text) = long.text()
            && days(text).is_none()
        {
            found.add(long.wrong(format!("{text:?} is no span; write one such as \"12h\" or \"30d\"")));
        }
    }
    for rule in root.list("rules") {
        self::rule(operations, rule, &mut found);
    }
    found
}

/// How long an approval holds; none that holds for no time, or as good as for ever.
pub(super) fn span(text: &str) -> Option<SignedDuration> {
    let span: SignedDuration = text.parse().ok()?;
    (span.is_positive() && span <= LONGEST).then_some(span)
}

/// Rules to which nothing is left, because those above them decide all that they name.
pub(super) fn reached(root: Node<'_>, rules: &[Rule]) -> Mistakes {
    let mut found = Mistakes::default();
    for (n, (node, rule)) in root.list("rules").zip(rules).enumerate() {
        let above = |(operation, environment): (String, Environment)| {
            let mut earlier = root.list("rules").zip(&rules[..n]);
            let (node, _) = earlier.find(|(_, earlier)| earlier.covers(&operation, environment))?;
            Some(node.line())
        };
        let decided: Option<BTreeSet<usize>> = examples(rule).into_iter().map(above).collect();
        if let Some(first) = decided.as_ref().and_then(BTreeSet::first) {
            found.add(node.wrong(format!(
                "nothing is left for this rule, because the first that matches decides: move it above line {first}, \
                 or take it out"
            )));
        }
    }
    found
}

/// What a rule matches, each pattern by an ending that no operation has: it also matches operations yet to come, so
/// that a last rule that forbids the rest is never one too many.
fn examples(rule: &Rule) -> Vec<(String, Environment)> {
    let every = ["*".to_owned()];
    let patterns = if rule.operations.is_empty() {
        &every[..]
    } else {
        &rule.operations
    };
    let with = |pattern: &String| {
        let operation = pattern.replace('*', "\0");
        Environment::ALL.map(|environment| (operation.clone(), environment))
    };
    let all = patterns.iter().flat_map(with);
    all.filter(|(operation, environment)| rule.covers(operation, *environment))
        .collect()
}

fn rule(operations: &[&str], rule: Node<'_>, found: &mut Mistakes) {
    for pattern in rule.list("operations") {
        self::operation(operations, pattern, found);
    }
    for key in ["users", "groups"] {
        for name in rule.list(key) {
            self::name(name, found);
        }
    }
    lists(rule, found);
    numbers(rule, found);
    if let Some(false) = rule.get("allow").and_then(|allow| allow.value().as_bool()) {
        for key in ["users", "groups", "targets", "persons", "cap"] {
            if let Some(value) = rule.get(key) {
                found.add(value.wrong(format!(
                    "this rule lets nobody act, so {key:?} says nothing; leave it out"
                )));
            }
        }
    }
}

fn operation(operations: &[&str], pattern: Node<'_>, found: &mut Mistakes) {
    let Some(word) = pattern.text() else { return };
    let known = || operations.iter().copied();
    let beginning = word.strip_suffix('*').unwrap_or(word);
    if beginning.contains('*') {
        found.add(pattern.wrong(format!("{word:?} has a `*` that is not at its end")));
    } else if !known().any(|operation| names(word, operation)) {
        let what = if beginning == word {
            "there is no operation"
        } else {
            "no operation matches"
        };
        found.add(pattern.wrong(format!("{what} {word:?}{}", meant(beginning, known()))));
    }
}

/// The system's names are many, and some hold blanks; none holds a comma or a colon.
fn name(name: Node<'_>, found: &mut Mistakes) {
    let Some(word) = name.text() else { return };
    if word.is_empty() || word.trim() != word || word.contains([',', ':']) {
        found.add(name.wrong(format!("{word:?} is no name; write each name as a string of its own")));
    }
}

fn lists(rule: Node<'_>, found: &mut Mistakes) {
    for (key, empty) in [
        (
            "operations",
            "this names no operation; leave it out for every operation",
        ),
        (
            "environments",
            "this names no environment; leave it out for every environment",
        ),
        ("users", "this names nobody; leave it out, or write `allow = false`"),
        ("groups", "this names nobody; leave it out, or write `allow = false`"),
    ] {
        let Some(list) = rule.get(key) else { continue };
        if list.value().as_array().is_some_and(|array| array.is_empty()) {
            found.add(list.wrong(empty));
        }
        let mut seen = BTreeSet::new();
        for item in list.items() {
            if let Some(word) = item.text().filter(|word| !seen.insert(*word)) {
                found.add(item.wrong(format!("{word:?} is named twice")));
            }
        }
    }
}

fn numbers(rule: Node<'_>, found: &mut Mistakes) {
    for key in ["targets", "cap"] {
        if let Some(bound) = rule.get(key).filter(|bound| bound.number() == Some(0)) {
            found.add(bound.wrong(format!("{key} = 0 lets nobody act; write `allow = false`")));
        }
    }
    if let Some(persons) = rule.get("persons")
        && persons.value().is_integer()
        && !matches!(persons.number(), Some(1 | 2))
    {
        found.add(persons.wrong("\"persons\" is 1, or 2 where a second person must approve"));
    }
}
