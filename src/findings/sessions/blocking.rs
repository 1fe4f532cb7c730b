//! One session keeps others waiting for a lock.

use jiff::SignedDuration;

use super::{everywhere, hurt, moment, name, place};
use crate::{
    facts::sessions::{Chain, Session, Sessions, Whose, chains},
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Shorter waits are how locks work.
const WORTH_KNOWING: SignedDuration = SignedDuration::from_secs(1);
/// Somebody at a screen has given up by now.
const WARNING: SignedDuration = SignedDuration::from_secs(5);
/// Requests pile up (research: red beyond 30 s).
const CRITICAL: SignedDuration = SignedDuration::from_secs(30);
/// Victims that are named as evidence.
const NAMED: usize = 5;

/// How bad it is to wait this long for a lock.
pub fn severity(wait: SignedDuration) -> Severity {
    match Severity::of(&wait, &WARNING, &CRITICAL) {
        Severity::Ok if wait >= WORTH_KNOWING => Severity::Notice,
        severity => severity,
    }
}

/// One finding for each root, however many wait for it.
pub struct Blocking;

impl Check for Blocking {
    fn id(&self) -> &'static str {
        "blocking"
    }

    fn about(&self) -> &'static str {
        "sessions that keep others waiting for a lock for more than a second"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Sessions::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let whose = Whose::of(world);
        let of = |(server, seen)| self.of(&whose, server, seen);
        everywhere(world).flat_map(of).collect()
    }
}

impl Blocking {
    fn of(&self, whose: &Whose<'_>, server: &Target, seen: &Sessions) -> Vec<Finding> {
        let chains = chains(&seen.sessions);
        let found = chains
            .iter()
            .filter_map(|chain| self.finding(whose, server, seen, chain));
        found.collect()
    }

    fn finding(&self, whose: &Whose<'_>, server: &Target, seen: &Sessions, chain: &Chain) -> Option<Finding> {
        let longest = seen.now.duration_since(chain.since()?);
        let severity = Some(severity(longest)).filter(|severity| *severity > Severity::Ok)?;
        let root = seen.find(chain.root);
        let target = root.map_or_else(|| server.clone(), |root| root.target(server));
        let count = match chain.victims.len() {
            1 => "a session".to_owned(),
            n => format!("{n} sessions"),
        };
        let what = match (chain.deadlock, chain.root, root) {
            (true, ..) => format!("{} sessions wait for each other", chain.victims.len() + 1),
            (_, 0, _) => format!("a prepared transaction keeps {count} waiting"),
            (_, _, Some(root)) => format!("{} keeps {count} waiting", name(root)),
            (_, pid, None) => format!("process {pid} keeps {count} waiting"),
        };
        let victims = chain.victims.iter().filter_map(|victim| seen.find(victim.pid));
        let finding = Finding::new(self, &target, severity, what)
            .hurts(hurt(whose, server, victims.clone()))
            .evidence("longest wait since", moment(chain.since()));
        let finding = root
            .into_iter()
            .fold(finding, |finding, root| of_root(finding, whose, server, root));
        let finding = victims.take(NAMED).fold(finding, |finding, victim| {
            let lock = victim
                .lock
                .as_ref()
                .map_or_else(|| "a lock".into(), ToString::to_string);
            finding.evidence(name(victim), format!("waits for {lock}"))
        });
        Some(finding.remedy(remedy(chain, root), place(server)))
    }
}

fn of_root(finding: Finding, whose: &Whose<'_>, server: &Target, root: &Session) -> Finding {
    let finding = finding
        .evidence("it is", root.state.as_deref().unwrap_or("not told"))
        .evidence("its transaction began", moment(root.transaction));
    let finding = match whose.tenant(server, root) {
        Some(tenant) => finding.evidence("it works for", &tenant.name),
        None => finding,
    };
    match &root.query {
        Some(query) => finding.evidence("its statement", query.text()),
        None => finding,
    }
}

fn remedy(chain: &Chain, root: Option<&Session>) -> String {
    let pid = chain.root;
    match root {
        _ if chain.deadlock => "the server ends one of them after deadlock_timeout; if not, end one yourself".into(),
        None if pid == 0 => "find it in pg_prepared_xacts; then commit prepared or rollback prepared".into(),
        Some(root) if root.idle_in_transaction() => {
            format!("let the application commit or roll back, or end it: select pg_terminate_backend({pid})")
        }
        _ => format!("let it finish, or cancel its statement: select pg_cancel_backend({pid})"),
    }
}
