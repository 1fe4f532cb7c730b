//! Connections run out.

use std::collections::BTreeMap;

use crate::{
    facts::{
        server::Setup,
        sessions::{Session, Sessions},
    },
    findings::{Check, Finding, Hurt},
    model::{Severity, Target, Text},
    store::{Fact, Snapshot},
};

/// Shares of what ordinary roles may have (research: 80 % and 95 %).
const WARNING: f64 = 0.80;
const CRITICAL: f64 = 0.95;

/// Sessions against `max_connections` without what is reserved, for each server.
pub struct Connections;

impl Check for Connections {
    fn id(&self) -> &'static str {
        "connections"
    }

    fn about(&self) -> &'static str {
        "servers of whose connections 80 % are taken"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Sessions::NAME, Setup::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let servers = world.all::<Sessions>();
        servers
            .filter_map(|(server, seen)| self.finding(world, server, seen.value))
            .collect()
    }
}

impl Connections {
    fn finding(&self, world: &Snapshot, server: &Target, seen: &Sessions) -> Option<Finding> {
        let usable = world.get::<Setup>(server)?.value.settings.usable_connections().max(1);
        let severity = Severity::of(&(seen.backends as f64 / usable as f64), &WARNING, &CRITICAL);
        if severity == Severity::Ok {
            return None;
        }
        let what = format!(
            "{} of {usable} connections to {} are taken",
            seen.backends,
            server.name()
        );
        let mut finding = Finding::new(self, server, severity, what)
            .evidence("most by role", most(seen, |session| session.user.as_ref()))
            .evidence("most by database", most(seen, |session| session.database.as_ref()))
            .evidence(
                "most by application",
                most(seen, |session| session.application.as_ref()),
            );
        if severity == Severity::Critical {
            finding = finding.hurts(Hurt::Inhabitants(Target::instance(server.part(0))));
        }
        let remedy = "find who opened them; end idle ones, and give the role or the database a limit of its own";
        Some(finding.remedy(remedy, super::place(server)))
    }
}

/// The three who have most.
fn most<'a>(seen: &'a Sessions, by: impl Fn(&'a Session) -> Option<&'a Text>) -> String {
    let mut counts: BTreeMap<&Text, usize> = BTreeMap::new();
    for who in seen.sessions.iter().filter_map(by) {
        *counts.entry(who).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words = counts.iter().take(3).map(|(who, count)| format!("{who} {count}"));
    words.collect::<Vec<_>>().join(", ")
}
