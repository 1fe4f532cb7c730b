//! The verdict of the policy on what somebody is about to do. Pure: who asks and what was done today is told to it.

use jiff::SignedDuration;

use super::{Policy, Rule};
use crate::model::{Environment, Text, plural};

/// What somebody is about to do.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The operation's name.
    pub operation: &'a str,
    /// What is at stake in the fleet.
    pub environment: Environment,
    /// To how many targets at once.
    pub targets: usize,
    /// Who, by the system's word.
    pub user: &'a str,
    /// The names of the groups that the user is a member of.
    pub groups: &'a [String],
    /// Runs by the same [`Rule`] that anybody began today. A day is one of UTC, so that it is the same for everybody.
    pub today: usize,
}

/// It may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How many must agree: 1, or 2 where a second person must approve.
    pub persons: u8,
    /// How long an approval holds.
    pub within: SignedDuration,
}

/// It may not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Denied {
    /// One sentence without a full stop, which names the rule by file and line.
    pub why: String,
    /// What could be done.
    pub hint: Option<String>,
}

impl Policy {
    /// Whether it may be done, and by how many.
    ///
    /// # Errors
    /// The rule that decides does not allow it, with the reason.
    pub fn judge(&self, asked: &Asked<'_>) -> Result<Verdict, Denied> {
        let rule = self.rule(asked.operation, asked.environment);
        rule.person(asked)?;
        rule.bounds(asked)?;
        Ok(Verdict {
            persons: rule.persons,
            within: self.within,
        })
    }
}

impl Rule {
    /// Whether this rule lets somebody act: also whom it takes as the second person.
    pub fn lets(&self, user: &str, groups: &[String]) -> bool {
        let everybody = self.users.is_empty() && self.groups.is_empty();
        let named = self.users.iter().any(|name| name == user);
        let member = self.groups.iter().any(|name| groups.contains(name));
        self.allow && (everybody || named || member)
    }

    fn person(&self, asked: &Asked<'_>) -> Result<(), Denied> {
        if self.lets(asked.user, asked.groups) {
            return Ok(());
        }
        let what = format!("{} in {}", asked.operation, asked.environment.word());
        if !self.allow {
            return Err(self.denied(format!("does not let anybody run {what}"), None));
        }
        let user = Text::from(asked.user);
        Err(self.denied(
            format!("does not let {user} run {what}"),
            Some(format!("ask {}", self.people())),
        ))
    }

    fn bounds(&self, asked: &Asked<'_>) -> Result<(), Denied> {
        let (targets, today) = (asked.targets, asked.today);
        if let Some(most) = self.targets.filter(|most| targets > *most) {
            let bound = plural(most, "target");
            return Err(self.denied(
                format!("allows {bound} at once, and here are {targets}"),
                Some(format!("do it to {bound} at most")),
            ));
        }
        if let Some(most) = self.cap.filter(|most| today >= *most) {
            return Err(self.denied(
                format!("allows {} a day, and today's are used up: {today}", plural(most, "run")),
                Some("the next day begins at midnight UTC".to_owned()),
            ));
        }
        Ok(())
    }

    /// `ada, bob or a member of dba`.
    fn people(&self) -> String {
        let users = self.users.iter().map(|name| Text::from(name.as_str()).to_string());
        let member = |name: &String| format!("a member of {}", Text::from(name.as_str()));
        let all: Vec<String> = users.chain(self.groups.iter().map(member)).collect();
        match all.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }

    fn denied(&self, what: String, hint: Option<String>) -> Denied {
        let place = Text::from(self.source.to_string());
        Denied {
            why: format!("the rule at {place} {what}"),
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Policy, Rule};
    use crate::{config::Origin, model::Environment::Production};

    fn rule() -> Rule {
        Rule {
            source: Origin::File("/etc/tenantry/policy.toml".into(), 12),
            ..Rule::default()
        }
    }

    /// How many must agree, or why not and what could be done.
    fn verdict(rule: Rule, user: &str, groups: &[&str], targets: usize, today: usize) -> Result<u8, [String; 2]> {
        let policy = Policy {
            rules: vec![rule],
            ..Policy::default()
        };
        let groups: Vec<String> = groups.iter().map(|name| (*name).to_owned()).collect();
        let asked = Asked {
            operation: "revoke",
            environment: Production,
            targets,
            user,
            groups: &groups,
            today,
        };
        let denied = |denied: super::Denied| [denied.why, denied.hint.unwrap_or_default()];
        policy.judge(&asked).map(|verdict| verdict.persons).map_err(denied)
    }

    fn no(what: &str, hint: &str) -> Result<u8, [String; 2]> {
        Err([
            format!("the rule at /etc/tenantry/policy.toml:12 {what}"),
            hint.to_owned(),
        ])
    }

    #[test]
    fn who_may_is_named_as_a_user_or_by_a_group() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let people = |users: &[&str], groups: &[&str]| Rule {
            users: names(users),
            groups: names(groups),
            ..rule()
        };
        let bob = "does not let bob run revoke in production";
        for (rule, groups, expected) in [
            (people(&[], &[]), &[][..], Ok(1)),
            (people(&["ada", "bob"], &[]), &[], Ok(1)),
            (people(&["ada"], &["dba"]), &["dba"], Ok(1)),
            (people(&[], &["dba"]), &["staff", "dba"], Ok(1)),
            (people(&["ada"], &[]), &["ada"], no(bob, "ask ada")),
            (people(&[], &["bob"]), &["dba"], no(bob, "ask a member of bob")),
            (people(&["Bob"], &[]), &[], no(bob, "ask Bob")),
            (
                people(&["ada", "eve"], &["dba"]),
                &[],
                no(bob, "ask ada, eve or a member of dba"),
            ),
        ] {
            assert_eq!(verdict(rule.clone(), "bob", groups, 1, 0), expected, "{rule:?}");
        }
    }

    #[test]
    fn nobody_is_nobody() {
        let rule = Rule { allow: false, ..rule() };
        assert!(!rule.lets("root", &[]));
        assert_eq!(
            verdict(rule, "root", &[], 1, 0),
            no("does not let anybody run revoke in production", "")
        );
    }

    #[test]
    fn a_bound_is_reached_and_not_passed() {
        let rule = Rule {
            targets: Some(20),
            cap: Some(5),
            persons: 2,
            ..rule()
        };
        for (targets, today, expected) in [
            (0, 0, Ok(2)),
            (20, 4, Ok(2)),
            (
                21,
                0,
                no(
                    "allows 20 targets at once, and here are 21",
                    "do it to 20 targets at most",
                ),
            ),
            (
                20,
                5,
                no(
                    "allows 5 runs a day, and today's are used up: 5",
                    "the next day begins at midnight UTC",
                ),
            ),
        ] {
            assert_eq!(verdict(rule.clone(), "bob", &[], targets, today), expected);
        }
    }

    #[test]
    fn a_name_from_outside_is_shown_escaped() {
        let rule = Rule {
            users: vec!["ada".into()],
            ..rule()
        };
        let Err([why, _]) = verdict(rule, "a\u{1b}[2J", &[], 1, 0) else {
            panic!("allowed")
        };
        assert!(!why.contains('\u{1b}'), "{why}");
    }
}
